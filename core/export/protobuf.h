/* protobuf.h: the protobuf wire format, as far as uspan writes it. Writers take and return the write
 * position. The caller must have made room. nanopb's stream functions cost more flash, and a call and a
 * callback for each field. A test compares the bytes with nanopb's generated encoder. */
#ifndef USPAN_EXPORT_WIRE_H
#define USPAN_EXPORT_WIRE_H

#include <stdint.h>
#include <string.h>
#include "trace/lock.h"

#define USPAN_WIRE_VARINT 0u
#define USPAN_WIRE_FIXED64 1u
#define USPAN_WIRE_BYTES 2u
#define USPAN_WIRE_FIXED32 5u
#define USPAN_TAG(field, type) ((uint8_t)((field) << 3 | (type))) /* fields 1..15 */

static inline unsigned uspan_len_u64(uint64_t v)
{
    unsigned n = 1;
    for (; v >= 0x80u; v >>= 7) {
        n++;
    }
    return n;
}

/* Size of a length-delimited field of n bytes, below 2^28, with a one-byte tag. */
USPAN_INLINE_FAST uint32_t uspan_len_field(uint32_t n);
/* Write a one-byte tag and a number, which is a length or a value. */
USPAN_INLINE_FAST uint8_t *uspan_put_len(uint8_t *at, unsigned tag, uint32_t n);

#if !USPAN_OPTIMIZE_SIZE || defined(USPAN_IN_PROTOBUF)
USPAN_INLINE_FAST uint32_t uspan_len_field(uint32_t n)
{
    if (n < 1u << 7) {
        return n + 2u;
    }
    return n < 1u << 14 ? n + 3u : n < 1u << 21 ? n + 4u : n + 5u;
}

USPAN_INLINE_FAST uint8_t *uspan_put_len(uint8_t *at, unsigned tag, uint32_t n)
{
    *at++ = (uint8_t)tag;
    for (; n >= 0x80u; n >>= 7) {
        *at++ = (uint8_t)(n | 0x80u);
    }
    *at++ = (uint8_t)n;
    return at;
}
#endif

static inline uint8_t *uspan_put_u64(uint8_t *at, uint64_t v)
{
    for (; v >= 0x80u; v >>= 7) {
        *at++ = (uint8_t)(v | 0x80u);
    }
    *at++ = (uint8_t)v;
    return at;
}

/* Write little-endian, at any address. */
static inline uint8_t *uspan_put_fixed32(uint8_t *at, uint32_t v)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(at, &v, sizeof v);
#else
    for (unsigned i = 0; i < 4u; i++) {
        at[i] = (uint8_t)(v >> 8u * i);
    }
#endif
    return at + 4;
}

static inline uint8_t *uspan_put_fixed64(uint8_t *at, uint64_t v)
{
    return uspan_put_fixed32(uspan_put_fixed32(at, (uint32_t)v), (uint32_t)(v >> 32));
}

#endif
