/* history.c: keeps system messages and the newest messages of a history. Called by message.c. A dropped
 * message returns its full blocks to the pool, and leaves spaces in blocks that it shares. Invariant: the
 * value stays one JSON value. */
#include "genai/history.h"
#include "genai/typed.h"

#define ROLE_BYTES 8u /* of "role":" */

/* A walk over the bytes of the value. Its blocks belong to an attribute that one writer writes. */
typedef struct walk {
    const uspan_trace_part_t *p;
    unsigned at, len; /* offset of the next byte, and length of the value */
    uint16_t block;   /* the block of the next byte */
    uint16_t before;  /* the previous block */
} walk_t;

static uint8_t next_byte(walk_t *k)
{
    uint8_t c = k->p->blocks[k->block].bytes[k->at % USPAN_BLOCK];
    k->at++;
    if (k->at % USPAN_BLOCK == 0u && k->at < k->len) {
        k->before = k->block;
        k->block = k->p->block_next[k->block];
        k->len = k->block < USPAN_BLOCKS_MAX ? k->len : k->at; /* the chain was freed */
    }
    return c;
}

/* A stretch of the value: a message, the spaces before it and the comma after it. */
typedef struct stretch {
    unsigned from, chars; /* offset of its first byte, and its length in characters */
    uint16_t block;       /* the block of the last byte before it */
} stretch_t;

/* Read one message and the comma after it. Returns false if the message is still open or the value ended.
 * *system: the message stays, because its role begins with the first letter of "system" or "developer". */
static bool pass_message(walk_t *k, stretch_t *s, bool *system)
{
    uint64_t last = 0, role;
    unsigned depth = 0;
    bool in_string = false, escaped = false, begun = false;
    memcpy(&role, "\"role\":\"", ROLE_BYTES);
    *s = (stretch_t){ .from = k->at, .block = k->at % USPAN_BLOCK == 0u ? k->before : k->block };
    *system = false;
    while (k->at < k->len) {
        uint8_t c = next_byte(k);
        s->chars += (c & 0xC0u) != 0x80u;
        if (in_string) {
            *system = *system || (depth == 1u && last == role && (c == 's' || c == 'd'));
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
            begun = true;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == ',' && depth == 0u && begun) {
            return true;
        }
        memmove(&last, (const char *)&last + 1, ROLE_BYTES - 1u);
        ((uint8_t *)&last)[ROLE_BYTES - 1u] = c;
    }
    return false;
}

/* Remove the blocks that the stretch fills completely, and overwrite its other bytes with spaces. `end` is
 * the walk after the stretch. The caller holds the lock. */
static void cut_out(uspan_trace_part_t *p, uspan_writer_t *w, uspan_entry_t *e, const stretch_t *s,
                    const walk_t *end)
{
    unsigned first = uspan_blocks_for(s->from),
             last = end->at / USPAN_BLOCK; /* complete blocks: [first, last) */
    unsigned count = last > first ? last - first : 0u;
    unsigned from = s->from % USPAN_BLOCK, to = end->at % USPAN_BLOCK;
    if (last == s->from / USPAN_BLOCK) { /* the stretch is in one block */
        memset(p->blocks[end->block].bytes + from, ' ', to - from);
    } else {
        memset(p->blocks[s->block].bytes + from, ' ', from > 0u ? USPAN_BLOCK - from : 0u);
        memset(p->blocks[end->block].bytes, ' ', to);
    }
    if (count > 0u) {
        uint16_t head = p->block_next[s->block];
        p->block_next[s->block] = end->block;
        uspan_blocks_free(p, head, end->before, count);
    }
    unsigned gone = count * USPAN_BLOCK;
    w->chars = (uint16_t)(w->chars - s->chars + (end->at - s->from - gone));
    w->len = (uint16_t)(w->len - gone);
    w->total = (uint16_t)(w->total - gone);
    e->len = (uint16_t)(e->len - gone);
}

static void count_omitted(uspan_tracer_t *t, uspan_t s)
{
    int64_t count = 1;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_open(&t->trace, s);
    const uspan_entry_t *e = slot != NULL ? uspan_entry_find(slot, &uspan_key_uspan_messages_omitted) : NULL;
    count += e != NULL && e->store == USPAN_STORE_INT ? e->v.i : 0;
    uspan_unlock(t, state);
    (void)uspan_set_int(t, s, &uspan_key_uspan_messages_omitted, count);
}

void uspan_history_count(uspan_writer_t *w)
{
    uspan_tracer_t *t = w->t;
    w->messages = (uint8_t)(w->messages + (w->messages < UINT8_MAX));
    if (t == NULL || t->trace.history == 0u || w->messages <= t->trace.history) {
        return;
    }
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t err;
    stretch_t s;
    bool system = true;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_recording(p, w->s, &err);
    const uspan_entry_t *e = slot != NULL ? uspan_entry_find(slot, w->key) : NULL;
    bool found = e != NULL && e->store == USPAN_STORE_TEXT && e->len == w->total;
    walk_t k = { .p = p, .len = w->len, .block = found ? e->v.chain.head : 0u };
    uspan_unlock(t, state);
    if (!found) {
        return;
    }
    (void)next_byte(&k); /* the bracket of the list */
    while (system && found) {
        found = pass_message(&k, &s, &system);
    }
    if (!found) {
        return; /* no message but system messages and the open one */
    }
    state = uspan_lock(t); /* what was walked may have become another writer's value */
    slot = uspan_slot_find_recording(p, w->s, &err);
    uspan_entry_t *now = slot != NULL ? uspan_entry_find(slot, w->key) : NULL;
    found = now != NULL && now->store == USPAN_STORE_TEXT && now->len == w->total &&
            now->v.chain.pend == w->stamp;
    if (found) {
        cut_out(p, w, now, &s, &k);
    }
    uspan_unlock(t, state);
    if (found) {
        w->messages--;
        count_omitted(t, w->s);
    }
}
