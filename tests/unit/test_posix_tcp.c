/* test_posix_tcp.c: the TCP transport never blocks, reports what failed, tries every address, and frees all
 * its resources. */
#define _GNU_SOURCE
#include "uspan_posix.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <stdio.h>
#include "cmocka_all.h"

#define PATIENCE_S 60 /* of a test on a busy machine, before it counts as blocked */
#define LOOKUPS_MAX 4 /* of lookup.c */

static atomic_ullong skew_s; /* added to the monotonic clock */

/* Replace libc's functions. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
    long failed = syscall(SYS_clock_gettime, clock, out);
    out->tv_sec += clock == CLOCK_REALTIME ? 0 : (time_t)atomic_load(&skew_s);
    return (int)failed;
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool gate_open = true;
static atomic_int inside;

/* localhost: the real one. two.test: ::1, then 127.0.0.1. slow.test: not before the gate opens. Other names
 * do not exist. */
static int two_addresses(const char *service, struct addrinfo **out)
{
    static const char *const texts[] = { "::1", "127.0.0.1" };
    struct addrinfo *list[2] = { NULL, NULL };
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    for (size_t i = 0; i < 2u; i++) {
        if (real(texts[i], service, &hints, &list[i]) != 0) {
            return EAI_FAIL;
        }
    }
    list[0]->ai_next = list[1];
    *out = list[0];
    return 0;
}

/* many.test: 127.0.0.2 to 127.0.0.21, where no server listens, and 127.0.0.1 as the 18th. */
#define MANY 20u
static int many_addresses(const char *service, struct addrinfo **out)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    struct addrinfo *first = NULL, **next = &first;
    for (unsigned i = 0; i < MANY; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "127.0.0.%u", i == 17u ? 1u : i + 2u);
        if (real(text, service, &hints, next) != 0) {
            return EAI_FAIL;
        }
        next = &(*next)->ai_next;
    }
    *out = first;
    return 0;
}

int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    if (strcmp(host, "two.test") == 0) {
        return two_addresses(service, out);
    }
    if (strcmp(host, "many.test") == 0) {
        return many_addresses(service, out);
    }
    if (strcmp(host, "slow.test") == 0) {
        (void)atomic_fetch_add(&inside, 1);
        (void)pthread_mutex_lock(&gate);
        while (!gate_open) {
            (void)pthread_cond_wait(&opened, &gate);
        }
        (void)pthread_mutex_unlock(&gate);
        (void)atomic_fetch_sub(&inside, 1);
        return EAI_AGAIN;
    }
    if (strcmp(host, "localhost") == 0) {
        int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
        return real("127.0.0.1", service, hints, out);
    }
    return EAI_NONAME;
}

static void set_gate(bool open)
{
    (void)pthread_mutex_lock(&gate);
    gate_open = open;
    (void)pthread_cond_broadcast(&opened);
    (void)pthread_mutex_unlock(&gate);
}

static uspan_posix_tcp_t tcp;
static uspan_transport_t transport;

static uint16_t listen_on_loopback(int *fd, int backlog)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(*fd >= 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(*fd, backlog), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&at, &len), 0);
    return ntohs(at.sin_port);
}

static void pause_ms(long ms)
{
    struct timespec t = { .tv_nsec = ms * 1000000 };
    (void)nanosleep(&t, NULL);
}

/* Call open() until it succeeds or fails. */
static uspan_err_t open_fully(const char *host, uint16_t port)
{
    const uspan_peer_t peer = { .host = host, .port = port };
    uspan_err_t err;
    for (long i = 0; (err = transport.open(transport.ctx, &peer)) == USPAN_ERR_AGAIN; i++) {
        assert_true(i < PATIENCE_S * 1000);
        pause_ms(1);
    }
    return err;
}

/* Like recv, but waits. */
static int32_t recv_fully(uint8_t *buf, size_t len)
{
    int32_t moved;
    for (long i = 0; (moved = transport.recv(transport.ctx, buf, len)) == 0; i++) {
        assert_true(i < PATIENCE_S * 1000);
        pause_ms(1);
    }
    return moved;
}

static int fresh(void **state)
{
    (void)state;
    uspan_posix_tcp_init(&tcp, &transport);
    return 0;
}

static int closed(void **state)
{
    (void)state;
    transport.close(transport.ctx);
    set_gate(true);
    return tcp.fd == -1 && tcp.lookup == NULL ? 0 : -1;
}

static void test_bytes_go_both_ways(void **state)
{
    (void)state;
    int listener;
    uint8_t buf[64];
    uint16_t port = listen_on_loopback(&listener, 4);
    assert_int_equal(open_fully("127.0.0.1", port), USPAN_OK);
    assert_int_equal(open_fully("127.0.0.1", port), USPAN_OK); /* again: still open */
    int peer = accept(listener, NULL, NULL);
    assert_int_equal(transport.recv(transport.ctx, buf, sizeof(buf)), 0);
    assert_int_equal(transport.send(transport.ctx, (const uint8_t *)"hello", 5), 5);
    assert_int_equal(recv(peer, buf, sizeof(buf), 0), 5);
    assert_memory_equal(buf, "hello", 5);
    assert_int_equal(send(peer, "hi", 2, 0), 2);
    assert_int_equal(recv_fully(buf, sizeof(buf)), 2);
    assert_memory_equal(buf, "hi", 2);
    assert_string_equal(transport.last_error_text(transport.ctx), "");
    (void)close(peer);
    assert_int_equal(recv_fully(buf, sizeof(buf)), USPAN_ERR_CLOSED);
    assert_string_equal(transport.last_error_text(transport.ctx), "closed by peer");
    (void)close(listener);
}

static void test_a_name_is_looked_up(void **state)
{
    (void)state;
    int listener;
    uint16_t port = listen_on_loopback(&listener, 4);
    assert_int_equal(open_fully("localhost", port), USPAN_OK);
    (void)close(listener);
}

static void test_every_address_of_a_name_is_tried(void **state)
{
    (void)state;
    int listener;
    uint16_t port = listen_on_loopback(&listener, 4); /* on 127.0.0.1 only: ::1 refuses */
    assert_int_equal(open_fully("two.test", port), USPAN_OK);
    assert_int_equal(tcp.address_count, 2);
    assert_int_equal(tcp.address_at, 1);
    (void)close(listener);
}

static void say_a_byte(int listening)
{
    uint8_t byte = 'x';
    int peer_fd = accept(listening, NULL, NULL);
    assert_int_equal(write(peer_fd, &byte, 1u), 1);
    assert_int_equal(recv_fully(&byte, 1u), 1);
    (void)close(peer_fd);
}

static void test_an_address_that_accepts_and_says_nothing_is_passed_over(void **state)
{
    (void)state;
    int listening, silent = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    six.sin6_port = htons(listen_on_loopback(&listening, 8));
    bool has_six = setsockopt(silent, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0 &&
                   bind(silent, (struct sockaddr *)&six, sizeof six) == 0 && listen(silent, 8) == 0;
    for (unsigned turn = 0; has_six && turn < 6u; turn++) {
        assert_int_equal(open_fully("two.test", ntohs(six.sin6_port)), USPAN_OK);
        assert_int_equal(tcp.turn, turn > 0u); /* ::1 once, then 127.0.0.1, which stays selected */
        if (turn > 0u) {
            say_a_byte(listening);
        }
        transport.close(transport.ctx);
    }
    (void)close(silent), (void)close(listening);
}

/* An address may answer and yet be of no use, for example if TLS fails there. Only the core knows that. */
static void test_after_a_failed_exchange_another_address_is_used(void **state)
{
    (void)state;
    int listening, six_fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    six.sin6_port = htons(listen_on_loopback(&listening, 8));
    bool has_six = setsockopt(six_fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0 &&
                   bind(six_fd, (struct sockaddr *)&six, sizeof six) == 0 && listen(six_fd, 8) == 0;
    static const struct {
        bool has_failed, is_silent;
        uint8_t turn; /* even: ::1, odd: 127.0.0.1 */
    } rows[] = {
        { false, false, 0 }, { true, false, 1 }, { false, false, 1 }, { true, true, 2 }, { true, false, 3 }
    };
    for (size_t i = 0; has_six && i < sizeof rows / sizeof rows[0]; i++) {
        const uspan_peer_t peer = { .host = "two.test",
                                    .port = ntohs(six.sin6_port),
                                    .has_failed = rows[i].has_failed };
        uspan_err_t err;
        while ((err = transport.open(transport.ctx, &peer)) == USPAN_ERR_AGAIN) {
            pause_ms(1);
        }
        assert_int_equal(err, USPAN_OK);
        assert_int_equal(tcp.turn, rows[i].turn);
        if (!rows[i].is_silent) {
            say_a_byte(rows[i].turn % 2u == 0u ? six_fd : listening);
        }
        transport.close(transport.ctx);
    }
    (void)close(six_fd), (void)close(listening);
}

static void test_more_addresses_than_there_is_room_for_are_tried_in_turns(void **state)
{
    (void)state;
    int listening;
    uint16_t port = listen_on_loopback(&listening, 4);
    const uspan_peer_t peer = { .host = "many.test", .port = port };
    unsigned connects = 0;
    uspan_err_t err;
    do {
        while ((err = transport.open(transport.ctx, &peer)) == USPAN_ERR_AGAIN) {
            pause_ms(1);
        }
        if (err == USPAN_OK) { /* an address that does not answer counts as dead */
            say_a_byte(listening);
        }
        transport.close(transport.ctx);
        assert_true(++connects <= (MANY + USPAN_POSIX_ADDRESSES_MAX - 1u) / USPAN_POSIX_ADDRESSES_MAX);
    } while (err != USPAN_OK);
    assert_true(connects > 1u);
    while ((err = transport.open(transport.ctx, &peer)) ==
           USPAN_ERR_AGAIN) { /* the address that works is the first now */
        pause_ms(1);
    }
    assert_int_equal(err, USPAN_OK);
    assert_int_equal(tcp.address_at, 0);
    transport.close(transport.ctx);
    (void)close(listening);
}

static void test_a_refused_connection_says_so(void **state)
{
    (void)state;
    int listener;
    uint16_t port = listen_on_loopback(&listener, 4);
    (void)close(listener);
    assert_int_equal(open_fully("127.0.0.1", port), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection refused");
    assert_int_equal(tcp.fd, -1);
    /* Each refusal passes one address, also if the core says that the exchange failed. */
    const uspan_peer_t peer = { .host = "127.0.0.1", .port = port, .has_failed = true };
    const uint8_t turn = tcp.turn;
    uspan_err_t err;
    while ((err = transport.open(transport.ctx, &peer)) == USPAN_ERR_AGAIN) {
        pause_ms(1);
    }
    assert_int_equal(err, USPAN_ERR_IO);
    assert_int_equal(tcp.turn, turn + 1);
}

static void test_a_name_that_does_not_exist_says_so(void **state)
{
    (void)state;
    assert_int_equal(open_fully("nosuchhost.invalid", 1), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "host name not found");
}

static void test_a_name_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'a', sizeof(name) - 1u);
    name[sizeof(name) - 1u] = 0;
    assert_int_equal(open_fully(name, 1), USPAN_ERR_IO);
    assert_string_not_equal(transport.last_error_text(transport.ctx), "");
}

static void test_a_reset_connection_says_so(void **state)
{
    (void)state;
    int listener;
    uint8_t buf[8];
    uint16_t port = listen_on_loopback(&listener, 4);
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    assert_int_equal(open_fully("127.0.0.1", port), USPAN_OK);
    int peer = accept(listener, NULL, NULL);
    assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    (void)close(peer);
    assert_int_equal(recv_fully(buf, sizeof(buf)), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection reset by peer");
    assert_int_equal(transport.send(transport.ctx, buf, 1), USPAN_ERR_IO); /* and no SIGPIPE */
    (void)close(listener);
}

static void test_a_full_pipe_would_block_and_goes_on(void **state)
{
    (void)state;
    int listener;
    short events = 0;
    static uint8_t chunk[65536], got[65536];
    uint16_t port = listen_on_loopback(&listener, 4);
    assert_int_equal(open_fully("127.0.0.1", port), USPAN_OK);
    int peer = accept(listener, NULL, NULL);
    size_t sent = 0, received = 0;
    int32_t moved;
    uspan_posix_tcp_settle(&tcp);
    assert_int_equal(uspan_posix_tcp_fd(&tcp, &events), -1);
    do {
        for (size_t i = 0; i < sizeof(chunk); i++) {
            chunk[i] = (uint8_t)((sent + i) * 31u >> 3);
        }
        moved = transport.send(transport.ctx, chunk, sizeof(chunk));
        assert_true(moved >= 0);
        sent += (size_t)moved;
    } while (moved > 0);
    assert_int_equal(uspan_posix_tcp_fd(&tcp, &events), tcp.fd);
    assert_int_equal(events, POLLOUT);
    struct pollfd p = { .fd = tcp.fd, .events = POLLOUT };
    assert_int_equal(poll(&p, 1, 0), 0);
    while (received < sent) {
        ssize_t n = recv(peer, got, sizeof(got), 0);
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++) {
            assert_int_equal(got[i], (uint8_t)((received + (size_t)i) * 31u >> 3));
        }
        received += (size_t)n;
    }
    assert_int_equal(poll(&p, 1, PATIENCE_S * 1000), 1);
    assert_true(transport.send(transport.ctx, chunk, 10) > 0);
    assert_int_equal(transport.recv(transport.ctx, got, 1), 0);
    assert_int_equal(uspan_posix_tcp_fd(&tcp, &events), tcp.fd);
    assert_int_equal(events & POLLIN, POLLIN);
    (void)close(peer);
    (void)close(listener);
}

static void test_an_address_that_never_answers_is_left_after_a_time(void **state)
{
    (void)state;
    int listener, fillers[16];
    uint16_t port = listen_on_loopback(&listener, 0);
    const struct sockaddr_in at = { .sin_family = AF_INET,
                                    .sin_port = htons(port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (size_t i = 0; i < COUNT(fillers); i++) { /* the queue is full: further connects get no answer */
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (const struct sockaddr *)&at, sizeof(at));
    }
    const uspan_peer_t peer = { .host = "127.0.0.1", .port = port };
    for (int i = 0; i < 50; i++) {
        assert_int_equal(transport.open(transport.ctx, &peer), USPAN_ERR_AGAIN);
    }
    atomic_store(&skew_s, USPAN_POSIX_CONNECT_MS / 1000 + 1);
    assert_int_equal(transport.open(transport.ctx, &peer), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection timed out");
    atomic_store(&skew_s, 0);
    for (size_t i = 0; i < COUNT(fillers); i++) {
        (void)close(fillers[i]);
    }
    (void)close(listener);
}

static void test_look_ups_that_never_end_are_left_behind(void **state)
{
    (void)state;
    const uspan_peer_t slow = { .host = "slow.test", .port = 1 };
    set_gate(false);
    for (int i = 0; i < LOOKUPS_MAX; i++) {
        assert_int_equal(transport.open(transport.ctx, &slow), USPAN_ERR_AGAIN);
        assert_int_equal(transport.open(transport.ctx, &slow), USPAN_ERR_AGAIN);
        transport.close(transport.ctx);
    }
    assert_int_equal(transport.open(transport.ctx, &slow), USPAN_ERR_IO); /* no further thread */
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "name look-up could not start: no free thread, or earlier look-ups still run");
    set_gate(true);
    for (long i = 0; open_fully("nosuchhost.invalid", 1),
              strcmp(transport.last_error_text(transport.ctx), "host name not found") != 0;
         i++) {
        assert_true(i < PATIENCE_S * 1000);
        pause_ms(1);
    }
    while (atomic_load(&inside) > 0) {
        pause_ms(1);
    }
}

static void test_a_name_server_without_answer_says_so(void **state)
{
    (void)state;
    assert_int_equal(open_fully("slow.test", 1), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "name server does not answer");
}

static void test_close_is_always_legal_and_open_works_after_it(void **state)
{
    (void)state;
    int listener;
    uint8_t byte = 1;
    uint16_t port = listen_on_loopback(&listener, 8);
    transport.close(transport.ctx);
    transport.close(transport.ctx);
    assert_int_equal(transport.send(transport.ctx, &byte, 1), USPAN_ERR_IO);
    assert_int_equal(transport.recv(transport.ctx, &byte, 1), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "not connected");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(open_fully("127.0.0.1", port), USPAN_OK);
        assert_string_equal(transport.last_error_text(transport.ctx), "");
        transport.close(transport.ctx);
        transport.close(transport.ctx);
    }
    (void)close(listener);
}

static void test_sockets_are_not_inherited_and_do_not_wait(void **state)
{
    (void)state;
    int listener;
    uint16_t port = listen_on_loopback(&listener, 4);
    assert_int_equal(open_fully("127.0.0.1", port), USPAN_OK);
    assert_true((fcntl(tcp.fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_true((fcntl(tcp.fd, F_GETFL) & O_NONBLOCK) != 0);
    (void)close(listener);
}

static void test_a_forked_child_cannot_use_the_connection(void **state)
{
    (void)state;
    int listener, status = 0;
    uint8_t buf[8];
    uint16_t port = listen_on_loopback(&listener, 4);
    const uspan_peer_t to = { .host = "127.0.0.1", .port = port };
    assert_int_equal(open_fully("127.0.0.1", port), USPAN_OK);
    int peer = accept(listener, NULL, NULL);
    pid_t pid = fork();
    if (pid == 0) {
        bool refused = transport.send(transport.ctx, (const uint8_t *)"child", 5) == USPAN_ERR_IO &&
                       transport.recv(transport.ctx, buf, sizeof(buf)) == USPAN_ERR_IO &&
                       transport.open(transport.ctx, &to) == USPAN_ERR_IO;
        transport.close(transport.ctx);
        _exit(refused ? 7 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(transport.send(transport.ctx, (const uint8_t *)"parent", 6), 6);
    assert_int_equal(recv(peer, buf, sizeof(buf), 0), 6);
    assert_memory_equal(buf, "parent", 6);
    (void)close(peer);
    (void)close(listener);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bytes_go_both_ways),
        TEST(test_a_name_is_looked_up),
        TEST(test_every_address_of_a_name_is_tried),
        TEST(test_after_a_failed_exchange_another_address_is_used),
        TEST(test_more_addresses_than_there_is_room_for_are_tried_in_turns),
        TEST(test_an_address_that_accepts_and_says_nothing_is_passed_over),
        TEST(test_a_refused_connection_says_so),
        TEST(test_a_name_that_does_not_exist_says_so),
        TEST(test_a_name_that_is_too_long_is_refused),
        TEST(test_a_reset_connection_says_so),
        TEST(test_a_full_pipe_would_block_and_goes_on),
        TEST(test_an_address_that_never_answers_is_left_after_a_time),
        TEST(test_look_ups_that_never_end_are_left_behind),
        TEST(test_a_name_server_without_answer_says_so),
        TEST(test_close_is_always_legal_and_open_works_after_it),
        TEST(test_sockets_are_not_inherited_and_do_not_wait),
        TEST(test_a_forked_child_cannot_use_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
