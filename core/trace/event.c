/* event.c: events and links. Each is built in blocks that no other context sees, and is added to the span in
 * one step. Events and links have the same first fields, so that the same code handles both. */
#include <string.h>
#include "trace/attr.h"
#include "trace/clock.h"
#include "trace/poison.h"
#include "trace/trace.h"

#define SAME_PLACE(field)                                                                        \
    USPAN_STATIC_ASSERT(offsetof(uspan_event_rec_t, field) == offsetof(uspan_link_rec_t, field), \
                        "events and links begin alike")
SAME_PLACE(next);
SAME_PLACE(attrs);
SAME_PLACE(attr_count);
SAME_PLACE(dropped);

/* A record that is being built. */
typedef struct item {
    uspan_tracer_t *t;
    uspan_t s;
    bool is_link;
    uint16_t block;
    bool content;       /* content is recorded */
    bool ahead;         /* its time was ahead of now */
    uint8_t lost_state; /* 1: there was no block for the tracestate */
    uspan_err_t worst;
} item_t;

static bool has_room(const uspan_trace_part_t *p, const uspan_slot_t *slot, bool is_link)
{
    return is_link ? slot->link_count < p->limits.links : slot->event_count < p->limits.events;
}

static void count_lost(uspan_trace_part_t *p, uspan_slot_t *slot, bool is_link)
{
    uint16_t *lost = is_link ? &slot->dropped_links : &slot->dropped_events;
    uint16_t *most = is_link ? &p->links_wanted : &p->events_wanted;
    unsigned count = is_link ? slot->link_count : slot->event_count;
    *lost = (uint16_t)(*lost + (*lost < UINT16_MAX));
    if (!has_room(p, slot, is_link) && count + *lost > *most) {
        count += *lost;
        *most = (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX);
    }
    if (is_link) {
        p->links_dropped++;
    } else {
        p->events_dropped++;
    }
}

/* Free everything that the event or link in that block holds, and the block. Returns the next block. The
 * caller holds the lock. */
static uint16_t give_item(uspan_trace_part_t *p, uint16_t block, bool is_link)
{
    const uspan_event_rec_t *rec = &p->blocks[block].event;
    uint16_t next = rec->next;
    if (!is_link && rec->name_store == USPAN_STORE_TEXT && rec->name_len > 0u) {
        uspan_blocks_free(p, rec->name.chain.head, rec->name.chain.tail, uspan_blocks_for(rec->name_len));
    }
    uint16_t at = rec->attrs;
    for (unsigned i = 0; i < rec->attr_count; i++) {
        if (i > 0u && i % USPAN_ENTRIES_PER_BLOCK == 0u) {
            at = p->block_next[at];
        }
        uspan_entry_free(p, &p->blocks[at].entries[i % USPAN_ENTRIES_PER_BLOCK]);
    }
    if (at != USPAN_NO_INDEX) {
        uspan_blocks_free(p, rec->attrs, at, 0u);
    }
    uspan_blocks_free(p, block, block, 1u);
    return next;
}

static void free_items(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    for (uint16_t e = slot->events; e != USPAN_NO_INDEX;) {
        e = give_item(p, e, false);
    }
    for (uint16_t l = slot->links; l != USPAN_NO_INDEX;) {
        l = give_item(p, l, true);
    }
}

#if USPAN_KEEP
void uspan_items_restore(uspan_trace_part_t *p)
{
    uspan_items_link(p);
    p->free_items = free_items;
}
#endif

/* Start a record without attributes. Returns NULL if that fails. Then it->worst says why, and the loss is
 * counted. */
static uspan_link_rec_t *begin_item(item_t *it, uspan_tracer_t *t, uspan_t s, bool is_link)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_link_rec_t *rec = NULL;
    it->t = t;
    it->s = s;
    it->is_link = is_link;
    it->lost_state = 0u;
    it->ahead = false;
    if (uspan_is_null(s)) {
        it->worst = USPAN_OK;
        return NULL;
    }
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_recording(p, s, &it->worst);
    if (slot != NULL) {
        uint16_t tail;
        uspan_items_link(p); /* dropped events and links are sent too */
        it->content = uspan_content_on(p, slot);
        if (has_room(p, slot, is_link) && uspan_blocks_alloc(p, 1u, &it->block, &tail) > 0u) {
            p->free_items = free_items;
            rec = &p->blocks[it->block].link;
            rec->next = USPAN_NO_INDEX;
            rec->attrs = USPAN_NO_INDEX;
            rec->attr_count = 0u;
            rec->dropped = 0u;
        } else {
            count_lost(p, slot, is_link);
            it->worst = USPAN_ERR_FULL;
        }
    }
    uspan_unlock(t, state);
    return rec;
}

/* Returns the entry for an attribute of that key, or NULL if there is none. The same key again replaces its
 * value, as in a span. */
static uspan_entry_t *place(uspan_tracer_t *t, uspan_link_rec_t *rec, const uspan_key_t *key, unsigned limit)
{
    uspan_trace_part_t *p = &t->trace;
    uint16_t *link = &rec->attrs; /* points to the link to the next block */
    uspan_entry_t *e = NULL;
    for (unsigned i = 0; i < limit; i++, e++) {
        if (i % USPAN_ENTRIES_PER_BLOCK == 0u) {
            if (i == rec->attr_count) {
                uint16_t tail;
                uint32_t state = uspan_lock(t);
                unsigned got = uspan_blocks_alloc(p, 1u, link, &tail);
                uspan_unlock(t, state);
                if (got == 0u) {
                    return NULL;
                }
            }
            e = p->blocks[*link].entries;
            link = &p->block_next[*link];
        }
        if (i == rec->attr_count) {
            rec->attr_count++;
            e->store = USPAN_STORE_NONE;
            return e;
        }
        if (e->key != NULL && uspan_same_key(e->key, key)) {
            return e;
        }
    }
    return NULL;
}

/* Store a complete entry in the record if there is room. Otherwise free it. */
static bool keep(uspan_tracer_t *t, uspan_link_rec_t *rec, uspan_entry_t *e, unsigned limit)
{
    uspan_entry_t *to = place(t, rec, e->key, limit);
    if (to != NULL) {
        uspan_entry_t old = *to;
        *to = *e;
        *e = old;
    }
    uint32_t state = uspan_lock(t);
    uspan_entry_free(&t->trace, e);
    uspan_unlock(t, state);
    return to != NULL;
}

/* Returns true if Studio cannot read that key. This is counted. */
static bool is_refused(uspan_tracer_t *t, const uspan_key_t *key)
{
#if USPAN_STUDIO
    if (uspan_key_is_poison(key->text, key->len)) {
        uint32_t state = uspan_lock(t);
        t->trace.keys_refused++;
        uspan_unlock(t, state);
        return true;
    }
#else
    (void)t, (void)key;
#endif
    return false;
}

/* Add the attributes that fit, and add the record to its span. */
static uspan_err_t finish(item_t *it, uspan_link_rec_t *rec, const uspan_attr_t *attrs, size_t attr_count,
                          unsigned limit)
{
    uspan_tracer_t *t = it->t;
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t worst = it->worst;
    uint32_t lost = 0, cut = !it->is_link && worst == USPAN_TRUNCATED; /* the name of an event */
    limit += rec->attr_count; /* the tracestate does not count as an attribute */
    for (; attr_count > 0u && worst >= USPAN_OK; attr_count--, attrs++) {
        uspan_entry_t e;
        uspan_err_t err = USPAN_ERR_ARG;
        if (attrs->key != NULL && !is_refused(t, attrs->key)) {
            if ((attrs->key->flags & USPAN_KEY_CONTENT) != 0u && !it->content) {
                continue;
            }
            err = uspan_entry_build(t, &e, attrs);
        }
        if (err < USPAN_OK || !keep(t, rec, &e, limit)) {
            lost++;
        } else if (err == USPAN_OK) {
            continue;
        } else {
            cut++;
        }
        worst = USPAN_TRUNCATED;
    }
    uint32_t state = uspan_lock(t);
    p->attrs_dropped += lost;
    p->values_truncated += cut;
    p->tracestates_dropped += it->lost_state;
    p->times_ahead += it->ahead;
    uspan_err_t err;
    uspan_slot_t *slot = uspan_slot_find_recording(p, it->s, &err);
    /* other contexts added records after begin_item() */
    if (slot != NULL && !has_room(p, slot, it->is_link)) {
        worst = USPAN_ERR_FULL;
    }
    if (slot != NULL && worst >= USPAN_OK) {
        rec->dropped = (uint8_t)(lost < UINT8_MAX ? lost : UINT8_MAX);
        USPAN_COMMIT_ORDER(); /* the record is complete before the span refers to it */
        uint16_t *first = it->is_link ? &slot->links : &slot->events;
        uint16_t *tail = it->is_link ? &slot->links_tail : &slot->events_tail;
        if (*first == USPAN_NO_INDEX) {
            *first = it->block;
        } else {
            p->blocks[*tail].link.next = it->block;
        }
        *tail = it->block;
        if (it->is_link) {
            slot->link_count++;
        } else {
            slot->event_count++;
        }
    } else {
        if (slot == NULL) {
            worst = USPAN_ERR_STALE;
        } else {
            count_lost(p, slot, it->is_link);
        }
        (void)give_item(p, it->block, it->is_link);
    }
    uspan_unlock(t, state);
    return worst;
}

uspan_err_t uspan_event_n(uspan_tracer_t *t, uspan_t s, const char *name, size_t name_len, uint64_t time_ns,
                          const uspan_attr_t *attrs, size_t attr_count)
{
    if (t == NULL || name == NULL || name_len == 0u || name_len >= USPAN_TO_NUL ||
        (attrs == NULL && attr_count > 0u)) {
        return USPAN_ERR_ARG; /* receivers reject an event without a name */
    }
    item_t it;
    uspan_link_rec_t *head = begin_item(&it, t, s, false);
    if (head == NULL) {
        return it.worst;
    }
    uspan_event_rec_t *rec = &t->trace.blocks[it.block].event;
    rec->time_ns = uspan_time_not_ahead(t, time_ns, &it.ahead);
    const uspan_attr_t arg = { .type = USPAN_TYPE_TEXT, .count = (uint32_t)name_len, .v.text = name };
    uspan_entry_t e;
    it.worst = uspan_entry_build_text(t, &e, &arg);
    rec->name_store = e.store;
    rec->name_len = e.len;
    memcpy(&rec->name, &e.v, sizeof rec->name);
    return finish(&it, head, attrs, attr_count, t->trace.limits.event_attrs);
}

uspan_err_t uspan_add_link(uspan_tracer_t *t, uspan_t s, const uspan_link_t *link)
{
    static const uint8_t no_id[16];
    if (t == NULL || link == NULL || link->context == NULL ||
        (link->attrs == NULL && link->attr_count > 0u) || memcmp(link->context->trace_id, no_id, 16) == 0 ||
        memcmp(link->context->span_id, no_id, 8) == 0) {
        return USPAN_ERR_ARG;
    }
    item_t it;
    uspan_link_rec_t *rec = begin_item(&it, t, s, true);
    if (rec == NULL) {
        return it.worst;
    }
    const uspan_context_t *c = link->context;
    memcpy(rec->trace_id, c->trace_id, 16);
    memcpy(rec->span_id, c->span_id, 8);
    rec->flags = c->flags;
    rec->remote = c->remote;
#if USPAN_TRACESTATE_BYTES > 0
    if (c->tracestate_len > 0u) {
        const uspan_attr_t arg = { .type = USPAN_TYPE_TEXT,
                                   .count = c->tracestate_len,
                                   .v.text = c->tracestate };
        uspan_entry_t e;
        bool whole = uspan_entry_build_text(t, &e, &arg) == USPAN_OK;
        if (!keep(t, rec, &e, whole ? 1u : 0u)) {
            it.lost_state = 1u;
            it.worst = USPAN_TRUNCATED;
        }
    }
#endif
    return finish(&it, rec, link->attrs, link->attr_count, t->trace.limits.link_attrs);
}
