/* lane.h: text is copied 16 bytes at a time; what was copied is kept for one look at all of it. Private to
 * core. */
#ifndef USPAN_TRACE_LANE_H
#define USPAN_TRACE_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t lanes_t __attribute__((vector_size(16)));
#define LANE sizeof(lanes_t)

static inline lanes_t copy_lane(uint8_t *to, const char *text)
{
    lanes_t lane;
    memcpy(&lane, text, LANE);
    memcpy(to, &lane, LANE);
    return lane;
}

static inline lanes_t copy_two(uint8_t *to, const char *text)
{
    return copy_lane(to, text) | copy_lane(to + LANE, text + LANE);
}

static inline bool is_ascii_lane(lanes_t all)
{
    return ((all[0] | all[1]) & UINT64_MAX / 255u * 128u) == 0u;
}

#endif
