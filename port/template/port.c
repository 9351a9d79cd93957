/* port.c: the functions of uspan_port_t for your platform. Each duty is a comment and a stub to fill in.
 * Invariant: no call waits. A value that is not available yet is USPAN_ERR_AGAIN, and is never invented. */
#include "template.h"

#include "uspan/port_none.h"

/* DUTY 1, log: write the line and a newline to where you can read it (UART, RTT, semihosting). It may wait
 * for the UART. It must not call uspan. Without it use uspan_none_log, and call uspan_diagnose() in a
 * debugger. Check: you can read the first line of main.c. */
static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

/* DUTY 2, clock: return nanoseconds since boot in 64 bits, also in an ISR. A hardware counter has fewer bits,
 * so keep its high part in RAM. Read the high part, the counter, and the high part again. Start again if the
 * high part has changed, or if the interrupt of the wrap is pending and not yet served. In any case remember
 * the last result and never return less. Let it count during deep sleep, or spans across a sleep are too
 * short. A tick of 1 ms is enough (multiply it by 1000000).
 * Check: uspan_check_clock(): the clock advances, never steps back, and does not jump. */
static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
    return 0u;
}

/* DUTY 3, lock: keep out every task and every ISR that calls uspan, on all cores. uspan holds the lock for a
 * few hundred instructions at most, and never nests it.
 *     Cortex-M, one core: save PRIMASK (or BASEPRI) and disable interrupts. Restore the saved value, and
 *     never simply enable, because the caller may have disabled interrupts already
 *     RTOS: use its critical section, in the form that also works in ISRs
 *     one task, and no ISR calls uspan: uspan_none_lock
 * Check: uspan_check_lock(): the clock still runs afterwards, so interrupts are on again. */
static uint32_t lock(void *ctx)
{
    return uspan_none_lock(ctx);
}

static void unlock(void *ctx, uint32_t state)
{
    uspan_none_unlock(ctx, state);
}

/* DUTY 4, entropy: write len (at most 32) bytes of a hardware random number generator, after its start-up and
 * health tests. Return USPAN_ERR_AGAIN while it is not ready, and write nothing. Until then spans are null
 * and counted as no_entropy, and TLS refuses to start. Never use a counter, a serial number, the clock or
 * rand(), because keys are made of these bytes. A chip without a generator needs a secure element, or a seed
 * that is stored in production and renewed at each boot.
 * Check: uspan_check_entropy(). */
static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    (void)out;
    (void)len;
    return USPAN_ERR_AGAIN;
}

/* DUTY 7, time: return Unix time in nanoseconds from an RTC that has been set, or from SNTP (port/lwip has
 * uspan_lwip_unix_ns()). Return USPAN_ERR_AGAIN while it is unknown. uspan ignores a time before
 * USPAN_DATE_MIN_S, for example of an RTC that was reset. Without RTC and SNTP leave uspan_none_unix_ns.
 * Then uspan uses the collector's Date header, or the application calls
 * uspan_set_unix_time().
 * Check: uspan_check_time(). */
static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    return uspan_none_unix_ns(ctx, out);
}

/* With an RTOS return the handle of the calling task, so that each task has its own current span. */
static uintptr_t task(void *ctx)
{
    return uspan_none_task(ctx);
}

const uspan_port_t template_port = {
    .abi = USPAN_PORT_ABI,
    .ctx = NULL,
    .lock = lock,
    .unlock = unlock,
    .mono_ns = mono_ns,
    .unix_ns = unix_ns,
    .random = random_bytes,
    .task = task,
    .log = log_line,
};
