/* peek.c: implements peek.h. Blocks that a test allocated are one chain: taken_head to taken_tail. */
#include "peek.h"
#include <stdlib.h>
#include <string.h>
#include "trace/trace.h"

static uint16_t taken_head, taken_tail;
static unsigned taken;

static uspan_err_t swallow(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    (void)t;
    (void)s;
    return USPAN_OK;
}

static void begin(world_t *w)
{
    static const uspan_sink_t sink = { NULL, swallow };
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0u, &sink), USPAN_OK);
    taken = 0;
}

static void prove_nothing_leaked(world_t *w)
{
    uspan_trace_part_t *p = &w->tracer.trace;
    peek_return_blocks(w);
    w->entropy = true;
    uspan_trace_stop(&w->tracer);
    peek_drain(w);
    world_assert_balanced(w);
    assert_int_equal(w->lock_depth, 0);
    assert_int_equal(p->open, 0);
    assert_int_equal(p->ended, 0);
    assert_int_equal(p->slots_live, 0);
    assert_int_equal(p->blocks_live, 0);
    assert_int_equal(peek_free_blocks(w), USPAN_BLOCKS_MAX);
    unsigned slots = 0;
    for (uint16_t i = p->free_head; i != USPAN_NO_INDEX; i = p->slots[i].queued[0].next) {
        assert_int_equal(p->slots[i].state, USPAN_STATE_FREE);
        assert_true(++slots <= USPAN_SPANS_MAX);
    }
    assert_int_equal(slots, USPAN_SPANS_MAX);
    for (unsigned i = 0; i < USPAN_EPOCHS_MAX; i++) {
        assert_int_equal(p->epochs[i].refs, 0);
    }
#if USPAN_STUDIO
    for (unsigned i = 0; i < USPAN_RUNS_MAX; i++) {
        assert_int_equal(p->runs[i].refs, 0);
    }
#endif
#if USPAN_TRACESTATE_BYTES > 0
    for (unsigned i = 0; i < USPAN_TRACESTATES_MAX; i++) {
        assert_int_equal(p->tracestates[i].refs, 0);
    }
#endif
}

int peek_setup(void **state)
{
    (void)world_setup(state);
    begin(*state);
    return 0;
}

int peek_teardown(void **state)
{
    prove_nothing_leaked(*state);
    return world_teardown(state);
}

void peek_drain(world_t *w)
{
    uspan_flush(&w->tracer);
    for (unsigned n = 0; n < 10000u && w->tracer.trace.ended > 0u; n++) {
        uint32_t wait_ms = 0;
        uspan_err_t err = uspan_poll(&w->tracer, &wait_ms);
        assert_true(err == USPAN_OK || err == USPAN_ERR_AGAIN);
        world_advance_ms(w, wait_ms == USPAN_FOREVER ? 1u : wait_ms);
    }
    assert_int_equal(w->tracer.trace.ended, 0);
}

void peek_restart(world_t *w)
{
    prove_nothing_leaked(w);
    world_reset(w);
    begin(w);
}

uspan_slot_t *peek_slot(world_t *w, uspan_t s)
{
    uspan_slot_t *slot = uspan_is_null(s) ? NULL : uspan_slot_find(&w->tracer.trace, s);
    assert_non_null(slot);
    return slot;
}

const uspan_entry_t *peek_attr(world_t *w, uspan_t s, const char *key)
{
    const uspan_slot_t *slot = peek_slot(w, s);
    const uspan_entry_t *found = NULL;
    for (unsigned i = 0; i < slot->attr_count; i++) {
        const uspan_key_t *k = slot->attrs[i].key;
        if (k->len == strlen(key) && memcmp(k->text, key, k->len) == 0) {
            assert_null(found); /* each key once */
            found = &slot->attrs[i];
        }
    }
    return found;
}

static const char *bytes_of(world_t *w, unsigned store, const void *near, const char *text, uint16_t block, size_t len)
{
    static char out[65536];
    const uspan_trace_part_t *p = &w->tracer.trace;
    assert_true(len < sizeof out);
    if (store == USPAN_STORE_STATIC) {
        memcpy(out, text, len);
    } else if (store == USPAN_STORE_INLINE) {
        memcpy(out, near, len);
    } else {
        assert_true(uspan_store_is_chain(store));
        for (size_t at = 0; at < len; at += USPAN_BLOCK) {
            size_t n = len - at < USPAN_BLOCK ? len - at : USPAN_BLOCK;
            assert_true(block < USPAN_BLOCKS_MAX);
            memcpy(out + at, p->blocks[block].bytes, n);
            block = p->block_next[block];
        }
    }
    out[len] = '\0';
    return out;
}

const char *peek_bytes(world_t *w, const uspan_entry_t *e)
{
    return bytes_of(w, e->store, e->v.inline_text, e->v.text, e->v.chain.head, e->len);
}

const char *peek_str(world_t *w, uspan_t s, const char *key)
{
    const uspan_entry_t *e = peek_attr(w, s, key);
    bool text = e != NULL && (e->store == USPAN_STORE_STATIC || e->store == USPAN_STORE_INLINE || e->store == USPAN_STORE_TEXT);
    return text ? peek_bytes(w, e) : NULL;
}

int64_t peek_int(world_t *w, uspan_t s, const char *key)
{
    const uspan_entry_t *e = peek_attr(w, s, key);
    assert_non_null(e);
    assert_true(e->store == USPAN_STORE_INT || e->store == USPAN_STORE_BOOL);
    return e->v.i;
}

const char *peek_message(world_t *w, uspan_t s)
{
    const uspan_slot_t *slot = peek_slot(w, s);
    return bytes_of(w, USPAN_STORE_TEXT, NULL, NULL, slot->message, slot->message_len);
}

const uspan_event_rec_t *peek_event(world_t *w, uspan_t s, unsigned n)
{
    uint16_t at = peek_slot(w, s)->events;
    for (; n > 0u; n--) {
        assert_true(at < USPAN_BLOCKS_MAX);
        at = w->tracer.trace.blocks[at].event.next;
    }
    assert_true(at < USPAN_BLOCKS_MAX);
    return &w->tracer.trace.blocks[at].event;
}

const uspan_link_rec_t *peek_link(world_t *w, uspan_t s, unsigned n)
{
    uint16_t at = peek_slot(w, s)->links;
    for (; n > 0u; n--) {
        assert_true(at < USPAN_BLOCKS_MAX);
        at = w->tracer.trace.blocks[at].link.next;
    }
    assert_true(at < USPAN_BLOCKS_MAX);
    return &w->tracer.trace.blocks[at].link;
}

const char *peek_event_name(world_t *w, const uspan_event_rec_t *rec)
{
    return bytes_of(w, rec->name_store, rec->name.inline_text, rec->name.text, rec->name.chain.head, rec->name_len);
}

const uspan_entry_t *peek_entry(world_t *w, uint16_t attrs, unsigned n)
{
    for (; n >= USPAN_ENTRIES_PER_BLOCK; n -= (unsigned)USPAN_ENTRIES_PER_BLOCK) {
        assert_true(attrs < USPAN_BLOCKS_MAX);
        attrs = w->tracer.trace.block_next[attrs];
    }
    assert_true(attrs < USPAN_BLOCKS_MAX);
    return &w->tracer.trace.blocks[attrs].entries[n];
}

uspan_stats_t peek_stats(world_t *w)
{
    uspan_stats_t s;
    uspan_stats(&w->tracer, 0u, &s);
    return s;
}

void peek_leave_blocks(world_t *w, unsigned n)
{
    peek_return_blocks(w);
    unsigned have = peek_free_blocks(w);
    assert_true(have >= n);
    taken = have - n;
    if (taken > 0u) {
        assert_int_equal(uspan_blocks_alloc(&w->tracer.trace, taken, &taken_head, &taken_tail), taken);
    }
}

void peek_return_blocks(world_t *w)
{
    if (taken > 0u) {
        uspan_blocks_free(&w->tracer.trace, taken_head, taken_tail, taken);
        taken = 0;
    }
}

unsigned peek_free_blocks(const world_t *w)
{
    const uspan_trace_part_t *p = &w->tracer.trace;
    unsigned n = 0;
    for (uint16_t i = p->blocks_free; i != USPAN_NO_INDEX; i = p->block_next[i]) {
        assert_true(++n <= USPAN_BLOCKS_MAX);
    }
    assert_int_equal(n + p->blocks_live, USPAN_BLOCKS_MAX);
    return n;
}
