/* otlp_attr.h: units of a request, and how they are written: bytes, text, attributes. Private to core.
 * Invariant: a unit is written from its first byte each time. A unit that did not fit is written again by the
 * next read, which passes over what was given out. A size is counted by passing over everything. */
#ifndef USPAN_EXPORT_OTLP_ATTR_H
#define USPAN_EXPORT_OTLP_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include "export/protobuf.h"
#include "otlp.pb.h"
#include "trace/lock.h"

#define TAG(field, type) USPAN_TAG(uspan_otlp_##field##_tag, USPAN_WIRE_##type)

enum list { LIST_RESOURCE, LIST_DROPS, LIST_SPAN, LIST_RECORD };

/* A text within an array: chain.head is its block, chain.tail its place there. */
#define STORE_ELEMENT (USPAN_STORE_TEXTS + 1)

/* Bytes of one or two fields without their text, at most: tag and length of a message, then both ids. */
#define USPAN_HEAD_BYTES 36u

/* ---- units --------------------------------------------------------------------------------------------- */

#define COUNTING_FROM (UINT32_MAX / 2u) /* longer than any request */

static inline bool uspan_otlp_is_counting(const uspan_otlp_t *o)
{
    return o->skip >= COUNTING_FROM;
}

/* Only the size is wanted from here on. */
static inline void uspan_otlp_begin_count(uspan_otlp_t *o)
{
    o->skip = UINT32_MAX;
    o->cut = 0u;
    o->item = o->pos = o->array.left = 0u;
    o->entry = NULL;
}

static inline uint32_t uspan_otlp_counted(const uspan_otlp_t *o)
{
    return UINT32_MAX - o->skip;
}

/* The unit ends here. False: it did not fit, and comes again with the next read. */
static inline bool uspan_otlp_end_unit(uspan_otlp_t *o)
{
    if (o->cut == 0u) {
        o->given = 0u;
        o->unit = o->at;
    }
    return o->cut == 0u;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* Write what is not to be passed over, as far as the buffer goes. */
void uspan_otlp_put(uspan_otlp_t *o, const void *data, uint32_t len);
/* The same of text in blocks, from an offset in the first that may lie behind its end. */
void uspan_otlp_put_chain(uspan_otlp_t *o, unsigned block, uint32_t offset, uint32_t len);
/* The same of a text; v: where its place is kept. */
void uspan_otlp_put_text(uspan_otlp_t *o, unsigned store, const void *v, uint32_t len);

/* Where up to `most` bytes are written: straight to the buffer where they fit, else to scratch. */
USPAN_INLINE_FAST uint8_t *uspan_otlp_room(const uspan_otlp_t *o, uint8_t *scratch, uint32_t most);
/* They were written, from there up to `to`. */
USPAN_INLINE_FAST void uspan_otlp_give(uspan_otlp_t *o, const uint8_t *from, uint8_t *to);

#if !USPAN_OPTIMIZE_SIZE || defined(USPAN_IN_OTLP_ATTR)
USPAN_INLINE_FAST uint8_t *uspan_otlp_room(const uspan_otlp_t *o, uint8_t *scratch, uint32_t most)
{
    return o->skip == 0u && o->end - o->at >= (ptrdiff_t)most ? o->at : scratch;
}

USPAN_INLINE_FAST void uspan_otlp_give(uspan_otlp_t *o, const uint8_t *from, uint8_t *to)
{
    if (from == o->at) {
        o->at = to;
    } else {
        uspan_otlp_put(o, from, (uint32_t)(to - from));
    }
}
#endif

/* A number or a length, with its tag; nothing for 0. */
void uspan_otlp_put_number(uspan_otlp_t *o, unsigned tag, uint32_t n);
/* Tags and lengths of a message and of the first field in it. */
void uspan_otlp_put_heads(uspan_otlp_t *o, unsigned tag, uint32_t n, unsigned inner, uint32_t inner_n);
/* The attributes of a list that are left, each a unit. False: the buffer ended. */
bool uspan_otlp_put_attrs(uspan_otlp_t *o, unsigned tag, unsigned list);
/* Bytes of AnyValue for a value whose text, bytes or elements take len. */
uint32_t uspan_otlp_any_size(const uspan_entry_t *e, uint32_t len);
/* A value: AnyValue of `any` bytes with its tag; of an array what stands before the elements. */
void uspan_otlp_put_value(uspan_otlp_t *o, unsigned tag, uint32_t any, const uspan_entry_t *e, uint32_t len);

/* A time of the span under way, Unix time. */
uint8_t *uspan_otlp_put_time(const uspan_otlp_t *o, uint8_t *at, unsigned tag, uint64_t mono_ns);

/* What encodes events, links and arrays. */
struct uspan_items {
    /* Events and links of the span under way, and how many were dropped. False: the buffer ended. */
    bool (*put)(uspan_otlp_t *o);
    /* The elements of the attribute under way that are left. False: the buffer ended. */
    bool (*put_elements)(uspan_otlp_t *o);
    /* Bytes of the elements of an array. */
    uint32_t (*size_elements)(const uspan_otlp_t *o, const uspan_entry_t *e);
    /* The next attribute of the event or link under way, or NULL after the last. */
    const uspan_entry_t *(*next_attr)(uspan_otlp_t *o);
};

#endif
