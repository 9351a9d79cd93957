/* rows.c: what is present in a struct becomes attributes, by a table of its fields; what is absent costs few
 * steps. The lock is taken for each field, and held no longer than a setter of attr.c holds it. */
#include "rows.h"
#include <string.h>

/* A number that may be absent: uspan_opt_int_t and uspan_opt_double_t of genai.h. */
struct optional {
    bool is_set;
    uint64_t bits;
};

static uspan_err_t set_number(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row, const char *field)
{
    uspan_attr_t a = { .key = row->key, .type = USPAN_TYPE_INT, .v.i = 1 };
    if (row->kind == USPAN_ROW_COUNT) {
        a.v.i = *(const uint32_t *)field;
    } else {
        a.type = (uspan_type_t)(row->kind - USPAN_ROW_INT + USPAN_TYPE_INT);
        if (row->kind != USPAN_ROW_TRUE) {
            memcpy(&a.v, field + offsetof(struct optional, bits), sizeof a.v.i);
        }
    }
    return uspan_set_all(t, s, &a, 1u);
}
USPAN_STATIC_ASSERT(USPAN_ROW_TRUE - USPAN_ROW_INT == USPAN_TYPE_BOOL - USPAN_TYPE_INT &&
                        USPAN_ROW_DOUBLE - USPAN_ROW_INT == USPAN_TYPE_DOUBLE - USPAN_TYPE_INT &&
                        (int)USPAN_TYPE_INT == (int)USPAN_STORE_INT,
                    "kinds, types and stores count alike");

/* A list, or the text that is one, or a text. */
USPAN_APART static uspan_err_t set_texts(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row,
                                         const void *there)
{
    const char *one = there;
    const char *const *texts = there;
    size_t count = 0;
    if (row->kind != USPAN_ROW_LIST) {
        texts = &one;
        count = one[0] != '\0';
    } else {
        while (texts[count] != NULL) {
            count++;
        }
    }
    if (count == 0u) {
        return USPAN_OK;
    }
    return row->kind == USPAN_ROW_TEXT ? uspan_set_str(t, s, row->key, one)
                                       : uspan_set_strs(t, s, row->key, texts, count);
}

#if USPAN_SMALL
uspan_err_t uspan_set_rows(uspan_tracer_t *t, uspan_t s, const void *from, const uspan_row_t *row)
{
    const char *base = from;
    uspan_err_t worst = USPAN_OK;
    while (row->kind != USPAN_ROW_END) {
        const char *field = base + row->offset;
        unsigned kind = row->kind;
        if (kind == USPAN_ROW_MORE) {
            base = field;
            row = row->more;
            continue;
        }
        uspan_err_t err = USPAN_OK;
        if (kind >= USPAN_ROW_TEXT) {
            const void *there;
            memcpy(&there, field, sizeof there);
            if (there != NULL) {
                err = set_texts(t, s, row, there);
            }
        } else if (kind == USPAN_ROW_COUNT ? *(const uint32_t *)field != 0u : *(const bool *)field) {
            err = set_number(t, s, row, field);
        }
        worst = uspan_worse(worst, err);
        row++;
    }
    return worst;
}
#else
#include "lane.h"

#define HOLD_BYTES 256u /* as attr.c */
#define NEAR_BYTES sizeof(((uspan_entry_t *)NULL)->v.near)
#define HOT static inline __attribute__((always_inline))

/* The bit of a key that the span of s does not have yet, and may have; 0: there is more to it, which is for
 * those who do it in more steps. */
static inline uint32_t new_bit(const uspan_trace_part_t *p, const uspan_slot_t *slot, uspan_t s,
                               const uspan_key_t *key)
{
    uint32_t bit = uspan_key_bit(key);
    return slot->id == s.id && slot->may != 0u && (slot->keys & bit) == 0u &&
                   slot->attr_count < p->limits.attrs &&
                   ((key->flags & USPAN_KEY_CONTENT) == 0u || uspan_content_on(p, slot))
               ? bit
               : 0u;
}

static inline uspan_entry_t *add_entry(uspan_slot_t *slot, const uspan_key_t *key, uint32_t bit,
                                       unsigned store, unsigned len)
{
    uspan_entry_t *e = &slot->attrs[slot->attr_count];
    slot->keys |= bit;
    slot->attr_count++;
    e->key = key;
    e->len = (uint16_t)len;
    e->store = (uint8_t)store;
    e->pend_len = 0u;
    return e;
}

/* A value that needs no memory; false: that is for others. */
HOT bool set_word(uspan_tracer_t *t, uspan_slot_t *slot, uspan_t s, const uspan_key_t *key, unsigned store,
                  unsigned len, uint64_t bits)
{
    uint32_t state = uspan_lock(t);
    uint32_t bit = new_bit(&t->trace, slot, s, key);
    if (bit != 0u) {
        memcpy(&add_entry(slot, key, bit, store, len)->v, &bits, sizeof bits);
    }
    uspan_unlock(t, state);
    return bit != 0u;
}

/* Text of 8 to HOLD_BYTES bytes, into free blocks that nobody sees until they are taken; the pool has them.
 * Returns the last one; USPAN_NO_INDEX: the text must be looked at more closely. Caller holds the lock. */
static inline unsigned copy_lanes(uspan_trace_part_t *p, const char *text, size_t len)
{
    unsigned block = p->blocks_free;
    uint8_t *to = p->blocks[block].bytes;
    const char *end = text + len;
    uint64_t tail;
    lanes_t all = { 0 };
    memcpy(&tail, end - sizeof tail, sizeof tail);
    for (; len > 4u * LANE; len -= 4u * LANE) {
        all |= copy_two(to, text) | copy_two(to + 2u * LANE, text + 2u * LANE);
        text += 4u * LANE;
        if (USPAN_BLOCK > 4u * LANE && to == p->blocks[block].bytes) {
            to += 4u * LANE; /* the other half of it */
        } else {
            block = p->block_next[block];
            to = p->blocks[block].bytes;
        }
    }
    if (len > 2u * LANE) {
        all |= copy_two(to, text) | copy_two(to + len - 2u * LANE, end - 2u * LANE);
    } else if (len >= LANE) {
        all |= copy_lane(to, text) | copy_lane(to + len - LANE, end - LANE);
    } else {
        all[0] |= tail;
        if (len >= sizeof tail) {
            uint64_t first;
            memcpy(&first, text, sizeof first);
            memcpy(to, &first, sizeof first);
            memcpy(to + len - sizeof tail, &tail, sizeof tail);
            all[0] |= first;
        } else {
            memcpy(to, text, len);
        }
    }
    return is_ascii_lane(all) ? block : USPAN_NO_INDEX;
}

/* The free blocks up to last become the text of a new entry. */
static inline void take_blocks(uspan_trace_part_t *p, uspan_entry_t *e, unsigned last, size_t len)
{
    e->v.chain.head = p->blocks_free;
    e->v.chain.tail = (uint16_t)last;
    p->blocks_free = p->block_next[last];
    unsigned live = p->blocks_live + uspan_blocks_for((unsigned)len);
    p->blocks_live = (uint16_t)live;
    if (live > p->blocks_high) {
        p->blocks_high = (uint16_t)live;
    }
}

/* What uspan_set_str_n() does. as_is: there is no limit, and no redactor. */
HOT uspan_err_t set_text(uspan_tracer_t *t, uspan_slot_t *slot, uspan_t s, const uspan_key_t *key,
                         const char *text, bool as_is)
{
    uspan_trace_part_t *p = &t->trace;
    size_t len = strlen(text);
    if (as_is && len > NEAR_BYTES && len <= HOLD_BYTES && len <= USPAN_VALUE_MAX &&
        USPAN_BLOCK >= 4u * LANE) {
        unsigned last = USPAN_NO_INDEX;
        uint32_t state = uspan_lock(t);
        uint32_t bit = new_bit(p, slot, s, key);
        if (bit != 0u && p->blocks_live + uspan_blocks_for(HOLD_BYTES) <= USPAN_BLOCKS_MAX) {
            last = copy_lanes(p, text, len);
        }
        if (last != USPAN_NO_INDEX) {
            take_blocks(p, add_entry(slot, key, bit, USPAN_STORE_TEXT, (unsigned)len), last, len);
        }
        uspan_unlock(t, state);
        if (last != USPAN_NO_INDEX) {
            return USPAN_OK;
        }
    } else if (as_is && len >= 4u && len <= NEAR_BYTES) {
        uint64_t bits = 0;
        memcpy(&bits, text, 4);
        memcpy((char *)&bits + len - 4u, text + len - 4u, 4);
        if ((bits & UINT64_MAX / 255u * 128u) == 0u &&
            set_word(t, slot, s, key, USPAN_STORE_NEAR, (unsigned)len, bits)) {
            return USPAN_OK;
        }
    }
    return uspan_set_str_n(t, s, key, text, len);
}

uspan_err_t uspan_set_word_text(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                                size_t len)
{
    uspan_slot_t *slot = uspan_slot_named(&t->trace, s);
    uint64_t bits = 0;
    memcpy(&bits, &text, sizeof text);
    if (slot != NULL && t->trace.limits.value_chars == 0u &&
        set_word(t, slot, s, key, USPAN_STORE_STATIC, (unsigned)len, bits)) {
        return USPAN_OK;
    }
    return uspan_set_static_n(t, s, key, text, len);
}

/* One loop for each class of kinds, in the order in which they stand. */
uspan_err_t uspan_set_rows(uspan_tracer_t *t, uspan_t s, const void *from, const uspan_row_t *row)
{
    const char *base = from;
    uspan_err_t worst = USPAN_OK;
    if (t == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_slot_t *slot = uspan_slot_named(&t->trace, s);
    if (uspan_is_null(s) || slot == NULL) {
        return uspan_is_null(s) ? USPAN_OK : USPAN_ERR_STALE;
    }
    bool as_is = t->trace.limits.value_chars == 0u && t->trace.redactor == NULL;
    for (;;) {
        uspan_err_t err;
        for (; row->kind >= USPAN_ROW_TEXT; row++) {
            const void *there;
            memcpy(&there, base + row->offset, sizeof there);
            if (there == NULL) {
                continue;
            }
            const char *text = there;
            if (row->kind != USPAN_ROW_TEXT) {
                err = set_texts(t, s, row, there);
            } else if (text[0] != '\0') {
                err = set_text(t, slot, s, row->key, text, as_is);
            } else {
                continue;
            }
            if (err != USPAN_OK) {
                worst = uspan_worse(worst, err);
            }
        }
        for (; row->kind >= USPAN_ROW_INT; row++) {
            const char *field = base + row->offset;
            uint64_t bits = 1u;
            if (!*(const bool *)field) {
                continue;
            }
            if (row->kind != USPAN_ROW_TRUE) {
                memcpy(&bits, field + offsetof(struct optional, bits), sizeof bits);
            }
            if (!set_word(t, slot, s, row->key, row->kind - USPAN_ROW_INT + USPAN_STORE_INT, 0u, bits)) {
                worst = uspan_worse(worst, set_number(t, s, row, field));
            }
        }
        for (; row->kind >= USPAN_ROW_COUNT; row++) {
            const char *field = base + row->offset;
            uint32_t count = *(const uint32_t *)field;
            if (count != 0u && !set_word(t, slot, s, row->key, USPAN_STORE_INT, 0u, count)) {
                worst = uspan_worse(worst, set_number(t, s, row, field));
            }
        }
        if (row->kind == USPAN_ROW_END) {
            return worst;
        }
        base += row->offset;
        row = row->more;
    }
}
#endif
