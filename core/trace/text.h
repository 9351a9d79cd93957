/* text.h: chains of blocks that hold text, bytes and arrays. Private to core. */
#ifndef USPAN_TRACE_TEXT_H
#define USPAN_TRACE_TEXT_H

#include "pool.h"

/* len bytes in blocks from head to tail, all full but the last, and blocks for room bytes more behind them;
 * head and tail mean nothing while there is neither. */
typedef struct uspan_chain {
    uint16_t head, tail, len, room;
} uspan_chain_t;
#define USPAN_CHAIN_EMPTY                      \
    {                                          \
        USPAN_NO_INDEX, USPAN_NO_INDEX, 0u, 0u \
    }

/* Blocks that len bytes take. */
static inline unsigned uspan_blocks_for(unsigned len)
{
    return (len + USPAN_BLOCK - 1u) / USPAN_BLOCK;
}

/* Append bytes to a chain that nobody else sees, taking blocks under the lock, copying outside. Returns how
 * many bytes fitted; where that is fewer and text is true, the cut is at a character. t NULL: only count. */
size_t uspan_chain_write(uspan_tracer_t *t, uspan_chain_t *c, const void *data, size_t len, bool text);
/* Copy bytes that have room. */
void uspan_chain_fill(uspan_trace_part_t *p, uspan_chain_t *c, const uint8_t *data, size_t len);
/* uspan_chain_write() with the lock held, for at most 64 bytes: all of them or none. */
bool uspan_chain_write_locked(uspan_trace_part_t *p, uspan_chain_t *c, const void *data, size_t len);
/* Take the blocks that n bytes more need, all or none; writes of so many bytes then take none. Caller holds
 * the lock. */
bool uspan_chain_grow_whole(uspan_trace_part_t *p, uspan_chain_t *c, size_t n);
/* The same, taking the lock. */
bool uspan_chain_reserve(uspan_tracer_t *t, uspan_chain_t *c, size_t n);
/* Append text made well-formed to such a chain, up to max bytes in all. Returns USPAN_OK or
 * USPAN_TRUNCATED. */
uspan_err_t uspan_chain_text(uspan_tracer_t *t, uspan_chain_t *c, const char *text, size_t len, size_t max);
/* Give the blocks back. Caller holds the lock. */
void uspan_chain_give(uspan_trace_part_t *p, const uspan_chain_t *c);

static inline bool uspan_store_is_chain(unsigned store)
{
    return store >= USPAN_STORE_TEXT;
}

/* Give back what an entry holds; it is empty then. Caller holds the lock. */
static inline void uspan_entry_give(uspan_trace_part_t *p, uspan_entry_t *e)
{
    if (uspan_store_is_chain(e->store) && e->len > 0u) {
        uspan_blocks_give(p, e->v.chain.head, e->v.chain.tail, uspan_blocks_for(e->len));
    }
    e->store = USPAN_STORE_NONE;
    e->len = 0u;
    e->pend_len = 0u;
}

#endif
