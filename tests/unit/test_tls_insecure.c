/* test_tls_insecure.c: a library built without verification accepts certificates that it should reject, and
 * says so in the log and in its texts.
 * uspan-config: USPAN_INSECURE_NO_VERIFY=1 */
#define _GNU_SOURCE
#include "tls_peer.h"

static char logged[256];
static uspan_level_t logged_level;

static void note(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    logged_level = level;
    (void)snprintf(logged, sizeof(logged), "%s", text);
}

static void test_nothing_is_verified_and_that_is_said(void **state)
{
    (void)state;
    uspan_port_t port = *uspan_posix_port();
    port.log = note;
    options.port = &port;
    options.anchors = NULL;
    options.anchor_count = 0;
    start_openssl("expired.pem", NULL);
    init_client();
    assert_int_equal(logged_level, USPAN_LEVEL_WARN);
    assert_non_null(strstr(logged, "USPAN_INSECURE_NO_VERIFY"));
    assert_int_equal(open_fully("localhost"), USPAN_OK);
    assert_string_equal(transport.last_error_text(transport.ctx),
                        "USPAN_INSECURE_NO_VERIFY: the peer is not verified");
    (void)get_page();
    assert_true(strlen(page) > 100u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_verified_and_that_is_said, make_client, end_client),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
