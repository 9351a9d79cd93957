/* test_tls_posix.c: https for uspan_posix_start(): files named in the settings, and clients that are
 * allocated and freed. */
#define _GNU_SOURCE
#include "tls_peer.h"

#include "uspan_posix_tls.h"

/* A transport of the adapter in place of the test's own. */
static const uspan_transport_t *use(const char *ca, const char *cert, const char *key)
{
    const uspan_posix_certs_t certs = { .ca_file = ca, .cert_file = cert, .key_file = key };
    const uspan_transport_t *made = uspan_posix_mbedtls.make(&network, &certs);
    if (made != NULL) {
        transport = *made;
    }
    return made;
}

static void test_certificates_come_from_the_settings(void **state)
{
    (void)state;
    static const char *const require_client[] = { "-Verify", "2",      "-verify_return_error",
                                                  "-CAfile", "ca.pem", NULL };
    start_openssl("server.pem", require_client);
    const uspan_transport_t *made = use("ca.pem", "client.pem", "client.key");
    assert_non_null(made);
    assert_int_equal(made->flags, USPAN_TRANSPORT_SECURE);
    visit();
    assert_non_null(uspan_posix_tls_of(made));
    uspan_posix_mbedtls.release(made);
}

static void test_the_system_does_not_trust_a_ca_that_it_does_not_know(void **state)
{
    (void)state;
    start_openssl("server.pem", NULL);
    const uspan_transport_t *made = use(NULL, NULL, NULL);
    assert_non_null(made);
    uspan_err_t err = open_fully("localhost");
    assert_true(err == USPAN_ERR_TRUST ||
                err == USPAN_ERR_CONFIG); /* the second result if no bundle is installed */
    transport.close(transport.ctx);
    uspan_posix_mbedtls.release(made);
}

static void test_clients_are_given_out_and_taken_back(void **state)
{
    (void)state;
    const uspan_transport_t *made[USPAN_POSIX_TRACERS_MAX];
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < COUNT(made); i++) {
            made[i] = use("ca.pem", NULL, NULL);
            assert_non_null(made[i]);
            assert_true(i == 0u || made[i] != made[i - 1u]);
        }
        assert_null(use("ca.pem", NULL, NULL));
        for (size_t i = 0; i < COUNT(made); i++) {
            uspan_posix_mbedtls.release(made[i]);
            uspan_posix_mbedtls.release(made[i]);
        }
    }
    assert_null(uspan_posix_mbedtls.make(NULL, &(uspan_posix_certs_t){ 0 }));
    assert_null(uspan_posix_tls_of(&network));
}

static void test_a_file_that_has_no_certificate_is_named(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        { "ca.pem", "" },
        { "ca.der", "" },
        { "log.txt", "TLS: cannot read log.txt: it has neither PEM nor DER" },
        { "none.pem", "TLS: cannot read none.pem: No such file" },
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        char text[256] = "";
        FILE *log = fopen("log.txt", "w");
        assert_non_null(log);
        (void)fclose(log);
        assert_int_equal(uspan_posix_log_to("log.txt", USPAN_LEVEL_ERROR), USPAN_OK);
        const uspan_transport_t *made = use(files[i][0], NULL, NULL);
        assert_int_equal(uspan_posix_log_to(NULL, USPAN_LEVEL_INFO), USPAN_OK);
        log = fopen("log.txt", "r");
        (void)fread(text, 1u, sizeof(text) - 1u, log);
        (void)fclose(log);
        assert_true(files[i][1][0] != '\0' ? strstr(text, files[i][1]) != NULL : text[0] == '\0');
        uspan_posix_mbedtls.release(made);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_client, end_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_certificates_come_from_the_settings),
        TEST(test_the_system_does_not_trust_a_ca_that_it_does_not_know),
        TEST(test_a_file_that_has_no_certificate_is_named),
        TEST(test_clients_are_given_out_and_taken_back),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
