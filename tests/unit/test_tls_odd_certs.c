/* test_tls_odd_certs.c: certificates as public and private authorities make them. For each, the test knows
 * which hosts accept it, and the error text for the others. */
#define _GNU_SOURCE
#include "tls_peer.h"

static const char make_more[] =
    "set -e\n"
    "exec >more.log 2>&1\n"
    "cat >> c <<'C'\n"
    "[wild]\nsubjectAltName=DNS:*.wild.test\n"
    "[upper]\nsubjectAltName=DNS:LOCALHOST,IP:127.0.0.1\n"
    "[none]\nbasicConstraints=CA:false\n"
    "[any]\nsubjectAltName=DNS:localhost\nextendedKeyUsage=anyExtendedKeyUsage\n"
    "[odd]\nsubjectAltName=URI:https://localhost/"
    ",DNS:localhost,email:a@b.test\n1.2.3.4=ASN1:UTF8String:unknown\n"
    "[critical]\nsubjectAltName=DNS:localhost\n1.2.3.4=critical,ASN1:UTF8String:unknown\n"
    "[names_ca]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n"
    "nameConstraints=critical,permitted;DNS:localhost\n"
    "[soft_ca]\nbasicConstraints=critical,CA:true\nnameConstraints=permitted;DNS:localhost\n"
    "[no_ca]\nbasicConstraints=critical,CA:false\n"
    "C\n"
    "key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }\n"
    "sign() { n=$1; e=$2; a=$3; k=$4; shift 4; openssl req -new -config c -key $k.key -subj /CN=$n -out "
    "$n.csr; "
    "openssl ca -batch -notext -config c -cert $a.pem -keyfile $a.key -in $n.csr -out $n.pem -extensions $e "
    "\"$@\"; }\n"
    "for m in wild upper any odd critical; do sign $m $m ca server; done\n"
    "sign localhost none ca server\n"
    "sign sha1 server ca server -md sha1\n"
    "sign sha512 server ca server -md sha512\n"
    "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out weak.key\n"
    "openssl req -new -config c -key weak.key -subj /CN=weak -out weak.csr\n"
    "openssl ca -batch -notext -config c -cert ca.pem -keyfile ca.key -in weak.csr -out weak.pem -extensions "
    "server\n"
    "for m in names_ca soft_ca no_ca; do key $m; sign $m $m ca $m; sign under_$m server $m server; "
    "cat under_$m.pem $m.pem > $m.chain.pem; done\n"
    "cat server.pem inter.pem ca.pem rogue.pem > long.chain.pem\n"
    "cat server.pem ca.pem inter.pem > mixed.chain.pem\n"
    "cat server.pem > bare.chain.pem\n";

static int make_all(void **state)
{
    if (make_folder(state) != 0 || system(make_more) != 0) {
        (void)system("cat more.log >&2");
        return -1;
    }
    return 0;
}

typedef struct row {
    const char *chain; /* the leaf, then the certificates that are sent with it */
    const char *host, *key, *why;
    uspan_err_t err;
} row_t;

static const row_t rows[] = {
    { "wild.pem", "a.wild.test", NULL, "", USPAN_OK },
    { "wild.pem", "A.Wild.Test", NULL, "", USPAN_OK },
    { "wild.pem", "a.b.wild.test", NULL, "different host name", USPAN_ERR_TRUST },
    { "wild.pem", "wild.test", NULL, "different host name", USPAN_ERR_TRUST },
    { "upper.pem", "localhost", NULL, "", USPAN_OK },
    { "upper.pem", "127.0.0.1", NULL, "", USPAN_OK },
    { "upper.pem", "LocalHost.", NULL, "", USPAN_OK },
    { "localhost.pem", "localhost", NULL, "", USPAN_OK }, /* only its CN has the name */
    { "localhost.pem", "127.0.0.1", NULL, "different host name", USPAN_ERR_TRUST },
    { "any.pem", "localhost", NULL, "", USPAN_OK },
    { "odd.pem", "localhost", NULL, "", USPAN_OK },
    { "critical.pem", "localhost", NULL, "critical extension", USPAN_ERR_TRUST },
    { "sha512.pem", "localhost", NULL, "", USPAN_OK },
    { "sha1.pem", "localhost", NULL, "a hash that is too weak", USPAN_ERR_TRUST },
    { "weak.pem", "localhost", "weak.key", "key is too weak", USPAN_ERR_TRUST },
    { "names_ca.chain.pem", "localhost", NULL, "name constraints", USPAN_ERR_TRUST },
    { "soft_ca.chain.pem", "localhost", NULL, "", USPAN_OK },
    { "no_ca.chain.pem", "localhost", NULL, "not signed by a trusted CA", USPAN_ERR_TRUST },
    { "long.chain.pem", "localhost", NULL, "", USPAN_OK },
    { "mixed.chain.pem", "localhost", NULL, "", USPAN_OK },
    { "bare.chain.pem", "localhost", NULL, "not signed by a trusted CA", USPAN_ERR_TRUST },
};

static void test_each_certificate_is_taken_for_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const row_t *row = &rows[i];
        const char *const more[] = { "-cert_chain", row->chain,
                                     "-key",        row->key != NULL ? row->key : "server.key",
                                     "-cipher",     "DEFAULT@SECLEVEL=0",
                                     NULL };
        start_openssl(row->chain, more);
        init_client();
        uspan_err_t err = open_as(row->host);
        const char *why = transport.last_error_text(transport.ctx);
        if (err != row->err || strstr(why, row->why) == NULL || (err != USPAN_OK && why[0] == 0)) {
            fail_msg("%s for %s: %d, \"%s\" (mbedTLS -0x%04x)", row->chain, row->host, err, why,
                     (unsigned)-uspan_tls_error(&tls));
        }
        transport.close(transport.ctx);
        uspan_tls_free(&tls);
        stop_server();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_certificate_is_taken_for_what_it_says, make_client,
                                        end_client),
    };
    return cmocka_run_group_tests(tests, make_all, remove_folder);
}
