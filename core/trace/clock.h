/* clock.h: converts monotonic time to Unix time with one offset per trace, so that parent and child agree.
 * Private to core. */
#ifndef USPAN_TRACE_CLOCK_H
#define USPAN_TRACE_CLOCK_H

#include "trace/lock.h"

typedef enum uspan_epoch_state {
    USPAN_EPOCH_UNKNOWN = 0, /* no Unix time yet; the offset is set later */
    USPAN_EPOCH_KNOWN,
    USPAN_EPOCH_UNSYNCED /* given up: times count from USPAN_UNSYNCED_BASE_S */
} uspan_epoch_state_t;

/* Source of an offset. Lower values are better. */
typedef enum uspan_time_source {
    USPAN_TIME_TOLD,  /* a clock */
    USPAN_TIME_HEARD, /* a Date in whole seconds; used only if nothing is known */
    USPAN_TIME_NONE   /* given up; used only if nothing was ever known */
} uspan_time_source_t;

/* Smaller corrections start no new offset: those of a clock, and those of a collector's Date. */
#define USPAN_CLOCK_STEP_NS 0x08000000 /* 134 ms */
#define USPAN_CLOCK_DATE_STEP_NS 5000000000

/* Callers hold the lock. */
static inline void uspan_epoch_enter(uspan_trace_part_t *p, unsigned epoch)
{
    p->epochs[epoch].refs++;
}
static inline void uspan_epoch_release(uspan_trace_part_t *p, unsigned epoch)
{
    p->epochs[epoch].refs--;
}
/* Returns the caller's time, or now if it is 0 or ahead of now. A time ahead is a mistake of the caller,
 * often Unix time. Such a span would not be sent by age. Context: task, ISR, without the lock. */
USPAN_INLINE_FAST uint64_t uspan_time_not_ahead(const uspan_tracer_t *t, uint64_t given_ns, bool *ahead);
#if !USPAN_OPTIMIZE_SIZE || defined(USPAN_IN_CLOCK)
USPAN_INLINE_FAST uint64_t uspan_time_not_ahead(const uspan_tracer_t *t, uint64_t given_ns, bool *ahead)
{
    uint64_t now_ns = uspan_now(t);
    *ahead = given_ns > now_ns;
    return given_ns == 0u || *ahead ? now_ns : given_ns;
}
#endif
/* Convert a monotonic time to Unix time in that epoch. Returns false while it is unknown. */
bool uspan_epoch_unix(const uspan_trace_part_t *p, uint8_t epoch, uint64_t mono_ns, uint64_t *unix_ns);

/* Set Unix time minus monotonic time, from one of the sources, for new traces and for those without an
 * offset. Takes the lock. */
void uspan_clock_set(uspan_tracer_t *t, uspan_time_source_t source, uint64_t offset_ns);

/* Returns true if a collector's Date, in Unix seconds, is plausible. 0: there was none. */
static inline bool uspan_clock_is_date_plausible(uint64_t unix_s)
{
    return unix_s - 1u < UINT32_MAX && uspan_unix_is_plausible(unix_s * 1000000000u);
}
/* Set Unix time from a collector's Date, in whole seconds. It is used if nothing better is known, and
 * corrects an earlier Date. */
static inline void uspan_clock_set_approximate(uspan_tracer_t *t, uint64_t mono_ns, uint64_t unix_ns)
{
    uspan_clock_set(t, USPAN_TIME_HEARD, unix_ns - mono_ns);
}
/* Give up waiting for Unix time: spans of the unknown epoch count from the base. */
static inline void uspan_clock_give_up(uspan_tracer_t *t)
{
    uspan_clock_set(t, USPAN_TIME_NONE, (uint64_t)USPAN_UNSYNCED_BASE_S * 1000000000u);
}

#endif
