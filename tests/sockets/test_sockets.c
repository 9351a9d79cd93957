/* test_sockets.c: tcp.c over lwIP's socket API, with lwIP's own thread and slirp as the network. In every
 * state it never waits, reports what failed, and frees all its resources. */
#define _GNU_SOURCE
#include "uspan_posix.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <lwip/api.h>
#include <lwip/stats.h>
#include "cmocka_all.h"
#include "link.h"
#include "names.h"

#define PATIENCE_S 60 /* of a test on a busy machine, before it counts as blocked */
#define LOOKUPS_MAX 4 /* of lookup_lwip.c */
#define HOST "10.0.2.2"

static uspan_posix_tcp_t tcp;
static uspan_transport_t transport;

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

static uint16_t closed_port(void)
{
    return 1; /* no server listens there, and no test gets it as a free port */
}

static void pause_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

static uspan_err_t open_once(const char *host, uint16_t port)
{
    const uspan_peer_t peer = { .host = host, .port = port };
    return transport.open(transport.ctx, &peer);
}

/* Call open() until it succeeds or fails. */
static uspan_err_t open_fully(const char *host, uint16_t port)
{
    uspan_err_t err;
    for (long i = 0; (err = open_once(host, port)) == USPAN_ERR_AGAIN; i++) {
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

/* Like send, but waits: lwIP may lack memory for a moment. */
static int32_t send_fully(const char *text, size_t len)
{
    int32_t moved;
    for (long i = 0; (moved = transport.send(transport.ctx, (const uint8_t *)text, len)) == 0; i++) {
        assert_true(i < PATIENCE_S * 1000);
        pause_ms(1);
    }
    return moved;
}

static int accept_one(int listener)
{
    struct pollfd p = { .fd = listener, .events = POLLIN };
    assert_int_equal(poll(&p, 1, PATIENCE_S * 1000), 1);
    int peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
    return peer;
}

static int connect_to(int *listener)
{
    uint16_t port = listen_on_loopback(listener);
    assert_int_equal(open_fully(HOST, port), USPAN_OK);
    return accept_one(*listener);
}

static int fresh(void **state)
{
    (void)state;
    link_cut(false);
    uspan_posix_tcp_init(&tcp, &transport);
    return 0;
}

/* lwIP has freed everything, after connections have had time to end. */
static int closed(void **state)
{
    (void)state;
    transport.close(transport.ctx);
    link_cut(false);
    for (long i = 0; i < PATIENCE_S * 200; i++) {
        if (lwip_stats.memp[MEMP_NETCONN]->used == 0 && lwip_stats.memp[MEMP_TCP_PCB]->used == 0 &&
            lwip_stats.memp[MEMP_TCP_SEG]->used == 0) {
            return tcp.fd == -1 && tcp.lookup == NULL ? 0 : -1;
        }
        pause_ms(5);
    }
    print_error("left: %u netconns, %u pcbs, %u segments\n", (unsigned)lwip_stats.memp[MEMP_NETCONN]->used,
                (unsigned)lwip_stats.memp[MEMP_TCP_PCB]->used, (unsigned)lwip_stats.memp[MEMP_TCP_SEG]->used);
    return -1;
}

static void test_bytes_go_both_ways(void **state)
{
    (void)state;
    int listener;
    uint8_t buf[64];
    int peer = connect_to(&listener);
    assert_int_equal(open_once(HOST, 1), USPAN_OK); /* again: still open */
    assert_int_equal(transport.recv(transport.ctx, buf, sizeof(buf)), 0);
    assert_int_equal(send_fully("hello", 5), 5);
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

static void test_a_name_is_looked_up_on_the_wire(void **state)
{
    (void)state;
    int listener;
    uint16_t port = listen_on_loopback(&listener);
    names_hold(true);
    uspan_err_t err = open_once("here.test", port);
    bool asking = tcp.lookup != NULL;
    names_hold(false);
    assert_int_equal(err, USPAN_ERR_AGAIN);
    assert_true(asking);
    assert_int_equal(open_fully("here.test", port), USPAN_OK);
    transport.close(transport.ctx);
    assert_int_equal(open_fully("here.test", port), USPAN_OK); /* lwIP has it in its cache */
    (void)close(listener);
}

static void test_the_other_family_has_its_turn_after_a_failed_connect(void **state)
{
    (void)state;
    uint16_t port = closed_port();
    struct netconn *six = netconn_new(NETCONN_TCP_IPV6), *accepted;
    assert_int_equal(netconn_bind(six, IP6_ADDR_ANY, port), ERR_OK); /* of lwIP itself, as fec0::15 */
    assert_int_equal(netconn_listen(six), ERR_OK);
    unsigned asked = names_asked_six();
    assert_int_equal(open_fully("two.test", port), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection refused"); /* at 10.0.2.2 */
    assert_int_equal(names_asked_six(), asked);
    transport.close(transport.ctx);
    assert_int_equal(open_fully("two.test", port), USPAN_OK);
    assert_int_equal(names_asked_six(), asked + 1u);
    assert_int_equal(netconn_accept(six, &accepted), ERR_OK);
    assert_int_equal(send_fully("six", 3), 3);
    (void)netconn_delete(accepted);
    (void)netconn_delete(six);
}

static void test_address_literals_need_no_name_server(void **state)
{
    (void)state;
    int listener;
    uint16_t port = listen_on_loopback(&listener);
    assert_int_not_equal(open_once(HOST, port), USPAN_ERR_IO);
    assert_null(tcp.lookup); /* at once */
    transport.close(transport.ctx);
    assert_int_equal(open_fully("fec0::15", closed_port()), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection refused");
    (void)close(listener);
}

static void test_a_refused_connection_says_so(void **state)
{
    (void)state;
    assert_int_equal(open_fully(HOST, closed_port()), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection refused");
    assert_int_equal(tcp.fd, -1);
}

static void test_a_peer_that_is_not_there_times_out(void **state)
{
    (void)state;
    assert_int_equal(open_fully("10.0.2.77", 80), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection timed out");
}

static void test_names_that_do_not_resolve_say_so(void **state)
{
    (void)state;
    assert_int_equal(open_fully("nowhere.test", 80), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "host name not found, or the name server does not answer");
    assert_int_equal(open_fully("silent.test", 80), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "host name not found, or the name server does not answer");
    static char name[400];
    memset(name, 'a', sizeof(name) - 1u);
    assert_int_equal(open_fully(name, 80), USPAN_ERR_IO);
    assert_string_not_equal(transport.last_error_text(transport.ctx), "");
    name[255] = 0; /* fits the slot, and is too long for lwIP or no name */
    assert_int_equal(open_fully(name, 80), USPAN_ERR_IO);
    assert_string_not_equal(transport.last_error_text(transport.ctx), "");
}

static void test_look_ups_left_behind_cost_slots_until_lwip_lets_go(void **state)
{
    (void)state;
    int listener;
    uint16_t port = listen_on_loopback(&listener);
    for (int i = 0; i < LOOKUPS_MAX; i++) {
        assert_int_equal(open_once("silent.test", 80), USPAN_ERR_AGAIN);
        transport.close(transport.ctx);
    }
    assert_int_equal(open_once("silent.test", 80), USPAN_ERR_IO); /* no further one */
    transport.close(transport.ctx);
    for (long i = 0; open_fully("here.test", port) != USPAN_OK; i++) {
        assert_true(i < PATIENCE_S * 200);
        transport.close(transport.ctx);
        pause_ms(5);
    }
    (void)close(listener);
}

static void test_a_reset_connection_says_so(void **state)
{
    (void)state;
    int listener;
    uint8_t buf[8];
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    int peer = connect_to(&listener);
    assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    (void)close(peer);
    assert_int_equal(recv_fully(buf, sizeof(buf)), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "connection reset by peer");
    assert_true(transport.send(transport.ctx, buf, 1) < 0);
    (void)close(listener);
}

static void test_a_full_pipe_would_block_and_goes_on(void **state)
{
    (void)state;
    int listener;
    short events = 0;
    static uint8_t chunk[65536], got[65536];
    int peer = connect_to(&listener);
    size_t sent = 0, received = 0;
    long calm = 0;
    uspan_posix_tcp_settle(&tcp);
    assert_int_equal(uspan_posix_tcp_fd(&tcp, &events), -1);
    while (calm < 300) { /* until the host's buffers are full too */
        for (size_t i = 0; i < sizeof(chunk); i++) {
            chunk[i] = (uint8_t)((sent + i) * 31u >> 3);
        }
        int32_t moved = transport.send(transport.ctx, chunk, sizeof(chunk));
        assert_true(moved >= 0);
        sent += (size_t)moved;
        calm = moved > 0 ? 0 : calm + 1;
        pause_ms(moved > 0 ? 0 : 1);
    }
    assert_int_equal(uspan_posix_tcp_fd(&tcp, &events), tcp.fd);
    assert_int_not_equal(events, 0);
    while (received < sent) {
        ssize_t n = recv(peer, got, sizeof(got), 0);
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++) {
            assert_int_equal(got[i], (uint8_t)((received + (size_t)i) * 31u >> 3));
        }
        received += (size_t)n;
    }
    assert_int_equal(send_fully("0123456789", 10), 10);
    (void)close(peer);
    (void)close(listener);
}

static void test_a_pulled_cable_ends_the_connection(void **state)
{
    (void)state;
    int listener;
    uint8_t buf[8];
    int peer = connect_to(&listener);
    link_cut(true);
    assert_int_equal(send_fully("into the dark", 13), 13);
    assert_int_equal(recv_fully(buf, sizeof(buf)), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "peer no longer answers");
    transport.close(transport.ctx);
    (void)close(peer);
    (void)close(listener);
}

static void test_close_is_legal_in_every_state_and_open_works_after_it(void **state)
{
    (void)state;
    int listener;
    uint8_t byte = 1;
    uint16_t port = listen_on_loopback(&listener);
    transport.close(transport.ctx);
    assert_int_equal(transport.send(transport.ctx, &byte, 1), USPAN_ERR_IO);
    assert_int_equal(transport.recv(transport.ctx, &byte, 1), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "not connected");
    for (int i = 0; i < 3; i++) {
        names_hold(true);
        uspan_err_t err = open_once("nowhere.test", port);
        bool asking = tcp.lookup != NULL;
        transport.close(transport.ctx); /* while a name is looked up */
        names_hold(false);
        assert_int_equal(err, USPAN_ERR_AGAIN);
        assert_true(asking);
        assert_int_equal(open_once("10.0.2.77", port), USPAN_ERR_AGAIN);
        assert_true(tcp.fd >= 0); /* while it connects */
        transport.close(transport.ctx);
        assert_int_equal(open_fully(HOST, port), USPAN_OK);
        assert_string_equal(transport.last_error_text(transport.ctx), "");
        int peer = accept_one(listener);
        assert_int_equal(send(peer, "unread", 6, 0), 6); /* with bytes in transit */
        assert_int_equal(send_fully("x", 1), 1);
        transport.close(transport.ctx);
        transport.close(transport.ctx);
        (void)close(peer);
    }
    (void)close(listener);
}

static void test_want_of_sockets_says_so(void **state)
{
    (void)state;
    struct netconn *all[MEMP_NUM_NETCONN];
    for (size_t i = 0; i < COUNT(all); i++) {
        all[i] = netconn_new(NETCONN_TCP);
        assert_non_null(all[i]);
    }
    assert_int_equal(open_fully(HOST, 80), USPAN_ERR_IO);
    assert_string_equal(transport.last_error_text(transport.ctx), "no free socket");
    for (size_t i = 0; i < COUNT(all); i++) {
        (void)netconn_delete(all[i]);
    }
}

static int start(void **state)
{
    (void)state;
    return link_start() ? 0 : -1;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bytes_go_both_ways),
        TEST(test_a_name_is_looked_up_on_the_wire),
        TEST(test_the_other_family_has_its_turn_after_a_failed_connect),
        TEST(test_address_literals_need_no_name_server),
        TEST(test_a_refused_connection_says_so),
        TEST(test_a_peer_that_is_not_there_times_out),
        TEST(test_names_that_do_not_resolve_say_so),
        TEST(test_look_ups_left_behind_cost_slots_until_lwip_lets_go),
        TEST(test_a_reset_connection_says_so),
        TEST(test_a_full_pipe_would_block_and_goes_on),
        TEST(test_a_pulled_cable_ends_the_connection),
        TEST(test_close_is_legal_in_every_state_and_open_works_after_it),
        TEST(test_want_of_sockets_says_so),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
