/* read.c: reads spans and values. Invariant: a value is read as a whole, the old or the new one. Each hold of
 * the lock finds the value again and copies at most PIECE bytes. If the value was replaced since the last
 * hold, reading starts again. A repetition therefore means that a writer made progress. One case is not
 * detected: if a value is replaced twice between two holds by one of equal length, it can be at the same
 * address. Finding a byte takes a walk over up to USPAN_VALUE_MAX / USPAN_BLOCK_BYTES blocks. */
#include "trace/internal.h"
#include "uspan/read.h"
#include <limits.h>
#include <string.h>
#include "trace/clock.h"
#include "trace/block_chain.h"
#include "trace/pool.h"

#define PIECE (USPAN_BLOCK < 64u ? USPAN_BLOCK : 64u)

/* Values that are not attributes, in addition to the public USPAN_OF_*: the name of an event; all entries of
 * a link with its tracestate. */
#define KIND(of) ((of) >> 8)
#define OF_NAME(n) (0x300u + (n))
#define OF_LINK_ALL(n) (0x400u + (n))
#define OF_MESSAGE 0x500u

/* A value that is being read. */
typedef struct reader {
    uspan_tracer_t *t;
    uspan_t s;
    unsigned of, index;
    uspan_block_t *item; /* NULL, or receives the event or link, which never changes while its span exists */
    const void *from;    /* address of the value's bytes in the last hold; NULL: not found yet */
    uspan_entry_t e;     /* its content in the last hold */
} reader_t;

static uint16_t skip_blocks(const uspan_trace_part_t *p, uint16_t block, size_t n)
{
    for (; n > 0u; n--) {
        block = p->block_next[block];
    }
    return block;
}

/* Find the value of r and copy its entry to r->e. The caller holds the lock. */
static uspan_err_t find(reader_t *r, const uspan_slot_t *slot)
{
    const uspan_trace_part_t *p = &r->t->trace;
    const uspan_entry_t *at = slot->attrs;
    size_t count = slot->attr_count;
    size_t index = r->index;
    unsigned kind = KIND(r->of);
    if (r->of == OF_MESSAGE) {
        r->e.store = USPAN_STORE_TEXT;
        r->e.len = slot->message_len;
        r->e.v.chain.head = slot->message;
        return USPAN_OK;
    }
    if (kind != 0u) {
        bool is_link = kind % 2u == 0u;
        uint16_t i = is_link ? slot->links : slot->events;
        const uspan_block_t *item;
        for (unsigned n = r->of & 0xFFu;; n--) {
            if (i == USPAN_NO_INDEX) {
                return USPAN_ERR_CLOSED;
            }
            item = &p->blocks[i];
            if (n == 0u) {
                break;
            }
            i = is_link ? item->link.next : item->event.next;
        }
        if (r->item != NULL) {
            *r->item = *item;
        }
        if (kind == KIND(OF_NAME(0u))) {
            r->e.store = item->event.name_store;
            r->e.len = item->event.name_len;
            memcpy(&r->e.v, &item->event.name, sizeof item->event.name);
            return USPAN_OK;
        }
        i = is_link ? item->link.attrs : item->event.attrs;
        count = is_link ? item->link.attr_count : item->event.attr_count;
        if (count > 0u) {
            index += kind == KIND(USPAN_OF_LINK(0u)) && p->blocks[i].entries[0].key == NULL;
        }
        if (index < count) {
            at = p->blocks[skip_blocks(p, i, index / USPAN_ENTRIES_PER_BLOCK)].entries;
            index %= USPAN_ENTRIES_PER_BLOCK;
        }
    }
    if (index >= count) {
        return USPAN_ERR_CLOSED;
    }
    r->e = at[index];
    return USPAN_OK;
}

/* Find the value again in one hold of the lock, and copy n bytes from offset on. The last hold has found them
 * in one block. Returns USPAN_ERR_AGAIN if the value was replaced since the last hold. r->e is the new one
 * then. */
static uspan_err_t copy_under_lock(reader_t *r, size_t offset, void *out, size_t n)
{
    uspan_trace_part_t *p = &r->t->trace;
    const uspan_entry_t *e = &r->e;
    uint16_t len = e->len;
    uint32_t state = uspan_lock(r->t);
    const uspan_slot_t *slot = uspan_slot_find(p, r->s);
    uspan_err_t err = slot != NULL ? find(r, slot) : USPAN_ERR_STALE;
    if (err == USPAN_OK) {
        const uint8_t *from = e->store == USPAN_STORE_STATIC ? (const uint8_t *)e->v.text : e->v.inline_text;
        bool chained = uspan_store_is_chain(e->store) && e->len > 0u;
        if (chained) {
            from = p->blocks[e->v.chain.head].bytes;
        }
        if (r->from != NULL && (r->from != from || len != e->len)) {
            err = USPAN_ERR_AGAIN;
            n = 0u;
        }
        r->from = from;
        if (chained && n > 0u) {
            from = p->blocks[skip_blocks(p, e->v.chain.head, offset / USPAN_BLOCK)].bytes;
            offset %= USPAN_BLOCK;
        }
        if (n > 0u) {
            memcpy(out, from + offset, n);
        }
    }
    uspan_unlock(r->t, state);
    return err;
}

static uspan_err_t begin_read(reader_t *r, uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index,
                              uspan_block_t *item)
{
    r->t = t;
    r->s = s;
    r->of = of;
    r->index = index;
    r->item = item;
    r->from = NULL;
    r->e.len = 0u;
    return t != NULL ? copy_under_lock(r, 0u, NULL, 0u) : USPAN_ERR_ARG;
}

/* Like begin_read(), but checks `of`, which a caller gave. */
static uspan_err_t begin_public(reader_t *r, uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index)
{
    bool good = of == USPAN_OF_SPAN || KIND(of) - 1u <= 1u;
    return good ? begin_read(r, t, s, of, index, NULL) : USPAN_ERR_ARG;
}

static uspan_err_t copy(reader_t *r, size_t offset, void *out, size_t n)
{
    uint8_t *to = out;
    uspan_err_t err = USPAN_OK;
    while (n > 0u && err == USPAN_OK) {
        size_t part = PIECE - offset % PIECE;
        part = n < part ? n : part;
        err = copy_under_lock(r, offset, to, part);
        offset += part;
        to += part;
        n -= part;
    }
    return err;
}

/* Copy at most cap bytes from offset on of a text that begin_read() found. *n is their number. */
static uspan_err_t copy_text(reader_t *r, size_t offset, char *out, size_t cap, size_t *n)
{
    uspan_err_t err;
    do {
        bool is_text = r->e.store >= USPAN_STORE_STATIC && r->e.store <= USPAN_STORE_BYTES;
        size_t left = is_text && offset < r->e.len ? r->e.len - offset : 0u;
        *n = left < cap ? left : cap;
        err = copy(r, offset, out, *n);
    } while (err == USPAN_ERR_AGAIN);
    return err;
}

/* Find the element-th text of an array. USPAN_ERR_CLOSED: there are only *len of them. */
static uspan_err_t seek_text(reader_t *r, unsigned element, size_t *offset, uint32_t *len)
{
    size_t at = 0;
    unsigned n = 0;
    for (; at + 2u <= r->e.len; n++) {
        uint8_t head[2];
        uspan_err_t err = copy(r, at, head, sizeof head);
        if (err != USPAN_OK) {
            return err;
        }
        *len = head[0] | (uint32_t)head[1] << 8;
        *offset = at + 2u;
        if (n == element) {
            return USPAN_OK;
        }
        at = *offset + *len;
    }
    *len = n;
    return USPAN_ERR_CLOSED;
}

static unsigned element_size(unsigned store)
{
    return store == USPAN_STORE_BOOLS                                  ? 1u
           : store == USPAN_STORE_INTS || store == USPAN_STORE_DOUBLES ? 8u
                                                                       : 0u;
}

/* Read the value that begin_read() found. */
static uspan_err_t value_of(reader_t *r, uspan_value_t *out)
{
    static const uint8_t types[] = {
        [USPAN_STORE_NONE] = USPAN_TYPE_NONE,     [USPAN_STORE_INT] = USPAN_TYPE_INT,
        [USPAN_STORE_DOUBLE] = USPAN_TYPE_DOUBLE, [USPAN_STORE_BOOL] = USPAN_TYPE_BOOL,
        [USPAN_STORE_STATIC] = USPAN_TYPE_TEXT,   [USPAN_STORE_INLINE] = USPAN_TYPE_TEXT,
        [USPAN_STORE_TEXT] = USPAN_TYPE_TEXT,     [USPAN_STORE_BYTES] = USPAN_TYPE_BYTES,
        [USPAN_STORE_INTS] = USPAN_TYPE_INTS,     [USPAN_STORE_DOUBLES] = USPAN_TYPE_DOUBLES,
        [USPAN_STORE_BOOLS] = USPAN_TYPE_BOOLS,   [USPAN_STORE_TEXTS] = USPAN_TYPE_TEXTS,
    };
    uspan_err_t err;
    uint32_t len;
    do {
        unsigned size = element_size(r->e.store);
        err = USPAN_OK; /* an array may have become a number since the last hold */
        len = size != 0u ? r->e.len / size : r->e.len;
        if (r->e.store == USPAN_STORE_TEXTS) {
            size_t unused;
            err = seek_text(r, UINT_MAX, &unused, &len);
        }
    } while (err == USPAN_ERR_AGAIN);
    if (err == USPAN_ERR_STALE) {
        return err;
    }
    const uspan_entry_t *e = &r->e;
    bool whole = e->store == USPAN_STORE_INT || e->store == USPAN_STORE_BOOL;
    out->key = e->key;
    out->type = (uspan_type_t)types[e->store];
    out->len = len;
    out->i = whole ? e->v.i : 0;
    out->d = e->store == USPAN_STORE_DOUBLE ? e->v.d : 0.0;
    return USPAN_OK;
}

/* ---- spans --------------------------------------------------------------------------------------------- */

uspan_err_t uspan_read(uspan_tracer_t *t, uspan_t s, uspan_view_t *out)
{
    if (t == NULL || out == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    const uspan_slot_t *slot = uspan_slot_find(p, s);
    if (slot == NULL) {
        uspan_unlock(t, state);
        return USPAN_ERR_STALE;
    }
    memcpy(out->trace_id, slot->trace_id, 16);
    memcpy(out->span_id, slot->span_id, 8);
    memcpy(out->parent_id, slot->parent_id, 8);
    out->scope = slot->scope;
    out->start_ns = slot->start_ns;
    out->end_ns = slot->end_ns;
    out->start_unix_ns = out->end_unix_ns = 0u;
    if (p->epochs[slot->epoch].state == USPAN_EPOCH_KNOWN) {
        (void)uspan_epoch_unix(p, slot->epoch, slot->start_ns, &out->start_unix_ns);
        if (slot->state != USPAN_STATE_OPEN) {
            (void)uspan_epoch_unix(p, slot->epoch, slot->end_ns, &out->end_unix_ns);
        }
    }
    out->kind = (uspan_kind_t)slot->kind;
    out->status = (uspan_status_t)slot->status;
    out->flags = slot->flags;
    out->remote_parent = (slot->traits & USPAN_TRAIT_REMOTE_PARENT) != 0u;
    out->ended = slot->state != USPAN_STATE_OPEN;
    out->attr_count = slot->attr_count;
    out->event_count = slot->event_count;
    out->link_count = slot->link_count;
    out->dropped_attrs = slot->dropped_attrs;
    out->dropped_events = slot->dropped_events;
    out->dropped_links = slot->dropped_links;
    out->name_len = slot->name_len;
    memcpy(out->name, slot->name, slot->name_len);
    out->name[slot->name_len] = '\0';
    uspan_unlock(t, state);
    return USPAN_OK;
}

size_t uspan_read_status_message(uspan_tracer_t *t, uspan_t s, char *out, size_t cap)
{
    reader_t r;
    size_t n;
    bool there =
        begin_read(&r, t, s, OF_MESSAGE, 0u, NULL) == USPAN_OK && copy_text(&r, 0u, out, cap, &n) == USPAN_OK;
    return there ? r.e.len : 0u;
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

uspan_err_t uspan_read_attr(uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index, uspan_value_t *out)
{
    reader_t r;
    uspan_err_t err = out != NULL ? begin_public(&r, t, s, of, index) : USPAN_ERR_ARG;
    return err == USPAN_OK ? value_of(&r, out) : err;
}

uspan_err_t uspan_find_attr(uspan_tracer_t *t, uspan_t s, unsigned of, const char *key, uspan_value_t *out,
                            unsigned *index)
{
    if (key == NULL || out == NULL) {
        return USPAN_ERR_ARG;
    }
    size_t len = strlen(key);
    for (unsigned i = 0;; i++) { /* attributes keep their index, so it is valid after the hold */
        reader_t r;
        uspan_err_t err = begin_public(&r, t, s, of, i);
        if (err != USPAN_OK) {
            return err;
        }
        if (r.e.key->len == len && memcmp(r.e.key->text, key, len) == 0) {
            err = value_of(&r, out);
            if (err == USPAN_OK && index != NULL) {
                *index = i;
            }
            return err;
        }
    }
}

size_t uspan_read_text(uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index, size_t offset, char *out,
                       size_t cap)
{
    reader_t r;
    size_t n;
    bool there =
        begin_public(&r, t, s, of, index) == USPAN_OK && copy_text(&r, offset, out, cap, &n) == USPAN_OK;
    return there ? n : 0u;
}

/* Read one element of the present value. Returns USPAN_ERR_AGAIN if the value was replaced. */
static uspan_err_t read_element(reader_t *r, unsigned element, uspan_value_t *out, char *text, size_t cap)
{
    unsigned store = r->e.store;
    unsigned size = element_size(store);
    uspan_value_t v = { .key = r->e.key };
    uspan_err_t err;
    if (store == USPAN_STORE_TEXTS) {
        size_t offset = 0;
        err = seek_text(r, element, &offset, &v.len);
        if (err == USPAN_OK) {
            v.type = USPAN_TYPE_TEXT;
            err = copy(r, offset, text, v.len < cap ? v.len : cap);
        }
    } else if (size == 0u) {
        return USPAN_ERR_ARG;
    } else if (element >= r->e.len / size) {
        return USPAN_ERR_CLOSED;
    } else {
        uint8_t raw[8] = { 0 };
        err = copy_under_lock(r, (size_t)element * size, raw, size);
        v.type =
            /* both enums continue with doubles and bools */
            (uspan_type_t)(store - USPAN_STORE_INTS + USPAN_TYPE_INT);
        v.i = raw[0];
        if (store == USPAN_STORE_INTS) {
            memcpy(&v.i, raw, sizeof v.i);
        } else if (store == USPAN_STORE_DOUBLES) {
            v.i = 0;
            memcpy(&v.d, raw, sizeof v.d);
        }
    }
    if (err == USPAN_OK) {
        *out = v;
    }
    return err;
}

uspan_err_t uspan_read_element(uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index, unsigned element,
                               uspan_value_t *out, char *text, size_t cap)
{
    reader_t r;
    uspan_err_t err =
        out != NULL && (text != NULL || cap == 0u) ? begin_public(&r, t, s, of, index) : USPAN_ERR_ARG;
    if (err == USPAN_OK) {
        do {
            err = read_element(&r, element, out, text, cap);
        } while (err == USPAN_ERR_AGAIN);
    }
    return err;
}

/* ---- events and links ---------------------------------------------------------------------------------- */

uspan_err_t uspan_read_event(uspan_tracer_t *t, uspan_t s, unsigned index, uspan_event_view_t *out,
                             char *name, size_t cap)
{
    if (out == NULL || (name == NULL && cap > 0u)) {
        return USPAN_ERR_ARG;
    }
    uspan_block_t item;
    reader_t r;
    size_t n;
    uspan_err_t err = begin_read(&r, t, s, OF_NAME(index < 0xFFu ? index : 0xFFu), 0u, &item);
    err = err == USPAN_OK ? copy_text(&r, 0u, name, cap, &n) : err;
    if (err == USPAN_OK) {
        out->time_ns = item.event.time_ns;
        out->name_len = item.event.name_len;
        out->attr_count = item.event.attr_count;
        out->dropped_attrs = item.event.dropped;
    }
    return err;
}

uspan_err_t uspan_read_link(uspan_tracer_t *t, uspan_t s, unsigned index, uspan_context_t *out)
{
    if (out == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_block_t item;
    reader_t r;
    item.link.attr_count = UINT8_MAX; /* more than a link can have */
    uspan_err_t err = begin_read(&r, t, s, OF_LINK_ALL(index < 0xFFu ? index : 0xFFu), 0u, &item);
    if (item.link.attr_count == UINT8_MAX) {
        return err;
    }
#if USPAN_TRACESTATE_BYTES > 0
    size_t n = 0;
    if (err == USPAN_OK && r.e.key == NULL) {
        err = copy_text(&r, 0u, out->tracestate, sizeof out->tracestate, &n);
    }
    out->tracestate_len = (uint16_t)n;
#endif
    if (err == USPAN_ERR_STALE) {
        return err;
    }
    memcpy(out->trace_id, item.link.trace_id, 16);
    memcpy(out->span_id, item.link.span_id, 8);
    out->flags = item.link.flags;
    out->remote = item.link.remote;
    out->epoch = UINT8_MAX; /* a link does not give the clock offset of its trace */
    out->epoch_serial = 0u;
    return USPAN_OK;
}
