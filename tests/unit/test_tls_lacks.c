/* test_tls_lacks.c: if a board's mbedTLS lacks what a certificate needs, the text names the missing option.
 * The certificates were made by OpenSSL. */
#define _GNU_SOURCE
#include <mbedtls/bignum.h>
#include "tls_inside.h"
#include "tls_peer.h"

/* This file compiles the list for a board: no RSA, P-256 with SHA-256 alone. */
#if MBEDTLS_VERSION_MAJOR < 4
#undef MBEDTLS_RSA_C
#undef MBEDTLS_ECP_DP_SECP384R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP521R1_ENABLED
#undef MBEDTLS_SHA384_C
#undef MBEDTLS_SHA512_C
#undef MBEDTLS_X509_RSASSA_PSS_SUPPORT
#define uspan_tls_lacks board_lacks
#define uspan_tls_lacks_kind board_lacks_kind
#include "../../port/mbedtls/tls_lacks.c"

static const char make_more[] =
    "set -e\n"
    "exec >more.log 2>&1\n"
    "self() { openssl req -x509 -new -config c -extensions ca_ext -key $1.key -subj /CN=$1 -days 30 -outform "
    "DER "
    "-out $1.der $2 $3 $4 $5; }\n"
    "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key; self rsa -sha256\n"
    "openssl ecparam -name secp384r1 -genkey -noout -out p384.key; self p384 -sha256\n"
    "openssl ecparam -name secp521r1 -genkey -noout -out p521.key; self p521 -sha256\n"
    "openssl ecparam -name prime256v1 -genkey -noout -out sha384.key; self sha384 -sha384\n"
    "openssl ecparam -name prime256v1 -genkey -noout -out sha512.key; self sha512 -sha512\n"
    "openssl genpkey -algorithm ed25519 -out ed25519.key; self ed25519\n"
    "openssl genpkey -algorithm ed448 -out ed448.key; self ed448\n"
    "openssl ecparam -name prime256v1 -genkey -noout -out p256.key; self p256 -sha256\n";

static int make_all(void **state)
{
    if (make_folder(state) != 0 || system(make_more) != 0) {
        (void)system("cat more.log >&2");
        return -1;
    }
    return 0;
}

static void test_each_algorithm_that_lacks_is_named_with_its_option(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "rsa.der", "RSA", "MBEDTLS_RSA_C" },
        { "p384.der", "P-384", "MBEDTLS_ECP_DP_SECP384R1_ENABLED" },
        { "p521.der", "P-521", "MBEDTLS_ECP_DP_SECP521R1_ENABLED" },
        { "sha384.der", "SHA-384", "MBEDTLS_SHA384_C" },
        { "sha512.der", "SHA-512", "MBEDTLS_SHA512_C" },
        { "ed25519.der", "Ed25519", "does not have" },
        { "ed448.der", "Ed448", "does not have" },
    };
    static unsigned char der[4096];
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len = read_file(rows[i][0], der, sizeof(der));
        const char *why = board_lacks(der, len);
        assert_non_null(why);
        assert_non_null(strstr(why, rows[i][1]));
        assert_non_null(strstr(why, rows[i][2]));
        for (size_t cut = 0; cut < 8u; cut++) { /* never beyond the end */
            (void)board_lacks(der, cut);
        }
    }
    assert_null(board_lacks(der, read_file("p256.der", der, sizeof(der))));
}

static void test_the_kind_is_named_by_the_error_alone(void **state)
{
    (void)state;
    assert_non_null(strstr(board_lacks_kind(MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE), "elliptic curve"));
    assert_non_null(strstr(board_lacks_kind(MBEDTLS_ERR_PK_UNKNOWN_PK_ALG), "kind of key"));
    assert_non_null(strstr(board_lacks_kind(MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG - 0x2E), "MBEDTLS_SHA384_C"));
    assert_null(board_lacks_kind(MBEDTLS_ERR_X509_INVALID_FORMAT));
    assert_null(board_lacks_kind(0));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_algorithm_that_lacks_is_named_with_its_option),
        cmocka_unit_test(test_the_kind_is_named_by_the_error_alone),
    };
    return cmocka_run_group_tests(tests, make_all, remove_folder);
}
