/* otlp_attr.c: KeyValue messages. What is written here is as long as otlp_size.c said. */
#include "otlp_attr.h"
#include <string.h>
#include "otlp.pb.h"

uint8_t *uspan_put_value(uspan_otlp_t *o, uint8_t *at, const uspan_entry_t *e, uint32_t any)
{
    at = uspan_put_len(at, USPAN_TAG(uspan_otlp_KeyValue_value_tag, USPAN_WIRE_BYTES), any);
    switch (e->store) {
    case USPAN_STORE_INT:
        *at = USPAN_TAG(uspan_otlp_AnyValue_int_value_tag, USPAN_WIRE_VARINT);
        return uspan_put_u64(at + 1, (uint64_t)e->v.i);
    case USPAN_STORE_BOOL:
        *at++ = USPAN_TAG(uspan_otlp_AnyValue_bool_value_tag, USPAN_WIRE_VARINT);
        *at++ = e->v.i != 0;
        return at;
    case USPAN_STORE_DOUBLE: {
        uint64_t bits;
        memcpy(&bits, &e->v.d, 8);
        *at = USPAN_TAG(uspan_otlp_AnyValue_double_value_tag, USPAN_WIRE_FIXED64);
        return uspan_put_fixed64(at + 1, bits);
    }
    case USPAN_STORE_NEAR:
        at = uspan_put_len(at, USPAN_TAG(uspan_otlp_AnyValue_string_value_tag, USPAN_WIRE_BYTES), e->len);
        memcpy(at, e->v.near, sizeof e->v.near); /* always room for 8: cheaper than a length */
        return at + e->len;
    case USPAN_STORE_STATIC:
        uspan_text_follows(o, e->v.text, e->len);
        return uspan_put_len(at, USPAN_TAG(uspan_otlp_AnyValue_string_value_tag, USPAN_WIRE_BYTES), e->len);
    case USPAN_STORE_TEXT:
        uspan_chain_follows(o, e->v.chain.head, e->len);
        return uspan_put_len(at, USPAN_TAG(uspan_otlp_AnyValue_string_value_tag, USPAN_WIRE_BYTES), e->len);
    case USPAN_STORE_BYTES:
        uspan_chain_follows(o, e->v.chain.head, e->len);
        return uspan_put_len(at, USPAN_TAG(uspan_otlp_AnyValue_bytes_value_tag, USPAN_WIRE_BYTES), e->len);
    default: {
        uint32_t head = any < 0x80u + 2u ? 2u : any < 0x4000u + 3u ? 3u : any < 0x200000u + 4u ? 4u : 5u;
        o->entry = e;
        o->element = 0u;
        o->array_block = e->v.chain.head;
        o->pos = 0u;
        o->resume = USPAN_RESUME_ELEMENTS;
        return uspan_put_len(at, USPAN_TAG(uspan_otlp_AnyValue_array_value_tag, USPAN_WIRE_BYTES),
                             any - head);
    }
    }
}

uint8_t *uspan_put_attr(uspan_otlp_t *o, uint8_t *at, uint8_t tag, const uspan_entry_t *e)
{
    uint32_t any = uspan_size_any(&o->tracer->trace, e);
    uint32_t key_len = e->key->len;
    at = uspan_put_len(at, tag, uspan_len_field(key_len) + uspan_len_field(any));
    at = uspan_put_len(at, USPAN_TAG(uspan_otlp_KeyValue_key_tag, USPAN_WIRE_BYTES), key_len);
    if (key_len > USPAN_SMALL_KEY) {
        uspan_text_follows(o, e->key->text, key_len);
        o->entry = e;
        o->resume = USPAN_RESUME_VALUE;
        return at;
    }
    return uspan_put_value(o, uspan_put_bytes(at, e->key->text, key_len), e, any);
}

static uint8_t *put_blocks(const uspan_trace_part_t *p, uint8_t *at, unsigned block, size_t n)
{
    for (; n > USPAN_BLOCK; n -= USPAN_BLOCK) {
        memcpy(at, p->blocks[block].bytes, USPAN_BLOCK); /* of constant size: a few moves, no call */
        at += USPAN_BLOCK;
        block = p->block_next[block];
    }
    return uspan_put_bytes(at, p->blocks[block].bytes, n);
}

size_t uspan_put_whole_attrs(uspan_otlp_t *o, const uspan_slot_t *slot, uint8_t *out, size_t cap)
{
    uint8_t *at = out;
    for (; o->item < slot->attr_count; o->item++) {
        const uspan_entry_t *e = &slot->attrs[o->item];
        uint32_t any = uspan_size_any(&o->tracer->trace, e);
        uint32_t key_value = uspan_len_field(e->key->len) + uspan_len_field(any);
        /* beside it: tag and length, and the bytes that copying a short text may overshoot */
        if (e->store > USPAN_STORE_BYTES || e->key->len > USPAN_SMALL_KEY ||
            cap - (size_t)(at - out) < key_value + 16u) {
            break;
        }
        at = uspan_put_len(at, USPAN_TAG(uspan_otlp_Span_attributes_tag, USPAN_WIRE_BYTES), key_value);
        at = uspan_put_len(at, USPAN_TAG(uspan_otlp_KeyValue_key_tag, USPAN_WIRE_BYTES), e->key->len);
        at = uspan_put_value(o, uspan_put_bytes(at, e->key->text, e->key->len), e, any);
        if (o->left > 0u) {
            at = o->text != NULL ? uspan_put_bytes(at, o->text, o->left)
                                 : put_blocks(&o->tracer->trace, at, o->block, o->left);
            o->left = 0u;
        }
    }
    return (size_t)(at - out);
}

uint8_t *uspan_put_element(uspan_otlp_t *o, uint8_t *at)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    const uspan_entry_t *e = o->entry;
    if (o->element >= e->len) {
        o->resume = USPAN_RESUME_STAGE;
        return at;
    }
    unsigned used;
    uint64_t number;
    uint32_t any = uspan_size_element(p, (uspan_store_t)e->store, o->array_block, o->pos, &used, &number);
    at = uspan_put_len(at, USPAN_TAG(uspan_otlp_ArrayValue_values_tag, USPAN_WIRE_BYTES), any);
    switch (e->store) {
    case USPAN_STORE_INTS:
        *at = USPAN_TAG(uspan_otlp_AnyValue_int_value_tag, USPAN_WIRE_VARINT);
        at = uspan_put_u64(at + 1, number);
        break;
    case USPAN_STORE_DOUBLES:
        *at = USPAN_TAG(uspan_otlp_AnyValue_double_value_tag, USPAN_WIRE_FIXED64);
        at = uspan_put_fixed64(at + 1, number);
        break;
    case USPAN_STORE_BOOLS:
        *at++ = USPAN_TAG(uspan_otlp_AnyValue_bool_value_tag, USPAN_WIRE_VARINT);
        *at++ = number != 0u;
        break;
    default:
        at = uspan_put_len(at, USPAN_TAG(uspan_otlp_AnyValue_string_value_tag, USPAN_WIRE_BYTES),
                           (uint32_t)number);
        uspan_chain_follows(o, o->array_block, (uint32_t)number);
        o->offset = (uint16_t)(o->pos + 2u); /* past a block's end is moved on by the copy */
        break;
    }
    o->element = (uint16_t)(o->element + used);
    unsigned pos = o->pos + used;
    for (; pos >= USPAN_BLOCK && o->element < e->len; pos -= USPAN_BLOCK) {
        o->array_block = p->block_next[o->array_block];
    }
    o->pos = (uint16_t)pos;
    return at;
}
