/* test_tls_lacks_rsa.c: if a board's mbedTLS has RSA, but numbers of 128 bytes at most, the text names the size
 * that a certificate needs. The certificates were made by OpenSSL. */
#define _GNU_SOURCE
#include <mbedtls/bignum.h>
#include "tls_inside.h"
#include "tls_peer.h"

#if MBEDTLS_VERSION_MAJOR < 4
#undef MBEDTLS_MPI_MAX_SIZE
#define MBEDTLS_MPI_MAX_SIZE 128
#define uspan_tls_lacks small_lacks
#define uspan_tls_lacks_kind small_lacks_kind
#include "../../port/mbedtls/tls_lacks.c"

static const char make_more[] =
    "set -e\n"
    "exec >more.log 2>&1\n"
    /* more than two primes are found sooner, and the modulus is as long */
    "key() { openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:$1 -pkeyopt rsa_keygen_primes:$2 -out "
    "$1.key; openssl req -x509 -new -config c -extensions ca_ext -key $1.key -subj /CN=$1 -days 30 -outform "
    "DER "
    "-out $1.der; }\n"
    "key 1024 3; key 2048 3; key 3072 3; key 4096 4\n"
    "openssl x509 -in ca.pem -outform DER -out p256.der\n";

static int make_all(void **state)
{
    if (make_folder(state) != 0 || system(make_more) != 0) {
        (void)system("cat more.log >&2");
        return -1;
    }
    return 0;
}

static void test_each_size_of_rsa_that_lacks_is_named_with_its_option(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "2048.der", "RSA-2048", "MBEDTLS_MPI_MAX_SIZE 256" },
        { "3072.der", "RSA-3072", "MBEDTLS_MPI_MAX_SIZE 384" },
        { "4096.der", "RSA-4096", "MBEDTLS_MPI_MAX_SIZE 512" },
    };
    static unsigned char der[4096];
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *why = small_lacks(der, read_file(rows[i][0], der, sizeof(der)));
        assert_non_null(why);
        assert_non_null(strstr(why, rows[i][1]));
        assert_non_null(strstr(why, rows[i][2]));
    }
    assert_null(small_lacks(der, read_file("1024.der", der, sizeof(der))));
    assert_null(small_lacks(der, read_file("p256.der", der, sizeof(der))));
    assert_null(small_lacks_kind(0));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_size_of_rsa_that_lacks_is_named_with_its_option),
    };
    return cmocka_run_group_tests(tests, make_all, remove_folder);
}
