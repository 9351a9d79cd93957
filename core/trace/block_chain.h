/* block_chain.h: chains of blocks that hold text, bytes and arrays. Private to core. */
#ifndef USPAN_TRACE_BLOCK_CHAIN_H
#define USPAN_TRACE_BLOCK_CHAIN_H

#include "trace/blocks.h"

/* len bytes in blocks from head to tail, all full except the last, and blocks for `room` more bytes after
 * them. head and tail are invalid while both are 0. kept: number of blocks that this chain leaves to
 * others. */
typedef struct uspan_chain {
    uint16_t head, tail, len, room, kept;
} uspan_chain_t;
/* An empty chain for a value of len bytes. */
#define USPAN_CHAIN_FOR(len)                                                       \
    {                                                                              \
        USPAN_NO_INDEX, USPAN_NO_INDEX, 0u, 0u, (uint16_t)uspan_blocks_kept((len)) \
    }
#define USPAN_CHAIN_EMPTY USPAN_CHAIN_FOR(0u)

/* Append bytes to a chain that no other context sees. Blocks are allocated with the lock, and bytes are
 * copied without it. Returns the number of bytes that fitted. If they did not all fit and text is true, the
 * cut is at a character. t NULL: only count. */
size_t uspan_chain_write(uspan_tracer_t *t, uspan_chain_t *c, const void *data, size_t len, bool text);
/* Allocate blocks until n bytes have room, as far as there are any. The caller holds the lock. */
void uspan_chain_grow(uspan_trace_part_t *p, uspan_chain_t *c, size_t n);
/* Copy bytes for which there is room. */
void uspan_chain_fill(uspan_trace_part_t *p, uspan_chain_t *c, const uint8_t *data, size_t len);
/* Like uspan_chain_write(), but the caller holds the lock. At most 64 bytes, all or none. */
bool uspan_chain_write_locked(uspan_trace_part_t *p, uspan_chain_t *c, const void *data, size_t len);
/* Allocate the blocks for n more bytes, all or none. Writes of up to n bytes then allocate none. Takes the
 * lock, for a few blocks at a time. */
bool uspan_chain_reserve(uspan_tracer_t *t, uspan_chain_t *c, size_t n);
/* Append text, made well-formed, to such a chain, up to max bytes in total. Returns USPAN_OK or
 * USPAN_TRUNCATED. */
uspan_err_t uspan_chain_text(uspan_tracer_t *t, uspan_chain_t *c, const char *text, size_t len, size_t max);
/* Free the blocks. The caller holds the lock. */
void uspan_chain_free(uspan_trace_part_t *p, const uspan_chain_t *c);

/* as pend_len, of a span that has ended: the blocks belong to another entry */
#define USPAN_PEND_SHARED 0xFEu

static inline bool uspan_store_is_chain(unsigned store)
{
    return store >= USPAN_STORE_TEXT;
}

/* Free the value of an entry, which is then empty. Bound: a few steps, whatever its length. The caller holds
 * the lock. */
static inline void uspan_entry_free(uspan_trace_part_t *p, uspan_entry_t *e)
{
    unsigned store = e->store;
    e->store = USPAN_STORE_NONE;
    const bool owns = USPAN_STUDIO == 0 || e->pend_len != USPAN_PEND_SHARED;
    if (owns && uspan_store_is_chain(store) && e->len > 0u) {
        uspan_blocks_free(p, e->v.chain.head, e->v.chain.tail, uspan_blocks_for(e->len));
    }
    e->len = 0u;
    e->pend_len = 0u;
}

#endif
