/* port_none.c: stubs for a target that lacks a part. Each does the minimum that port.h allows. */
#include "uspan/port_none.h"

uint32_t uspan_none_lock(void *ctx)
{
    (void)ctx;
    return 0u;
}

void uspan_none_unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    (void)state;
}

uspan_err_t uspan_none_unix_ns(void *ctx, uint64_t *out)
{
    (void)ctx;
    (void)out;
    return USPAN_ERR_AGAIN;
}

uintptr_t uspan_none_task(void *ctx)
{
    (void)ctx;
    return 0u;
}

void uspan_none_log(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}
