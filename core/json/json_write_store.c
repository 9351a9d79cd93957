/* json_write_store.c: stores text in the span. The span has a complete JSON value whenever the lock is free.
 * The block indexes saved in the writer are checked before use, for another context may have replaced the
 * attribute since the last call. The number of steps that the length requires must lead from the saved block
 * to the last one. Chains share no block, and the value of another writer has another stamp. */
#include "json/json_write_store.h"
#include <string.h>
#include "json/json_write_close.h"
#include "trace/attr.h"

/* Walk from the block with the last of `from` bytes (the first block if from is 0) to that with the last of
 * `to` bytes. USPAN_NO_INDEX: the chain ends before. */
USPAN_NOINLINE static uint16_t block_at_offset(const uspan_trace_part_t *p, uint16_t block, unsigned from,
                                               unsigned to)
{
    unsigned n = (to - (to > 0u)) / USPAN_BLOCK - (from - (from > 0u)) / USPAN_BLOCK;
    for (; n > 0u && block != USPAN_NO_INDEX; n--) {
        block = p->block_next[block];
    }
    return block;
}

/* Most bytes of a value with this many blocks. A growing value leaves the reserve to others. */
USPAN_NOINLINE static uint32_t room_for(const uspan_trace_part_t *p, unsigned have)
{
    uint32_t used = (uint32_t)p->blocks_live + USPAN_BLOCKS_RESERVED;
    uint32_t room = ((used < USPAN_BLOCKS_MAX ? USPAN_BLOCKS_MAX - used : 0u) + have) * USPAN_BLOCK;
    return room < USPAN_VALUE_MAX ? room : USPAN_VALUE_MAX;
}

/* Find the value. Returns NULL if it is not that of this writer, or `block` does not hold the last of its
 * first len bytes. Then *err says why. */
static uspan_entry_t *find_value(uspan_trace_part_t *p, const uspan_writer_t *w, unsigned len, uint16_t block,
                                 uspan_err_t *err)
{
    uspan_slot_t *slot = uspan_slot_find_recording(p, w->s, err);
    if (slot == NULL || ((w->key->flags & USPAN_KEY_CONTENT) != 0u && !uspan_content_on(p, slot))) {
        *err = *err < USPAN_OK ? *err : USPAN_ERR_CLOSED;
        return NULL;
    }
    uspan_entry_t *e = uspan_entry_find(slot, w->key); /* another context may have removed it */
    *err = USPAN_ERR_STALE;
    if (e == NULL || e->store != USPAN_STORE_TEXT || e->len != w->total || e->v.chain.pend != w->stamp) {
        return NULL;
    }
    block = len > 0u ? block : e->v.chain.head;
    return block_at_offset(p, block, len, e->len) == e->v.chain.tail ? e : NULL;
}

/* Write text and closing text after the first w->len bytes. kept: blocks that are reserved for others. */
static bool write_to_blocks(uspan_trace_part_t *p, uspan_writer_t *w, uspan_entry_t *e, const char *text,
                            size_t len, size_t closing, unsigned kept)
{
    unsigned have = uspan_blocks_for(e->len);
    unsigned need = uspan_blocks_for((unsigned)(w->len + len + closing));
    uint16_t last = e->v.chain.tail;
    uint16_t at = w->len > 0u ? w->tail : e->v.chain.head;
    if (need > have) {
        uint16_t head = 0;
        uint16_t tail = 0;
        unsigned got = uspan_blocks_alloc_beside(p, need - have, kept, &head, &tail);
        if (got < need - have) {
            if (got > 0u) {
                uspan_blocks_free(p, head, tail, got);
            }
            return false;
        }
        if (have > 0u) {
            p->block_next[last] = head;
        } else {
            e->v.chain.head = head;
            at = head;
        }
        last = tail;
    }
    if (w->from > w->len) {
        w->from_block = block_at_offset(p, at, w->len, w->from);
    }
    if (w->token > w->len) {
        w->token_block = block_at_offset(p, at, w->len, w->token);
    }
    uspan_chain_t c = { e->v.chain.head, at, w->len, (uint16_t)(len + closing), 0u };
    uspan_chain_fill(p, &c, (const uint8_t *)text, len);
    w->tail = c.tail;
    w->len = c.len;
    uspan_chain_fill(p, &c, (const uint8_t *)text + len, closing);
    w->total = c.len;
    if (need < have) {
        uspan_blocks_free(p, p->block_next[c.tail], last, have - need);
        p->block_next[c.tail] = USPAN_NO_INDEX;
    }
    e->v.chain.tail = c.tail;
    e->v.chain.pend = w->stamp; /* pend is free: no byte waits in it */
    e->len = c.len;
    return true;
}

static uspan_err_t store(uspan_write_out_t *o, uspan_trace_part_t *p, size_t closing)
{
    uspan_writer_t *w = o->w;
    uspan_err_t err;
    uspan_entry_t *e = NULL;
    if ((w->flags & USPAN_WRITE_STORED) != 0u) {
        e = find_value(p, w, w->len, w->tail, &err);
        if (e == NULL) {
            return err;
        }
    } else {
        bool fits = o->used > 0u && room_for(p, 0u) >= o->used + closing;
        e = fits ? uspan_entry_claim(p, w->s, w->key, false) : NULL;
        if (e == NULL) {
            err = uspan_entry_refused(p, w->s, w->key);
            return err < USPAN_OK ? err : USPAN_ERR_CLOSED;
        }
        e->store = USPAN_STORE_TEXT;
        e->len = 0u;
        e->pend_len = 0u;
    }
    if (!write_to_blocks(p, w, e, o->buf, o->used, closing, USPAN_BLOCKS_RESERVED)) {
        return USPAN_ERR_AGAIN;
    }
    w->flags |= USPAN_WRITE_STORED;
    p->values_truncated += (w->flags & ~o->stored.flags & USPAN_WRITE_CUT) != 0u;
    o->room = room_for(p, uspan_blocks_for(e->len));
    return USPAN_OK;
}

uspan_err_t uspan_write_store_piece(uspan_write_out_t *o, size_t closing)
{
    uspan_tracer_t *t = o->w->t;
    uint32_t state = uspan_lock(t);
    uspan_err_t err = store(o, &t->trace, closing);
    uspan_unlock(t, state);
    return err;
}

uspan_err_t uspan_write_look(uspan_write_out_t *o)
{
    const uspan_writer_t *w = o->w;
    uspan_trace_part_t *p = &w->t->trace;
    uspan_err_t err;
    uint32_t state = uspan_lock(w->t);
    const uspan_slot_t *slot = uspan_slot_find_recording(p, w->s, &err);
    bool wanted = slot != NULL && ((w->key->flags & USPAN_KEY_CONTENT) == 0u || uspan_content_on(p, slot));
    o->room = room_for(p, uspan_blocks_for(w->total));
    o->room_chars = p->limits.value_chars - 1u < USPAN_VALUE_MAX ? p->limits.value_chars : USPAN_VALUE_MAX;
    uspan_unlock(w->t, state);
    return wanted ? USPAN_OK : slot == NULL && err < USPAN_OK ? err : USPAN_ERR_CLOSED;
}

uspan_err_t uspan_write_take_back(uspan_write_out_t *o, const uspan_writer_t *then,
                                  bool (*take)(uspan_write_out_t *o, const char *text, size_t len))
{
    uspan_writer_t *w = o->w;
    size_t closing = uspan_write_closing(then, 0u, o->buf);
    uspan_tracer_t *t = w->t;
    uspan_trace_part_t *p = &t->trace;
    char piece[USPAN_BLOCK_BYTES];
    size_t left = (size_t)w->len - then->len; /* bytes of text still to read */
    uspan_err_t err;
    uint32_t state = uspan_lock(t);
    uspan_entry_t *e = find_value(p, w, then->len, then->tail, &err);
    bool fits = e != NULL && room_for(p, uspan_blocks_for(e->len)) >= then->len + closing;
    if (!fits) {
        uspan_unlock(t, state);
        if (e != NULL) {
            return USPAN_TRUNCATED;
        }
        o->err = err == USPAN_ERR_CLOSED ? USPAN_OK : err;
        return USPAN_ERR_STALE;
    }
    /* Take over the blocks after then->len, and copy the block that contains it. */
    size_t in_block = then->len % USPAN_BLOCK;
    size_t n = in_block > 0u ? USPAN_BLOCK - in_block : 0u;
    n = n < left ? n : left;
    uint16_t block = then->len > 0u ? p->block_next[then->tail] : e->v.chain.head;
    uint16_t last = e->v.chain.tail;
    unsigned count = uspan_blocks_for(e->len) - uspan_blocks_for(then->len);
    if (then->len > 0u) {
        memcpy(piece, p->blocks[then->tail].bytes + in_block, n);
        p->block_next[then->tail] = USPAN_NO_INDEX;
        e->v.chain.tail = then->tail;
    }
    e->len = then->len;
    *w = *then;
    if (!write_to_blocks(p, w, e, o->buf, 0u, closing, USPAN_BLOCKS_RESERVED)) {
        uspan_blocks_free(p, block, last, count); /* drop the text, so that the closing text fits */
        count = 0u;
        (void)write_to_blocks(p, w, e, o->buf, 0u, closing, 0u);
    }
    o->room = room_for(p, uspan_blocks_for(e->len));
    uspan_unlock(t, state);
    o->stored = *w;
    o->mark = *w;
    o->mark_used = 0u;
    bool good = true;
    for (;;) {
        good = good && take(o, piece, n);
        left -= n;
        if (count == 0u) {
            return !good ? USPAN_ERR_FULL : left > 0u ? USPAN_TRUNCATED : USPAN_OK;
        }
        n = left < USPAN_BLOCK ? left : USPAN_BLOCK;
        memcpy(piece, p->blocks[block].bytes, n);
        uint16_t next = p->block_next[block];
        state = uspan_lock(t);
        uspan_blocks_free(p, block, block, 1u);
        o->room = room_for(p, uspan_blocks_for(w->total));
        uspan_unlock(t, state);
        block = next;
        count--;
    }
}
