/* delivery.h: functions that the tests of delivery share. They are inline, so that a test contains only those
 * that it uses. */
#ifndef USPAN_TEST_DELIVERY_H
#define USPAN_TEST_DELIVERY_H

#include <stdio.h>
#include <string.h>
#include "cmocka_all.h"
#include "proto_view.h"
#include "world.h"

#define MS 1000000u
#define OK_200 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

/* Record a span that starts and ends now. */
static inline void record(world_t *w, const char *name)
{
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, name);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
}

static inline void record_many(world_t *w, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "span %u", i);
        record(w, name);
    }
}

static inline uspan_stats_t stats_of(world_t *w, unsigned d)
{
    uspan_stats_t s;
    uspan_stats(&w->tracer, d, &s);
    return s;
}

/* Poll until nothing can be done at this time. The clock does not advance. Returns the last wait. */
static inline uint32_t settle(world_t *w)
{
    uint32_t wait_ms = 0;
    for (unsigned n = 0; n < 100000u; n++) {
        (void)world_poll(w, &wait_ms);
        if (wait_ms != 0u) {
            return wait_ms;
        }
    }
    fail_msg("never at rest");
    return 0;
}

static inline view_t body_of(const world_t *w, unsigned request)
{
    view_t v;
    v.at = world_body(w, request, &v.len);
    return v;
}

static inline bool span_is_named(view_t span, const char *name)
{
    view_t v;
    return view_get(span, 5u, 0u, &v) && view_is(v, name);
}

/* Whether the head of a request contains text. */
static inline bool head_has(const world_t *w, unsigned request, const char *text)
{
    const char *head = (const char *)w->sent + w->requests[request].at;
    size_t len = w->requests[request].head_len, n = strlen(text);
    for (size_t i = 0; i + n <= len; i++) {
        if (memcmp(head + i, text, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether memory contains the bytes of text. */
static inline bool memory_has(const void *memory, size_t len, const char *text)
{
    const char *m = memory;
    size_t n = strlen(text);
    for (size_t i = 0; i + n <= len; i++) {
        if (m[i] == text[0] && memcmp(m + i, text, n) == 0) {
            return true;
        }
    }
    return false;
}

#endif
