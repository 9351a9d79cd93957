/* poll_time.h: deadlines of one uspan_poll() call, and the time of the next useful call. Private to core. */
#ifndef USPAN_EXPORT_POLL_TIME_H
#define USPAN_EXPORT_POLL_TIME_H

#include "trace/internal.h"

#define USPAN_NS_PER_MS 1000000u
#define USPAN_NS_PER_S 1000000000u

/* Returns the time ms milliseconds after the present uspan_poll() call. */
uint64_t uspan_deadline_after_ms(const uspan_tracer_t *t, uint32_t ms);
/* Returns false if that time has passed. Otherwise requests the next call at that time at the latest. */
bool uspan_wait_until(uspan_tracer_t *t, uint64_t at_ns);
/* Request the next call in ms milliseconds at the latest. */
void uspan_wake_after_ms(uspan_tracer_t *t, uint32_t ms);
/* Milliseconds between two times, rounded up; below USPAN_FOREVER. */
uint32_t uspan_ms_between(uint64_t from_ns, uint64_t to_ns);
/* Unix seconds, 0 while unknown. Only HTTP dates need them. */
#if USPAN_HTTP_DATE
uint64_t uspan_unix_seconds(uspan_tracer_t *t);
#else
static inline uint64_t uspan_unix_seconds(uspan_tracer_t *t)
{
    (void)t;
    return 0u;
}
#endif

#endif
