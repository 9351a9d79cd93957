/* test_freertos.c: port/freertos over the declared kernel. It tests locks of tasks and ISRs, a clock whose
 * tick wraps, the exporter's task, and FreeRTOS+TCP over the host's sockets. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "fake_freertos.h"
#include "uspan_freertos.h"
#include <FreeRTOS_IP.h>
#include <FreeRTOS_DNS.h> /* after FreeRTOS_IP.h */
#include <FreeRTOS_Sockets.h>
#include "two_tasks.h" /* after FreeRTOS.h */

static uspan_port_t port;

static uspan_err_t some_random(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)rand();
    }
    return USPAN_OK;
}

static uspan_err_t some_time(uint64_t *out)
{
    *out = 1795975200000000000u;
    return USPAN_OK;
}

static unsigned lines;

static void count_line(uspan_level_t level, const char *text)
{
    (void)level;
    lines += text[0] != '\0';
}

static const uspan_freertos_board_t board = { .random = some_random,
                                              .unix_ns = some_time,
                                              .log = count_line };

/* ---- the port ------------------------------------------------------------------------------------------ */

static void test_tasks_and_isrs_lock_in_their_own_forms(void **state)
{
    (void)state;
    uspan_freertos_port_init(&port, &board);
    uint32_t inside = port.lock(port.ctx);
    assert_int_equal(fake_depth, 1);
    assert_int_equal(fake_isr_calls, 0);
    port.unlock(port.ctx, inside);
    fake_in_isr = true;
    inside = port.lock(port.ctx);
    assert_int_equal(fake_depth, 1);
    port.unlock(port.ctx, inside);
    fake_in_isr = false;
    assert_int_equal(fake_isr_calls, 1);
    assert_int_equal(fake_depth, 0);
}

static void test_the_clock_goes_on_when_the_tick_wraps(void **state)
{
    (void)state;
    uspan_freertos_port_init(&port, &board);
    uint64_t before = port.mono_ns(port.ctx);
    fake_ticks_ahead = 0xFFFFFFFFu;
    uint64_t at = port.mono_ns(port.ctx);
    assert_true(at - before >= 0xFFFFFFFFu * 1000000u);
    fake_ticks_ahead += 3000u;
    assert_true(port.mono_ns(port.ctx) - at >= 3000000000u);
    assert_true(port.mono_ns(port.ctx) - at < 60000000000u);
    assert_int_equal(fake_depth, 0);
    fake_ticks_ahead = 0;
}

static void test_what_a_board_lacks_is_said(void **state)
{
    (void)state;
    uint64_t time = 7;
    uint8_t bytes[8] = { 0 };
    uspan_freertos_port_init(&port, NULL);
    assert_int_equal(port.random(port.ctx, bytes, sizeof bytes), USPAN_ERR_AGAIN);
    assert_int_equal(port.unix_ns(port.ctx, &time), USPAN_ERR_AGAIN);
    assert_int_equal(time, 7);
    port.log(port.ctx, USPAN_LEVEL_ERROR, "nobody hears it");
    assert_int_equal(port.task(port.ctx), 0);
    uspan_freertos_port_init(&port, &board);
    assert_int_equal(port.unix_ns(port.ctx, &time), USPAN_OK);
    lines = 0;
    port.log(port.ctx, USPAN_LEVEL_ERROR, "heard");
    assert_int_equal(lines, 1);
}

/* ---- the exporter -------------------------------------------------------------------------------------- */

static uspan_tracer_t tracer;
static uspan_freertos_exporter_t exporter;
static StackType_t stack[256];
static atomic_uint received;
static atomic_uintptr_t poller;
static atomic_bool holds;

static uspan_err_t receive(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    (void)t;
    (void)s;
    poller = (uintptr_t)xTaskGetCurrentTaskHandle();
    if (holds) {
        return USPAN_ERR_AGAIN;
    }
    received++;
    return USPAN_OK;
}

static const uspan_sink_t sink = { .span = receive };

static void start(void)
{
    received = 0;
    memset(&exporter, 0, sizeof exporter);
    uspan_freertos_port_init(&port, &board);
    assert_int_equal(uspan_init(&tracer, &port), USPAN_OK);
    assert_int_equal(uspan_export_to_sink(&tracer, 0, &sink), USPAN_OK);
    assert_int_equal(
        uspan_freertos_exporter_start(&exporter, &tracer, stack, sizeof stack / sizeof stack[0], 1),
        USPAN_OK);
}

static void test_each_task_has_its_own_current_span(void **state)
{
    (void)state;
    uspan_freertos_port_init(&port, &board);
    assert_int_equal(uspan_init(&tracer, &port), USPAN_OK);
    check_two_tasks(&tracer);
}

static void test_the_exporter_polls_flushes_and_stops(void **state)
{
    (void)state;
    start();
    assert_int_equal(uspan_freertos_exporter_start(&exporter, &tracer, stack, 256, 1), USPAN_ERR_ARG);
    for (unsigned i = 0; i < 5u; i++) {
        (void)uspan_end(&tracer, uspan_start(&tracer, USPAN_CURRENT, "one"));
    }
    assert_int_equal(uspan_freertos_exporter_flush(&exporter, 20000), USPAN_OK);
    assert_int_equal(received, 5);
    assert_int_equal(poller, (uintptr_t)exporter.task);
    holds = true; /* no destination accepts them */
    (void)uspan_end(&tracer, uspan_start(&tracer, USPAN_ROOT, "late"));
    assert_int_equal(uspan_freertos_exporter_flush(&exporter, 100), USPAN_ERR_AGAIN);
    holds = false;
    assert_int_equal(uspan_freertos_exporter_flush(&exporter, 20000), USPAN_OK);
    assert_int_equal(received, 6);
    (void)uspan_start(&tracer, USPAN_ROOT, "open");
    assert_int_equal(uspan_freertos_exporter_stop(&exporter, 5000), USPAN_OK);
    assert_int_equal(received, 7);
    assert_int_equal(uspan_freertos_exporter_stop(&exporter, 5000), USPAN_OK); /* nothing left to do */
    assert_int_equal(uspan_freertos_exporter_flush(&exporter, 5000), USPAN_OK);
    uspan_freertos_exporter_wake(&exporter);
}

static void test_it_is_woken_when_a_batch_is_due(void **state)
{
    (void)state;
    start();
    vTaskDelay(50); /* the task now sleeps for USPAN_FREERTOS_TICK_MS */
    const uint64_t begin = port.mono_ns(port.ctx);
    fake_isr_calls = 0;
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        uspan_t s = uspan_start(&tracer, USPAN_ROOT, "from an interrupt");
        fake_in_isr = true;
        (void)uspan_end(&tracer, s);
        fake_in_isr = false;
    }
    while (received < USPAN_SPANS_MAX / 2u && port.mono_ns(port.ctx) - begin < 10000000000u) {
        vTaskDelay(1);
    }
    assert_true(received >= USPAN_SPANS_MAX / 2u);
    assert_true(fake_isr_calls > USPAN_SPANS_MAX); /* locks, and one notification */
    assert_int_equal(uspan_freertos_exporter_stop(&exporter, 5000), USPAN_OK);
    fake_no_task = true;
    memset(&exporter, 0, sizeof exporter);
    assert_int_equal(uspan_freertos_exporter_start(&exporter, &tracer, stack, 256, 1), USPAN_ERR_FULL);
    fake_no_task = false;
    assert_int_equal(uspan_freertos_exporter_start(NULL, &tracer, stack, 256, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_freertos_exporter_start(&exporter, NULL, stack, 256, 1), USPAN_ERR_ARG);
}

/* ---- FreeRTOS+TCP over the host's sockets -------------------------------------------------------------- */

struct xSOCKET {
    int none;
} declared_invalid_socket;
static bool no_socket, refuses_connect;
static uint32_t dns_answer;
static FOnDNSEvent dns_callback;
static void *dns_id;
static unsigned sockets_open;

static int fd_of(Socket_t s)
{
    return (int)(intptr_t)s - 1000;
}

Socket_t FreeRTOS_socket(BaseType_t domain, BaseType_t type, BaseType_t protocol)
{
    assert_int_equal(domain, FREERTOS_AF_INET);
    assert_int_equal(type, FREERTOS_SOCK_STREAM);
    assert_int_equal(protocol, FREERTOS_IPPROTO_TCP);
    if (no_socket) {
        return FREERTOS_INVALID_SOCKET;
    }
    sockets_open++;
    return (Socket_t)(intptr_t)(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0) + 1000);
}

BaseType_t FreeRTOS_setsockopt(Socket_t s, int32_t level, int32_t option, const void *value, size_t len)
{
    (void)s;
    (void)level;
    assert_true(option == FREERTOS_SO_RCVTIMEO || option == FREERTOS_SO_SNDTIMEO);
    assert_int_equal(len, sizeof(TickType_t));
    assert_int_equal(*(const TickType_t *)value, 0); /* no call blocks */
    return 0;
}

BaseType_t FreeRTOS_connect(Socket_t s, const struct freertos_sockaddr *address, uint32_t len)
{
    assert_int_equal(len, sizeof *address);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = address->sin_port,
                              .sin_addr.s_addr = address->sin_address.ulIP_IPv4 };
    if (refuses_connect) {
        return -22;
    }
    (void)connect(fd_of(s), (struct sockaddr *)&to, sizeof to);
    return -pdFREERTOS_ERRNO_EWOULDBLOCK;
}

static int error_of(Socket_t s)
{
    int error = 0;
    socklen_t len = sizeof error;
    struct pollfd p = { .fd = fd_of(s), .events = POLLOUT };
    if (poll(&p, 1, 0) == 0) {
        return EINPROGRESS;
    }
    (void)getsockopt(fd_of(s), SOL_SOCKET, SO_ERROR, &error, &len);
    return error;
}

BaseType_t FreeRTOS_issocketconnected(Socket_t s)
{
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    return getpeername(fd_of(s), (struct sockaddr *)&peer, &len) == 0 ? pdTRUE : pdFALSE;
}

BaseType_t FreeRTOS_connstatus(Socket_t s)
{
    int error = error_of(s);
    return error == EINPROGRESS || error == 0 ? (BaseType_t)eCONNECT_SYN : (BaseType_t)eCLOSE_WAIT;
}

static BaseType_t result_of(ssize_t n)
{
    return n > 0                                          ? (BaseType_t)n
           : n < 0 && (errno == EAGAIN || errno == EINTR) ? -pdFREERTOS_ERRNO_EWOULDBLOCK
                                                          : -pdFREERTOS_ERRNO_ENOTCONN;
}

BaseType_t FreeRTOS_send(Socket_t s, const void *buffer, size_t len, BaseType_t flags)
{
    assert_int_equal(flags, 0);
    return result_of(send(fd_of(s), buffer, len, MSG_NOSIGNAL));
}

BaseType_t FreeRTOS_recv(Socket_t s, void *buffer, size_t len, BaseType_t flags)
{
    assert_int_equal(flags, 0);
    ssize_t n = recv(fd_of(s), buffer, len, 0);
    return n < 0 && errno == EAGAIN ? 0 : result_of(n); /* 0: nothing came in time */
}

BaseType_t FreeRTOS_shutdown(Socket_t s, BaseType_t how)
{
    assert_int_equal(how, FREERTOS_SHUT_RDWR);
    return shutdown(fd_of(s), SHUT_RDWR);
}

BaseType_t FreeRTOS_closesocket(Socket_t s)
{
    sockets_open--;
    return close(fd_of(s)) == 0 ? 1 : 0;
}

uint32_t FreeRTOS_inet_addr(const char *text)
{
    struct in_addr address;
    return inet_aton(text, &address) != 0 ? address.s_addr : 0u;
}

uint32_t FreeRTOS_gethostbyname_a(const char *name, FOnDNSEvent callback, void *search_id, TickType_t timeout)
{
    assert_int_equal(timeout, 5000); /* milliseconds, not ticks */
    if (strcmp(name, "cached.test") == 0) {
        return dns_answer;
    }
    dns_callback = callback;
    dns_id = search_id;
    return 0;
}

void FreeRTOS_gethostbyname_cancel(void *search_id)
{
    assert_ptr_equal(search_id, dns_id);
    dns_callback = NULL;
}

static uspan_freertos_tcp_t tcp;
static uspan_transport_t transport;

static uspan_err_t open_at(const char *host, uint16_t at, unsigned answer_after)
{
    const uspan_peer_t peer = { .host = host, .port = at };
    uspan_err_t err = USPAN_ERR_AGAIN;
    for (unsigned n = 0; err == USPAN_ERR_AGAIN && n < 5000u; n++) {
        err = transport.open(transport.ctx, &peer);
        if (n == answer_after && dns_callback != NULL) {
            struct freertos_sockaddr address = { .sin_address.ulIP_IPv4 = dns_answer };
            struct freertos_addrinfo answer = { .ai_addr = &address };
            dns_callback(host, dns_id, dns_answer != 0u ? &answer : NULL);
            dns_callback = NULL;
        }
        vTaskDelay(err == USPAN_ERR_AGAIN ? 1 : 0);
    }
    return err;
}

static uint16_t listen_here(int *fd)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(*fd, 4), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&at, &len), 0);
    return ntohs(at.sin_port);
}

static void test_plus_tcp_connects_sends_receives_and_ends(void **state)
{
    (void)state;
    int listener;
    uint16_t at = listen_here(&listener);
    dns_answer = htonl(INADDR_LOOPBACK);
    static const char *const names[] = { "127.0.0.1", "cached.test", "collector.test" };
    uspan_freertos_tcp_init(&tcp, &transport);
    for (size_t i = 0; i < 3u; i++) {
        uint8_t byte = 0;
        assert_int_equal(transport.send(transport.ctx, &byte, 1), USPAN_ERR_IO); /* not open */
        assert_int_equal(open_at(names[i], at, 3), USPAN_OK);
        int peer = accept(listener, NULL, NULL);
        assert_true(peer >= 0);
        assert_int_equal(transport.recv(transport.ctx, &byte, 1), 0);
        assert_int_equal(transport.send(transport.ctx, (const uint8_t *)"ping", 4), 4);
        char got[8];
        assert_int_equal(read(peer, got, sizeof got), 4);
        assert_int_equal(write(peer, "!", 1), 1);
        int32_t n = 0;
        for (unsigned tries = 0; n == 0 && tries < 1000u; tries++, vTaskDelay(1)) {
            n = transport.recv(transport.ctx, &byte, 1);
        }
        assert_int_equal(n, 1);
        assert_int_equal(byte, '!');
        (void)close(peer);
        n = 0;
        for (unsigned tries = 0; n == 0 && tries < 1000u; tries++, vTaskDelay(1)) {
            n = transport.recv(transport.ctx, &byte, 1);
        }
        assert_int_equal(n, USPAN_ERR_CLOSED);
        transport.close(transport.ctx);
        transport.close(transport.ctx);
        assert_int_equal(sockets_open, 0);
    }
    (void)close(listener);
    assert_int_equal(open_at("127.0.0.1", 1, 0), USPAN_ERR_IO); /* no test gets this as a free port */
    assert_non_null(strstr(transport.last_error_text(transport.ctx), "refused"));
    transport.close(transport.ctx);
}

static void test_plus_tcp_says_what_fails(void **state)
{
    (void)state;
    uspan_freertos_tcp_init(&tcp, &transport);
    dns_answer = 0;
    assert_int_equal(open_at("no-such-host.test", 80, 3), USPAN_ERR_IO);
    assert_non_null(strstr(transport.last_error_text(transport.ctx), "host name not found"));
    transport.close(transport.ctx);
    const uspan_peer_t peer = { .host = "slow.test", .port = 80 };
    assert_int_equal(transport.open(transport.ctx, &peer), USPAN_ERR_AGAIN);
    assert_non_null(dns_callback);
    transport.close(transport.ctx); /* closed: the callback must not be called */
    assert_null(dns_callback);
    no_socket = true;
    assert_int_equal(open_at("127.0.0.1", 80, 0), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "no free socket");
    no_socket = false;
    transport.close(transport.ctx);
    refuses_connect = true;
    assert_int_equal(open_at("127.0.0.1", 80, 0), USPAN_ERR_IO);
    refuses_connect = false;
    transport.close(transport.ctx);
    assert_int_equal(sockets_open, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tasks_and_isrs_lock_in_their_own_forms),
        cmocka_unit_test(test_the_clock_goes_on_when_the_tick_wraps),
        cmocka_unit_test(test_what_a_board_lacks_is_said),
        cmocka_unit_test(test_each_task_has_its_own_current_span),
        cmocka_unit_test(test_the_exporter_polls_flushes_and_stops),
        cmocka_unit_test(test_it_is_woken_when_a_batch_is_due),
        cmocka_unit_test(test_plus_tcp_connects_sends_receives_and_ends),
        cmocka_unit_test(test_plus_tcp_says_what_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
