/* text.c: every block of a chain is full but the last, so that len alone says where data ends. */
#include "text.h"
#include <string.h>
#include "utf8.h"

#define TAKE_MAX 16u /* blocks in one hold of the lock */

static unsigned room_of(const uspan_chain_t *c)
{
    return (USPAN_BLOCK - c->len % USPAN_BLOCK) % USPAN_BLOCK;
}

void uspan_chain_fill(uspan_trace_part_t *p, uspan_chain_t *c, const uint8_t *data, size_t len)
{
    unsigned before = c->len;
    c->len = (uint16_t)(before + len);
    if (before > 0u) {
        unsigned at = before % USPAN_BLOCK;
        size_t n = at != 0u ? USPAN_BLOCK - at
                            : 0u; /* a full last block has no room, and tail moves on all the same */
        n = n < len ? n : len;
        memcpy(p->blocks[c->tail].bytes + at, data, n);
        data += n;
        len -= n;
        if (len == 0u) {
            return;
        }
        c->tail = p->block_next[c->tail];
    }
    while (len > USPAN_BLOCK) {
        memcpy(p->blocks[c->tail].bytes, data, USPAN_BLOCK); /* of constant size: a few moves, no call */
        c->tail = p->block_next[c->tail];
        data += USPAN_BLOCK;
        len -= USPAN_BLOCK;
    }
    memcpy(p->blocks[c->tail].bytes, data, len);
}

/* Hang blocks behind the chain. tail stays: fill() moves it on. */
static void link_blocks(uspan_trace_part_t *p, uspan_chain_t *c, uint16_t last, uint16_t head)
{
    if (c->len == 0u && last == USPAN_NO_INDEX) {
        c->head = head;
        c->tail = head;
    } else {
        p->block_next[last] = head;
    }
}

size_t uspan_chain_write(uspan_tracer_t *t, uspan_chain_t *c, const void *data, size_t len, bool text)
{
    if (len == 0u) {
        return 0u;
    }
    uspan_trace_part_t *p = &t->trace;
    unsigned room = room_of(c);
    uint16_t last = c->len > 0u ? c->tail : USPAN_NO_INDEX;
    unsigned need = len > room ? uspan_blocks_for((unsigned)(len - room)) : 0u;
    unsigned got = 0;
    while (got < need) {
        uint16_t head = 0;
        uint16_t tail = 0;
        unsigned want = need - got < TAKE_MAX ? need - got : TAKE_MAX;
        uint32_t state = uspan_lock(t);
        unsigned n = uspan_blocks_take(p, want, &head, &tail);
        uspan_unlock(t, state);
        if (n == 0u) {
            break;
        }
        link_blocks(p, c, last, head);
        last = tail;
        got += n;
        if (n < want) {
            break;
        }
    }
    size_t fits = room + (size_t)got * USPAN_BLOCK;
    if (fits >= len) {
        uspan_chain_fill(p, c, data, len);
        return len;
    }
    if (text) {
        fits = uspan_utf8_cut(data, len, fits);
    }
    if (fits > 0u) { /* a cut takes back at most three bytes, so never a block */
        uspan_chain_fill(p, c, data, fits);
    }
    return fits;
}

bool uspan_chain_write_locked(uspan_trace_part_t *p, uspan_chain_t *c, const void *data, size_t len)
{
    unsigned room = room_of(c);
    if (len > room) {
        unsigned need = uspan_blocks_for((unsigned)(len - room));
        uint16_t head = 0;
        uint16_t tail = 0;
        unsigned got = uspan_blocks_take(p, need, &head, &tail);
        if (got < need) {
            if (got > 0u) {
                uspan_blocks_give(p, head, tail, got);
            }
            return false;
        }
        link_blocks(p, c, c->len > 0u ? c->tail : USPAN_NO_INDEX, head);
    }
    if (len > 0u) {
        uspan_chain_fill(p, c, data, len);
    }
    return true;
}

uspan_err_t uspan_chain_text(uspan_tracer_t *t, uspan_chain_t *c, const char *text, size_t len, size_t max)
{
    while (len > 0u) {
        size_t run = uspan_utf8_run(text, len);
        size_t left = max - c->len;
        size_t n = uspan_utf8_cut(text, run, left);
        if (uspan_chain_write(t, c, text, n, true) < run) {
            return USPAN_TRUNCATED;
        }
        text += run;
        len -= run;
        if (len > 0u) {
            int step = uspan_utf8_step(text, len);
            size_t bad = step == 0 ? len : (size_t)-step;
            if (max - c->len < 3u || uspan_chain_write(t, c, USPAN_REPLACEMENT, 3u, true) < 3u) {
                return USPAN_TRUNCATED;
            }
            text += bad;
            len -= bad;
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
