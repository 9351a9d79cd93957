/* test_posix_tcp.c: the TCP transport never blocks, reports what failed, and frees all its resources. */
#include "posix_tcp.h"

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

static void test_a_refused_connection_says_so(void **state)
{
    (void)state;
    const uint16_t port = 1; /* no server listens there, and no test gets it as a free port */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bytes_go_both_ways),
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
