/* otlp_attr.h: attributes as protobuf, in pieces or whole. Private to otlp.c. */
#ifndef USPAN_EXPORT_OTLP_ATTR_H
#define USPAN_EXPORT_OTLP_ATTR_H

#include "otlp.h"

/* What must follow the piece under way before the stage goes on. */
enum uspan_resume { USPAN_RESUME_STAGE, USPAN_RESUME_VALUE, USPAN_RESUME_ELEMENTS };

#define USPAN_SMALL_KEY 64u /* longer keys are copied as a piece of their own */

/* Text to be copied behind the head just written. */
static inline void uspan_text_follows(uspan_otlp_t *o, const void *text, uint32_t len)
{
    o->text = text;
    o->left = len;
}

static inline void uspan_chain_follows(uspan_otlp_t *o, uint16_t block, uint32_t len)
{
    o->text = NULL;
    o->block = block;
    o->offset = 0u;
    o->left = len;
}

/* Head of an attribute as a field with that tag; its text, value or elements may follow. Returns the head's
 * end. */
uint8_t *uspan_put_attr(uspan_otlp_t *o, uint8_t *at, uint8_t tag, const uspan_entry_t *e);
/* The AnyValue of an entry, `any` bytes, as field 2 of its KeyValue. */
uint8_t *uspan_put_value(uspan_otlp_t *o, uint8_t *at, const uspan_entry_t *e, uint32_t any);
/* The next element of the array under way; ends it after the last. */
uint8_t *uspan_put_element(uspan_otlp_t *o, uint8_t *at);
/* The span's attributes, each whole, for as long as they fit: what most bytes of most batches pass through.
 * What does not fit, arrays and long keys are left to the pieces, which can stop anywhere. Returns the bytes
 * written. */
size_t uspan_put_whole_attrs(uspan_otlp_t *o, const uspan_slot_t *slot, uint8_t *out, size_t cap);

#endif
