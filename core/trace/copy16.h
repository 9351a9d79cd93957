/* copy16.h: copies text 16 bytes at a time, and checks all copied bytes once at the end. Private to core.
 * Text may be at any address. On a core without unaligned access the compiler loads bytes. */
#ifndef USPAN_TRACE_COPY16_H
#define USPAN_TRACE_COPY16_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define USPAN_LANE 16u
#define USPAN_HIGH_BITS (SIZE_MAX / 255u * 128u)

#if UINTPTR_MAX > UINT32_MAX
typedef uint64_t uspan_lane_t __attribute__((vector_size(USPAN_LANE)));
typedef uspan_lane_t uspan_seen_t; /* the bits of all bytes copied so far */

static inline uspan_seen_t uspan_copy_lane(uint8_t *to, const char *text)
{
    uspan_lane_t lane;
    memcpy(&lane, text, sizeof lane);
    memcpy(to, &lane, sizeof lane);
    return lane;
}

static inline size_t uspan_seen_bits(uspan_seen_t seen)
{
    return seen[0] | seen[1];
}
#else
typedef struct __attribute__((packed, may_alias)) uspan_lane {
    uint32_t a, b, c, d;
} uspan_lane_t;
typedef uint32_t uspan_seen_t;

static inline uspan_seen_t uspan_copy_lane(uint8_t *to, const char *text)
{
    const uspan_lane_t *from = (const uspan_lane_t *)(const void *)text;
    uspan_lane_t *lane = (uspan_lane_t *)(void *)to;
    uint32_t a = from->a, b = from->b, c = from->c, d = from->d;
    lane->a = a;
    lane->b = b;
    lane->c = c;
    lane->d = d;
    return a | b | c | d;
}

static inline size_t uspan_seen_bits(uspan_seen_t seen)
{
    return seen;
}
#endif

#endif
