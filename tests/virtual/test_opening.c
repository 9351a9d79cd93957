/* test_opening.c: port/lwip's transport until the connection is open or has failed: late or missing names,
 * two address families, a close meanwhile, and the time from SNTP. After each, everything that lwIP allocated
 * is freed. */
#include "over.h"
#include <lwip/apps/sntp.h>
#include <lwip/dns.h>
#include <lwip/priv/tcp_priv.h>

/* ---- open ---------------------------------------------------------------------------------------------- */

static void a_close_before_the_connection_stands_leaves_nothing(void)
{
    for (unsigned ms = 0; ms < 8u; ms++) { /* at every moment of the handshake */
        assert_int_equal(open_once("10.0.2.2"), USPAN_ERR_AGAIN);
        for (unsigned i = 0; i < ms; i++) {
            peer_run_ms(1);
        }
        hang_up();
        peer_run_ms(200);
        peer_close();
    }
    connect_fully();
}

static void a_dead_host_is_given_up_in_the_end(void)
{
    cable_pull(true, false);
    assert_int_equal(open_for_ms("10.0.2.2", 600000), USPAN_ERR_IO);
    assert_why("connection timed out");
    cable_pull(false, true);
}

static void without_a_route_open_fails_at_once(void)
{
    cable_pull(true, true);
    assert_int_equal(open_once("10.0.2.2"), USPAN_ERR_IO);
    assert_why("network unreachable");
    hang_up();
    cable_pull(false, true);
    connect_fully();
}

static void calls_before_open_and_after_close_say_no(void)
{
    assert_int_equal(send_text("x"), USPAN_ERR_IO);
    assert_int_equal(receive(1), USPAN_ERR_IO);
    assert_int_equal(open_once("10.0.2.2"), USPAN_ERR_AGAIN);
    assert_int_equal(send_text("x"), USPAN_ERR_IO);
    assert_int_equal(receive(1), USPAN_ERR_IO);
    connect_fully();
    assert_int_equal(open_once("10.0.2.2"), USPAN_OK); /* it is open */
    hang_up();
    assert_int_equal(send_text("x"), USPAN_ERR_IO);
    assert_int_equal(receive(1), USPAN_ERR_IO);
}

/* ---- names --------------------------------------------------------------------------------------------- */

static void a_name_is_looked_up(void)
{
    assert_int_equal(open_for_ms("collector.test", 1000), USPAN_OK);
    assert_int_equal(cable.asked_names, 1);
}

static void a_name_that_is_not_there_is_said(void)
{
    connect_fully();
    hang_up();
    assert_int_equal(open_for_ms("nowhere.test", 10000), USPAN_ERR_IO);
    assert_why("host name not found");
    assert_int_equal(cable.asked_names, 1); /* one question of lwIP covers both families */
    hang_up();
    cable.names = CABLE_SILENT;
    assert_int_equal(open_for_ms("collector.test", 60000), USPAN_ERR_IO);
    assert_why("host name not found");
    hang_up();
    char longest[300];
    memset(longest, 'x', sizeof longest - 1u);
    longest[sizeof longest - 1u] = 0;
    assert_int_equal(open_once(longest), USPAN_ERR_IO);
    assert_why("not a host name");
    hang_up();
    dns_setserver(0, NULL);
    assert_int_equal(open_once("collector.test"), USPAN_ERR_IO);
    assert_why("no DNS server is known");
}

static void a_late_answer_meets_a_closed_transport(void)
{
    cable.names_wait_ns = 700 * MS;
    assert_int_equal(open_once("collector.test"), USPAN_ERR_AGAIN);
    peer_run_ms(100);
    hang_up();
    assert_non_null(tcp.lookups[0].owner); /* lwIP has not answered it yet */
    peer_run_ms(2000);
    assert_null(tcp.lookups[0].owner);
    assert_null(tcp.pcb);
    assert_int_equal(peer.fd, -1);
}

static void a_late_answer_does_not_touch_the_next_open(void)
{
    cable.names_wait_ns = 700 * MS;
    assert_int_equal(open_once("nowhere.test"), USPAN_ERR_AGAIN);
    peer_run_ms(100);
    hang_up();
    cable.names_wait_ns = 3000 * MS;
    assert_int_equal(open_once("collector.test"), USPAN_ERR_AGAIN);
    peer_run_ms(800); /* the answer for nowhere.test comes now */
    assert_null(tcp.lookups[0].owner);
    assert_ptr_equal(tcp.lookup, &tcp.lookups[1]);
    assert_int_equal(open_once("collector.test"), USPAN_ERR_AGAIN);
    assert_int_equal(open_for_ms("collector.test", 5000), USPAN_OK);
}

static void hanging_look_ups_make_the_next_one_wait(void)
{
    cable.names = CABLE_SILENT;
    assert_int_equal(open_once("nowhere.test"), USPAN_ERR_AGAIN);
    hang_up();
    assert_int_equal(open_once("elsewhere.test"), USPAN_ERR_AGAIN);
    hang_up();
    cable.names = CABLE_ANSWERS;
    assert_int_equal(open_once("collector.test"), USPAN_ERR_AGAIN);
    assert_null(tcp.lookup); /* there is no free entry for it yet */
    assert_int_equal(open_for_ms("collector.test", 60000), USPAN_OK);
}

static void ignore_address(const char *name, const ip_addr_t *address, void *arg)
{
    (void)name, (void)address, (void)arg;
}

static void a_full_table_of_names_is_waited_for(void)
{
    static char names[DNS_TABLE_SIZE][16];
    ip_addr_t ignored;
    cable.names = CABLE_SILENT;
    for (unsigned i = 0; i < DNS_TABLE_SIZE; i++) { /* the application's own */
        (void)snprintf(names[i], sizeof names[i], "own%u.test", i);
        assert_int_equal(dns_gethostbyname(names[i], &ignored, ignore_address, NULL), ERR_INPROGRESS);
    }
    cable.names = CABLE_ANSWERS;
    assert_int_equal(open_once("collector.test"), USPAN_ERR_AGAIN);
    assert_why("lwIP has no room for another name look-up");
    assert_null(tcp.lookup);
    assert_int_equal(open_for_ms("collector.test", 60000), USPAN_OK);
}

static void version_6_literals_and_names_work(void)
{
    peer_stop_listening();
    peer_listen(true);
    assert_int_equal(open_for_ms("fec0::2", 5000), USPAN_OK);
    hang_up();
    peer_run_ms(100);
    peer_close();
    cable.names_v6_only = true;
    assert_int_equal(open_for_ms("collector.test", 5000), USPAN_OK);
    assert_int_equal(send_text("six"), 3);
    peer_run_ms(100);
    assert_int_equal(peer_read(buffer, sizeof buffer), 3);
}

static void where_version_4_is_refused_version_6_is_tried(void)
{
    peer_stop_listening();
    peer_listen(true);
    assert_int_equal(open_for_ms("collector.test", 5000), USPAN_OK);
    assert_true(IP_IS_V6_VAL(tcp.address));
    hang_up();
    peer_run_ms(100);
    peer_close();
    peer_stop_listening();
    assert_int_equal(open_for_ms("collector.test", 5000), USPAN_ERR_IO); /* neither */
    assert_why("connection refused");
}

static bool swallow_version_4_tcp(const uint8_t *frame, size_t len, bool to_device)
{
    (void)to_device;
    return len > 34u && frame[12] == 0x08u && frame[13] == 0x00u && frame[23] == 6u;
}

static uspan_err_t open_after_failure(const char *host, unsigned ms)
{
    const uspan_peer_t after_failure = { .host = host, .port = peer.port, .has_failed = true };
    uspan_err_t err;
    while ((err = transport.open(transport.ctx, &after_failure)) == USPAN_ERR_AGAIN && ms-- > 0u) {
        peer_run_ms(1);
    }
    return err;
}

/* Both addresses connect, and TLS fails at the first. lwIP has it in its cache. */
static void after_a_failed_exchange_the_other_family_is_used(void)
{
    for (unsigned i = 0; i < 4u; i++) {
        bool is_six = i % 2u == 1u;
        peer_stop_listening();
        peer_listen(is_six);
        cable.tap = is_six ? swallow_version_4_tcp : NULL;
        assert_int_equal(i == 0u ? open_for_ms("collector.test", 5000)
                                 : open_after_failure("collector.test", 2000),
                         USPAN_OK);
        assert_int_equal(IP_IS_V6_VAL(tcp.address), is_six);
        hang_up();
        peer_run_ms(100);
        peer_close();
    }
    cable.tap = NULL;
    cable.names_v4_only = true;
    peer_run_ms(70000); /* lwIP's cache has no longer an address */
    peer_stop_listening();
    peer_listen(false);
    for (unsigned i = 0; i < 3u; i++) {
        assert_int_equal(open_after_failure("collector.test", 5000), USPAN_OK);
        hang_up();
        peer_run_ms(100);
        peer_close();
        assert_int_equal(open_after_failure("10.0.2.2", 5000), USPAN_OK);
        hang_up();
        peer_run_ms(100);
        peer_close();
    }
}

static void where_version_4_is_silent_version_6_is_tried(void)
{
    peer_stop_listening();
    peer_listen(true);
    cable.tap = swallow_version_4_tcp;
    uint64_t began_ns = cable.now_ns;
    assert_int_equal(open_for_ms("collector.test", 5000), USPAN_OK);
    assert_true(IP_IS_V6_VAL(tcp.address));
    assert_null(tcp_active_pcbs->next); /* the other one is freed */
    assert_in_range(cable.now_ns - began_ns, USPAN_LWIP_CONNECT_MS * MS, (USPAN_LWIP_CONNECT_MS + 500u) * MS);
}

/* SYNs of the first milliseconds are lost. lwIP sends the next one after three seconds. */
static uspan_err_t open_late(const char *host, unsigned lost_ms)
{
    cable.tap = swallow_version_4_tcp;
    assert_int_equal(open_for_ms(host, lost_ms), USPAN_ERR_AGAIN);
    cable.tap = NULL;
    return open_for_ms(host, 6000);
}

static void a_slow_address_is_waited_for_where_there_is_no_other(void)
{
    cable.names_v4_only = true;
    assert_int_equal(open_late("10.0.2.2", 4000), USPAN_OK);
    hang_up();
    peer_run_ms(100);
    peer_close();
    assert_int_equal(open_late("collector.test", 4000), USPAN_OK);
    assert_int_equal(cable.asked_names, 2);
    hang_up();
    peer_run_ms(100);
    peer_close();
    cable.tap = swallow_version_4_tcp;
    assert_int_equal(open_once("collector.test"), USPAN_ERR_AGAIN);
    dns_setserver(0, NULL); /* no name server is left */
    assert_int_equal(open_late("collector.test", 4000), USPAN_OK);
}

static void a_slow_address_that_answers_first_is_kept(void)
{
    cable.names_wait_ns = 200 * MS;
    cable.tap = swallow_version_4_tcp;
    assert_int_equal(open_for_ms("collector.test", 1000), USPAN_ERR_AGAIN);
    cable.names_wait_ns = 2500 * MS; /* the other address comes when this connection is open */
    assert_int_equal(open_late("collector.test", 1800), USPAN_OK);
    peer_run_ms(8000);
    assert_false(IP_IS_V6_VAL(tcp.address));
    assert_true(cable.asked_names >= 2u);
    assert_null(tcp.lookups[0].owner);
    assert_int_equal(send_text("four"), 4);
    peer_run_ms(100);
    assert_int_equal(peer_read(buffer, sizeof buffer), 4);
}

static void a_refusal_waits_for_the_other_address_that_is_asked_for(void)
{
    peer_stop_listening();
    peer_listen(true);
    cable.names_wait_ns = 200 * MS;
    cable.tap = swallow_version_4_tcp;
    assert_int_equal(open_for_ms("collector.test", 1000), USPAN_ERR_AGAIN);
    cable.names_wait_ns = 2500 * MS;
    assert_int_equal(open_late("collector.test", 1800), USPAN_OK);
    assert_true(IP_IS_V6_VAL(tcp.address));
}

/* ---- time ---------------------------------------------------------------------------------------------- */

static uint32_t lock(void *ctx)
{
    assert_int_equal((*(int *)ctx)++, 0);
    return 0;
}

static void unlock(void *ctx, uint32_t state)
{
    (void)state;
    (*(int *)ctx)--;
}

static uint64_t mono_ns(void *ctx)
{
    assert_int_equal(*(int *)ctx, 0); /* a port's clock may take the lock itself */
    return cable.now_ns;
}

static void sntp_tells_the_time_and_old_answers_are_ignored(void)
{
    static int depth;
    static const uspan_port_t port = {
        .abi = USPAN_PORT_ABI, .ctx = &depth, .lock = lock, .unlock = unlock, .mono_ns = mono_ns
    };
    uint64_t now_ns = 5;
    ip_addr_t server;
    uspan_lwip_sntp_set(1800000000u, 0u); /* before init: there is no tracer */
    assert_int_equal(uspan_lwip_unix_ns(NULL, &now_ns), USPAN_ERR_AGAIN);
    uspan_lwip_sntp_init(&port);
    assert_int_equal(uspan_lwip_unix_ns(NULL, &now_ns), USPAN_ERR_AGAIN);
    IP_ADDR4(&server, 10, 0, 2, 3);
    cable.sntp_unix_s = 1500000000u; /* 2017 */
    sntp_setserver(0, &server);
    sntp_init();
    peer_run_ms(6000);
    assert_int_equal(uspan_lwip_unix_ns(NULL, &now_ns), USPAN_ERR_AGAIN);
    assert_int_equal(now_ns, 5);
    sntp_stop();
    cable.sntp_unix_s = 1800000000u;
    sntp_init();
    uint64_t asked_ns = cable.now_ns;
    peer_run_ms(6000);
    sntp_stop();
    assert_int_equal(uspan_lwip_unix_ns(NULL, &now_ns), USPAN_OK);
    assert_in_range(now_ns, 1800000000000u * MS, 1800000000000u * MS + (cable.now_ns - asked_ns));
    uint64_t later_ns = 0;
    peer_run_ms(250);
    assert_int_equal(uspan_lwip_unix_ns(NULL, &later_ns), USPAN_OK);
    assert_int_equal(later_ns - now_ns, 250 * MS);
}

/* The application was compiled with another uspan_lwip_tcp_t. The transport that it gets is rejected by
 * uspan_export_to(). */
static void another_size_gives_no_transport(void)
{
    static uspan_lwip_tcp_t other;
    uspan_transport_t made;
    for (int more = -4; more <= 4; more += 8) {
        memset(&other, 0xA5, sizeof other);
        uspan_lwip_tcp_init_sized(&other, &made, (size_t)((int)sizeof other + more));
        assert_int_not_equal(made.abi, USPAN_TRANSPORT_ABI);
        for (size_t i = 0; i < sizeof other; i++) {
            assert_int_equal(((const uint8_t *)&other)[i], 0xA5);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_THE_LINK(a_close_before_the_connection_stands_leaves_nothing),
        OVER_THE_LINK(a_dead_host_is_given_up_in_the_end),
        OVER_THE_LINK(without_a_route_open_fails_at_once),
        OVER_THE_LINK(calls_before_open_and_after_close_say_no),
        OVER_THE_LINK(a_name_is_looked_up),
        OVER_THE_LINK(a_name_that_is_not_there_is_said),
        OVER_THE_LINK(a_late_answer_meets_a_closed_transport),
        OVER_THE_LINK(a_late_answer_does_not_touch_the_next_open),
        OVER_THE_LINK(hanging_look_ups_make_the_next_one_wait),
        OVER_THE_LINK(a_full_table_of_names_is_waited_for),
        OVER_THE_LINK(version_6_literals_and_names_work),
        OVER_THE_LINK(where_version_4_is_refused_version_6_is_tried),
        OVER_THE_LINK(after_a_failed_exchange_the_other_family_is_used),
        OVER_THE_LINK(where_version_4_is_silent_version_6_is_tried),
        OVER_THE_LINK(a_slow_address_is_waited_for_where_there_is_no_other),
        OVER_THE_LINK(a_slow_address_that_answers_first_is_kept),
        OVER_THE_LINK(a_refusal_waits_for_the_other_address_that_is_asked_for),
        OVER_THE_LINK(another_size_gives_no_transport),
        OVER_THE_LINK(sntp_tells_the_time_and_old_answers_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
