/* blocks.c: allocates blocks of the text pool. Invariant: a block is in the free list or in one chain of one
 * slot. Callers hold the lock. The free list is rebuilt after a reset from the blocks that no chain has.
 * Therefore the order of writes does not matter here. */
#include "trace/blocks.h"
#include <string.h>

void uspan_blocks_init(uspan_trace_part_t *p)
{
    for (unsigned i = 0; i < USPAN_BLOCKS_MAX; i++) {
        p->block_next[i] = (uint16_t)(i + 1u);
    }
    p->block_next[USPAN_BLOCKS_MAX - 1u] = USPAN_NO_INDEX;
}

#if USPAN_KEEP
/* Returns true if a kept span holds the block. */
static bool is_owned(const uspan_tracer_t *t, unsigned block)
{
    return t->keep.mounted != 0u && (t->keep.owned[block / 8u] >> block % 8u & 1u) != 0u;
}

void uspan_blocks_init_kept(uspan_tracer_t *t)
{
    uspan_trace_part_t *p = &t->trace;
    p->blocks_free = USPAN_NO_INDEX;
    for (unsigned i = USPAN_BLOCKS_MAX; i-- > 0u;) {
        if (is_owned(t, i)) {
            p->blocks_live++;
            continue;
        }
        p->block_next[i] = p->blocks_free;
        p->blocks_free = (uint16_t)i;
        if (USPAN_KEEP_CONTENT == 0) {
            memset(&p->blocks[i], 0, sizeof p->blocks[i]);
        }
    }
}
#endif

unsigned uspan_blocks_alloc_beside(uspan_trace_part_t *p, unsigned want, unsigned kept, uint16_t *head,
                                   uint16_t *tail)
{
    unsigned used = p->blocks_live + kept;
    unsigned got = USPAN_BLOCKS_MAX > used ? USPAN_BLOCKS_MAX - used : 0u;
    if (got >= want) {
        got = want;
    } else {
        uspan_blocks_miss(p, kept + want);
    }
    if (got == 0u) {
        return 0u;
    }
    unsigned last = p->blocks_free;
    *head = (uint16_t)last;
    for (unsigned i = 1; i < got; i++) {
        last = p->block_next[last];
    }
    *tail = (uint16_t)last;
    uspan_blocks_take(p, last, got);
    p->block_next[last] = USPAN_NO_INDEX;
    return got;
}

void uspan_blocks_free(uspan_trace_part_t *p, uint16_t head, uint16_t tail, unsigned count)
{
    if (count == 0u) {
        for (unsigned at = head; at != tail; at = p->block_next[at]) {
            count++;
        }
        count++;
    }
    if (p->blocks_live > p->blocks_high) {
        p->blocks_high = p->blocks_live;
    }
    p->block_next[tail] = p->blocks_free;
    p->blocks_free = head;
    p->blocks_live = (uint16_t)(p->blocks_live - count);
}
