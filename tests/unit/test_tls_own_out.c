/* test_tls_own_out.c: a library built without client certificates rejects one with a text that names the
 * option, and connects without one.
 * uspan-config: USPAN_TLS_OWN_CERT=0 */
#define _GNU_SOURCE
#include "tls_peer.h"

static void test_a_client_certificate_is_refused_and_the_option_named(void **state)
{
    (void)state;
    static const uint8_t any[] = { 0x30, 0 };
    options.cert = (uspan_tls_blob_t){ .data = any, .len = sizeof(any) };
    options.key = options.cert;
    start_openssl("server.pem", NULL);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_ERR_CONFIG);
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "a client certificate needs USPAN_TLS_OWN_CERT 1");
}

static void test_without_one_the_connection_opens(void **state)
{
    (void)state;
    start_openssl("server.pem", NULL);
    init_client();
    assert_int_equal(open_fully("localhost"), USPAN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_client_certificate_is_refused_and_the_option_named, make_client,
                                        end_client),
        cmocka_unit_test_setup_teardown(test_without_one_the_connection_opens, make_client, end_client),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
