/* test_template.c: the checks of port/template accept a correct port, and name the duty that a wrong port
 * violates. */
#define _GNU_SOURCE
#include "../../port/template/check.c"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "uspan_posix.h"

static const uspan_port_t *real; /* the POSIX port */
static uspan_port_t port;
static char said[1024];
static unsigned calls; /* of the clock */
static bool locked_up;

static void note(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx, (void)level;
    (void)strncat(said, text, sizeof(said) - strlen(said) - 1u);
    (void)strncat(said, ";", sizeof(said) - strlen(said) - 1u);
}

static int fresh(void **state)
{
    (void)state;
    real = uspan_posix_port();
    port = *real;
    port.log = note;
    said[0] = 0;
    calls = 0;
    locked_up = false;
    return 0;
}

static uint64_t real_ns(void)
{
    return real->mono_ns(real->ctx);
}

/* ---- clocks -------------------------------------------------------------------------------------------- */

static uint64_t still(void *ctx)
{
    (void)ctx;
    return 5u;
}

static uint64_t back_at_a_wrap(void *ctx)
{
    (void)ctx;
    return real_ns() - (++calls == 1000u ? 3000000u : 0u);
}

static uint64_t torn(void *ctx)
{
    (void)ctx;
    return real_ns() + (++calls > 1000u ? 1ull << 32 : 0u);
}

static uint64_t coarse(void *ctx)
{
    (void)ctx;
    return real_ns() / 50000000u * 50000000u;
}

static uint64_t ms_ticks(void *ctx)
{
    (void)ctx;
    return real_ns() / 1000000u * 1000000u;
}

static uint64_t stops_when_locked_up(void *ctx)
{
    (void)ctx;
    return locked_up ? 7u : real_ns();
}

static void unlock_leaves_interrupts_off(void *ctx, uint32_t state)
{
    (void)ctx, (void)state;
    locked_up = true;
}

static void none_unlock(void *ctx, uint32_t state)
{
    real->unlock(ctx, state);
    unlock_leaves_interrupts_off(ctx, state);
}

static void test_a_port_that_is_right_passes(void **state)
{
    (void)state;
    assert_int_equal(uspan_check_port(&port), 0);
    assert_string_equal(said, "log: this line;clock: goes on;lock: lets go;entropy: differs;time: goes on;");
    port.mono_ns = ms_ticks;
    assert_null(uspan_check_clock(&port));
}

static void test_clocks_that_are_wrong_are_named(void **state)
{
    (void)state;
    port.mono_ns = still;
    assert_int_equal(strncmp(uspan_check_clock(&port), "the clock does not advance", 26), 0);
    port.mono_ns = back_at_a_wrap;
    assert_int_equal(strncmp(uspan_check_clock(&port), "the clock went back", 19), 0);
    port.mono_ns = torn;
    calls = 0;
    assert_int_equal(strncmp(uspan_check_clock(&port), "the clock jumped", 16), 0);
    port.mono_ns = coarse;
    assert_int_equal(strncmp(uspan_check_clock(&port), "the clock's steps", 17), 0);
}

static void test_a_lock_that_leaves_interrupts_off_is_named(void **state)
{
    (void)state;
    port.mono_ns = stops_when_locked_up;
    port.unlock = none_unlock;
    assert_int_equal(strncmp(uspan_check_lock(&port), "the clock stopped after", 23), 0);
    assert_int_equal(uspan_check_port(&port), 3); /* and the checks after it that need a clock */
}

/* ---- entropy, time ------------------------------------------------------------------------------------- */

static int way;

static uspan_err_t poor_random(void *ctx, uint8_t *out, size_t len)
{
    static uint8_t count;
    assert_true(len <= 32u);
    switch (way) {
    case 0:
        return USPAN_ERR_AGAIN;
    case 1:
        return USPAN_ERR_ARG;
    case 2:
        memset(out, 0, len);
        return USPAN_OK;
    case 3:
        for (size_t i = 0; i < len; i++) {
            out[i] = count++;
        }
        return USPAN_OK;
    case 4: /* a generator that is not seeded */
        for (size_t i = 0; i < len; i++) {
            out[i] = (uint8_t)(i * i * 31u);
        }
        return USPAN_OK;
    default: /* late, but correct */
        return ++calls % 100u != 0u ? USPAN_ERR_AGAIN : real->random(ctx, out, len);
    }
}

static void test_entropy_that_is_none_is_named(void **state)
{
    static const char *const words[] = { "no entropy: spans", "random() returned neither", "random() counts",
                                         "random() counts", "random() repeats itself" };
    (void)state;
    port.random = poor_random;
    for (way = 0; way < (int)COUNT(words); way++) {
        assert_int_equal(strncmp(uspan_check_entropy(&port), words[way], strlen(words[way])), 0);
    }
    assert_null(uspan_check_entropy(&port));
}

static uspan_err_t odd_time(void *ctx, uint64_t *out)
{
    static const uint64_t now = 1800000000000000000u;
    (void)ctx;
    calls++;
    switch (way) {
    case 0:
        return USPAN_ERR_IO;
    case 1:
        *out = 86400000000000u; /* an RTC after its battery failed */
        return USPAN_OK;
    case 2:
        *out = now - calls;
        return USPAN_OK;
    case 3:
        *out = now + calls * 3600000000000u;
        return USPAN_OK;
    case 4:
        *out = now;
        return calls == 1u ? USPAN_OK : USPAN_ERR_AGAIN;
    case 5: /* counts in seconds */
        *out = now / 1000000000u * 1000000000u;
        return USPAN_OK;
    default:
        return USPAN_ERR_AGAIN;
    }
}

static void test_times_that_are_none_are_named(void **state)
{
    static const char *const words[] = { "unix_ns() returned neither", "a time that uspan ignores",
                                         "the Unix time does not advance", "the Unix time does not advance",
                                         "the Unix time was known" };
    (void)state;
    port.unix_ns = odd_time;
    for (way = 0; way < (int)COUNT(words); way++) {
        calls = 0;
        assert_int_equal(strncmp(uspan_check_time(&port), words[way], strlen(words[way])), 0);
    }
    assert_null(uspan_check_time(&port));
    way = 6;
    assert_string_equal(uspan_check_time(&port), "");
    assert_int_equal(uspan_check_port(&port), 0); /* a board may get the time later */
    assert_non_null(strstr(said, "time: unknown as yet;"));
}

/* ---- network ------------------------------------------------------------------------------------------- */

typedef enum manner { ANSWERS, HANGS_UP, IS_SILENT } manner_t;

static struct {
    int listener;
    manner_t manner;
    pthread_t thread;
} server;

static void *serve(void *arg)
{
    char request[256];
    int fd;
    while ((fd = accept(server.listener, NULL, NULL)) >= 0) {
        if (server.manner != HANGS_UP && recv(fd, request, sizeof(request), 0) > 0 &&
            server.manner == ANSWERS) {
            (void)send(fd, "HTTP/1.0 404 No\r\n\r\n", 19, MSG_NOSIGNAL);
        }
        while (server.manner == IS_SILENT && recv(fd, request, sizeof(request), 0) > 0) {
        }
        (void)close(fd);
    }
    return arg;
}

static uint16_t listen_on_loopback(int *fd)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(*fd >= 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(*fd, 8), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&at, &len), 0);
    return ntohs(at.sin_port);
}

static uspan_posix_tcp_t tcp;
static uspan_transport_t transport;

static const char *try_network(manner_t manner, const uspan_transport_t *over)
{
    int other;
    server.manner = manner;
    uint16_t port_number = listen_on_loopback(&server.listener), refuses = listen_on_loopback(&other);
    (void)close(other);
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
    const uspan_peer_t peer = { .host = "127.0.0.1", .port = port_number };
    uspan_posix_tcp_init(&tcp, &transport);
    const char *wrong = uspan_check_transport(&port, over, &peer, refuses, NULL);
    transport.close(transport.ctx);
    (void)shutdown(server.listener, SHUT_RDWR);
    assert_int_equal(pthread_join(server.thread, NULL), 0);
    (void)close(server.listener);
    return wrong;
}

/* A clock that runs 1000 times as fast, for checks that would take long. */
static uint64_t fast(void *ctx)
{
    (void)ctx;
    return real_ns() * 1000u;
}

static uspan_transport_t shaped;

static int32_t send_and_wait(void *ctx, const uint8_t *buf, size_t len)
{
    (void)nanosleep(&(struct timespec){ .tv_nsec = 150000000 }, NULL);
    return transport.send(ctx, buf, len);
}

static int32_t send_nothing(void *ctx, const uint8_t *buf, size_t len)
{
    (void)ctx, (void)buf, (void)len;
    return 0;
}

static uspan_err_t open_never(void *ctx, const uspan_peer_t *peer)
{
    (void)ctx, (void)peer;
    return USPAN_ERR_AGAIN;
}

static const char *no_words(void *ctx)
{
    (void)ctx;
    return "";
}

static void test_a_network_that_is_right_passes(void **state)
{
    (void)state;
    assert_null(try_network(ANSWERS, &transport));
    assert_int_equal(tcp.fd, -1);
}

static void test_networks_that_are_wrong_are_named(void **state)
{
    (void)state;
    assert_string_equal(try_network(HANGS_UP, &transport), "receiving failed");
    uspan_posix_tcp_init(&tcp, &shaped);
    shaped.send = send_and_wait;
    assert_string_equal(try_network(ANSWERS, &shaped),
                        "a call took more than 100 ms: it blocks, so the application would block too");
    uspan_posix_tcp_init(&tcp, &shaped);
    shaped.last_error_text = no_words;
    assert_string_equal(try_network(ANSWERS, &shaped),
                        "last_error_text() returned an empty text after a failure");
    const uspan_peer_t nobody = { .host = "127.0.0.1", .port = 1 };
    assert_string_equal(uspan_check_transport(&port, &transport, &nobody, 0, NULL), "open() failed");
    transport.close(transport.ctx);
    port.mono_ns = fast;
    assert_string_equal(try_network(IS_SILENT, &transport), "no response arrived");
    uspan_posix_tcp_init(&tcp, &shaped);
    shaped.send = send_nothing;
    assert_string_equal(try_network(ANSWERS, &shaped), "send() makes no progress");
    shaped.open = open_never;
    assert_string_equal(try_network(ANSWERS, &shaped), "open() never completes");
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_port_that_is_right_passes),
        TEST(test_clocks_that_are_wrong_are_named),
        TEST(test_a_lock_that_leaves_interrupts_off_is_named),
        TEST(test_entropy_that_is_none_is_named),
        TEST(test_times_that_are_none_are_named),
        TEST(test_a_network_that_is_right_passes),
        TEST(test_networks_that_are_wrong_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
