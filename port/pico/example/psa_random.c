/* psa_random.c: random bytes for the keys of TLS 1.3. mbedTLS calls it if MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG is
 * set. Invariant: the bytes come from the port, not from mbedtls_hardware_poll() of pico_mbedtls, which may
 * write past a buffer whose length is no multiple of 8 (SDK 2.2.0). */
#include <psa/crypto.h>

#include "uspan_pico.h"

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *out,
                                             size_t len, size_t *out_len)
{
    (void)context;
    if (uspan_pico_port.random(NULL, out, len) != USPAN_OK) {
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    }
    *out_len = len;
    return PSA_SUCCESS;
}
