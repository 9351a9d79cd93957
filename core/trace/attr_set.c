/* attr_set.c: sets numbers, short text, tables of attributes, and structs that a table describes. Invariant:
 * a value is stored completely in one hold of the lock, or passed to attr.c, which builds it first. A hold is
 * bounded by one search of the table, one walk through a table of rows and twice USPAN_HOLD_BYTES of text.
 * Order of commits: as in attr.c. */
#include "trace/attr_set.h"
#include <string.h>
#include "trace/copy16.h"
#include "trace/utf8.h"

#define NEAR_BYTES sizeof(((uspan_entry_t *)NULL)->v.inline_text)

/* All setters use this function. For speed each has a copy without the parts it does not need. For size there
 * is one copy. */
#ifdef __OPTIMIZE_SIZE__
#define HOT USPAN_NOINLINE
#else
#define HOT inline __attribute__((always_inline))
#endif

/* ---- values that need one look ------------------------------------------------------------------------- */

/* Copy text of 1 to USPAN_HOLD_BYTES bytes into the first free blocks, without allocating them. The pool must
 * have them. Returns the last block, or USPAN_NO_INDEX if the text is not all ASCII. The caller holds the
 * lock. */
USPAN_NOINLINE static unsigned copy_text(uspan_trace_part_t *p, const char *text, size_t len)
{
    uspan_seen_t seen = { 0 };
    size_t bits = 0;
    unsigned block = p->blocks_free;
    for (; len > USPAN_BLOCK; len -= USPAN_BLOCK) {
        uint8_t *to = p->blocks[block].bytes;
        USPAN_UNROLL
        for (unsigned i = 0; i < USPAN_BLOCK; i += USPAN_LANE) {
            seen |= uspan_copy_lane(to + i, text + i);
        }
        text += USPAN_BLOCK;
        block = p->block_next[block];
    }
    uint8_t *to = p->blocks[block].bytes;
    if (len >= USPAN_LANE) { /* lanes overlap: copying a byte twice is cheaper than copying it alone */
        const char *last = text + len - USPAN_LANE;
        uint8_t *to_last = to + len - USPAN_LANE;
        for (; text < last; text += USPAN_LANE, to += USPAN_LANE) {
            seen |= uspan_copy_lane(to, text);
        }
        seen |= uspan_copy_lane(to_last, last);
    } else {
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
    }
    return ((uspan_seen_bits(seen) | bits) & USPAN_HIGH_BITS) == 0u ? block : USPAN_NO_INDEX;
}

/* A value that can be stored at once: a number (bits), STATIC or INLINE text that was checked (its pointer or
 * its bytes in bits), or TEXT of at most USPAN_HOLD_BYTES bytes. */
typedef struct plain {
    const uspan_key_t *key;
    unsigned kind, len;
    uint64_t bits;
    const char *text;
} plain_t;

/* Store the value in an entry that no other context sees. Returns false if there are too few blocks, or the
 * text must be checked. */
static inline __attribute__((always_inline)) bool fill(uspan_trace_part_t *p, uspan_entry_t *e,
                                                       const plain_t *v)
{
    if (v->kind != USPAN_STORE_TEXT) {
        e->v.i = (int64_t)v->bits;
    } else {
        unsigned blocks = uspan_blocks_for(v->len);
        if (!uspan_blocks_suffice(p, blocks, uspan_blocks_kept(v->len))) {
            return false;
        }
        unsigned last = copy_text(p, v->text, v->len);
        if (last == USPAN_NO_INDEX) {
            return false;
        }
        e->v.chain.head = p->blocks_free;
        e->v.chain.tail = (uint16_t)last;
        e->v.chain.chars = (uint16_t)v->len; /* all ASCII */
        uspan_blocks_take(p, last, blocks);
    }
    e->key = v->key;
    e->len = (uint16_t)v->len;
    e->store = (uint8_t)v->kind;
    e->pend_len = 0u;
    return true;
}

/* Store a value whose key the slot does not have. Returns false if nothing was stored. */
static inline __attribute__((always_inline)) bool add(uspan_trace_part_t *p, uspan_slot_t *slot,
                                                      const plain_t *v)
{
    unsigned count = slot->attr_count;
    if (count >= p->limits.attrs || !fill(p, &slot->attrs[count], v)) {
        return false;
    }
    uspan_note_key(slot, v->key);
    USPAN_COMMIT_ORDER();
    slot->attr_count = (uint8_t)(count + 1u);
    return true;
}

/* find_slot() and add_next() serve values of which many are stored at once. */
HOT static uspan_slot_t *find_slot(uspan_trace_part_t *p, uspan_t s)
{
    return uspan_slot_writable(p, s);
}

/* Store a value. Nothing is stored if the slot may have the key. */
HOT static bool add_next(uspan_trace_part_t *p, uspan_slot_t *slot, const plain_t *v)
{
    return uspan_slot_takes(p, slot, v->key) && !uspan_may_have_key(slot, v->key) && add(p, slot, v);
}

typedef enum found { IS_NEW, IS_STORED, IS_LEFT } found_t;

/* Store a value whose key the slot may have. If a text replaces another text, attr.c must do it. */
USPAN_NOINLINE static found_t replace(uspan_trace_part_t *p, uspan_slot_t *slot, const plain_t *v)
{
    uspan_entry_t *to = uspan_entry_find(slot, v->key);
    if (to == NULL || v->kind == USPAN_STORE_TEXT) {
        return to == NULL ? IS_NEW : IS_LEFT;
    }
    const uspan_entry_t made = { .len = (uint16_t)v->len,
                                 .store = (uint8_t)v->kind,
                                 .v.i = (int64_t)v->bits };
    uspan_entry_exchange(p, to, &made);
    return IS_STORED;
}

/* Store one value in one hold of the lock. */
HOT static uspan_err_t store_one(uspan_tracer_t *t, uspan_t s, const plain_t *v)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t err = USPAN_OK;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_writable(p, s);
    bool done = false;
    if (slot != NULL && uspan_slot_takes(p, slot, v->key)) {
        found_t found = uspan_may_have_key(slot, v->key) ? replace(p, slot, v) : IS_NEW;
        done = found == IS_NEW ? add(p, slot, v) : found == IS_STORED;
    }
    bool again = !done && slot != NULL && v->kind == USPAN_STORE_TEXT;
    if (!done && !again) {
        err = uspan_entry_refused(p, s, v->key);
    }
    uspan_unlock(t, state);
    return again ? uspan_attr_build_text(t, s, v->key, USPAN_TYPE_TEXT, v->text, v->len) : err;
}

/* ---- setters ------------------------------------------------------------------------------------------- */

/* Set a value that needs no block. bits: the content of the entry. */
HOT static uspan_err_t set_word(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, unsigned kind,
                                uint64_t bits)
{
    if (t == NULL || key == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    const plain_t v = { key, kind, 0u, bits, NULL };
    return store_one(t, s, &v);
}

uspan_err_t uspan_set_int(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, int64_t value)
{
    return set_word(t, s, key, USPAN_STORE_INT, (uint64_t)value);
}

uspan_err_t uspan_set_double(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return set_word(t, s, key, USPAN_STORE_DOUBLE, bits);
}

uspan_err_t uspan_set_bool(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, bool value)
{
    return set_word(t, s, key, USPAN_STORE_BOOL, value);
}

/* The bits of text that is referenced; of text that is stored in the entry. */
static inline uint64_t static_bits(const char *text)
{
    union {
        uint64_t bits;
        const char *text;
    } v = { 0u };
    v.text = text;
    return v.bits;
}

static inline uint64_t near_bits(const char *text, size_t len)
{
    uint64_t bits = 0;
    memcpy(&bits, text, len);
    return bits;
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

uspan_err_t uspan_set_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                            size_t len)
{
    if (is_as_is(t, s, key, text, len)) {
        if (len > NEAR_BYTES && len <= USPAN_HOLD_BYTES) {
            const plain_t v = { key, USPAN_STORE_TEXT, (unsigned)len, 0u, text };
            return store_one(t, s, &v);
        }
        if (len <= NEAR_BYTES && uspan_is_utf8(text, len)) {
            const plain_t v = { key, USPAN_STORE_INLINE, (unsigned)len, near_bits(text, len), NULL };
            return store_one(t, s, &v);
        }
    }
    return uspan_attr_build_text(t, s, key, USPAN_TYPE_TEXT, text, len);
}

uspan_err_t uspan_set_static_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                               size_t len)
{
    if (is_as_is(t, s, key, text, len) && len <= UINT16_MAX && uspan_is_utf8(text, len)) {
        const plain_t v = { key, USPAN_STORE_STATIC, (unsigned)len, static_bits(text), NULL };
        return store_one(t, s, &v);
    }
    return uspan_attr_build_text(t, s, key, USPAN_TYPE_STATIC, text, len);
}

/* ---- many at a time ------------------------------------------------------------------------------------ */

/* Returns the length of a text that ends with a 0 within USPAN_HOLD_BYTES bytes, otherwise one more than
 * those. */
static inline size_t short_length(const char *text)
{
    const char *end = memchr(text, '\0', USPAN_HOLD_BYTES + 1u);
    return end != NULL ? (size_t)(end - text) : USPAN_HOLD_BYTES + 1u;
}

/* Make a plain value of a text. Returns false if it is not plain. */
static inline __attribute__((always_inline)) bool make_text(plain_t *v, unsigned type, const char *text,
                                                            size_t len)
{
    v->len = (unsigned)len;
    v->text = text;
    if (len > USPAN_HOLD_BYTES) {
        return false;
    }
    if (type == USPAN_TYPE_TEXT && len > NEAR_BYTES) {
        v->kind = USPAN_STORE_TEXT;
        return true;
    }
    v->kind = type == USPAN_TYPE_STATIC ? USPAN_STORE_STATIC : USPAN_STORE_INLINE;
    v->bits = type == USPAN_TYPE_STATIC ? static_bits(text) : near_bits(text, len);
    return uspan_is_utf8(text, len);
}

/* Make a plain value of an attribute whose text is stored unchanged. Returns false if it is not plain. */
static inline __attribute__((always_inline)) bool make_plain(plain_t *v, const uspan_attr_t *a)
{
    unsigned type = a->type;
    v->key = a->key;
    v->kind = type;
    v->len = 0u;
    v->text = NULL;
    v->bits = (uint64_t)a->v.i;
    if (type - USPAN_TYPE_INT <= USPAN_TYPE_BOOL - USPAN_TYPE_INT) {
        return a->key != NULL;
    }
    if (type - USPAN_TYPE_TEXT > USPAN_TYPE_STATIC - USPAN_TYPE_TEXT || a->key == NULL || a->v.text == NULL) {
        return false;
    }
    return make_text(v, type, a->v.text, a->count == USPAN_TO_NUL ? short_length(a->v.text) : a->count);
}

/* Store the first attributes that are plain and whose keys are new, in one hold of the lock, up to twice
 * USPAN_HOLD_BYTES of text. Returns their number. */
static size_t store_some(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *attrs, size_t count)
{
    const uspan_attr_t *a = attrs;
    size_t bytes = 0;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = find_slot(&t->trace, s);
    for (; slot != NULL && a < attrs + count && bytes < USPAN_HOLD_BYTES; a++) {
        plain_t v;
        if (!make_plain(&v, a) || !add_next(&t->trace, slot, &v)) {
            break;
        }
        bytes += v.len;
    }
    uspan_unlock(t, state);
    return (size_t)(a - attrs);
}

/* Store one attribute by the setter of its type. */
USPAN_NOINLINE static uspan_err_t set_one(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *a)
{
    unsigned type = a->type;
    if (type - USPAN_TYPE_INT <= USPAN_TYPE_BOOL - USPAN_TYPE_INT) {
        return set_word(t, s, a->key, type, (uint64_t)a->v.i);
    }
    if (type == USPAN_TYPE_TEXT && a->v.text != NULL) {
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
        size_t stored = all_as_is(t) ? store_some(t, s, attrs + done, count - done) : 0u;
        done += stored;
        if (stored == 0u) { /* it replaces a value, is lost, or is not plain */
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

/* Make a plain value of a number that is set. */
static inline __attribute__((always_inline)) void make_number(plain_t *v, const char *from,
                                                              const uspan_row_t *row)
{
    v->key = row->key;
    v->kind = USPAN_STORE_INT;
    if (row->kind == USPAN_ROW_COUNT) {
        v->bits = count_at(from, row);
        return;
    }
    v->kind = row->kind - USPAN_ROW_INT + USPAN_TYPE_INT;
    v->bits = 1u;
    if (row->kind != USPAN_ROW_TRUE) {
        memcpy(&v->bits, from + row->offset + offsetof(struct optional, bits), sizeof v->bits);
    }
}

/* Store fields as store_some() stores attributes, none if slot is NULL. There is one loop for each class of
 * kinds, in the order of the table. A list counts as set even if it is empty. Returns true if a field is
 * left. Then *w is at that field, and *v is its value if it is a number. The caller holds the lock. */
static inline __attribute__((always_inline)) bool store_fields(uspan_trace_part_t *p, uspan_slot_t *slot,
                                                               walk_t *w, plain_t *v)
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
            v->key = row->key;
            if (bytes >= USPAN_HOLD_BYTES || row->kind != USPAN_ROW_TEXT ||
                !make_text(v, USPAN_TYPE_TEXT, text, short_length(text)) || !add_next(p, slot, v)) {
                left = true;
                break;
            }
            bytes += v->len;
        }
        v->len = 0u;
        for (; !left; row++) {
            while (row->kind >= USPAN_ROW_INT && !*(const bool *)(from + row->offset)) {
                row++;
            }
            while (row->kind == USPAN_ROW_COUNT && count_at(from, row) == 0u) {
                row++;
            }
            if (row->kind < USPAN_ROW_COUNT) {
                break;
            }
            make_number(v, from, row);
            if (bytes >= USPAN_HOLD_BYTES || !add_next(p, slot, v)) {
                left = true;
                break;
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
static uspan_err_t set_list(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row, const void *there)
{
    const char *one = there;
    const char *const *texts = row->kind == USPAN_ROW_LIST ? there : &one;
    size_t count = row->kind != USPAN_ROW_LIST;
    while (row->kind == USPAN_ROW_LIST && texts[count] != NULL) {
        count++;
    }
    return count > 0u ? uspan_set_strs(t, s, row->key, texts, count) : USPAN_OK;
}

/* Store a text with its setter, or a list. It replaces a value, is lost, or is not plain. */
USPAN_NOINLINE static uspan_err_t set_text(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row,
                                           const char *text)
{
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
    for (bool left = true; left;) {
        plain_t v;
        const uspan_row_t *row = w.row;
        uint32_t state = uspan_lock(t);
        left = store_fields(&t->trace, all_as_is(t) ? find_slot(&t->trace, s) : NULL, &w, &v);
        uspan_unlock(t, state);
        if (left && w.row == row) { /* otherwise another hold of the lock may store it */
            worst = uspan_worse(worst, row->kind >= USPAN_ROW_TEXT ? set_text(t, s, row, text_at(w.from, row))
                                                                   : store_one(t, s, &v));
            w.row++;
        }
    }
    return worst;
}
