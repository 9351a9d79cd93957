/* event.c: events and links. Each is built in blocks that nobody else sees and hung into the span in one
 * step. */
#include <string.h>
#include "attr.h"
#include "utf8.h"

static uspan_err_t count_lost(uspan_tracer_t *t, uspan_t s, bool is_link)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_of(p, s);
    if (slot != NULL && slot->state == USPAN_STATE_OPEN) {
        if (is_link) {
            slot->dropped_links = (uint16_t)(slot->dropped_links + (slot->dropped_links < UINT16_MAX));
            p->links_dropped++;
        } else {
            slot->dropped_events = (uint16_t)(slot->dropped_events + (slot->dropped_events < UINT16_MAX));
            p->events_dropped++;
        }
    }
    uspan_unlock(t, state);
    return USPAN_ERR_FULL;
}

/* Whether a span takes one more; USPAN_OK and *want false where it records nothing. */
static uspan_err_t may_add(uspan_tracer_t *t, uspan_t s, bool is_link, bool *want)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t err = USPAN_OK;
    *want = false;
    uint32_t state = uspan_lock(t);
    const uspan_slot_t *slot = uspan_slot_of(p, s);
    if (slot == NULL || slot->state != USPAN_STATE_OPEN) {
        err = USPAN_ERR_STALE;
    } else if ((slot->flags & USPAN_FLAG_SAMPLED) != 0u) {
        *want = true;
        err = (is_link ? slot->link_count >= p->limits.links : slot->event_count >= p->limits.events)
                  ? USPAN_ERR_FULL
                  : USPAN_OK;
    }
    uspan_unlock(t, state);
    return err;
}

static uint16_t take_block(uspan_tracer_t *t)
{
    uint16_t block = USPAN_NO_INDEX;
    uint16_t tail = 0;
    uint32_t state = uspan_lock(t);
    (void)uspan_blocks_take(&t->trace, 1u, &block, &tail);
    uspan_unlock(t, state);
    return block;
}

static void give_entries(uspan_trace_part_t *p, uint16_t head, unsigned count)
{
    uint16_t at = head;
    for (unsigned i = 0; i < count; i++) {
        if (i > 0u && i % USPAN_ENTRIES_PER_BLOCK == 0u) {
            at = p->block_next[at];
        }
        uspan_entry_give(p, &p->blocks[at].entries[i % USPAN_ENTRIES_PER_BLOCK]);
    }
    if (count > 0u) {
        uspan_blocks_give(p, head, at, 0u);
    }
}

void uspan_event_give(uspan_trace_part_t *p, uint16_t block)
{
    uspan_event_rec_t *rec = &p->blocks[block].event;
    if (rec->name_store == USPAN_STORE_TEXT) {
        uspan_blocks_give(p, rec->name.chain.head, rec->name.chain.tail, uspan_blocks_for(rec->name_len));
    }
    give_entries(p, rec->attrs, rec->attr_count);
    uspan_blocks_give(p, block, block, 1u);
}

void uspan_link_give(uspan_trace_part_t *p, uint16_t block)
{
    uspan_link_rec_t *rec = &p->blocks[block].link;
    give_entries(p, rec->attrs, rec->attr_count);
    uspan_blocks_give(p, block, block, 1u);
}

uspan_err_t uspan_event_n(uspan_tracer_t *t, uspan_t s, const char *name, size_t name_len, uint64_t time_ns,
                          const uspan_attr_t *attrs, size_t attr_count)
{
    if (t == NULL || name == NULL || name_len == 0u || name_len >= USPAN_TO_NUL ||
        (attrs == NULL && attr_count > 0u)) {
        return USPAN_ERR_ARG; /* receivers refuse an event without a name */
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    bool want;
    uspan_err_t err = may_add(t, s, false, &want);
    if (err == USPAN_ERR_FULL) {
        return count_lost(t, s, false);
    }
    if (!want) {
        return err;
    }
    uspan_trace_part_t *p = &t->trace;
    uint16_t block = take_block(t);
    if (block == USPAN_NO_INDEX) {
        return count_lost(t, s, false);
    }
    uspan_event_rec_t *rec = &p->blocks[block].event;
    rec->time_ns = time_ns != 0u ? time_ns : p->port->mono_ns(p->port->ctx);
    rec->next = USPAN_NO_INDEX;
    const uspan_attr_t name_arg = { .type = USPAN_TYPE_TEXT, .count = (uint32_t)name_len, .v.text = name };
    uspan_entry_t e;
    uspan_err_t worst = uspan_entry_make(t, &e, &name_arg);
    if (worst < USPAN_OK) {
        uint32_t state = uspan_lock(t);
        uspan_blocks_give(p, block, block, 1u);
        uspan_unlock(t, state);
        return count_lost(t, s, false);
    }
    rec->name_store = e.store;
    rec->name_len = e.len;
    memcpy(&rec->name, &e.v, sizeof rec->name);
    worst = uspan_worse(worst, uspan_entries_make(t, NULL, attrs, attr_count, p->limits.event_attrs,
                                                  &rec->attrs, &rec->attr_count, &rec->dropped));
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_of(p, s);
    if (slot == NULL || slot->state != USPAN_STATE_OPEN) {
        worst = USPAN_ERR_STALE;
        uspan_event_give(p, block);
    } else {
        if (slot->events == USPAN_NO_INDEX) {
            slot->events = block;
        } else {
            p->blocks[slot->events_tail].event.next = block;
        }
        slot->events_tail = block;
        slot->event_count++;
    }
    uspan_unlock(t, state);
    return worst;
}

uspan_err_t uspan_add_link(uspan_tracer_t *t, uspan_t s, const uspan_link_t *link)
{
    static const uint8_t no_id[16];
    if (t == NULL || link == NULL || link->context == NULL ||
        (link->attrs == NULL && link->attr_count > 0u) || memcmp(link->context->trace_id, no_id, 16) == 0 ||
        memcmp(link->context->span_id, no_id, 8) == 0) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    bool want;
    uspan_err_t err = may_add(t, s, true, &want);
    if (err == USPAN_ERR_FULL) {
        return count_lost(t, s, true);
    }
    if (!want) {
        return err;
    }
    uspan_trace_part_t *p = &t->trace;
    uint16_t block = take_block(t);
    if (block == USPAN_NO_INDEX) {
        return count_lost(t, s, true);
    }
    const uspan_context_t *c = link->context;
    uspan_link_rec_t *rec = &p->blocks[block].link;
    memcpy(rec->trace_id, c->trace_id, 16);
    memcpy(rec->span_id, c->span_id, 8);
    rec->flags = c->flags;
    rec->remote = c->remote;
    rec->next = USPAN_NO_INDEX;
    const uspan_entry_t *first = NULL;
    uspan_err_t worst = USPAN_OK;
#if USPAN_TRACESTATE_BYTES > 0
    uspan_entry_t state_entry;
    if (c->tracestate_len > 0u) {
        const uspan_attr_t arg = { .type = USPAN_TYPE_TEXT,
                                   .count = c->tracestate_len,
                                   .v.text = c->tracestate };
        if (uspan_entry_make(t, &state_entry, &arg) == USPAN_OK) {
            first = &state_entry;
        } else {
            uint32_t state = uspan_lock(t);
            uspan_entry_give(p, &state_entry);
            p->tracestates_dropped++;
            uspan_unlock(t, state);
            worst = USPAN_TRUNCATED;
        }
    }
#endif
    worst =
        uspan_worse(worst, uspan_entries_make(t, first, link->attrs, link->attr_count, p->limits.link_attrs,
                                              &rec->attrs, &rec->attr_count, &rec->dropped));
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_of(p, s);
    if (slot == NULL || slot->state != USPAN_STATE_OPEN) {
        worst = USPAN_ERR_STALE;
        uspan_link_give(p, block);
    } else {
        if (slot->links == USPAN_NO_INDEX) {
            slot->links = block;
        } else {
            p->blocks[slot->links_tail].link.next = block;
        }
        slot->links_tail = block;
        slot->link_count++;
    }
    uspan_unlock(t, state);
    return worst;
}
