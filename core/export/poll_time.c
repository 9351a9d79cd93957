/* poll_time.c: deadlines of one uspan_poll() call, and the time of the next useful call. Invariant: wake_ns
 * is the earliest time that was requested in the call, and is later than now_ns. */
#include "export/poll_time.h"
#include "export/export_state.h"
#include "trace/clock.h"
#include "trace/pool.h"

uint64_t uspan_deadline_after_ms(const uspan_tracer_t *t, uint32_t ms)
{
    return uspan_export_state(t)->now_ns + (uint64_t)ms * USPAN_NS_PER_MS;
}

bool uspan_wait_until(uspan_tracer_t *t, uint64_t at_ns)
{
    uspan_export_part_t *x = uspan_export_state(t);
    if (at_ns < x->wake_ns && at_ns > x->now_ns) {
        x->wake_ns = at_ns;
    }
    return at_ns > x->now_ns;
}

USPAN_NOINLINE void uspan_wake_after_ms(uspan_tracer_t *t, uint32_t ms)
{
    (void)uspan_wait_until(t, uspan_deadline_after_ms(t, ms));
}

uint32_t uspan_ms_between(uint64_t from_ns, uint64_t to_ns)
{
    if (to_ns <= from_ns) {
        return 0u;
    }
    uint64_t n = (to_ns - from_ns + USPAN_NS_PER_MS - 1u) >> 6; /* of 1,000,000 = 15,625 * 2^6 */
    if (n >> 45 != 0u) { /* 26 days or more: a call after 24 days is early enough */
        return 1u << 31;
    }
    /* Two digits of 16 bits each: no 64-bit division. */
    uint32_t high = (uint32_t)(n >> 16), low = (uint32_t)n & 0xFFFFu;
    return high / 15625u << 16 | (high % 15625u << 16 | low) / 15625u;
}

#if USPAN_HTTP_DATE
uint64_t uspan_unix_seconds(uspan_tracer_t *t)
{
    const uspan_trace_part_t *p = &t->trace;
    uint64_t unix_ns = 0;
    uint32_t state = uspan_lock(t);
    bool known = p->epochs[p->epoch].state == USPAN_EPOCH_KNOWN &&
                 uspan_epoch_unix(p, p->epoch, uspan_export_state(t)->now_ns, &unix_ns);
    uspan_unlock(t, state);
    return known ? unix_ns / USPAN_NS_PER_S : 0u;
}
#endif
