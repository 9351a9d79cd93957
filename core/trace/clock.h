/* clock.h: monotonic time becomes Unix time by one offset a trace, so that parent and child agree. Private to
 * core. */
#ifndef USPAN_TRACE_CLOCK_H
#define USPAN_TRACE_CLOCK_H

#include "trace/lock.h"

typedef enum uspan_epoch_state {
    USPAN_EPOCH_UNKNOWN = 0, /* no Unix time yet; the offset will come */
    USPAN_EPOCH_KNOWN,
    USPAN_EPOCH_UNSYNCED /* given up: counted from USPAN_UNSYNCED_BASE_S */
} uspan_epoch_state_t;

/* Where an offset comes from; the lower, the better. */
typedef enum uspan_time_source {
    USPAN_TIME_TOLD,  /* a clock */
    USPAN_TIME_HEARD, /* whole seconds: only where nothing is known */
    USPAN_TIME_NONE   /* given up: only where nothing was ever told */
} uspan_time_source_t;

/* Smaller corrections are noise: no new offset is begun for them. Of a clock, and of a collector's Date. */
#define USPAN_CLOCK_STEP_NS 100000000
#define USPAN_CLOCK_DATE_STEP_NS 5000000000
#define USPAN_CLOCK_DATE_YEARS 30u /* a Date so long after USPAN_DATE_MIN_S is wrong */

/* Callers hold the lock. */
static inline void uspan_epoch_enter(uspan_trace_part_t *p, unsigned epoch)
{
    p->epochs[epoch].refs++;
}
static inline void uspan_epoch_release(uspan_trace_part_t *p, unsigned epoch)
{
    p->epochs[epoch].refs--;
}
/* The time that the caller gives, or now: for 0, and for a time ahead of now, which is a caller's mistake
 * (Unix time, often). Such a span would not leave by age. Context: task, ISR; no lock is held. */
USPAN_INLINE_FAST uint64_t uspan_time_not_ahead(const uspan_tracer_t *t, uint64_t given_ns, bool *ahead);
#if !USPAN_OPTIMIZE_SIZE || defined(USPAN_IN_CLOCK)
USPAN_INLINE_FAST uint64_t uspan_time_not_ahead(const uspan_tracer_t *t, uint64_t given_ns, bool *ahead)
{
    uint64_t now_ns = uspan_now(t);
    *ahead = given_ns > now_ns;
    return given_ns == 0u || *ahead ? now_ns : given_ns;
}
#endif
/* Unix time of a monotonic one in that epoch; false while unknown. */
bool uspan_epoch_unix(const uspan_trace_part_t *p, uint8_t epoch, uint64_t mono_ns, uint64_t *unix_ns);

/* Unix time less monotonic time, by one source or another, for the traces to come and those that have none.
 * Takes the lock. */
void uspan_clock_set(uspan_tracer_t *t, uspan_time_source_t source, uint64_t offset_ns);

/* Unix time is known, as of mono_ns. */
static inline void uspan_clock_set_exact(uspan_tracer_t *t, uint64_t mono_ns, uint64_t unix_ns)
{
    uspan_clock_set(t, USPAN_TIME_TOLD,
                    unix_ns - mono_ns); /* may turn over: a caller's nonsense is harmless */
}
/* Whether a collector's Date, Unix seconds, can be true. */
static inline bool uspan_clock_is_plausible(uint64_t unix_s)
{
    return unix_s - (uint64_t)USPAN_DATE_MIN_S < USPAN_CLOCK_DATE_YEARS * 31557600u;
}
/* Unix time as a collector's Date says it, in whole seconds. It is used if nothing better is known, and
 * corrects an earlier Date. */
static inline void uspan_clock_set_approximate(uspan_tracer_t *t, uint64_t mono_ns, uint64_t unix_ns)
{
    uspan_clock_set(t, USPAN_TIME_HEARD, unix_ns - mono_ns);
}
/* It never came: spans of the unknown epoch are counted from the base. */
static inline void uspan_clock_give_up(uspan_tracer_t *t)
{
    uspan_clock_set(t, USPAN_TIME_NONE, (uint64_t)USPAN_UNSYNCED_BASE_S * 1000000000u);
}

#endif
