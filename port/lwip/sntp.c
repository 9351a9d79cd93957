/* sntp.c: Unix time from the last answer of lwIP's SNTP client, continued by the port's clock. Invariant:
 * zero_ns is the Unix time at which the port's clock read 0, or 0 if it is unknown. lwIP's context and the
 * task access it under the port's lock only, so that no 64-bit value tears. */
#include "lwip_private.h"

static const uspan_port_t *clock_port;
static uint64_t zero_ns;

void uspan_lwip_sntp_init(const uspan_port_t *port)
{
    clock_port = port;
    zero_ns = 0;
}

void uspan_lwip_sntp_set(uint32_t seconds, uint32_t micros)
{
    const uspan_port_t *port = clock_port;
    const uint64_t told_ns = (uint64_t)seconds * 1000000000u + (uint64_t)micros * 1000u;
    if (port == NULL || !uspan_unix_is_plausible(told_ns)) {
        return; /* an earlier answer may be right */
    }
    uint64_t zero = told_ns - port->mono_ns(port->ctx);
    uint32_t state = port->lock(port->ctx);
    zero_ns = zero;
    port->unlock(port->ctx, state);
}

uspan_err_t uspan_lwip_unix_ns(void *ctx, uint64_t *out)
{
    const uspan_port_t *port = clock_port;
    (void)ctx;
    if (port == NULL) {
        return USPAN_ERR_AGAIN;
    }
    uint32_t state = port->lock(port->ctx);
    uint64_t zero = zero_ns;
    port->unlock(port->ctx, state);
    if (zero == 0u) {
        return USPAN_ERR_AGAIN;
    }
    *out = zero + port->mono_ns(port->ctx);
    return USPAN_OK;
}
