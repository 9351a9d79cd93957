/* tls_lacks.c: object identifiers and texts of the algorithms that this mbedTLS was built without. Invariant:
 * the list contains no algorithm that the build has, so a match is always a cause. */
#include "tls_lacks.h"

#include <mbedtls/bignum.h>

#define NEEDS(what, option) "certificate needs " what ", which mbedTLS was built without: " option

#if MBEDTLS_VERSION_MAJOR < 4
#define HAS_OPTIONS 1 /* 4.x names algorithms by PSA_WANT_* */
#else
#define HAS_OPTIONS 0
#endif
#if defined(MBEDTLS_SHA384_C) || (MBEDTLS_VERSION_MAJOR < 3 && defined(MBEDTLS_SHA512_C))
#define HAS_SHA384 1
#else
#define HAS_SHA384 0
#endif

typedef struct lack {
    uint8_t len;
    uint8_t bytes[11]; /* with tag and length, so that other bytes do not match by chance */
    const char *why;
} lack_t;

/* Keys come before signatures: the option of the key is needed first. If the hash is missing too, it is
 * reported after that. */
static const lack_t lacks[] = {
#if HAS_OPTIONS && !defined(MBEDTLS_RSA_C)
    { 11,
      { 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1 },
      NEEDS("RSA", "MBEDTLS_RSA_C, MBEDTLS_PKCS1_V15") },
#elif HAS_OPTIONS && MBEDTLS_MPI_MAX_SIZE < 512
    { 5, { 2, 0x82, 2, 1, 0 }, NEEDS("RSA-4096", "MBEDTLS_MPI_MAX_SIZE 512") },
#if MBEDTLS_MPI_MAX_SIZE < 384
    { 5, { 2, 0x82, 1, 0x81, 0 }, NEEDS("RSA-3072", "MBEDTLS_MPI_MAX_SIZE 384") },
#endif
#if MBEDTLS_MPI_MAX_SIZE < 256
    { 5, { 2, 0x82, 1, 1, 0 }, NEEDS("RSA-2048", "MBEDTLS_MPI_MAX_SIZE 256") },
#endif
#endif
#if HAS_OPTIONS && !defined(MBEDTLS_ECP_C)
    { 9, { 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1 }, NEEDS("ECDSA", "MBEDTLS_ECP_C, MBEDTLS_ECDSA_C") },
#endif
#if HAS_OPTIONS && !defined(MBEDTLS_ECP_DP_SECP256R1_ENABLED)
    { 10,
      { 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7 },
      NEEDS("P-256", "MBEDTLS_ECP_DP_SECP256R1_ENABLED") },
#endif
#if HAS_OPTIONS && !defined(MBEDTLS_ECP_DP_SECP384R1_ENABLED)
    { 7, { 6, 5, 0x2B, 0x81, 4, 0, 0x22 }, NEEDS("P-384", "MBEDTLS_ECP_DP_SECP384R1_ENABLED") },
#endif
#if HAS_OPTIONS && !defined(MBEDTLS_ECP_DP_SECP521R1_ENABLED)
    { 7, { 6, 5, 0x2B, 0x81, 4, 0, 0x23 }, NEEDS("P-521", "MBEDTLS_ECP_DP_SECP521R1_ENABLED") },
#endif
    { 5, { 6, 3, 0x2B, 0x65, 0x70 }, "certificate needs Ed25519, which mbedTLS does not have" },
    { 5, { 6, 3, 0x2B, 0x65, 0x71 }, "certificate needs Ed448, which mbedTLS does not have" },
#if !defined(MBEDTLS_X509_RSASSA_PSS_SUPPORT)
    { 11,
      { 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10 },
      NEEDS("RSASSA-PSS", "MBEDTLS_X509_RSASSA_PSS_SUPPORT") },
#endif
#if HAS_OPTIONS && !HAS_SHA384
    { 11, { 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 12 }, NEEDS("SHA-384", "MBEDTLS_SHA384_C") },
    { 10, { 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3 }, NEEDS("SHA-384", "MBEDTLS_SHA384_C") },
#endif
#if HAS_OPTIONS && !defined(MBEDTLS_SHA512_C)
    { 11, { 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 13 }, NEEDS("SHA-512", "MBEDTLS_SHA512_C") },
    { 10, { 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 4 }, NEEDS("SHA-512", "MBEDTLS_SHA512_C") },
#endif
#if HAS_OPTIONS && !defined(MBEDTLS_SHA1_C)
    { 11,
      { 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 5 },
      NEEDS("SHA-1 (too weak)", "get a newer one") },
#endif
};

const char *uspan_tls_lacks(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
        for (size_t at = 0; at + lacks[i].len <= len; at++) {
            if (memcmp(bytes + at, lacks[i].bytes, lacks[i].len) == 0) {
                return lacks[i].why;
            }
        }
    }
    return NULL;
}

const char *uspan_tls_lacks_kind(int error)
{
    switch ((unsigned)-error & 0xFF80u) {
    case 0x2600u: /* X.509: unknown signature */
    case 0x2100u: /* X.509: unknown object */
        return NEEDS("a signature or a hash", "MBEDTLS_SHA384_C, _SHA512_C, _RSA_C or _ECDSA_C");
    case 0x3A00u: /* PK: unknown curve */
    case 0x4E80u: /* ECP: curve not built in */
        return NEEDS("an elliptic curve", "MBEDTLS_ECP_DP_*");
    case 0x3980u: /* PK: not built in */
    case 0x3C80u: /* PK: unknown kind of key */
        return NEEDS("a kind of key", "MBEDTLS_RSA_C or MBEDTLS_ECP_C");
    default:
        return NULL;
    }
}
