/* keep_check.c: decides which spans from before a reset can be trusted. Invariant: no reference is followed
 * before it is checked. An index is below its bound, a pointer points into read-only memory of this image,
 * and a block has one owner. Each loop is bounded by a pool. Values that are corrected (tails, counts that
 * are one too low) are written so that a second mount finds the same. */
#include "trace/keep_check.h"
#include <string.h>
#include "trace/attr.h"
#include "trace/clock.h"
#include "trace/trace.h"
#include "trace/utf8.h"

#if USPAN_KEEP
typedef struct check {
    uspan_block_t *blocks; /* the tracer's arrays, as uspan_trace_part_t has them later */
    const uint16_t *next;
    const uspan_keep_options_t *o;
    uspan_keep_t *keep;
    const uspan_trace_part_t *trace;
} check_t;

USPAN_NOINLINE_SMALL uspan_keep_t *uspan_keep_of(const uspan_tracer_t *t)
{
    return (uspan_keep_t *)(uintptr_t)&t->keep;
}

/* ---- pointers ------------------------------------------------------------------------------------------ */

/* Returns the bytes of read-only memory from there on. */
static size_t fixed_bytes(const check_t *c, const void *at)
{
    for (unsigned i = 0; i < 2u; i++) {
        uintptr_t low = (uintptr_t)c->o->fixed[i].low, high = (uintptr_t)c->o->fixed[i].high;
        if ((uintptr_t)at >= low && (uintptr_t)at < high) {
            return high - (uintptr_t)at;
        }
    }
    return 0u;
}

static bool is_fixed(const check_t *c, const void *at, size_t len)
{
    return len <= fixed_bytes(c, at) && at != NULL;
}

static bool is_word(const check_t *c, const char *text)
{
    size_t most = fixed_bytes(c, text);
    return text == NULL || (most > 0u && memchr(text, 0, most) != NULL);
}

static bool is_key(const check_t *c, const uspan_key_t *key)
{
    return (uintptr_t)key % _Alignof(uspan_key_t) == 0u && is_fixed(c, key, sizeof *key) && key->len > 0u &&
           is_fixed(c, key->text, key->len);
}

static bool is_scope(const check_t *c, const uspan_scope_t *scope)
{
    return (uintptr_t)scope % _Alignof(uspan_scope_t) == 0u && is_fixed(c, scope, sizeof *scope) &&
           is_word(c, scope->name) && is_word(c, scope->version);
}

/* ---- blocks -------------------------------------------------------------------------------------------- */

/* Set the owner of the block. Returns false if there is no such block, or it has an owner. */
static bool own(const check_t *c, unsigned block)
{
    if (block >= USPAN_BLOCKS_MAX) {
        return false;
    }
    uint8_t *byte = &c->keep->owned[block / 8u];
    unsigned bit = 1u << block % 8u;
    bool is_new = (*byte & bit) == 0u;
    *byte = (uint8_t)(*byte | bit);
    return is_new;
}

/* Own the blocks of len bytes from head on, and correct *tail. */
static bool own_chain(const check_t *c, unsigned block, unsigned len, uint16_t *tail)
{
    for (unsigned n = uspan_blocks_for(len); n > 0u; n--) {
        if (!own(c, block)) {
            return false;
        }
        *tail = (uint16_t)block;
        block = c->next[block];
    }
    return true;
}

/* A position in a chain whose blocks are owned. */
typedef struct place {
    unsigned block, pos;
} place_t;

/* Returns the next bytes in the block, up to len. */
static unsigned next_bytes(const check_t *c, place_t *at, unsigned len, char *out)
{
    if (at->pos == USPAN_BLOCK) {
        at->block = c->next[at->block];
        at->pos = 0u;
    }
    unsigned n = USPAN_BLOCK - at->pos < len ? USPAN_BLOCK - at->pos : len;
    memcpy(out, c->blocks[at->block].bytes + at->pos, n);
    at->pos += n;
    return n;
}

/* Returns true if the next len bytes are UTF-8. */
static bool is_text(const check_t *c, place_t *at, unsigned len)
{
    char bytes[3u + USPAN_BLOCK_BYTES];
    size_t rest = 0; /* bytes of a character that continues in the next block */
    while (len > 0u) {
        unsigned n = next_bytes(c, at, len, bytes + rest);
        size_t run = uspan_utf8_run(bytes, rest + n);
        len -= n;
        rest = rest + n - run;
        if (rest > 3u) {
            return false;
        }
        for (unsigned i = 0; i < rest; i++) {
            bytes[i] = bytes[run + i];
        }
    }
    return rest == 0u;
}

/* Returns true if len bytes are texts, each after two bytes of length. */
static bool are_texts(const check_t *c, place_t *at, unsigned len)
{
    while (len > 0u) {
        char head[2] = { 0, 0 };
        unsigned n = len < 2u ? 2u : next_bytes(c, at, 1u, head) + next_bytes(c, at, 1u, head + 1);
        unsigned text = (uint8_t)head[0] | (unsigned)(uint8_t)head[1] << 8;
        if (n + text > len || !is_text(c, at, text)) {
            return false;
        }
        len -= n + text;
    }
    return true;
}

/* ---- values -------------------------------------------------------------------------------------------- */

/* Check a value whose data is in v, which is that of an entry or the shorter one of a name. Static text was
 * checked before. */
USPAN_NOINLINE_SMALL static bool is_value(const check_t *c, unsigned store, unsigned len, void *v)
{
    uint16_t *chain = v; /* head, tail */
    if (store == USPAN_STORE_INLINE) {
        return len <= sizeof(uint64_t) && uspan_utf8_run(v, len) == len;
    }
    if (store < USPAN_STORE_TEXT) {
        return store != USPAN_STORE_PERCENT;
    }
    if (store > USPAN_STORE_TEXTS || len > USPAN_VALUE_MAX || !own_chain(c, chain[0], len, &chain[1])) {
        return false;
    }
    place_t at = { chain[0], 0u };
    return store == USPAN_STORE_TEXT                                   ? is_text(c, &at, len)
           : store == USPAN_STORE_TEXTS                                ? are_texts(c, &at, len)
           : store == USPAN_STORE_INTS || store == USPAN_STORE_DOUBLES ? len % 8u == 0u
                                                                       : true;
}

USPAN_NOINLINE_SMALL static bool is_static_gone(const check_t *c, unsigned store, unsigned len, const void *v)
{
    const char *text;
    memcpy(&text, v, sizeof text);
    return store == USPAN_STORE_STATIC && !is_fixed(c, text, len);
}

/* Returns true if the key and the text that the entry refers to exist. */
USPAN_NOINLINE_SMALL static bool is_known(const check_t *c, const uspan_entry_t *e)
{
    return is_key(c, e->key) && !is_static_gone(c, e->store, e->len, &e->v);
}

static bool is_left_out(const uspan_key_t *key)
{
    return USPAN_KEEP_CONTENT == 0 && (key->flags & USPAN_KEY_CONTENT) != 0u;
}

/* Replace e by the last entry. While both exist, e is used, because it is the first of that key. */
static void remove_entry(uspan_slot_t *slot, uspan_entry_t *e)
{
    const uspan_entry_t *last = &slot->attrs[slot->attr_count - 1u];
    if (e != last) {
        uspan_entry_t moved = *last;
        moved.store = e->store = USPAN_STORE_NONE;
        USPAN_COMMIT_ORDER();
        *e = moved;
        USPAN_COMMIT_ORDER();
        e->store = last->store;
    }
    USPAN_COMMIT_ORDER();
    slot->attr_count--;
}

/* Check the table of a span. Entries that were being written are removed. Entries that point elsewhere are
 * removed and counted. */
static bool are_attrs(const check_t *c, uspan_slot_t *slot)
{
    for (unsigned i = 0; i < slot->attr_count;) {
        uspan_entry_t *e = &slot->attrs[i];
        bool known = is_known(c, e);
        if (!known) {
            slot->dropped_attrs = (uint16_t)(slot->dropped_attrs + (slot->dropped_attrs < UINT16_MAX));
        }
        if (!known || e->store == USPAN_STORE_NONE || uspan_entry_find(slot, e->key) != e ||
            is_left_out(e->key)) {
            remove_entry(slot, e);
            continue;
        }
        if (!is_value(c, e->store, e->len, &e->v)) {
            return false;
        }
        if (e->pend_len != 0u && e->pend_len != USPAN_PEND_CLOSED) {
            e->pend_len = 0u;
            c->keep->cut++;
        }
        i++;
    }
    return true;
}

/* ---- events and links ---------------------------------------------------------------------------------- */

static bool is_item(const check_t *c, uspan_block_t *item, bool is_link)
{
    uspan_event_rec_t *rec = &item->event; /* a link has the same first fields */
    /* a name is text, not a number */
    if (!is_link &&
        (rec->name_len == 0u || rec->name_store < USPAN_STORE_STATIC || rec->name_store > USPAN_STORE_TEXT ||
         is_static_gone(c, rec->name_store, rec->name_len, &rec->name) ||
         !is_value(c, rec->name_store, rec->name_len, &rec->name))) {
        return false;
    }
    unsigned at = rec->attrs, next = rec->attrs;
    if (rec->attr_count > USPAN_EVENT_ATTRS_MAX + 1u || (rec->attr_count == 0u) != (at == USPAN_NO_INDEX)) {
        return false;
    }
    for (unsigned i = 0; i < rec->attr_count; i++) {
        if (i % USPAN_ENTRIES_PER_BLOCK == 0u) {
            at = next;
            if (!own(c, at)) {
                return false;
            }
            next = c->next[at];
        }
        uspan_entry_t *e = &c->blocks[at].entries[i % USPAN_ENTRIES_PER_BLOCK];
        bool is_tracestate = is_link && i == 0u && e->key == NULL;
        if (e->store == USPAN_STORE_NONE ||
            (is_tracestate ? e->store == USPAN_STORE_STATIC : !is_known(c, e))) {
            return false;
        }
        if (!is_tracestate && is_left_out(e->key) && e->store >= USPAN_STORE_STATIC) {
            e->len = 0u;
        }
        if (!is_value(c, e->store, e->len, &e->v)) {
            return false;
        }
    }
    return true;
}

/* Check the list from there on. The span may refer to an item that it does not count yet. */
static bool are_items(const check_t *c, unsigned at, bool is_link, uint8_t *count, uint16_t *tail)
{
    unsigned n = 0;
    while (at != USPAN_NO_INDEX) {
        if (n >= (is_link ? USPAN_LINKS_MAX : USPAN_EVENTS_MAX) || !own(c, at) ||
            !is_item(c, &c->blocks[at], is_link)) {
            return false;
        }
        *tail = (uint16_t)at;
        at = c->blocks[at].event.next;
        n++;
    }
    if (n - *count > 1u) {
        return false;
    }
    *count = (uint8_t)n;
    return true;
}

/* ---- spans --------------------------------------------------------------------------------------------- */

#if USPAN_TRACESTATE_BYTES > 0
static bool is_tracestate(const check_t *c, unsigned i)
{
    const uspan_tracestate_rec_t *rec = &c->trace->tracestates[i < USPAN_TRACESTATES_MAX ? i : 0u];
    bool good = i < USPAN_TRACESTATES_MAX && rec->len <= USPAN_TRACESTATE_BYTES;
    for (unsigned n = 0; good && n < rec->len; n++) {
        good = rec->text[n] >= ' ' && rec->text[n] <= '~';
    }
    return good;
}
#endif

static bool is_message(const check_t *c, uspan_slot_t *slot)
{
    uint16_t chain[2] = { slot->message, slot->message_tail };
    bool good = is_value(c, USPAN_STORE_TEXT, slot->message_len, chain);
    slot->message_tail = chain[1];
    return good;
}

USPAN_NOINLINE_SMALL static bool is_span(const check_t *c, uspan_slot_t *slot, unsigned i)
{
    if (slot->name_len == 0u) { /* the name was being replaced */
        memcpy(slot->name, "unnamed", 7u);
        USPAN_COMMIT_ORDER();
        slot->name_len = 7u;
    }
    if (slot->state > USPAN_STATE_ENDED || slot->id % (1u << USPAN_SLOT_BITS) != i ||
        uspan_is_null(USPAN_HANDLE(slot->id)) || slot->name_len > USPAN_NAME_MAX ||
        uspan_utf8_run(slot->name, slot->name_len) != slot->name_len || slot->kind < USPAN_KIND_INTERNAL ||
        slot->kind > USPAN_KIND_CONSUMER || slot->status > USPAN_STATUS_ERROR ||
        (slot->flags & ~(unsigned)(USPAN_FLAG_SAMPLED | USPAN_FLAG_RANDOM)) != 0u ||
        slot->epoch >= USPAN_EPOCHS_MAX || c->trace->epochs[slot->epoch].state > USPAN_EPOCH_UNSYNCED ||
        (slot->state == USPAN_STATE_ENDED && (int64_t)(slot->end_ns - slot->start_ns) < 0) ||
        slot->attr_count > USPAN_ATTRS_MAX || uspan_is_zero(slot->trace_id, sizeof slot->trace_id) ||
        uspan_is_zero(slot->span_id, sizeof slot->span_id) || !is_scope(c, slot->scope)) {
        return false;
    }
#if USPAN_TRACESTATE_BYTES > 0
    if ((slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u && !is_tracestate(c, slot->tracestate)) {
        return false;
    }
#endif
    return are_attrs(c, slot) && is_message(c, slot) &&
           are_items(c, slot->events, false, &slot->event_count, &slot->events_tail) &&
           are_items(c, slot->links, true, &slot->link_count, &slot->links_tail);
}

uspan_epoch_t *uspan_keep_count_epochs(uspan_tracer_t *t)
{
    uspan_epoch_t *const epochs = t->trace.epochs, *least = epochs;
    for (unsigned e = 0; e < USPAN_EPOCHS_MAX; e++) {
        epochs[e].refs = 0u;
    }
    for (const uspan_slot_t *slot = t->slots; slot < t->slots + USPAN_SPANS_MAX; slot++) {
        if (slot->state != USPAN_STATE_FREE) {
            epochs[slot->epoch % USPAN_EPOCHS_MAX].refs++;
        }
    }
    for (unsigned e = 1; e < USPAN_EPOCHS_MAX; e++) {
        least = epochs[e].refs < least->refs ? &epochs[e] : least;
    }
    return least;
}

void uspan_keep_check(uspan_tracer_t *t, const uspan_keep_options_t *o)
{
    uspan_keep_t *k = uspan_keep_of(t);
    const check_t c = { t->blocks, t->block_next, o, k, &t->trace };
    unsigned leaves = USPAN_EPOCHS_MAX; /* the new boot needs one epoch */
    /* A rejected span may own blocks of another span, so a second pass over the remaining ones is needed. */
    for (unsigned pass = 0, lost = 1; pass < 3u && lost > 0u; pass++) {
        lost = 0;
        memset(k->owned, 0, sizeof k->owned);
        for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
            uspan_slot_t *slot = &t->slots[i];
            if (slot->state == USPAN_STATE_FREE) {
                continue;
            }
            bool sampled = (slot->flags & USPAN_FLAG_SAMPLED) != 0u;
            if (!sampled || slot->epoch == leaves || !is_span(&c, slot, i)) {
                slot->state = USPAN_STATE_FREE;
                k->lost = (uint16_t)(k->lost + sampled);
                lost++;
            }
        }
        const uspan_epoch_t *least = uspan_keep_count_epochs(t);
        if (pass == 0u && least->refs > 0u) {
            leaves = (unsigned)(least - t->trace.epochs);
            lost++;
        }
    }
}
#endif
