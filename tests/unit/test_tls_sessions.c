/* test_tls_sessions.c: sessions are resumed with OpenSSL and GnuTLS in each version. If a ticket is refused,
 * late, or of another host, this costs a full handshake and nothing else. */
#define _GNU_SOURCE
#include "tls_peer.h"

static void test_openssl_is_resumed_in_each_version(void **state)
{
    (void)state;
    for (int version = USPAN_TLS_1_2; version <= LAST_VERSION; version++) {
        const char *name = version == USPAN_TLS_1_2 ? "TLSv1.2" : "TLSv1.3";
        char reused[32], first[32];
        (void)snprintf(first, sizeof(first), "New, %s", name);
        (void)snprintf(reused, sizeof(reused), "Reused, %s", name);
        options.min_version = options.max_version = version;
        start_openssl("server.pem", NULL);
        init_client();
        visit();
        assert_non_null(strstr(page, first));
        visit();
        assert_non_null(strstr(page, reused));
        visit();
        assert_non_null(strstr(page, reused));
        uspan_tls_free(&tls);
        stop_server();
    }
}

static void test_gnutls_is_resumed_in_each_version(void **state)
{
    (void)state;
    for (int version = USPAN_TLS_1_2; version <= LAST_VERSION; version++) {
        start_gnutls("page", gnutls_versions[version - USPAN_TLS_1_2]);
        init_client();
        visit();
        assert_non_null(strstr(page, version == USPAN_TLS_1_2 ? "TLSv1.2" : "TLSv1.3"));
        assert_false(file_says("server.log", "resumed"));
        visit();
        assert_true(wait_for("resumed session"));
        uspan_tls_free(&tls);
        stop_server();
    }
}

static void test_a_ticket_that_is_refused_costs_only_the_long_handshake(void **state)
{
    (void)state;
    for (int version = USPAN_TLS_1_2; version <= LAST_VERSION; version++) {
        options.min_version = options.max_version = version;
        start_openssl("server.pem", NULL);
        init_client();
        visit();
        uint16_t port = server.port;
        stop_server();
        start_openssl("server.pem", NULL); /* another process has another ticket key */
        tls.sessions[0].port = tls.sessions[0].port == port ? server.port : 0;
        tls.sessions[0].peer_port = server.port;
        assert_int_not_equal(tls.sessions[0].port, 0);
        visit();
        assert_non_null(strstr(page, "New, "));
        visit();
        assert_non_null(strstr(page, "Reused, "));
        uspan_tls_free(&tls);
        stop_server();
    }
}

static void test_a_session_that_a_handshake_failed_with_is_not_tried_again(void **state)
{
    (void)state;
    start_openssl("server.pem", NULL);
    init_client();
    visit();
    assert_int_not_equal(tls.sessions[0].port, 0);
    shim.calls = 0;
    shim.fail_at = 3;
    assert_int_equal(open_fully("localhost"), USPAN_ERR_IO);
    assert_int_equal(tls.sessions[0].port, 0);
    transport.close(transport.ctx);
    shim.fail_at = 0;
    visit();
    assert_non_null(strstr(page, "New, "));
}

static void test_a_session_belongs_to_its_host_and_port(void **state)
{
    (void)state;
    start_openssl("server.pem", NULL);
    init_client();
    visit();
    assert_string_equal(tls.sessions[0].host, "localhost");
    assert_int_equal(tls.sessions[0].port, server.port);
    /* Another name of the same peer: its certificate must be checked, so no session is resumed. */
    assert_int_equal(open_fully("127.0.0.1"), USPAN_ERR_TRUST);
    assert_string_equal(transport.last_error_text(transport.ctx), "certificate is for a different host name");
    transport.close(transport.ctx);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_client, end_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_openssl_is_resumed_in_each_version),
        TEST(test_gnutls_is_resumed_in_each_version),
        TEST(test_a_ticket_that_is_refused_costs_only_the_long_handshake),
        TEST(test_a_session_that_a_handshake_failed_with_is_not_tried_again),
        TEST(test_a_session_belongs_to_its_host_and_port),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
