/* keep_image.h: a reset of the fake world. Its memory is kept, its clock starts again, and the tracer is
 * mounted. */
#ifndef USPAN_TEST_KEEP_IMAGE_H
#define USPAN_TEST_KEEP_IMAGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "uspan/keep.h"
#include "uspan/read.h"
#include "world.h"

extern const char __executable_start[], edata[];

static const uint8_t keep_build_id[20] = { 1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                           11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };

static const char *keep_also[2]; /* begin and end of more memory that counts as fixed */

static inline uspan_keep_options_t keep_options(uspan_reset_t reason)
{
    return (uspan_keep_options_t){ .reason = reason,
                                   .build_id = keep_build_id,
                                   .build_id_len = sizeof keep_build_id,
                                   .fixed = { { __executable_start, edata },
                                              { keep_also[0], keep_also[1] } } };
}

static inline uspan_keep_report_t keep_mount(world_t *w, uspan_reset_t reason)
{
    uspan_keep_options_t o = keep_options(reason);
    uspan_keep_report_t report;
    assert_int_equal(uspan_keep_mount(&w->tracer, &w->port, &o, &report), USPAN_OK);
    return report;
}

/* If altered memory points elsewhere into the image, restore the old pointer. No mount can detect such a
 * change, but sanitizers would report it, because they check objects. */
static inline void keep_mend_pointers(uspan_tracer_t *t, const uspan_tracer_t *before)
{
    const size_t low = offsetof(uspan_tracer_t, slots);
    for (size_t at = low; at + sizeof(uintptr_t) <= sizeof *t; at += sizeof(uintptr_t)) {
        uintptr_t is, was;
        memcpy(&is, (char *)t + at, sizeof is);
        memcpy(&was, (const char *)before + at, sizeof was);
        if (is != was && is >= (uintptr_t)__executable_start && is < (uintptr_t)edata) {
            memcpy((char *)t + at, &was, sizeof was);
        }
    }
    for (unsigned i = 0; i < USPAN_SPANS_MAX * USPAN_ATTRS_MAX;
         i++) { /* and no static text extends beyond its end */
        uspan_entry_t *e = &t->slots[i / USPAN_ATTRS_MAX].attrs[i % USPAN_ATTRS_MAX];
        const uspan_entry_t *was = &before->slots[i / USPAN_ATTRS_MAX].attrs[i % USPAN_ATTRS_MAX];
        if (e->store == USPAN_STORE_STATIC && e->len > was->len) {
            e->len = was->len;
        }
    }
}

/* The lines of one span: name, kind and status, attributes, events, links. No time, no id. */
#define KEEP_TEXT_BYTES 4096u
typedef struct keep_text {
    char text[KEEP_TEXT_BYTES];
    size_t len;
} keep_text_t;

static inline void keep_put(keep_text_t *out, const char *format, const char *a, size_t a_len, const char *b,
                            size_t b_len)
{
    int n = snprintf(out->text + out->len, sizeof out->text - out->len, format, (int)a_len, a, (int)b_len, b);
    assert_true(n > 0);
    out->len += (size_t)n < sizeof out->text - out->len ? (size_t)n : sizeof out->text - out->len - 1u;
}

static inline void keep_put_attrs(keep_text_t *out, uspan_tracer_t *t, uspan_t s, unsigned of,
                                  const char *format)
{
    uspan_value_t v;
    char text[1024];
    for (unsigned i = 0; uspan_read_attr(t, s, of, i, &v) == USPAN_OK; i++) {
        size_t len = 0;
        if (v.type == USPAN_TYPE_TEXT || v.type == USPAN_TYPE_BYTES) {
            size_t n;
            while ((n = uspan_read_text(t, s, of, i, len, text + len, sizeof text - len)) > 0u) {
                len += n;
            }
            assert_int_equal(len,
                             v.len < sizeof text ? v.len : sizeof text); /* an altered length may be long */
        } else if (v.type == USPAN_TYPE_INTS || v.type == USPAN_TYPE_TEXTS) {
            char element[256];
            uspan_value_t e;
            for (unsigned n = 0; len + sizeof element < sizeof text &&
                                 uspan_read_element(t, s, of, i, n, &e, element, sizeof element) == USPAN_OK;
                 n++) {
                len +=
                    (size_t)(v.type == USPAN_TYPE_INTS
                                 ? snprintf(text + len, sizeof text - len, "%d,", (int)e.i)
                                 : snprintf(text + len, sizeof text - len, "%.*s,",
                                            (int)(e.len < sizeof element ? e.len : sizeof element), element));
            }
        } else {
            len = (size_t)snprintf(text, sizeof text, "%lld", (long long)v.i);
        }
        keep_put(out, format, v.key->text, v.key->len, text, len);
    }
}

static inline void keep_describe(uspan_tracer_t *t, uspan_t s, keep_text_t *out)
{
    uspan_view_t v;
    char text[1024];
    out->len = 0u;
    assert_int_equal(uspan_read(t, s, &v), USPAN_OK);
    keep_put(out, "name %.*s%.*s\n", v.name, v.name_len, "", 0u);
    keep_put_attrs(out, t, s, USPAN_OF_SPAN, "attr %.*s=%.*s\n");
    for (unsigned i = 0; i < v.event_count; i++) {
        uspan_event_view_t e;
        assert_int_equal(uspan_read_event(t, s, i, &e, text, sizeof text), USPAN_OK);
        keep_put(out, "event %.*s%.*s\n", text, e.name_len, "", 0u);
        keep_put_attrs(out, t, s, USPAN_OF_EVENT(i), "event attr %.*s=%.*s\n");
    }
    for (unsigned i = 0; i < v.link_count; i++) {
        uspan_context_t c;
        char parent[56];
        assert_int_equal(uspan_read_link(t, s, i, &c), USPAN_OK);
        size_t n = uspan_traceparent(&c, parent);
        keep_put(out, "link %.*s%.*s\n", parent, n, "", 0u);
        keep_put_attrs(out, t, s, USPAN_OF_LINK(i), "link attr %.*s=%.*s\n");
    }
    size_t n = uspan_read_status_message(t, s, text, sizeof text);
    static const char *const statuses[] = { "unset", "ok", "error" };
    keep_put(out, "status %.*s %.*s\n", statuses[v.status], strlen(statuses[v.status]), text, n);
}

/* What a mounted tracer sends, received by a sink. */
#define KEEP_SPANS_MAX 64u
typedef struct keep_sent {
    uspan_sink_t sink;
    unsigned count;
    struct keep_span {
        uspan_view_t view;
        keep_text_t lines;
        uint64_t crash_ns; /* time of its event app.crash; 0: none */
    } spans[KEEP_SPANS_MAX];
} keep_sent_t;

static inline uspan_err_t keep_take_span(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    keep_sent_t *sent = ctx;
    assert_true(sent->count < KEEP_SPANS_MAX);
    struct keep_span *span = &sent->spans[sent->count++];
    assert_int_equal(uspan_read(t, s, &span->view), USPAN_OK);
    keep_describe(t, s, &span->lines);
    span->crash_ns = 0u;
    for (unsigned i = 0; i < span->view.event_count; i++) {
        uspan_event_view_t e;
        char name[16];
        assert_int_equal(uspan_read_event(t, s, i, &e, name, sizeof name), USPAN_OK);
        if (e.name_len == 9u && memcmp(name, "app.crash", 9) == 0) {
            span->crash_ns = e.time_ns;
        }
    }
    return USPAN_OK;
}

static inline void keep_listen(world_t *w, keep_sent_t *sent)
{
    sent->sink = (uspan_sink_t){ sent, keep_take_span };
    sent->count = 0u;
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0u, &sent->sink), USPAN_OK);
}

static inline void keep_send(world_t *w)
{
    uspan_flush(&w->tracer);
    for (unsigned n = 0; n < 1000u && !uspan_flushed(&w->tracer); n++) {
        uint32_t wait_ms;
        (void)!uspan_poll(&w->tracer, &wait_ms);
        world_advance_ms(w, wait_ms < 1000u ? wait_ms : 1000u);
    }
    assert_true(uspan_flushed(&w->tracer));
    world_assert_balanced(w);
}

static inline const struct keep_span *keep_find(const keep_sent_t *sent, const char *name)
{
    for (unsigned i = 0; i < sent->count; i++) {
        if (strcmp(sent->spans[i].view.name, name) == 0) {
            return &sent->spans[i];
        }
    }
    return NULL;
}

static inline bool keep_says(const struct keep_span *span, const char *line)
{
    assert_non_null(span);
    char whole[512];
    snprintf(whole, sizeof whole, "%s\n", line);
    return strstr(span->lines.text, whole) != NULL;
}

#endif
