/* port.c: the functions of uspan_port_t for the Pico SDK.
 * Invariant: the spin lock is claimed before main() and never freed. Apart from the log, no call waits for
 * anything else. */
#include "uspan_pico.h"

#include <stdio.h>
#include <string.h>

#include <hardware/sync.h>
#include <pico/platform.h>
#include <pico/rand.h>
#include <pico/time.h>
#if defined(LIB_PICO_AON_TIMER)
#include <pico/aon_timer.h>
#endif
#if defined(LIB_FREERTOS_KERNEL)
#include <FreeRTOS.h>
#include <task.h>
#endif

static spin_lock_t *both_cores;

/* Runs before main() and before constructors without a priority, because those of the application may record
 * spans. 101 is the first priority that is not reserved. */
__attribute__((constructor(101))) static void claim(void)
{
    both_cores = spin_lock_init((uint)spin_lock_claim_unused(true));
}

static uint32_t lock(void *ctx)
{
    (void)ctx;
    return spin_lock_blocking(both_cores);
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    spin_unlock(both_cores, state);
}

static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
    return time_us_64() * 1000u;
}

static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    (void)ctx;
#if defined(LIB_PICO_AON_TIMER)
    struct timespec now;
    if (aon_timer_is_running() && aon_timer_get_time(&now)) {
        *out = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
        return USPAN_OK;
    }
#endif
    (void)out;
    return USPAN_ERR_AGAIN;
}

static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
        uint64_t word = get_rand_64();
        memcpy(out + at, &word, len - at < sizeof(word) ? len - at : sizeof(word));
    }
    return USPAN_OK;
}

static uintptr_t task(void *ctx)
{
    (void)ctx;
#if defined(LIB_FREERTOS_KERNEL)
    return (uintptr_t)xTaskGetCurrentTaskHandle();
#else
    return get_core_num() + 1u;
#endif
}

static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    (void)level;
    puts(text);
}

const uspan_port_t uspan_pico_port = { USPAN_PORT_ABI, NULL,         lock, unlock,  mono_ns,
                                       unix_ns,        random_bytes, task, log_line };
