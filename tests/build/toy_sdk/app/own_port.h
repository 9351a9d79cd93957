/* own_port.h: the application's own port, as short as possible, for one task. */
#ifndef TOY_OWN_PORT_H
#define TOY_OWN_PORT_H

#include "uspan/port_none.h"

#include <time.h>

static uint64_t own_mono_ns(void *ctx)
{
    struct timespec now;
    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uspan_err_t own_unix_ns(void *ctx, uint64_t *out)
{
    (void)ctx;
    *out = 1700000000000000000u;
    return USPAN_OK;
}

static uspan_err_t own_random(void *ctx, uint8_t *out, size_t len)
{
    static uint8_t next = 1;
    (void)ctx;
    while (len > 0) {
        out[--len] = next++;
    }
    return USPAN_OK;
}

static const uspan_port_t own_port = {
    USPAN_PORT_ABI, NULL,       uspan_none_lock, uspan_none_unlock, own_mono_ns,
    own_unix_ns,    own_random, uspan_none_task, uspan_none_log,
};

#endif
