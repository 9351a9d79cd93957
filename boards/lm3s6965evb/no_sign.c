/* no_sign.c: replaces mbedTLS's ECDSA signing, which only a client with a certificate of its own needs.
 * Invariant: it compiles only if there can be no such certificate, so it is never called. */
#include "uspan_mbedtls.h"

#if defined(MBEDTLS_ECDSA_SIGN_ALT)
#include <mbedtls/ecdsa.h>

USPAN_STATIC_ASSERT(USPAN_TLS_OWN_CERT == 0, "a client certificate signs: take MBEDTLS_ECDSA_SIGN_ALT out");

int mbedtls_ecdsa_sign(mbedtls_ecp_group *grp, mbedtls_mpi *r, mbedtls_mpi *s, const mbedtls_mpi *d,
                       const unsigned char *buf, size_t blen, int (*f_rng)(void *, unsigned char *, size_t),
                       void *p_rng)
{
    (void)grp, (void)r, (void)s, (void)d, (void)buf, (void)blen, (void)f_rng, (void)p_rng;
    return MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE;
}
#endif
