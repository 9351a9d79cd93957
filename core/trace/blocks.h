/* blocks.h: the text pool, blocks of USPAN_BLOCK_BYTES. Private to core. Callers hold the lock. A share of
 * the pool, the reserve, is only for short values, so that a long text does not displace an id or a name. */
#ifndef USPAN_TRACE_BLOCKS_H
#define USPAN_TRACE_BLOCKS_H

#include "trace/internal.h"

#define USPAN_BLOCK ((unsigned)USPAN_BLOCK_BYTES)
#define USPAN_SHORT_BYTES 64u /* the longest value that may use the reserve */
#define USPAN_BLOCKS_RESERVED ((unsigned)(USPAN_TEXT_RESERVE / USPAN_BLOCK_BYTES))

/* Number of blocks that len bytes take. */
static inline unsigned uspan_blocks_for(unsigned len)
{
    return (len + USPAN_BLOCK - 1u) / USPAN_BLOCK;
}

/* Number of blocks that a value of len bytes must leave to others. A value that grows must leave the whole
 * reserve, whatever its length. */
static inline unsigned uspan_blocks_kept(size_t len)
{
    return len > USPAN_SHORT_BYTES ? USPAN_BLOCKS_RESERVED : 0u;
}

/* Returns true if `count` blocks are free in addition to the kept ones. */
static inline bool uspan_blocks_suffice(const uspan_trace_part_t *p, unsigned count, unsigned kept)
{
    return p->blocks_live + count + kept <= USPAN_BLOCKS_MAX;
}

/* Returns true if `count` blocks are free for a value of len bytes. */
static inline bool uspan_blocks_fit(const uspan_trace_part_t *p, unsigned count, size_t len)
{
    unsigned live = p->blocks_live + count;
    return live <= USPAN_BLOCKS_MAX - USPAN_BLOCKS_RESERVED ||
           (len <= USPAN_SHORT_BYTES && live <= USPAN_BLOCKS_MAX);
}

/* Returns true if so much of the pool is used that waiting spans must be sent: USPAN_BATCH_FILL_PERCENT of
 * the part that long text can use. */
static inline bool uspan_pool_is_under_pressure(const uspan_trace_part_t *p)
{
    return p->blocks_live >=
           ((USPAN_BLOCKS_MAX - USPAN_BLOCKS_RESERVED) * (uint32_t)USPAN_BATCH_FILL_PERCENT + 99u) / 100u;
}

/* Count blocks that were needed and missing. */
static inline void uspan_blocks_miss(uspan_trace_part_t *p, unsigned count)
{
    if (p->blocks_live + count > p->blocks_wanted) {
        p->blocks_wanted = p->blocks_live + count;
    }
}

/* All blocks are free. Context: before any other call, without the lock. */
void uspan_blocks_init(uspan_trace_part_t *p);
#if USPAN_KEEP
/* Mark all blocks as free that no kept span holds. Context: as uspan_blocks_init(). */
void uspan_blocks_init_kept(uspan_tracer_t *t);
#endif
/* Allocate up to `want` blocks, linked from *head to *tail, and leave `kept` blocks to others. Bound: want.
 * Returns their number. If it is 0, head and tail are unchanged. */
unsigned uspan_blocks_alloc_beside(uspan_trace_part_t *p, unsigned want, unsigned kept, uint16_t *head,
                                   uint16_t *tail);
static inline unsigned uspan_blocks_alloc(uspan_trace_part_t *p, unsigned want, uint16_t *head,
                                          uint16_t *tail)
{
    return uspan_blocks_alloc_beside(p, want, 0u, head, tail);
}
/* Allocate the first `count` free blocks. The caller has filled them. `last` is the last of them. */
static inline void uspan_blocks_take(uspan_trace_part_t *p, unsigned last, unsigned count)
{
    p->blocks_free = p->block_next[last];
    p->blocks_live = (uint16_t)(p->blocks_live + count);
}
/* Free a linked list of blocks. count 0: the list is walked to count it. */
void uspan_blocks_free(uspan_trace_part_t *p, uint16_t head, uint16_t tail, unsigned count);

#endif
