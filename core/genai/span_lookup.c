/* span_lookup.c: looks up attributes of open spans, for typed spans. It calls no other file of core/genai. */
#define USPAN_IN_SPAN_LOOKUP
#include "genai/span_lookup.h"

#define COPY_BYTES 64u
#define TEXT_BYTES 96u

bool uspan_has_key(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key)
{
    if (!uspan_is_live(t)) {
        return false;
    }
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_open(&t->trace, s);
    bool found = slot != NULL && uspan_entry_find(slot, key) != NULL;
    uspan_unlock(t, state);
    return found;
}

/* Copy the text of e to out if e is a text of at most cap bytes. e may be NULL. Returns the number of bytes
 * copied. The caller holds the lock. */
static size_t text_of_entry(const uspan_trace_part_t *p, const uspan_entry_t *e, char *out, size_t cap)
{
    size_t len = 0;
    if (e != NULL && e->len <= cap && e->store >= USPAN_STORE_STATIC && e->store <= USPAN_STORE_TEXT) {
        const uint8_t *bytes = e->store == USPAN_STORE_STATIC ? (const uint8_t *)e->v.text : e->v.inline_text;
        unsigned block = e->v.chain.head;
        for (; len < e->len; len++) {
            if (e->store == USPAN_STORE_TEXT && len % USPAN_BLOCK == 0u) {
                bytes = p->blocks[block].bytes;
                block = p->block_next[block];
            }
            out[len] = (char)*bytes++;
        }
    }
    return len;
}

bool uspan_text_is(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text)
{
    char own[TEXT_BYTES + 1u];
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_open(&t->trace, s);
    size_t len = text_of_entry(&t->trace, slot != NULL ? uspan_entry_find(slot, key) : NULL, own, TEXT_BYTES);
    uspan_unlock(t, state);
    own[len] = '\0';
    return len > 0u && strcmp(own, text) == 0;
}

void uspan_copy_key(uspan_tracer_t *t, uspan_t from, const uspan_key_t *source, uspan_t s,
                    const uspan_key_t *key)
{
    uspan_trace_part_t *p = &t->trace;
    char text[COPY_BYTES];
    size_t len = 0;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *up = uspan_slot_find_open(p, from);
    uspan_slot_t *own = uspan_slot_find_open(p, s);
    if (up != NULL && own != NULL && uspan_entry_find(own, key) == NULL) {
        len = text_of_entry(p, uspan_entry_find(up, source), text, sizeof text);
    }
    uspan_unlock(t, state);
    if (len > 0u) {
        (void)uspan_set_str_n(t, s, key, text, len);
    }
}
