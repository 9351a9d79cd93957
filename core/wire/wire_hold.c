/* wire_hold.c: stores records until their unit or call is written, first in uspan_wire_t.hold, then in blocks
 * of the text pool. Called by the other files that read LLM traffic. The blocks belong to the span, under a
 * key that is never sent. If the application ends the span while data wait, the blocks are freed, and one
 * truncated value is counted. Invariant: hold is [text that waits to be written | records | the word being
 * read]. A block is owner, bytes used, offset of its last record, records. Records of an owner are read in
 * the order in which they arrived. */
#include "wire/wire_hold.h"
#include <string.h>
#include "trace/attr.h"
#include "wire/wire_attrs.h"

#define HEAD 3u        /* bytes of a block before its records */
#define RECORD_HEAD 2u /* tag and length */
#define RECORD_MAX (USPAN_BLOCK - HEAD - RECORD_HEAD)
#define WORD_BYTES 72u
#define GATHERED_MAX 72u
/* Maximum number of blocks that wait. It limits the time under the lock. 16 bits count their bytes. */
#define BLOCKS_WANTED (USPAN_VALUE_MAX / USPAN_BLOCK + 24u)
#define BLOCKS_WAIT_MAX (BLOCKS_WANTED < UINT16_MAX / USPAN_BLOCK ? BLOCKS_WANTED : UINT16_MAX / USPAN_BLOCK)

static const uspan_key_t waiting_key = USPAN_KEY_INIT("uspan.wire.waiting");

USPAN_NOINLINE static uint16_t *tail_of(uspan_wire_t *w, unsigned owner)
{
    return owner == USPAN_HOLD_UNIT ? &w->unit_tail : &w->calls[owner - 1u].tail;
}

/* Returns the entry of the span's blocks, or NULL if there are none. *slot: the span, or NULL if it is not
 * recording. Caller holds the lock. */
static uspan_entry_t *find_blocks(uspan_wire_t *w, uspan_slot_t **slot)
{
    uspan_err_t err;
    *slot = uspan_slot_find_recording(&w->t->trace, w->s, &err);
    return *slot != NULL ? uspan_entry_find(*slot, &waiting_key) : NULL;
}

/* Remove an attribute. The others keep their order, so that it does not depend on where fragments end. */
USPAN_NOINLINE static void remove_entry(uspan_slot_t *slot, uspan_entry_t *e)
{
    slot->attr_count--;
    memmove(e, e + 1, (size_t)(&slot->attrs[slot->attr_count] - e) * sizeof *e);
}

/* Free the blocks of a span that ends while data wait, and count a truncated value. Called by span.c. Caller
 * holds the lock. */
static void drop_waiting(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    uspan_entry_t *e = uspan_entry_find(slot, &waiting_key);
    if (e != NULL) {
        uspan_entry_free(p, e);
        remove_entry(slot, e);
    }
    p->values_truncated++;
}

static void set_waiting(uspan_trace_part_t *p, uspan_slot_t *slot, bool waits)
{
    p->drop_waiting = drop_waiting;
    slot->traits =
        (uint8_t)(waits ? slot->traits | USPAN_TRAIT_WAITING : slot->traits & ~USPAN_TRAIT_WAITING);
}

/* ---- blocks -------------------------------------------------------------------------------------------- */

/* Add a block for the owner. tag: of the value that needs it. A long value must not use the reserved blocks.
 * Returns false if there is no block. Caller holds the lock. */
static bool add_block(uspan_wire_t *w, unsigned owner, unsigned tag)
{
    unsigned kept = (tag & ~USPAN_HOLD_MORE) >= TAKE_CONTENT ? USPAN_BLOCKS_RESERVED : 0u;
    uspan_trace_part_t *p = &w->t->trace;
    uspan_slot_t *slot;
    uint16_t block;
    uint16_t tail;
    uspan_entry_t *e = find_blocks(w, &slot);
    if (slot == NULL || (e != NULL && e->len >= BLOCKS_WAIT_MAX * USPAN_BLOCK) ||
        uspan_blocks_alloc_beside(p, 1u, kept, &block, &tail) == 0u) {
        return false;
    }
    if (e == NULL) {
        e = uspan_entry_claim(p, w->s, &waiting_key, true);
        if (e == NULL) {
            uspan_blocks_free(p, block, block, 1u);
            return false;
        }
        e->store = USPAN_STORE_BYTES;
        e->pend_len = 0u;
        e->len = 0u;
        e->v.chain.head = block;
    } else {
        p->block_next[e->v.chain.tail] = block;
    }
    e->v.chain.tail = block;
    e->len = (uint16_t)(e->len + USPAN_BLOCK);
    uint8_t *bytes = p->blocks[block].bytes;
    bytes[0] = (uint8_t)owner;
    bytes[1] = bytes[2] = HEAD;
    *tail_of(w, owner) = block;
    set_waiting(p, slot, true);
    return true;
}

/* Add bytes of a value to the owner's last block, or to a new one. Returns the number of bytes. For an empty
 * value it returns 1. 0: there was no room. Caller holds the lock. */
static size_t add_some(uspan_wire_t *w, unsigned owner, unsigned tag, const char *text, size_t len)
{
    uint16_t tail = *tail_of(w, owner);
    uint8_t *bytes = tail != USPAN_NO_INDEX ? w->t->trace.blocks[tail].bytes : NULL;
    size_t room = bytes != NULL ? USPAN_BLOCK - bytes[1] : 0u;
    bool goes_on = bytes != NULL && (tag & USPAN_HOLD_MORE) != 0u && bytes[1] > HEAD && room > 0u &&
                   ((bytes[bytes[2]] ^ tag) & ~USPAN_HOLD_MORE) == 0u;
    if (!goes_on && room < RECORD_HEAD + (len > 0u ? 1u : 0u)) {
        if (!add_block(w, owner, tag)) {
            return 0u;
        }
        bytes = w->t->trace.blocks[*tail_of(w, owner)].bytes;
        room = USPAN_BLOCK - HEAD;
    }
    if (!goes_on) {
        bytes[2] = bytes[1];
        bytes[bytes[2]] = (uint8_t)tag;
        bytes[bytes[2] + 1u] = 0u;
        bytes[1] = (uint8_t)(bytes[1] + RECORD_HEAD);
        room -= RECORD_HEAD;
    }
    size_t n = len < room ? len : room;
    memcpy(bytes + bytes[1], text, n);
    bytes[1] = (uint8_t)(bytes[1] + n);
    bytes[bytes[2] + 1u] = (uint8_t)(bytes[bytes[2] + 1u] + n);
    return n > 0u ? n : 1u;
}

/* Add a value to blocks. Returns false if not all of it was stored. Sets *begun if some of it was stored. */
static bool add_to_blocks(uspan_wire_t *w, unsigned owner, unsigned tag, const char *text, size_t len,
                          bool *begun)
{
    bool fits = true;
    do {
        uint32_t state = uspan_lock(w->t);
        uspan_slot_t *slot;
        bool lives = find_blocks(w, &slot) != NULL || *tail_of(w, owner) == USPAN_NO_INDEX;
        size_t n = lives ? add_some(w, owner, tag, text, len) : 0u;
        uspan_unlock(w->t, state);
        fits = n > 0u;
        *begun = *begun || fits;
        n = n < len ? n : len;
        text += n;
        len -= n;
        tag |= USPAN_HOLD_MORE;
    } while (len > 0u && fits);
    return fits;
}

/* Remove the block after `before` (USPAN_NO_INDEX: the first one). Caller holds the lock. */
USPAN_NOINLINE static void remove_block(uspan_trace_part_t *p, uspan_entry_t *e, uint16_t before,
                                        uint16_t block)
{
    *(before == USPAN_NO_INDEX ? &e->v.chain.head : &p->block_next[before]) = p->block_next[block];
    e->len = (uint16_t)(e->len - USPAN_BLOCK);
    uspan_blocks_free(p, block, block, 1u);
}

void uspan_hold_clear(uspan_wire_t *w, unsigned owner)
{
    if (owner == USPAN_HOLD_UNIT) {
        w->first = w->hold_len = w->gathered;
        w->last = 0u;
    }
    if (*tail_of(w, owner) == USPAN_NO_INDEX) {
        return;
    }
    *tail_of(w, owner) = USPAN_NO_INDEX;
    uspan_trace_part_t *p = &w->t->trace;
    uspan_slot_t *slot;
    uint32_t state = uspan_lock(w->t);
    uspan_entry_t *e = find_blocks(w, &slot);
    uint16_t before = USPAN_NO_INDEX;
    for (uint16_t block = e != NULL ? e->v.chain.head : USPAN_NO_INDEX; block != USPAN_NO_INDEX;) {
        uint16_t next = p->block_next[block];
        if (p->blocks[block].bytes[0] != owner) {
            before = block;
        } else {
            remove_block(p, e, before, block);
        }
        block = next;
    }
    if (e != NULL && e->len == 0u) {
        remove_entry(slot, e);
        set_waiting(p, slot, false);
    } else if (e != NULL) {
        e->v.chain.tail = before;
    }
    uspan_unlock(w->t, state);
}

/* ---- records ------------------------------------------------------------------------------------------- */

/* Move the records of the unit to blocks. Returns false if some of them did not fit. They are lost. */
static bool spill(uspan_wire_t *w)
{
    bool fits = true;
    bool begun = false;
    for (size_t at = w->first; at < w->hold_len && fits;) {
        const char *record = w->hold + at;
        size_t len = (uint8_t)record[1];
        fits = add_to_blocks(w, USPAN_HOLD_UNIT, (uint8_t)record[0], record + RECORD_HEAD, len, &begun);
        at += RECORD_HEAD + len;
    }
    w->hold_len = w->first;
    w->last = 0u;
    return fits;
}

/* Make room for n bytes after the records: move records to blocks, then write waiting text. Returns false if
 * records were lost. */
static bool make_room(uspan_wire_t *w, size_t n)
{
    bool fits = true;
    if (n > sizeof w->hold - w->hold_len) {
        fits = spill(w);
        if (w->gathered > 0u && n > sizeof w->hold - w->hold_len) {
            (void)uspan_wire_writer(w);
            w->first = w->hold_len = 0u;
        }
    }
    return fits;
}

char *uspan_hold_word(uspan_wire_t *w)
{
    if (w->word_len == 0u && !make_room(w, WORD_BYTES)) {
        uspan_wire_count_unread(w);
    }
    return w->hold + w->hold_len;
}

/* Add a value to hold, which has room for it. w->last is the offset of the last record plus 1. */
static void add_here(uspan_wire_t *w, unsigned tag, const char *text, size_t len)
{
    bool goes_on = (tag & USPAN_HOLD_MORE) != 0u && w->last > 0u &&
                   (((uint8_t)w->hold[w->last - 1u] ^ tag) & ~USPAN_HOLD_MORE) == 0u;
    if (!goes_on) {
        w->last = (uint8_t)(w->hold_len + 1u);
        w->hold[w->hold_len] = (char)tag;
        w->hold[w->hold_len + 1u] = 0;
        w->hold_len = (uint8_t)(w->hold_len + RECORD_HEAD);
    }
    memcpy(w->hold + w->hold_len, text, len);
    w->hold_len = (uint8_t)(w->hold_len + len);
    w->hold[w->last] = (char)(w->hold[w->last] + (char)len);
}

bool uspan_hold_add(uspan_wire_t *w, unsigned owner, unsigned tag, const char *text, size_t len, bool more)
{
    bool fits = true;
    bool begun = more;
    tag |= more ? USPAN_HOLD_MORE : 0u;
    if (owner != USPAN_HOLD_UNIT) {
        fits = add_to_blocks(w, owner, tag, text, len, &begun);
    } else if (len + RECORD_HEAD <= sizeof w->hold - w->hold_len ||
               (len + RECORD_HEAD <= sizeof w->hold && make_room(w, len + RECORD_HEAD) &&
                len + RECORD_HEAD <= sizeof w->hold - w->hold_len)) {
        add_here(w, tag, text, len);
    } else {
        fits = spill(w) && add_to_blocks(w, owner, tag, text, len, &begun);
    }
    if (!fits && !uspan_wire_is(w, USPAN_WIRE_LOST)) {
        w->flags |= USPAN_WIRE_LOST | (begun ? 0u : USPAN_WIRE_UNBEGUN); /* count a value once */
        uspan_wire_count_unread(w);
    }
    return fits;
}

void uspan_hold_begin(uspan_hold_cursor_t *c, unsigned owner)
{
    c->before = c->block = USPAN_NO_INDEX;
    c->at = HEAD;
    c->owner = (uint8_t)owner;
    c->depth = 0u;
    c->in_blocks = true;
    c->in_whole = false;
}

/* Read the owner's next record in blocks. Returns false if there are no more. Caller holds the lock. */
static bool next_in_blocks(uspan_wire_t *w, uspan_hold_cursor_t *c, uspan_record_t *r)
{
    uspan_trace_part_t *p = &w->t->trace;
    uspan_slot_t *slot;
    uspan_entry_t *e = find_blocks(w, &slot);
    if (e == NULL) {
        return false;
    }
    uint16_t block = c->block != USPAN_NO_INDEX    ? c->block
                     : c->before != USPAN_NO_INDEX ? p->block_next[c->before]
                                                   : e->v.chain.head;
    while (block != USPAN_NO_INDEX &&
           (p->blocks[block].bytes[0] != c->owner || c->at >= p->blocks[block].bytes[1])) {
        c->before = block;
        c->at = HEAD;
        block = p->block_next[block];
    }
    c->block = block;
    if (block == USPAN_NO_INDEX) {
        return false;
    }
    const uint8_t *record = p->blocks[block].bytes + c->at;
    r->tag = record[0];
    r->len = record[1];
    memcpy(r->copy, record + RECORD_HEAD, r->len);
    r->text = r->copy;
    c->at = (uint8_t)(c->at + RECORD_HEAD + r->len);
    return true;
}

bool uspan_hold_next(uspan_wire_t *w, uspan_hold_cursor_t *c, uspan_record_t *r)
{
    bool found = false;
    if (c->in_blocks) {
        if (*tail_of(w, c->owner) != USPAN_NO_INDEX) {
            uint32_t state = uspan_lock(w->t);
            found = next_in_blocks(w, c, r);
            uspan_unlock(w->t, state);
        }
        if (!found) {
            c->in_blocks = false;
            c->at = w->first;
        }
    }
    if (!found && c->owner == USPAN_HOLD_UNIT && c->at < w->hold_len) {
        r->tag = (uint8_t)w->hold[c->at];
        r->len = (uint8_t)w->hold[c->at + 1u];
        r->text = w->hold + c->at + RECORD_HEAD;
        c->at = (uint8_t)(c->at + RECORD_HEAD + r->len);
        found = true;
    }
    if (found) {
        r->more = (r->tag & USPAN_HOLD_MORE) != 0u;
        r->tag &= (uint8_t)~USPAN_HOLD_MORE;
    }
    return found;
}

/* Remove the record at the cursor and all records after it. */
static void drop_from(uspan_wire_t *w, const uspan_hold_cursor_t *c)
{
    uspan_trace_part_t *p = &w->t->trace;
    uspan_slot_t *slot;
    w->hold_len = c->in_blocks ? w->first : c->at;
    w->last = 0u;
    if (!c->in_blocks) {
        return;
    }
    uint32_t state = uspan_lock(w->t);
    uint16_t block = find_blocks(w, &slot) != NULL ? c->block : USPAN_NO_INDEX;
    for (uint8_t end = c->at; block != USPAN_NO_INDEX; block = p->block_next[block]) {
        uint8_t *bytes = p->blocks[block].bytes;
        if (bytes[0] == c->owner) {
            bytes[1] = end;
            bytes[2] = HEAD; /* no value continues here */
            end = HEAD;
        }
    }
    uspan_unlock(w->t, state);
}

void uspan_hold_drop_half(uspan_wire_t *w)
{
    uspan_hold_cursor_t c;
    uspan_record_t r;
    uspan_hold_begin(&c, USPAN_HOLD_UNIT);
    uspan_hold_cursor_t value = c;
    unsigned tag = TAKE_TEXT;
    while (uspan_hold_next(w, &c, &r)) {
        if (!r.more) {
            value = c;
            value.at = (uint8_t)(c.at - RECORD_HEAD - r.len);
        }
        tag = r.tag;
    }
    if (tag < TAKE_CONTENT && tag != TAKE_ERROR && tag != TAKE_WEAK_ERROR) {
        drop_from(w, &value);
    }
}

void uspan_hold_release(uspan_wire_t *w, uspan_hold_cursor_t *c)
{
    if (!c->in_blocks || c->at < USPAN_BLOCK) {
        return;
    }
    uspan_trace_part_t *p = &w->t->trace;
    uspan_slot_t *slot;
    uint32_t state = uspan_lock(w->t);
    uspan_entry_t *e = find_blocks(w, &slot);
    uint16_t block = c->block;
    if (e != NULL && block != *tail_of(w, c->owner) && p->blocks[block].bytes[2] == HEAD) {
        remove_block(p, e, c->before, block);
        c->block = USPAN_NO_INDEX;
        c->at = HEAD;
    }
    uspan_unlock(w->t, state);
}

/* ---- text that waits to be written --------------------------------------------------------------------- */

static void tell_waiting(uspan_wire_t *w, bool waits)
{
    uspan_err_t err;
    uint32_t state = uspan_lock(w->t);
    uspan_slot_t *slot = uspan_slot_find_recording(&w->t->trace, w->s, &err);
    if (slot != NULL) {
        set_waiting(&w->t->trace, slot, waits || uspan_entry_find(slot, &waiting_key) != NULL);
    }
    uspan_unlock(w->t, state);
}

bool uspan_hold_gather(uspan_wire_t *w, const char *text, size_t len)
{
    if (len > GATHERED_MAX - w->gathered) {
        return false;
    }
    if (w->gathered == 0u && len > 0u) {
        tell_waiting(w, true);
    }
    memmove(w->hold + w->gathered, text, len);
    w->gathered = (uint8_t)(w->gathered + len);
    return true;
}

void uspan_hold_gathered(uspan_wire_t *w)
{
    w->gathered = 0u;
    tell_waiting(w, false);
}

uspan_writer_t *uspan_wire_writer(uspan_wire_t *w)
{
    if (w->gathered > 0u) {
        (void)uspan_write_more_n(&w->out, w->hold, w->gathered);
        uspan_hold_gathered(w);
    }
    return &w->out;
}
