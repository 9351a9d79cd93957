/* test_tls_trust.c: which peers the TLS transport trusts, which it rejects, and with which texts. Tested with
 * and without a client certificate, with OpenSSL as the peer. */
#define _GNU_SOURCE
#include "tls_peer.h"

static void assert_refused(const char *cert, const char *host, const char *why)
{
    for (unsigned version = USPAN_TLS_1_2; version <= USPAN_TLS_1_3; version++) {
#if MBEDTLS_VERSION_MAJOR < 3
        if (version == USPAN_TLS_1_3) {
            return;
        }
#endif
        options.min_version = options.max_version = (int)version;
        start_openssl(cert, NULL);
        init_client();
        assert_int_equal(open_fully(host), USPAN_ERR_TRUST);
        assert_string_equal(transport.last_error_text(transport.ctx), why);
        assert_int_not_equal(uspan_tls_error(&tls), 0);
        assert_int_equal(open_fully(host), USPAN_ERR_IO); /* the caller closes next */
        assert_int_equal(transport.send(transport.ctx, (const uint8_t *)"x", 1), USPAN_ERR_IO);
        transport.close(transport.ctx);
        uspan_tls_free(&tls);
        stop_server();
    }
}

static void test_a_chain_to_the_anchor_is_trusted(void **state)
{
    (void)state;
    start_openssl("server.pem", NULL);
    init_client();
    visit();
}

static void test_another_ca_is_refused(void **state)
{
    (void)state;
    anchor.file = "rogue.pem";
    assert_refused("server.pem", "localhost", "certificate not signed by a trusted CA");
}

static void test_another_host_name_is_refused(void **state)
{
    (void)state;
    assert_refused("elsewhere.pem", "localhost", "certificate is for a different host name");
}

static void test_an_expired_certificate_is_refused(void **state)
{
    (void)state;
    assert_refused("expired.pem", "localhost", "certificate expired, or this clock is wrong");
}

static void test_a_certificate_of_the_future_is_refused(void **state)
{
    (void)state;
    assert_refused("future.pem", "localhost", "certificate not yet valid, or this clock is wrong");
}

static void test_a_client_certificate_is_no_server(void **state)
{
    (void)state;
    assert_refused("usage.pem", "localhost", "certificate is not for TLS servers");
}

static void test_a_revoked_certificate_is_refused(void **state)
{
    (void)state;
    options.revoked.file = "crl.pem";
    assert_refused("revoked.pem", "localhost", "certificate revoked");
}

static void test_an_anchor_may_be_der_or_pem_in_memory_or_one_of_a_bundle(void **state)
{
    (void)state;
    static unsigned char der[2048], pem[4096], rogue[2048];
    const uspan_tls_blob_t two[] = { { .data = rogue,
                                       .len = read_file("rogue.pem", rogue, sizeof(rogue) - 1u) + 1u },
                                     { .data = der, .len = read_file("ca.der", der, sizeof(der)) } };
    const uspan_tls_blob_t forms[] = {
        { .data = der, .len = two[1].len },
        { .data = pem, .len = read_file("bundle.pem", pem, sizeof(pem) - 1u) + 1u },
        { .file = "bundle.pem" },
    };
    start_openssl("server.pem", NULL);
    for (size_t i = 0; i < COUNT(forms) + 1u; i++) {
        options.anchors = i < COUNT(forms) ? &forms[i] : two;
        options.anchor_count = i < COUNT(forms) ? 1u : 2u;
        init_client();
        visit();
        uspan_tls_free(&tls);
    }
}

static void test_certificates_that_cannot_be_read_are_a_config_error(void **state)
{
    (void)state;
    static const uspan_tls_blob_t good_cert = { .file = "client.pem" }, good_key = { .file = "client.key" };
    static const struct {
        uspan_tls_blob_t anchor, cert, key, revoked;
        const char *why;
    } rows[] = {
        { .anchor = { .file = "missing.pem" }, .why = "a trust anchor cannot be read" },
        { .anchor = { .file = "rubbish.pem" }, .why = "a trust anchor cannot be read" },
        { .anchor = { .data = "\x30\x01", .len = 3 }, .why = "a trust anchor cannot be read" },
        { .anchor = { .data = "rubbish", .len = 8 }, .why = "a trust anchor cannot be read" },
        { .anchor = { .file = "ca.pem" },
          .cert = { .file = "missing.pem" },
          .key = { .file = "client.key" },
          .why = "the client certificate cannot be read" },
        { .anchor = { .file = "ca.pem" },
          .cert = { .file = "client.pem" },
          .key = { .file = "rubbish.pem" },
          .why = "the client key cannot be read" },
        { .anchor = { .file = "ca.pem" },
          .cert = { .file = "client.pem" },
          .key = { .data = "", .len = 1 },
          .why = "the client key cannot be read" },
        { .anchor = { .file = "ca.pem" },
          .cert = { .file = "client.pem" },
          .key = { .file = "server.key" },
          .why = "the client key does not belong to the client certificate" },
        { .anchor = { .file = "ca.pem" },
          .revoked = { .file = "ca.pem" },
          .why = "the revocation list cannot be read" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        anchor = rows[i].anchor;
        options.cert = rows[i].cert;
        options.key = rows[i].key;
        options.revoked = rows[i].revoked;
        init_client();
        assert_int_equal(open_fully("localhost"), USPAN_ERR_CONFIG);
        assert_string_equal(transport.last_error_text(transport.ctx), rows[i].why);
        transport.close(transport.ctx);
        assert_int_equal(open_fully("localhost"), USPAN_ERR_CONFIG); /* and again */
        assert_int_equal(shim.opened, 0);                            /* before any connection is made */
        /* the remedy, without a restart */
        const uspan_tls_blob_t ca = { .file = "ca.pem" };
        assert_int_equal(uspan_tls_set_anchors(&tls, &ca, 1, NULL), USPAN_OK);
        assert_int_equal(uspan_tls_set_own(&tls, &good_cert, &good_key), USPAN_OK);
        start_openssl("server.pem", NULL);
        visit();
        uspan_tls_free(&tls);
        stop_server();
        shim.opened = 0;
    }
}

static void test_arguments_are_checked(void **state)
{
    (void)state;
    const uspan_tls_blob_t empty = { 0 };
    uspan_tls_options_t bad[6];
    for (size_t i = 0; i < COUNT(bad); i++) {
        bad[i] = options;
    }
    bad[0].port = NULL;
    bad[1].anchors = NULL;
    bad[2].anchor_count = 0;
    bad[3].anchors = &empty;
    bad[4].min_version = 11;
    bad[5].max_fragment = 1000;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(uspan_tls_init(&tls, &network, &bad[i], &transport), USPAN_ERR_ARG);
    }
    assert_int_equal(uspan_tls_init(&tls, NULL, &options, &transport), USPAN_ERR_ARG);
    assert_int_equal(uspan_tls_init(NULL, &network, &options, &transport), USPAN_ERR_ARG);
    /* An application built with other options: nothing is written. */
    assert_int_equal(uspan_tls_init_sized(&tls, &network, &options, &transport, sizeof tls - 8u), USPAN_ERR_ARG);
    assert_int_equal(uspan_tls_init_sized(&tls, &network, &options, &transport, sizeof tls + 8u), USPAN_ERR_ARG);
    init_client();
    assert_int_equal(uspan_tls_set_anchors(&tls, &empty, 1, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_tls_set_anchors(&tls, NULL, 1, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_tls_set_own(&tls, NULL, &empty), USPAN_ERR_ARG);
}

static const char *const require_client[] = { "-Verify", "2",      "-verify_return_error",
                                              "-CAfile", "ca.pem", NULL };

static void test_mutual_tls_works_from_files_and_from_memory(void **state)
{
    (void)state;
    static unsigned char cert[2048], key[512];
    start_openssl("server.pem", require_client);
    options.cert.file = "client.pem";
    options.key.file = "client.key";
    init_client();
    visit();
    assert_non_null(strstr(page, "Client certificate"));
    uspan_tls_free(&tls);
    options.cert = (uspan_tls_blob_t){ .data = cert, .len = read_file("client.der", cert, sizeof(cert)) };
    options.key = (uspan_tls_blob_t){ .data = key, .len = read_file("client.key.der", key, sizeof(key)) };
    init_client();
    visit();
    assert_non_null(strstr(page, "Client certificate"));
}

static void test_a_required_client_certificate_that_lacks_is_named(void **state)
{
    (void)state;
    static const char asks[] =
        "the server asks for a client certificate, and none is set: cert and key of the TLS options";
#if MBEDTLS_VERSION_MAJOR >= 3
    start_openssl("server.pem", require_client);
    init_client();
    uspan_err_t err =
        open_fully("localhost"); /* in 1.3 the peer rejects after the client's handshake has ended */
    assert_int_equal(err == USPAN_OK ? get_page() : (int32_t)err, USPAN_ERR_CONFIG);
    assert_string_equal(transport.last_error_text(transport.ctx), asks);
    uspan_tls_free(&tls);
    stop_server();
#endif
    options.min_version = options.max_version = USPAN_TLS_1_2;
    start_openssl("server.pem", require_client);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_ERR_CONFIG);
    assert_string_equal(transport.last_error_text(transport.ctx), asks);
}

static void test_a_client_certificate_of_an_unknown_ca_is_named(void **state)
{
    (void)state;
    static const char *const rogue_only[] = { "-Verify", "2",         "-verify_return_error",
                                              "-CAfile", "rogue.pem", NULL };
    options.cert.file = "client.pem";
    options.key.file = "client.key";
    options.min_version = options.max_version = USPAN_TLS_1_2;
    start_openssl("server.pem", rogue_only);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_ERR_CONFIG);
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "server alert: client certificate is from an unknown CA");
}

static void test_an_own_certificate_can_come_and_go_at_run_time(void **state)
{
    (void)state;
    const uspan_tls_blob_t cert = { .file = "client.pem" }, key = { .file = "client.key" }, none = { 0 };
    static const char *const asks[] = { "-verify", "2", "-CAfile", "ca.pem", NULL };
    start_openssl("server.pem", asks);
    init_client();
    visit();
    assert_non_null(strstr(page, "no client certificate"));
    assert_int_equal(open_fully("localhost"), USPAN_OK);
    assert_int_equal(uspan_tls_set_own(&tls, &cert, &key), USPAN_OK);
    (void)get_page(); /* the open connection continues */
    assert_non_null(strstr(page, "no client certificate"));
    transport.close(transport.ctx);
    visit();
    assert_null(strstr(page, "no client certificate"));
    assert_int_equal(uspan_tls_set_own(&tls, &none, &none), USPAN_OK);
    assert_int_equal(mbedtls_pk_get_type(&tls.key), MBEDTLS_PK_NONE); /* cleared at once: it is not used */
    visit();
    assert_non_null(strstr(page, "no client certificate"));
}

static void test_other_anchors_hold_from_the_next_connect_on_and_end_resumption(void **state)
{
    (void)state;
    const uspan_tls_blob_t rogue = { .file = "rogue.pem" };
    start_openssl("server.pem", NULL);
    init_client();
    visit();
    assert_int_not_equal(tls.sessions[0].port, 0); /* it could be resumed without checking the certificate */
    assert_int_equal(open_fully("localhost"), USPAN_OK);
    assert_int_equal(uspan_tls_set_anchors(&tls, &rogue, 1, NULL), USPAN_OK);
    (void)get_page();
    assert_int_equal(tls.sessions[0].port, 0);
    transport.close(transport.ctx);
    assert_int_equal(open_fully("localhost"), USPAN_ERR_TRUST);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_client, end_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_chain_to_the_anchor_is_trusted),
        TEST(test_another_ca_is_refused),
        TEST(test_another_host_name_is_refused),
        TEST(test_an_expired_certificate_is_refused),
        TEST(test_a_certificate_of_the_future_is_refused),
        TEST(test_a_client_certificate_is_no_server),
        TEST(test_a_revoked_certificate_is_refused),
        TEST(test_an_anchor_may_be_der_or_pem_in_memory_or_one_of_a_bundle),
        TEST(test_certificates_that_cannot_be_read_are_a_config_error),
        TEST(test_arguments_are_checked),
        TEST(test_mutual_tls_works_from_files_and_from_memory),
        TEST(test_a_required_client_certificate_that_lacks_is_named),
        TEST(test_a_client_certificate_of_an_unknown_ca_is_named),
        TEST(test_an_own_certificate_can_come_and_go_at_run_time),
        TEST(test_other_anchors_hold_from_the_next_connect_on_and_end_resumption),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
