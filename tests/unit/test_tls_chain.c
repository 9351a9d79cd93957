/* test_tls_chain.c: a peer's certificates and the anchors can form several chains. If one is valid, it is
 * found, whatever their order. Authorities are renewed and cross-signed. As on boards, mbedTLS does not know
 * the time. */
#define _GNU_SOURCE
#include "tls_peer.h"

#define Y2099 4073000000ull /* in January 2099 */

/* root and inter each exist twice with one key: "old" until 2090, and for a hundred years. inter also exists
 * with another key, and signed by rogue, which is not trusted. */
static const char make_more[] =
    "set -e\n"
    "exec >more.log 2>&1\n"
    "key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }\n"
    "# issue FILE CN KEY EXTENSIONS CA END\n"
    "issue() { openssl req -new -config c -key $3.key -subj /CN=$2 -out $1.csr; openssl ca -batch -notext "
    "-config c "
    "-cert $5.pem -keyfile ${5%_*}.key -in $1.csr -out $1.pem -extensions $4 -enddate $6; }\n"
    "key top; key mid; key other\n"
    "openssl req -new -config c -key top.key -subj /CN=top -out top.csr\n"
    "for end in old:20900101000000Z new:21200101000000Z; do openssl ca -batch -notext -selfsign -config c "
    "-keyfile top.key "
    "-in top.csr -out top_${end%:*}.pem -extensions ca_ext -enddate ${end#*:}; done\n"
    "issue mid_old mid mid ca_ext top_new 20900101000000Z\n"
    "issue mid_new mid mid ca_ext top_new 21200101000000Z\n"
    "issue mid_other mid other ca_ext top_new 21200101000000Z\n"
    "cp rogue.pem rogue_x.pem; issue mid_rogue mid mid ca_ext rogue_x 21200101000000Z\n"
    "issue leaf localhost server server mid_new 21200101000000Z\n"
    "issue leaf_old localhost server server mid_new 20900101000000Z\n"
    "cat top_old.pem top_new.pem > anchors_old_first.pem; cat top_new.pem top_old.pem > "
    "anchors_new_first.pem\n";

static int make_all(void **state)
{
    if (make_folder(state) != 0 || system(make_more) != 0) {
        (void)system("cat more.log >&2");
        return -1;
    }
    return 0;
}

static uspan_err_t tell_2099(void *ctx, uint64_t *out)
{
    (void)ctx;
    *out = Y2099 * 1000000000u;
    return USPAN_OK;
}

static uspan_port_t port;

static int make_dated_client(void **state)
{
    int failed = make_client(state);
    port = *uspan_posix_port();
    port.unix_ns = tell_2099;
    options.port = &port;
    anchor.file = "anchors_old_first.pem";
    return failed;
}

/* The result of a first handshake, "" for success, with these certificates after the leaf, in both
 * versions. */
static void assert_said(const char *leaf, const char *behind, const char *why)
{
    char command[256];
    (void)snprintf(command, sizeof(command), "cat %s > behind.pem", behind);
    assert_int_equal(system(command), 0);
    static const char *const more[] = { "-cert_chain", "behind.pem", NULL };
    for (int version = USPAN_TLS_1_2; version <= (MBEDTLS_VERSION_MAJOR < 3 ? USPAN_TLS_1_2 : USPAN_TLS_1_3);
         version++) {
        options.min_version = options.max_version = version;
        start_openssl(leaf, more);
        init_client();
        uspan_err_t err = open_fully("localhost");
        if ((err == USPAN_OK) != (why[0] == 0) ||
            strcmp(transport.last_error_text(transport.ctx), why) != 0) {
            fail_msg("%s: %d, \"%s\" and not \"%s\"", behind, err, transport.last_error_text(transport.ctx),
                     why);
        }
        transport.close(transport.ctx);
        if (why[0] == 0) {
            visit(); /* and its session is valid */
        }
        uspan_tls_free(&tls);
        stop_server();
    }
}

static const char expired[] = "certificate expired, or this clock is wrong";
static const char untrusted[] = "certificate not signed by a trusted CA";

static void test_a_renewed_anchor_is_found_in_either_order(void **state)
{
    (void)state;
    static const char *const files[] = { "anchors_old_first.pem", "anchors_new_first.pem" };
    for (size_t i = 0; i < COUNT(files); i++) {
        anchor.file = files[i];
        assert_said("leaf.pem", "mid_new.pem", "");
    }
    const uspan_tls_blob_t three[] = { { .file = "top_old.pem" },
                                       { .file = "ca.pem" },
                                       { .file = "top_new.pem" } };
    options.anchors = three;
    options.anchor_count = 3;
    assert_said("leaf.pem", "mid_new.pem", "");
}

static void test_a_renewed_intermediate_is_found_in_either_order(void **state)
{
    (void)state;
    assert_said("leaf.pem", "mid_old.pem mid_new.pem", "");
    assert_said("leaf.pem", "mid_new.pem mid_old.pem", "");
    assert_said("leaf.pem", "mid_old.pem top_old.pem mid_new.pem", "");
}

static void test_a_cross_signed_intermediate_is_found_in_either_order(void **state)
{
    (void)state;
    assert_said("leaf.pem", "mid_rogue.pem mid_new.pem", "");
    assert_said("leaf.pem", "mid_rogue.pem rogue.pem mid_new.pem", "");
    assert_said("leaf.pem", "mid_other.pem mid_new.pem", "");
    assert_said("leaf.pem", "mid_rogue.pem mid_old.pem mid_new.pem", "");
}

static void test_where_no_chain_holds_none_is_found(void **state)
{
    (void)state;
    assert_said("leaf.pem", "mid_old.pem", expired);
    assert_said("leaf.pem", "mid_old.pem mid_rogue.pem", expired);
    assert_said("leaf.pem", "mid_rogue.pem", untrusted);
    assert_said("leaf.pem", "mid_other.pem", untrusted);
    assert_said("leaf_old.pem", "mid_old.pem mid_new.pem", expired);
    anchor.file = "top_old.pem";
    assert_said("leaf.pem", "mid_new.pem", expired);
    anchor.file = "ca.pem";
    assert_said("leaf.pem", "mid_old.pem mid_new.pem top_new.pem", expired);
}

/* A second check of the chain still checks the name in the certificate. */
static void test_another_chain_does_not_excuse_another_name(void **state)
{
    (void)state;
    static const char *const more[] = { "-cert_chain", "behind.pem", NULL };
    assert_int_equal(system("cat mid_old.pem mid_new.pem > behind.pem"), 0);
    start_openssl("leaf.pem", more);
    init_client();
    assert_int_equal(open_fully("127.0.0.1"), USPAN_ERR_TRUST);
    assert_string_equal(transport.last_error_text(transport.ctx), "certificate is for a different host name");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dated_client, end_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_renewed_anchor_is_found_in_either_order),
        TEST(test_a_renewed_intermediate_is_found_in_either_order),
        TEST(test_a_cross_signed_intermediate_is_found_in_either_order),
        TEST(test_where_no_chain_holds_none_is_found),
        TEST(test_another_chain_does_not_excuse_another_name),
    };
    return cmocka_run_group_tests(tests, make_all, remove_folder);
}
