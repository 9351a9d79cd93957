/* wire.h: a short writer of protobuf's wire format for what is written most: span scalars and attribute
 * headers. nanopb's stream primitives cost a call and a callback for each; a test holds these bytes equal to
 * nanopb's generated encoder. Writers take and return the place to write at; the caller has made room. */
#ifndef USPAN_EXPORT_WIRE_H
#define USPAN_EXPORT_WIRE_H

#include <stdint.h>
#include <string.h>

#define USPAN_WIRE_VARINT 0u
#define USPAN_WIRE_FIXED64 1u
#define USPAN_WIRE_BYTES 2u
#define USPAN_WIRE_FIXED32 5u
#define USPAN_TAG(field, type) ((uint8_t)((field) << 3 | (type))) /* fields 1..15 */

static inline unsigned uspan_len_u32(uint32_t v)
{
    return v < 0x80u ? 1u : v < 0x4000u ? 2u : v < 0x200000u ? 3u : v < 0x10000000u ? 4u : 5u;
}

static inline unsigned uspan_len_u64(uint64_t v)
{
    unsigned n = 1;
    while (v >= 0x80u) {
        v >>= 7;
        n++;
    }
    return n;
}

/* A length-delimited field of n bytes with a one-byte tag. */
static inline uint32_t uspan_len_field(uint32_t n)
{
    return 1u + uspan_len_u32(n) + n;
}

static inline uint8_t *uspan_put_u32(uint8_t *at, uint32_t v)
{
    while (v >= 0x80u) {
        *at++ = (uint8_t)(v | 0x80u);
        v >>= 7;
    }
    *at++ = (uint8_t)v;
    return at;
}

static inline uint8_t *uspan_put_u64(uint8_t *at, uint64_t v)
{
    while (v >= 0x80u) {
        *at++ = (uint8_t)(v | 0x80u);
        v >>= 7;
    }
    *at++ = (uint8_t)v;
    return at;
}

static inline uint8_t *uspan_put_fixed64(uint8_t *at, uint64_t v)
{
    for (unsigned i = 0; i < 8u;
         i++) { /* compilers make one store of it where the machine is little-endian */
        at[i] = (uint8_t)(v >> (8u * i));
    }
    return at + 8;
}

static inline uint8_t *uspan_put_fixed32(uint8_t *at, uint32_t v)
{
    for (unsigned i = 0; i < 4u; i++) {
        at[i] = (uint8_t)(v >> (8u * i));
    }
    return at + 4;
}

/* Tag and length of a length-delimited field. */
static inline uint8_t *uspan_put_len(uint8_t *at, uint8_t tag, uint32_t n)
{
    *at = tag;
    return uspan_put_u32(at + 1, n);
}

static inline uint8_t *uspan_put_bytes(uint8_t *at, const void *data, size_t n)
{
    memcpy(at, data, n);
    return at + n;
}

#endif
