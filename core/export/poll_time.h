/* poll_time.h: times of one uspan_poll() call, and when the next call is useful. Private to core. */
#ifndef USPAN_EXPORT_POLL_TIME_H
#define USPAN_EXPORT_POLL_TIME_H

#include "trace/internal.h"

#define USPAN_NS_PER_MS 1000000u
#define USPAN_NS_PER_S 1000000000u

/* The time that is ms milliseconds after the present call of uspan_poll(). */
uint64_t uspan_deadline_after_ms(const uspan_tracer_t *t, uint32_t ms);
/* False if that time has passed. Otherwise the next call is made then, at the latest. */
bool uspan_wait_until(uspan_tracer_t *t, uint64_t at_ns);
/* The next call is made ms milliseconds after this one, at the latest. */
void uspan_wake_after_ms(uspan_tracer_t *t, uint32_t ms);
/* Milliseconds between two times, rounded up; below USPAN_FOREVER. */
uint32_t uspan_ms_between(uint64_t from_ns, uint64_t to_ns);
/* Unix seconds, 0 while unknown. Only dates need them. */
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
