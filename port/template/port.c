/* port.c: the platform as uspan sees it, each duty a comment and a stub that says so.
 * Invariant: no call waits, and what is not there yet is reported as USPAN_ERR_AGAIN, never made up. */
#include "template.h"

#include "uspan/port_none.h"

/* DUTY 1, log: one line to where you read (UART, RTT, semihosting), with a newline behind it. It may wait for
 * the UART. It must not call uspan. Until then: uspan_none_log, and uspan_diagnose() in a debugger.
 * Check: main.c's first line is there to be read. */
static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

/* DUTY 2, clock: nanoseconds since boot in 64 bits, also from an ISR. A hardware counter is narrower, so
 * keep its high part: read high part, counter, high part again, and begin anew when the high part has
 * changed, or when the wrap's interrupt is pending and not yet served. Whatever you do, remember the last
 * result and never return less. Let it count through deep sleep, or a span across a sleep is
 * too short. A tick of 1 ms is enough (count it * 1000000).
 * Check: uspan_check_clock(): it advances, never steps back, and does not jump. */
static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
    return 0u;
}

/* DUTY 3, lock: keep out every task and every ISR that calls uspan, on all cores; a few hundred
 * instructions at most are spent inside, and it is never nested. Cortex-M, one core: save PRIMASK (or
 * BASEPRI) and disable; give back what was saved, never simply enable: the caller may have had interrupts
 * off already. RTOS: its critical section, in the form that works in ISRs too. No ISR and one task only:
 * uspan_none_lock.
 * Check: uspan_check_lock(): the clock still runs afterwards, so interrupts are on again. */
static uint32_t lock(void *ctx)
{
    return uspan_none_lock(ctx);
}

static void unlock(void *ctx, uint32_t state)
{
    uspan_none_unlock(ctx, state);
}

/* DUTY 4, entropy: len (at most 32) bytes of a hardware random number generator, after its start-up and
 * health tests. USPAN_ERR_AGAIN while it is not ready: then nothing is written, spans are null and counted
 * as no_entropy, and TLS refuses to start. Never a counter, a serial number, the clock or rand(): keys are
 * made of it. A chip without a generator needs a secure element, or a seed that is stored in production and
 * renewed at each boot.
 * Check: uspan_check_entropy(). */
static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    (void)out;
    (void)len;
    return USPAN_ERR_AGAIN;
}

/* DUTY 7, time: Unix time in nanoseconds from an RTC that has been set, or SNTP (port/lwip has
 * uspan_lwip_unix_ns()). USPAN_ERR_AGAIN while unknown: an RTC that was reset counts as unknown. Without
 * either leave uspan_none_unix_ns: the collector's Date will do, or the application calls
 * uspan_set_unix_time().
 * Check: uspan_check_time(). */
static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    return uspan_none_unix_ns(ctx, out);
}

/* With an RTOS: the calling task's handle as a number, so that each task has its own current span. */
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
