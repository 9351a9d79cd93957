/* text.c: every block of a chain is full but the last, so that len alone says where data ends. */
#include "text.h"
#include <string.h>
#include "utf8.h"

#define TAKE_MAX 16u /* blocks in one hold of the lock */

/* Link blocks behind the chain until n bytes more have room, as far as there are any. Caller holds the
 * lock. */
static void grow(uspan_trace_part_t *p, uspan_chain_t *c, size_t n)
{
    if (n > c->room) {
        uint16_t head, tail;
        unsigned got = uspan_blocks_take(p, uspan_blocks_for((unsigned)(n - c->room)), &head, &tail);
        if (got > 0u) {
            if (c->len == 0u) {
                c->head = c->tail = head;
            } else {
                p->block_next[c->tail] = head;
            }
            c->room = (uint16_t)(c->room + got * USPAN_BLOCK);
        }
    }
}

bool uspan_chain_grow_whole(uspan_trace_part_t *p, uspan_chain_t *c, size_t n)
{
    if (n > c->room + (USPAN_BLOCKS_MAX - (size_t)p->blocks_live) * USPAN_BLOCK) {
        return false;
    }
    grow(p, c, n);
    return true;
}

void uspan_chain_fill(uspan_trace_part_t *p, uspan_chain_t *c, const uint8_t *data, size_t len)
{
    c->room = (uint16_t)(c->room - len);
    while (len > 0u) {
        size_t at = c->len % USPAN_BLOCK;
        size_t n = len < USPAN_BLOCK - at ? len : USPAN_BLOCK - at;
        if (at == 0u && c->len > 0u) { /* the last block is full */
            c->tail = p->block_next[c->tail];
        }
        memcpy(p->blocks[c->tail].bytes + at, data, n);
        c->len = (uint16_t)(c->len + n);
        data += n;
        len -= n;
    }
}

size_t uspan_chain_write(uspan_tracer_t *t, uspan_chain_t *c, const void *data, size_t len, bool text)
{
    if (t == NULL) {
        c->len = (uint16_t)(c->len + len);
        return len;
    }
    uspan_trace_part_t *p = &t->trace;
    size_t done = 0;
    while (done < len) {
        size_t n = len - done < TAKE_MAX * USPAN_BLOCK ? len - done : TAKE_MAX * USPAN_BLOCK;
        if (n > c->room) {
            uint32_t state = uspan_lock(t);
            grow(p, c, n);
            uspan_unlock(t, state);
        }
        size_t fits = n < c->room ? n : c->room;
        uspan_chain_fill(p, c, (const uint8_t *)data + done, fits);
        done += fits;
        if (fits < n) {
            /* Its blocks are full now, so a cut takes back at most three bytes and never a block. */
            size_t kept = text ? uspan_utf8_cut(data, len, done) : done;
            c->len = (uint16_t)(c->len - (done - kept));
            return kept;
        }
    }
    return len;
}

bool uspan_chain_reserve(uspan_tracer_t *t, uspan_chain_t *c, size_t len)
{
    uint32_t state = uspan_lock(t);
    bool done = uspan_chain_grow_whole(&t->trace, c, len);
    uspan_unlock(t, state);
    return done;
}

bool uspan_chain_write_locked(uspan_trace_part_t *p, uspan_chain_t *c, const void *data, size_t len)
{
    bool fits = uspan_chain_grow_whole(p, c, len);
    if (fits) {
        uspan_chain_fill(p, c, data, len);
    }
    return fits;
}

uspan_err_t uspan_chain_text(uspan_tracer_t *t, uspan_chain_t *c, const char *text, size_t len, size_t max)
{
    while (len > 0u) {
        const char *piece;
        size_t n = uspan_utf8_piece(&text, &len, &piece);
        if (uspan_chain_write(t, c, piece, uspan_utf8_cut(piece, n, max - c->len), true) < n) {
            return USPAN_TRUNCATED;
        }
    }
    return USPAN_OK;
}

void uspan_chain_give(uspan_trace_part_t *p, const uspan_chain_t *c)
{
    if (c->len > 0u) {
        uspan_blocks_give(p, c->head, c->tail, uspan_blocks_for(c->len));
    }
}
