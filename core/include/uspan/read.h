/* read.h: read the fields of a span, for processors, sinks, displays and tests. The span is open, or has
 * ended and was not sent yet. Context: task. Never blocks. */
#ifndef USPAN_READ_H
#define USPAN_READ_H

#include "uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct uspan_view {
    uint8_t trace_id[16], span_id[8];
    uint8_t parent_id[8]; /* all zero: a root */
    const uspan_scope_t *scope;
    uint64_t start_ns, end_ns;           /* monotonic; end_ns 0 while open */
    uint64_t start_unix_ns, end_unix_ns; /* 0 while Unix time is unknown */
    uspan_kind_t kind;
    uspan_status_t status;
    uint8_t flags;      /* USPAN_FLAG_* */
    bool remote_parent; /* the parent is outside this device */
    bool ended;
    uint8_t attr_count, event_count, link_count;
    uint16_t dropped_attrs, dropped_events, dropped_links;
    uint8_t name_len;
    char name[USPAN_NAME_MAX + 1];
} uspan_view_t;
/* Read the fields of a span. Returns: USPAN_OK; USPAN_ERR_STALE (already sent, or the null span);
 * USPAN_ERR_ARG. */
uspan_err_t uspan_read(uspan_tracer_t *t, uspan_t s, uspan_view_t *out);

/* Values for `of`: attributes of the span, of its n-th event, or of its n-th link. */
#define USPAN_OF_SPAN 0u
#define USPAN_OF_EVENT(n) (0x100u + (n))
#define USPAN_OF_LINK(n) (0x200u + (n))

typedef struct uspan_value {
    const uspan_key_t *key; /* NULL: an event's name, a status message, a tracestate */
    uspan_type_t type;      /* never USPAN_TYPE_STATIC, which reads as TEXT */
    uint32_t len;           /* bytes of text or bytes; number of elements of an array */
    int64_t i;              /* INT, BOOL */
    double d;               /* DOUBLE */
} uspan_value_t;
/* Read the index-th attribute. Returns: USPAN_OK; USPAN_ERR_CLOSED: there are fewer; otherwise as
 * uspan_read(). */
uspan_err_t uspan_read_attr(uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index, uspan_value_t *out);
/* Find the attribute with that key, and its index if index is not NULL. Returns: USPAN_OK; USPAN_ERR_CLOSED:
 * there is none; otherwise as uspan_read(). */
uspan_err_t uspan_find_attr(uspan_tracer_t *t, uspan_t s, unsigned of, const char *key, uspan_value_t *out,
                            unsigned *index);
/* Copy bytes of a text or bytes attribute from an offset on, at most cap, without a terminator. Returns their
 * number, 0 at the end. */
size_t uspan_read_text(uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index, size_t offset, char *out,
                       size_t cap);
/* Read one element of an array. A number goes to *out. Text goes to text[cap], and its full length to
 * out->len. Returns: USPAN_OK; USPAN_ERR_CLOSED: there are fewer elements; otherwise as uspan_read(). */
uspan_err_t uspan_read_element(uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index, unsigned element,
                               uspan_value_t *out, char *text, size_t cap);
/* Copy the status message to out, without a terminator. Returns its full length in bytes. */
size_t uspan_read_status_message(uspan_tracer_t *t, uspan_t s, char *out, size_t cap);

typedef struct uspan_event_view {
    uint64_t time_ns; /* monotonic */
    uint32_t name_len;
    uint8_t attr_count;
    uint16_t dropped_attrs;
} uspan_event_view_t;
/* Read the index-th event. Its name goes to name[cap], without a terminator. Returns: USPAN_OK;
 * USPAN_ERR_CLOSED: there are fewer; otherwise as uspan_read(). */
uspan_err_t uspan_read_event(uspan_tracer_t *t, uspan_t s, unsigned index, uspan_event_view_t *out,
                             char *name, size_t cap);
/* Read the index-th link. Returns: USPAN_OK; USPAN_ERR_CLOSED: there are fewer; otherwise as uspan_read(). */
uspan_err_t uspan_read_link(uspan_tracer_t *t, uspan_t s, unsigned index, uspan_context_t *out);

/* ---- capture: for host tests of applications ---------------------------------------------------------
 * A sink that keeps ended spans in a buffer of the caller. Poll until uspan_flushed() returns true, then use
 * the functions below. Nothing in core calls it, so it is linked only into programs that use it. */
typedef struct uspan_capture {
    uspan_sink_t sink; /* give this one to uspan_export_to_sink() */
    uint8_t *buf;      /* private from here on */
    size_t cap, used;
    unsigned count;
    unsigned lost; /* spans that did not fit; uspan_stats() counts them as rejected */
} uspan_capture_t;
typedef struct uspan_captured uspan_captured_t; /* valid until uspan_capture_clear() */

/* Set up *c over buf of cap bytes. Both must stay valid as long as the tracer. buf needs no alignment. */
void uspan_capture_init(uspan_capture_t *c, void *buf, size_t cap);
/* Remove all captured spans, so that the buffer is empty. Results of the functions below become invalid. */
void uspan_capture_clear(uspan_capture_t *c);
/* Get the index-th span in the order of their ends, or the first one with that name. Returns NULL if there is
 * none. The result is valid until uspan_capture_clear(). */
const uspan_captured_t *uspan_captured_at(const uspan_capture_t *c, unsigned index);
const uspan_captured_t *uspan_captured_named(const uspan_capture_t *c, const char *name);
/* Get the fields of a captured span. */
const uspan_view_t *uspan_captured_view(const uspan_captured_t *s);
/* Get the parent of a captured span. Returns NULL if the parent was not captured. */
const uspan_captured_t *uspan_captured_parent(const uspan_capture_t *c, const uspan_captured_t *s);
/* An attribute as text that ends in 0. Numbers and bools are printed, arrays are JSON. NULL: there is none.
 * "event/key" finds an attribute of the first event with that name. */
const char *uspan_captured_str(const uspan_captured_t *s, const char *key);
bool uspan_captured_has(const uspan_captured_t *s, const char *key);
/* Numbers. 0 if the attribute is missing or has another type: call has() first if 0 is a possible value. */
int64_t uspan_captured_int(const uspan_captured_t *s, const char *key);
double uspan_captured_double(const uspan_captured_t *s, const char *key);
/* Get the status message, "" if there is none. */
const char *uspan_captured_status_message(const uspan_captured_t *s);

#ifdef __cplusplus
}
#endif

#if !USPAN_ENABLED
#include "disabled_read.h"
#endif
#endif
