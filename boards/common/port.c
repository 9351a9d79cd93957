/* port.c: the functions of uspan_port_t, which call those of board.h.
 * Invariant: apart from the log, no call waits. */
#include "port.h"

#include "board.h"
#include "board_config.h"
#include "uspan/port_none.h"
#include "uspan_lwip.h"
#include "uspan_mbedtls.h"
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
#include <psa/crypto.h>
#endif

static uint32_t lock(void *ctx)
{
    (void)ctx;
    return board_lock();
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    board_unlock(state);
}

static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
    return board_mono_ns();
}

static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
#if BOARD_SNTP
    if (uspan_lwip_unix_ns(ctx, out) == USPAN_OK) {
        return USPAN_OK;
    }
#endif
    (void)ctx;
    return board_unix_ns(out);
}

static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    return board_random(out, len);
}

static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    (void)level;
    put_text("uspan: ");
    put_line(text);
}

const uspan_port_t board_port = { USPAN_PORT_ABI,  NULL,    lock, unlock, mono_ns, unix_ns, random_bytes,
                                  uspan_none_task, log_line };

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
/* Random bytes for keys of TLS 1.3, directly from the board. */
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *out,
                                             size_t len, size_t *out_len)
{
    (void)context;
    if (board_random(out, len) != USPAN_OK) {
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    }
    *out_len = len;
    return PSA_SUCCESS;
}
#endif
