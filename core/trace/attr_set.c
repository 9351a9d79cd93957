/* attr_set.c: sets numbers, short text, tables of attributes, and structs that a table describes. Invariant:
 * a value is stored completely in one hold of the lock, or passed to attr.c, which builds it first. A hold is
 * bounded by one search of the table, one walk through a table of rows and twice USPAN_HOLD_BYTES of text.
 * Order of commits: as in attr.c. */
#include "trace/attr_set.h"
#include <string.h>
#include "trace/copy16.h"
#include "trace/utf8.h"

#define NEAR_BYTES sizeof(((uspan_entry_t *)NULL)->v.inline_text)

/* For speed, each caller has its own copy. For size, there is one. */
#ifdef __OPTIMIZE_SIZE__
#define HOT USPAN_NOINLINE
#else
#define HOT inline __attribute__((always_inline))
#endif

/* ---- values whose key is new --------------------------------------------------------------------------- */

/* Returns true if the slot takes a value of that key, which is new, and has an entry left. */
static inline __attribute__((always_inline)) bool has_place(const uspan_trace_part_t *p,
                                                            const uspan_slot_t *slot, const uspan_key_t *key)
{
    return uspan_slot_takes(p, slot, key) && slot->attr_count < p->limits.attrs;
}

/* Add a complete entry to the table. Its key is new, and there is a place for it. */
static inline __attribute__((always_inline)) void add_entry(uspan_slot_t *slot, const uspan_entry_t *e)
{
    uspan_note_key(slot, e->key);
    slot->attrs[slot->attr_count] = *e;
    USPAN_COMMIT_ORDER();
    slot->attr_count++;
}

/* Store a number whose key is new. Returns false, and stores nothing, if the slot may have the key, or there
 * is no place for it. bits: the content of the entry. The caller holds the lock. */
HOT static bool add_number(const uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_key_t *key,
                           unsigned store, uint64_t bits)
{
    if (uspan_may_have_key(slot, key) || !has_place(p, slot, key)) {
        return false;
    }
    const uspan_entry_t e = { .key = key, .store = (uint8_t)store, .v.i = (int64_t)bits };
    add_entry(slot, &e);
    return true;
}

/* Copy fewer bytes than a lane. Returns the bits of all of them. */
USPAN_NOINLINE static size_t copy_few(uint8_t *to, const char *text, size_t len)
{
    size_t bits = 0;
    for (; len >= sizeof(uint32_t); len -= sizeof(uint32_t)) {
        uint32_t word;
        memcpy(&word, text, sizeof word);
        memcpy(to, &word, sizeof word);
        bits |= word;
        text += sizeof word;
        to += sizeof word;
    }
    for (; len > 0u; len--) {
        *to = (uint8_t)*text++;
        bits |= *to++;
    }
    return bits;
}

/* Copy text of 1 to USPAN_HOLD_BYTES bytes into the first free blocks, and allocate them. Returns false, and
 * allocates none, if there are too few or the text is not all ASCII. */
static inline __attribute__((always_inline)) bool copy_text(uspan_trace_part_t *p, uspan_entry_t *e,
                                                            const char *text, size_t len)
{
    const unsigned count = uspan_blocks_for((unsigned)len);
    if (!uspan_blocks_fit(p, count, len)) {
        return false;
    }
    uspan_block_t *const blocks = p->blocks;
    const uint16_t *const next = p->block_next;
    uspan_seen_t seen = { 0 };
    unsigned block = p->blocks_free;
    e->v.chain.head = (uint16_t)block;
    e->v.chain.chars = (uint16_t)len; /* all ASCII */
    for (; len > USPAN_BLOCK; len -= USPAN_BLOCK, text += USPAN_BLOCK) {
        uint8_t *to = blocks[block].bytes;
        USPAN_UNROLL
        for (unsigned i = 0; i < USPAN_BLOCK; i += USPAN_LANE) {
            seen |= uspan_copy_lane(to + i, text + i);
        }
        block = next[block];
    }
    uint8_t *to = blocks[block].bytes;
    size_t bits = 0;
    if (len < USPAN_LANE) {
        bits = copy_few(to, text, len);
    } else { /* lanes overlap: copying a byte twice is cheaper than copying it alone */
        const char *const last = text + len - USPAN_LANE;
        uint8_t *const to_last = to + (last - text);
        for (; text < last; text += USPAN_LANE, to += USPAN_LANE) {
            seen |= uspan_copy_lane(to, text);
        }
        seen |= uspan_copy_lane(to_last, last);
    }
    if (((uspan_seen_bits(seen) | bits) & USPAN_HIGH_BITS) != 0u) {
        return false;
    }
    e->v.chain.tail = (uint16_t)block;
    uspan_blocks_take(p, block, count);
    return true;
}

/* Store text of type TEXT or STATIC whose key is new, of at most USPAN_HOLD_BYTES bytes. Returns false, and
 * stores nothing, if there is no place for it, or attr.c must check it: STATIC text that is not UTF-8, and
 * other text that is not all ASCII. The caller holds the lock. */
HOT static bool add_text(uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_key_t *key, unsigned type,
                         const char *text, size_t len)
{
    if (!has_place(p, slot, key)) {
        return false;
    }
    uspan_entry_t e;
    e.key = key;
    e.len = (uint16_t)len;
    e.pend_len = 0u;
    bool is_complete;
    if (type == USPAN_TYPE_STATIC) {
        e.store = USPAN_STORE_STATIC;
        e.v.text = text;
        is_complete = uspan_is_utf8(text, len);
    } else if (len <= NEAR_BYTES) {
        e.store = USPAN_STORE_INLINE;
        is_complete = (copy_few(e.v.inline_text, text, len) & USPAN_HIGH_BITS) == 0u;
    } else {
        e.store = USPAN_STORE_TEXT;
        is_complete = copy_text(p, &e, text, len);
    }
    if (is_complete) {
        add_entry(slot, &e);
    }
    return is_complete;
}

/* Returns the end of a text of at most USPAN_HOLD_BYTES bytes, which ends with a 0. NULL: it is longer. */
static inline const char *short_end(const char *text)
{
    return memchr(text, '\0', USPAN_HOLD_BYTES + 1u);
}

/* Returns the length of such a text, or one more than USPAN_HOLD_BYTES. */
HOT static size_t short_length(const char *text)
{
    const char *end = short_end(text);
    return end != NULL ? (size_t)(end - text) : USPAN_HOLD_BYTES + 1u;
}

/* ---- setters ------------------------------------------------------------------------------------------- */

/* Store a number whose key the slot may have. Returns the result of the setter. */
USPAN_NOINLINE static uspan_err_t replace_number(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key,
                                                 unsigned store, uint64_t bits)
{
    uspan_entry_t *to = uspan_entry_claim(p, s, key, true);
    if (to == NULL) {
        return uspan_entry_refused(p, s, key);
    }
    const uspan_entry_t made = { .store = (uint8_t)store, .v.i = (int64_t)bits };
    uspan_entry_exchange(p, to, &made);
    return USPAN_OK;
}

/* Set a number. bits: the content of the entry. */
HOT static uspan_err_t set_number(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, unsigned store,
                                  uint64_t bits)
{
    if (t == NULL || key == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t err = USPAN_OK;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_writable(p, s);
    if (slot == NULL || !add_number(p, slot, key, store, bits)) {
        err = replace_number(p, s, key, store, bits);
    }
    uspan_unlock(t, state);
    return err;
}

uspan_err_t uspan_set_int(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, int64_t value)
{
    return set_number(t, s, key, USPAN_STORE_INT, (uint64_t)value);
}

uspan_err_t uspan_set_double(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return set_number(t, s, key, USPAN_STORE_DOUBLE, bits);
}

uspan_err_t uspan_set_bool(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, bool value)
{
    return set_number(t, s, key, USPAN_STORE_BOOL, value);
}

/* Returns true if text is stored unchanged. */
static inline bool is_as_is(const uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                            size_t len)
{
    if (t == NULL || key == NULL || text == NULL || uspan_is_null(s) || uspan_is_redacted(t, key)) {
        return false;
    }
    uint32_t chars = t->trace.limits.value_chars;
    return chars == 0u || len <= chars;
}

/* Set a text of type TEXT or STATIC. If its key may be set already, or it is long, attr.c builds it. */
HOT static uspan_err_t set_text(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_type_t type,
                                const char *text, size_t len)
{
    if (len <= USPAN_HOLD_BYTES && is_as_is(t, s, key, text, len)) {
        uint32_t state = uspan_lock(t);
        uspan_slot_t *slot = uspan_slot_writable(&t->trace, s);
        bool is_new = slot != NULL && (!uspan_may_have_key(slot, key) || uspan_entry_find(slot, key) == NULL);
        bool is_stored = is_new && add_text(&t->trace, slot, key, type, text, len);
        uspan_unlock(t, state);
        if (is_stored) {
            return USPAN_OK;
        }
    }
    return uspan_attr_build_text(t, s, key, type, text, len);
}

uspan_err_t uspan_set_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                            size_t len)
{
    return set_text(t, s, key, USPAN_TYPE_TEXT, text, len);
}

uspan_err_t uspan_set_static_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                               size_t len)
{
    return set_text(t, s, key, USPAN_TYPE_STATIC, text, len);
}

/* ---- many at a time ------------------------------------------------------------------------------------ */

static inline bool is_number(unsigned type)
{
    return type - USPAN_TYPE_INT <= USPAN_TYPE_BOOL - USPAN_TYPE_INT;
}

static inline bool is_text(const uspan_attr_t *a)
{
    return (unsigned)a->type - USPAN_TYPE_TEXT <= USPAN_TYPE_STATIC - USPAN_TYPE_TEXT && a->v.text != NULL;
}

/* Store the first attributes that are numbers or short texts and whose keys are new, in one hold of the lock,
 * up to twice USPAN_HOLD_BYTES of text. Returns their number. */
static inline size_t add_some(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *attrs, size_t count)
{
    uspan_trace_part_t *p = &t->trace;
    const uspan_attr_t *a = attrs;
    const uspan_attr_t *end = attrs + count;
    size_t bytes = 0;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_writable(p, s);
    for (; slot != NULL && a < end && a->key != NULL; a++) {
        if (is_number(a->type)) {
            if (!add_number(p, slot, a->key, a->type, (uint64_t)a->v.i)) {
                break;
            }
        } else if (is_text(a) && bytes < USPAN_HOLD_BYTES && !uspan_may_have_key(slot, a->key)) {
            size_t len = a->count == USPAN_TO_NUL ? short_length(a->v.text) : a->count;
            if (len > USPAN_HOLD_BYTES || !add_text(p, slot, a->key, a->type, a->v.text, len)) {
                break;
            }
            bytes += len;
        } else {
            break;
        }
    }
    uspan_unlock(t, state);
    return (size_t)(a - attrs);
}

/* Store one attribute by the setter of its type. */
USPAN_NOINLINE static uspan_err_t set_one(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *a)
{
    if (is_number(a->type)) {
        return set_number(t, s, a->key, a->type, (uint64_t)a->v.i);
    }
    if (a->type == USPAN_TYPE_TEXT && a->v.text != NULL) {
        return uspan_set_str_n(t, s, a->key, a->v.text,
                               a->count == USPAN_TO_NUL ? strlen(a->v.text) : a->count);
    }
    return uspan_attr_build(t, s, a, uspan_entry_build);
}

/* Returns true if all texts are stored unchanged, whatever their keys. */
static inline bool all_as_is(const uspan_tracer_t *t)
{
    return t->trace.limits.value_chars == 0u && t->trace.redactor == NULL;
}

uspan_err_t uspan_set_all(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *attrs, size_t count)
{
    if (t == NULL || (attrs == NULL && count > 0u)) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    uspan_err_t worst = USPAN_OK;
    for (size_t done = 0; done < count;) {
        size_t stored = all_as_is(t) ? add_some(t, s, attrs + done, count - done) : 0u;
        done += stored;
        if (stored == 0u) { /* it replaces a value, is lost, or is of another type */
            worst = uspan_worse(worst, set_one(t, s, &attrs[done++]));
        }
    }
    return worst;
}

/* ---- structs ------------------------------------------------------------------------------------------- */

/* The position in a table, and the struct that its rows describe. */
typedef struct walk {
    const char *from;
    const uspan_row_t *row;
} walk_t;

/* A number that may be absent: uspan_opt_int_t and uspan_opt_double_t of genai.h. */
struct optional {
    bool is_set;
    uint64_t bits;
};

USPAN_STATIC_ASSERT(USPAN_ROW_TRUE - USPAN_ROW_INT == USPAN_TYPE_BOOL - USPAN_TYPE_INT &&
                        USPAN_ROW_DOUBLE - USPAN_ROW_INT == USPAN_TYPE_DOUBLE - USPAN_TYPE_INT,
                    "kinds and types count alike");

/* Read the field of a row. */
static inline const char *text_at(const char *from, const uspan_row_t *row)
{
    return *(const char *const *)(const void *)(from + row->offset);
}

static inline uint32_t count_at(const char *from, const uspan_row_t *row)
{
    return *(const uint32_t *)(const void *)(from + row->offset);
}

/* Returns the content of the entry for a number that is set, of a kind from INT to TRUE. */
HOT static uint64_t number_at(const char *from, const uspan_row_t *row)
{
    uint64_t bits = 1u; /* of a TRUE */
    if (row->kind != USPAN_ROW_TRUE) {
        memcpy(&bits, from + row->offset + offsetof(struct optional, bits), sizeof bits);
    }
    return bits;
}

/* Returns how that number is stored. */
static inline unsigned store_of(const uspan_row_t *row)
{
    return row->kind - USPAN_ROW_INT + (unsigned)USPAN_STORE_INT;
}

/* Store fields as add_some() stores attributes, none if slot is NULL. There is one loop for each class of
 * kinds, in the order of the table, because most fields are not set. A list counts as set even if it is
 * empty. Returns true if a field is left, and then *w is at that field. The caller holds the lock. */
static inline __attribute__((always_inline)) bool add_fields(uspan_trace_part_t *p, uspan_slot_t *slot,
                                                             walk_t *w)
{
    const uspan_row_t *row = w->row;
    const char *from = w->from;
    size_t bytes = slot != NULL ? 0u : USPAN_HOLD_BYTES;
    bool left = false;
    for (;;) {
        for (; row->kind >= USPAN_ROW_TEXT; row++) {
            const char *text = text_at(from, row);
            if (text == NULL || (text[0] == '\0' && row->kind != USPAN_ROW_LIST)) {
                continue;
            }
            const bool is_short = bytes < USPAN_HOLD_BYTES && row->kind == USPAN_ROW_TEXT;
            const char *end = is_short ? short_end(text) : NULL;
            left = end == NULL || uspan_may_have_key(slot, row->key) ||
                   !add_text(p, slot, row->key, USPAN_TYPE_TEXT, text, (size_t)(end - text));
            if (left) {
                break;
            }
            bytes += (size_t)(end - text);
        }
        for (; !left && row->kind >= USPAN_ROW_INT; row++) {
            if (*(const bool *)(from + row->offset)) {
                left = bytes >= USPAN_HOLD_BYTES ||
                       !add_number(p, slot, row->key, store_of(row), number_at(from, row));
                if (left) {
                    break;
                }
            }
        }
        for (; !left && row->kind == USPAN_ROW_COUNT; row++) {
            if (count_at(from, row) != 0u) {
                left = bytes >= USPAN_HOLD_BYTES ||
                       !add_number(p, slot, row->key, USPAN_STORE_INT, count_at(from, row));
                if (left) {
                    break;
                }
            }
        }
        if (left || row->kind == USPAN_ROW_END) {
            break;
        }
        from += row->offset;
        row = row->more;
    }
    *w = (walk_t){ from, row };
    return left;
}

/* Store a list, or a text that becomes a list. */
static uspan_err_t set_list(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row, const char *at)
{
    const char *const *texts = row->kind == USPAN_ROW_LIST ? (const void *)at : &at;
    size_t count = 1;
    if (row->kind == USPAN_ROW_LIST) {
        for (count = 0; texts[count] != NULL;) {
            count++;
        }
    }
    return count > 0u ? uspan_set_strs(t, s, row->key, texts, count) : USPAN_OK;
}

/* Store a field with the setter of its type. It replaces a value, is lost, or is of another type. */
USPAN_NOINLINE static uspan_err_t set_field(uspan_tracer_t *t, uspan_t s, const char *from,
                                            const uspan_row_t *row)
{
    if (row->kind < USPAN_ROW_TEXT) {
        const bool is_count = row->kind == USPAN_ROW_COUNT;
        return set_number(t, s, row->key, is_count ? (unsigned)USPAN_STORE_INT : store_of(row),
                          is_count ? count_at(from, row) : number_at(from, row));
    }
    const char *text = text_at(from, row);
    return row->kind == USPAN_ROW_TEXT ? uspan_set_str_n(t, s, row->key, text, strlen(text))
                                       : set_list(t, s, row, text);
}

uspan_err_t uspan_set_struct(uspan_tracer_t *t, uspan_t s, const void *from, const uspan_row_t *rows)
{
    if (t == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    walk_t w = { from, rows };
    uspan_err_t worst = USPAN_OK;
    for (;; w.row++) {
        uint32_t state = uspan_lock(t);
        bool left = add_fields(&t->trace, all_as_is(t) ? uspan_slot_writable(&t->trace, s) : NULL, &w);
        uspan_unlock(t, state);
        if (!left) {
            return worst;
        }
        worst = uspan_worse(worst, set_field(t, s, w.from, w.row));
    }
}
