/* otlp_attr.h: encodes units of a request: bytes, text, attributes. Private to core. Invariant: a unit is
 * encoded from its first byte each time. If it did not fit, the next read encodes it again and skips the
 * bytes that were already returned. To compute a size, all bytes are skipped. */
#ifndef USPAN_EXPORT_OTLP_ATTR_H
#define USPAN_EXPORT_OTLP_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include "export/protobuf.h"
#include "otlp.pb.h"
#include "trace/lock.h"

#define TAG(field, type) USPAN_TAG(uspan_otlp_##field##_tag, USPAN_WIRE_##type)

enum list { LIST_RESOURCE, LIST_DROPS, LIST_SPAN, LIST_RECORD };

/* A text within an array. chain.head is its block, and chain.tail its position there. */
#define STORE_ELEMENT (USPAN_STORE_TEXTS + 1)

/* Most bytes of one or two fields without their text: tag and length of a message, then both ids. */
#define USPAN_HEAD_BYTES 36u

/* ---- units --------------------------------------------------------------------------------------------- */

#define COUNTING_FROM (UINT32_MAX / 2u) /* longer than any request */

static inline bool uspan_otlp_is_counting(const uspan_otlp_t *o)
{
    return o->skip >= COUNTING_FROM;
}

/* From here on only compute the size. */
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

/* End a unit. Returns false if it did not fit. The next read encodes it again. */
static inline bool uspan_otlp_end_unit(uspan_otlp_t *o)
{
    if (o->cut == 0u) {
        o->given = 0u;
        o->unit = o->at;
    }
    return o->cut == 0u;
}

/* Returns true if values of content are left out, as in records of the spool with USPAN_SPOOL_CONTENT 0. The
 * batch is the spool's own. Its body_len is the size of its span. */
#define USPAN_LEAVES_OUT_CONTENT (USPAN_SPOOL && USPAN_SPOOL_CONTENT == 0)
#define USPAN_BARE_STREAK UINT16_MAX
static inline bool uspan_otlp_is_bare(const uspan_otlp_t *o)
{
    return USPAN_LEAVES_OUT_CONTENT && o->batch != NULL && o->batch->streak == USPAN_BARE_STREAK;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* Write the bytes that must not be skipped, as far as the buffer goes. */
void uspan_otlp_put(uspan_otlp_t *o, const void *data, uint32_t len);
/* Like uspan_otlp_put(), for text in blocks, from an offset in the first block. The offset may be beyond its
 * end. */
void uspan_otlp_put_chain(uspan_otlp_t *o, unsigned block, uint32_t offset, uint32_t len);
/* Like uspan_otlp_put(), for a text. v: where its position is stored. */
void uspan_otlp_put_text(uspan_otlp_t *o, unsigned store, const void *v, uint32_t len);

/* Returns where up to `most` bytes can be written: the buffer if they fit, otherwise scratch memory. */
USPAN_INLINE_FAST uint8_t *uspan_otlp_room(const uspan_otlp_t *o, uint8_t *scratch, uint32_t most);
/* Finish a write that began at uspan_otlp_room() and ended before `to`. */
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

/* Write a number or a length with its tag. 0 is omitted. */
void uspan_otlp_put_number(uspan_otlp_t *o, unsigned tag, uint32_t n);
/* Write tag and length of a message and of its first field. */
void uspan_otlp_put_heads(uspan_otlp_t *o, unsigned tag, uint32_t n, unsigned inner, uint32_t inner_n);
/* Write the remaining attributes of a list, each as a unit. Returns false if the buffer ended. */
bool uspan_otlp_put_attrs(uspan_otlp_t *o, unsigned tag, unsigned list);
/* Returns the first cause from `item` on whose drop count is sent, or USPAN_DROP_COUNT. */
unsigned uspan_otlp_find_drop(const uspan_otlp_t *o, unsigned item);
/* Size of the AnyValue of a value whose text, bytes or elements take len bytes. */
uint32_t uspan_otlp_any_size(const uspan_entry_t *e, uint32_t len);
/* Write an AnyValue of `any` bytes with its tag. Of an array, write the part before its elements. */
void uspan_otlp_put_value(uspan_otlp_t *o, unsigned tag, uint32_t any, const uspan_entry_t *e, uint32_t len);

/* Write a time of the current span as Unix time. */
uint8_t *uspan_otlp_put_time(const uspan_otlp_t *o, uint8_t *at, unsigned tag, uint64_t mono_ns);

/* The encoder of events, links and arrays. */
struct uspan_items {
    /* Write events and links of the current span, and the numbers of dropped ones. Returns false if the
     * buffer ended. */
    bool (*put)(uspan_otlp_t *o);
    /* Write the remaining elements of the current attribute. Returns false if the buffer ended. */
    bool (*put_elements)(uspan_otlp_t *o);
    /* Returns the bytes of the elements of an array. */
    uint32_t (*size_elements)(const uspan_otlp_t *o, const uspan_entry_t *e);
    /* Returns the next attribute of the current event or link, or NULL after the last. */
    const uspan_entry_t *(*next_attr)(uspan_otlp_t *o);
};

#endif
