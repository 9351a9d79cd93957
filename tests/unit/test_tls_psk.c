/* test_tls_psk.c: TLS 1.3 tickets without a key exchange. They are used if the peer agrees, for a limited
 * number of times in a row. If the peer refuses one, this costs one more hello and nothing else, and uspan
 * remembers the peer.
 * uspan-config: USPAN_TLS_PSK_KE=3 */
#define _GNU_SOURCE
#include "tls_peer.h"

#if USPAN_TLS_PSK_KE != 3
#error "this test needs its own core"
#endif

static const char *const agreeing[] = { "-tls1_3", "-allow_no_dhe_kex", NULL };

/* Connect, get the page, close. The session is new or resumed. */
static void visit_and_see(bool reused)
{
    visit();
    assert_non_null(strstr(page, reused ? "Reused, TLSv1.3" : "New, TLSv1.3"));
}

static void start_and_get_a_ticket(const char *const more[])
{
    start_openssl("server.pem", more);
    init_client();
    visit_and_see(false);
    assert_int_equal(tls.psk_ke + tls.psk_ke_refused, 0);
}

static void test_so_many_reconnects_in_a_row_do_without_a_key_exchange(void **state)
{
    (void)state;
    start_and_get_a_ticket(agreeing);
    for (unsigned round = 1; round <= 2; round++) {
        for (unsigned i = 0; i < USPAN_TLS_PSK_KE; i++) {
            visit_and_see(true);
        }
        assert_int_equal(tls.psk_ke, round * USPAN_TLS_PSK_KE);
        visit_and_see(false); /* new keys and certificates */
        assert_int_equal(tls.psk_ke, round * USPAN_TLS_PSK_KE);
    }
    assert_int_equal(tls.psk_ke_refused, 0);
    assert_int_equal(shim.closed, 2u * (USPAN_TLS_PSK_KE + 1u) + 1u);
}

static void test_gnutls_agrees_where_its_priorities_do(void **state)
{
    (void)state;
    start_gnutls("page", "NORMAL:-VERS-ALL:+VERS-TLS1.3:+PSK");
    init_client();
    visit();
    visit();
    assert_true(wait_for("resumed session"));
    assert_int_equal(tls.psk_ke, 1);
    assert_int_equal(tls.psk_ke_refused, 0);
}

static void test_openssl_unasked_refuses_once_and_is_not_tried_again(void **state)
{
    (void)state;
    start_and_get_a_ticket(NULL);
    visit_and_see(true); /* refused, and immediately resumed with a key exchange */
    assert_int_equal(tls.psk_ke_refused, 1);
    assert_int_equal(shim.closed, 3);
    for (unsigned i = 0; i < USPAN_TLS_PSK_KE + 2u; i++) {
        visit_and_see(true);
    }
    assert_int_equal(tls.psk_ke_refused, 1);
    assert_int_equal(tls.psk_ke, 0);
    assert_int_equal(shim.closed, 3u + USPAN_TLS_PSK_KE + 2u);
}

static void test_gnutls_unasked_refuses_and_is_not_tried_for_ever(void **state)
{
    (void)state;
    start_gnutls("page", "NORMAL:-VERS-ALL:+VERS-TLS1.3");
    init_client();
    for (unsigned i = 0; i < 6u; i++) {
        visit();
    }
    assert_true(wait_for("resumed session"));
    assert_int_equal(tls.psk_ke, 0);
    assert_in_range(tls.psk_ke_refused, 1, 2);
}

/* The server lost its tickets' key: this does not count as a refusal by the peer. */
static void test_a_ticket_that_nobody_knows_any_more_costs_a_full_handshake_and_no_more(void **state)
{
    (void)state;
    start_and_get_a_ticket(agreeing);
    visit_and_see(true);
    stop_server();
    start_openssl("server.pem", agreeing);
    tls.sessions[0].port = tls.sessions[0].peer_port = server.port;
    visit_and_see(false);
    assert_int_equal(tls.psk_ke_refused, 1);
    visit_and_see(true);
    assert_int_equal(tls.psk_ke, 2);
    assert_int_equal(tls.psk_ke_refused, 1);
}

/* A peer that never knows the tickets is tried twice. A load balancer before servers with separate keys is
 * such a peer. */
static void test_a_peer_that_never_knows_its_tickets_is_tried_twice(void **state)
{
    (void)state;
    start_and_get_a_ticket(agreeing);
    for (unsigned i = 0; i < 4u; i++) {
        stop_server();
        start_openssl("server.pem", agreeing);
        tls.sessions[0].port = tls.sessions[0].peer_port = server.port;
        visit_and_see(false);
    }
    assert_int_equal(tls.psk_ke_refused, 2);
}

static void test_a_peer_of_tls_1_2_is_not_asked(void **state)
{
    (void)state;
    start_openssl("server.pem", (const char *const[]){ "-tls1_2", NULL });
    init_client();
    for (unsigned i = 0; i < 3u; i++) {
        visit();
        assert_non_null(strstr(page, i == 0u ? "New, TLSv1.2" : "Reused, TLSv1.2"));
    }
    assert_int_equal(tls.psk_ke + tls.psk_ke_refused, 0);
}

static void test_a_ticket_past_its_time_is_not_the_only_thing_offered(void **state)
{
    (void)state;
    start_and_get_a_ticket(agreeing);
    tls.sessions[0].since_s -= tls.sessions[0].session.MBEDTLS_PRIVATE(ticket_lifetime);
    visit();
    assert_int_equal(tls.psk_ke + tls.psk_ke_refused, 0);
    assert_int_equal(shim.closed, 2);
}

/* The network fails at its n-th call of a reconnect. The connection is lost, and the next one is a full
 * handshake. */
static void test_every_fault_of_the_network_ends_in_a_full_handshake(void **state)
{
    (void)state;
    unsigned n, refused = 0;
    start_and_get_a_ticket(agreeing);
    for (n = 1;; n++) {
        shim.calls = 0;
        shim.fail_at = n;
        uspan_err_t err = open_fully("localhost");
        transport.close(transport.ctx);
        shim.fail_at = 0;
        if (err == USPAN_OK) {
            break;
        }
        assert_int_equal(err, USPAN_ERR_IO);
        refused += n > 1u; /* the first failure is in TCP itself */
        assert_int_equal(tls.psk_ke_refused, refused);
        visit_and_see(n == 1u);
        assert_int_not_equal(tls.sessions[0].port, 0);
        tls.sessions[0].resumed = tls.sessions[0].refusals = 0; /* the next round begins like the first */
    }
    assert_true(n > 4u);
}

/* The core closes the connection because its deadline passed: something in the network may discard such a
 * hello. */
static void test_a_hello_that_is_never_answered_is_not_repeated(void **state)
{
    (void)state;
    start_and_get_a_ticket(agreeing);
    const uspan_peer_t peer = { .host = "localhost", .port = server.port };
    assert_int_equal(kill(server.pid, SIGSTOP), 0);
    for (unsigned i = 0; i < 200u; i++) {
        assert_int_equal(transport.open(transport.ctx, &peer), USPAN_ERR_AGAIN);
        pause_ms(1);
    }
    transport.close(transport.ctx);
    assert_int_equal(kill(server.pid, SIGCONT), 0);
    assert_int_equal(tls.psk_ke_refused, 1);
    visit_and_see(false);
    visit_and_see(true);
    assert_int_equal(tls.psk_ke, 1);
}

static void test_anchors_that_change_during_such_a_handshake_end_it(void **state)
{
    (void)state;
    start_and_get_a_ticket(NULL);
    const uspan_peer_t peer = { .host = "localhost", .port = server.port };
    uspan_tls_blob_t other = { .file = "rogue.pem" };
    assert_int_equal(kill(server.pid, SIGSTOP), 0); /* no response may end it before */
    for (unsigned i = 0; !tls.psk_only; i++) {
        assert_true(i < PATIENCE_S * 1000u);
        pause_ms(1);
        assert_int_equal(transport.open(transport.ctx, &peer), USPAN_ERR_AGAIN);
    }
    assert_int_equal(uspan_tls_set_anchors(&tls, &other, 1, NULL), USPAN_OK);
    assert_int_equal(kill(server.pid, SIGCONT), 0);
    (void)open_fully("localhost");
    transport.close(transport.ctx);
    assert_int_equal(open_fully("localhost"), USPAN_ERR_TRUST);
    transport.close(transport.ctx);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, make_client, end_client)
    const struct CMUnitTest tests[] = {
        TEST(test_so_many_reconnects_in_a_row_do_without_a_key_exchange),
        TEST(test_gnutls_agrees_where_its_priorities_do),
        TEST(test_openssl_unasked_refuses_once_and_is_not_tried_again),
        TEST(test_gnutls_unasked_refuses_and_is_not_tried_for_ever),
        TEST(test_a_ticket_that_nobody_knows_any_more_costs_a_full_handshake_and_no_more),
        TEST(test_a_peer_that_never_knows_its_tickets_is_tried_twice),
        TEST(test_a_peer_of_tls_1_2_is_not_asked),
        TEST(test_a_ticket_past_its_time_is_not_the_only_thing_offered),
        TEST(test_every_fault_of_the_network_ends_in_a_full_handshake),
        TEST(test_a_hello_that_is_never_answered_is_not_repeated),
        TEST(test_anchors_that_change_during_such_a_handshake_end_it),
    };
#undef TEST
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
