/* block_chain.c: chains of blocks. Invariant: all blocks of a chain except the last are full, so len alone
 * gives the end of the data. */
#include "trace/block_chain.h"
#include <string.h>
#include "trace/lock.h"
#include "trace/utf8.h"

#define TAKE_MAX 16u /* blocks that are allocated in one hold of the lock */

/* Append a list of blocks to the chain. */
static void link_blocks(uspan_trace_part_t *p, uspan_chain_t *c, uint16_t head, unsigned count)
{
    if (c->len == 0u) {
        c->head = c->tail = head;
    } else {
        p->block_next[c->tail] = head;
    }
    c->room = (uint16_t)(c->room + count * USPAN_BLOCK);
}

void uspan_chain_grow(uspan_trace_part_t *p, uspan_chain_t *c, size_t n)
{
    if (n > c->room) {
        uint16_t head, tail;
        unsigned want = uspan_blocks_for((unsigned)(n - c->room));
        unsigned got = uspan_blocks_alloc_beside(p, want, c->kept, &head, &tail);
        if (got > 0u) {
            link_blocks(p, c, head, got);
        }
    }
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
            uspan_chain_grow(p, c, n);
            if (n > c->room) {
                uspan_blocks_miss(p, uspan_blocks_for((unsigned)(len - done - c->room)) + c->kept);
            }
            uspan_unlock(t, state);
        }
        size_t fits = n < c->room ? n : c->room;
        uspan_chain_fill(p, c, (const uint8_t *)data + done, fits);
        done += fits;
        if (fits < n) {
            /* Its blocks are full now, so a cut removes at most three bytes and never a block. */
            size_t kept = text ? uspan_utf8_cut(data, len, done) : done;
            c->len = (uint16_t)(c->len - (done - kept));
            return kept;
        }
    }
    return len;
}

bool uspan_chain_reserve(uspan_tracer_t *t, uspan_chain_t *c, size_t n)
{
    uspan_trace_part_t *p = &t->trace;
    unsigned want = n > c->room ? uspan_blocks_for((unsigned)(n - c->room)) : 0u;
    unsigned got = 0;
    uint16_t head = USPAN_NO_INDEX, last = USPAN_NO_INDEX;
    while (got < want) {
        unsigned piece = want - got < TAKE_MAX ? want - got : TAKE_MAX;
        uint16_t first, tail;
        uint32_t state = uspan_lock(t);
        unsigned more = uspan_blocks_alloc_beside(p, piece, c->kept, &first, &tail);
        if (more > 0u) {
            if (got == 0u) {
                head = first;
            } else {
                p->block_next[last] = first;
            }
            last = tail;
            got += more;
        }
        if (more < piece && got > 0u) {
            uspan_blocks_free(p, head, last, got);
        }
        uspan_unlock(t, state);
        if (more < piece) {
            return false;
        }
    }
    if (got > 0u) {
        link_blocks(p, c, head, got);
    }
    return true;
}

bool uspan_chain_write_locked(uspan_trace_part_t *p, uspan_chain_t *c, const void *data, size_t len)
{
    bool fits =
        len <= c->room || uspan_blocks_suffice(p, uspan_blocks_for((unsigned)(len - c->room)), c->kept);
    uspan_chain_grow(p, c, fits ? len : 0u);
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

void uspan_chain_free(uspan_trace_part_t *p, const uspan_chain_t *c)
{
    if (c->len > 0u) {
        uspan_blocks_free(p, c->head, c->tail, uspan_blocks_for(c->len));
    }
}
