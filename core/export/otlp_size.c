/* otlp_size.c: every message's length before its first byte, in closed form; what otlp.c writes is exactly
 * this long. */
#include <string.h>
#include "otlp.h"
#include "trace/clock.h"
#include "wire.h"

static const uspan_key_t unsynced_key = USPAN_KEY_INIT("uspan.time.unsynced");
const uspan_entry_t uspan_unsynced_entry = { .key = &unsynced_key, .store = USPAN_STORE_BOOL, .v.i = 1 };

uint32_t uspan_size_element(const uspan_trace_part_t *p, uspan_store_t store, uint16_t block, unsigned offset,
                            unsigned *used, uint64_t *number)
{
    const uint8_t *at = p->blocks[block].bytes + offset;
    switch (store) {
    case USPAN_STORE_BOOLS:
        *used = 1u;
        *number = *at;
        return 2u;
    case USPAN_STORE_INTS:
        *used = 8u;
        memcpy(number, at, 8); /* elements never straddle blocks: a block is a multiple of 8 */
        return 1u + uspan_len_u64(*number);
    case USPAN_STORE_DOUBLES:
        *used = 8u;
        memcpy(number, at, 8);
        return 9u;
    default: { /* TEXTS: the second length byte may stand in the next block */
        uint8_t high = offset + 1u < USPAN_BLOCK ? at[1] : p->blocks[p->block_next[block]].bytes[0];
        unsigned len = *at | (unsigned)high << 8;
        *used = 2u + len;
        *number = len;
        return uspan_len_field(len);
    }
    }
}

static uint32_t size_array(const uspan_trace_part_t *p, const uspan_entry_t *e)
{
    uint32_t size = 0;
    uint16_t block = e->v.chain.head;
    unsigned offset = 0;
    for (unsigned at = 0; at < e->len;) {
        unsigned used;
        uint64_t number;
        size +=
            uspan_len_field(uspan_size_element(p, (uspan_store_t)e->store, block, offset, &used, &number));
        at += used;
        offset += used;
        for (; offset >= USPAN_BLOCK && at < e->len; offset -= USPAN_BLOCK) {
            block = p->block_next[block];
        }
    }
    return size;
}

uint32_t uspan_size_other(const uspan_trace_part_t *p, const uspan_entry_t *e)
{
    switch (e->store) {
    case USPAN_STORE_INT:
        return 1u + uspan_len_u64((uint64_t)e->v.i);
    case USPAN_STORE_BOOL:
        return 2u;
    case USPAN_STORE_DOUBLE:
        return 9u;
    default:
        return uspan_len_field(size_array(p, e));
    }
}

uint32_t uspan_size_key_value(const uspan_trace_part_t *p, const uspan_entry_t *e)
{
    return uspan_len_field(e->key->len) + uspan_len_field(uspan_size_any(p, e));
}

/* Attributes in blocks, each as a field with a one-byte tag; a first entry without key (a tracestate) is not
 * one. */
static uint32_t size_entries(const uspan_trace_part_t *p, uint16_t block, unsigned count)
{
    uint32_t size = 0;
    for (unsigned i = 0; i < count; i++) {
        if (i > 0u && i % USPAN_ENTRIES_PER_BLOCK == 0u) {
            block = p->block_next[block];
        }
        const uspan_entry_t *e = &p->blocks[block].entries[i % USPAN_ENTRIES_PER_BLOCK];
        size += uspan_len_field(e->key != NULL ? uspan_size_key_value(p, e) : e->len);
    }
    return size;
}

static uint32_t size_count(uint32_t count)
{
    return count > 0u ? 1u + uspan_len_u32(count) : 0u;
}

uint32_t uspan_size_event(const uspan_trace_part_t *p, const uspan_event_rec_t *rec)
{
    return 9u + uspan_len_field(rec->name_len) + size_entries(p, rec->attrs, rec->attr_count) +
           size_count(rec->dropped);
}

uint32_t uspan_size_link(const uspan_trace_part_t *p, const uspan_link_rec_t *rec)
{
    return 18u + 10u + size_entries(p, rec->attrs, rec->attr_count) + size_count(rec->dropped) + 5u;
}

uint32_t uspan_size_status(const uspan_slot_t *slot)
{
    return slot->status == USPAN_STATUS_UNSET
               ? 0u
               : 2u + (slot->message_len > 0u ? uspan_len_field(slot->message_len) : 0u);
}

uint32_t uspan_size_span(const uspan_trace_part_t *p, const uspan_slot_t *slot)
{
    static const uint8_t no_id[8];
    uint32_t size = 18u + 10u + 2u + 9u + 9u + 6u; /* ids, kind, times, flags */
    size += memcmp(slot->parent_id, no_id, 8) != 0 ? 10u : 0u;
    size += uspan_len_field(slot->name_len);
#if USPAN_TRACESTATE_BYTES > 0
    if ((slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u) {
        size += uspan_len_field(p->tracestates[slot->tracestate].len);
    }
#endif
    for (unsigned i = 0; i < slot->attr_count; i++) {
        size += uspan_len_field(uspan_size_key_value(p, &slot->attrs[i]));
    }
    if (uspan_is_unsynced(p, slot)) {
        size += uspan_len_field(uspan_size_key_value(p, &uspan_unsynced_entry));
    }
    for (uint16_t e = slot->events; e != USPAN_NO_INDEX; e = p->blocks[e].event.next) {
        size += uspan_len_field(uspan_size_event(p, &p->blocks[e].event));
    }
    for (uint16_t l = slot->links; l != USPAN_NO_INDEX; l = p->blocks[l].link.next) {
        size += uspan_len_field(uspan_size_link(p, &p->blocks[l].link));
    }
    size +=
        size_count(slot->dropped_attrs) + size_count(slot->dropped_events) + size_count(slot->dropped_links);
    uint32_t status = uspan_size_status(slot);
    return size + (status > 0u ? uspan_len_field(status) : 0u);
}

uint32_t uspan_size_resource(const uspan_tracer_t *t)
{
    uint32_t size = 0;
    uint16_t item = 0;
    uint16_t pos = 0;
    uspan_entry_t e;
    uspan_key_t key;
    bool percent;
    while (uspan_resource_next(t, &item, &pos, &e, &key, &percent)) {
        size += uspan_len_field(uspan_size_key_value(&t->trace, &e));
    }
    return size;
}

uint32_t uspan_size_scope(const uspan_batch_t *batch, const uspan_scope_t *scope, bool first)
{
    uint32_t size = uspan_len_field((uint32_t)strlen(scope->name));
    if (scope->version != NULL && scope->version[0] != '\0') { /* proto3 leaves empty strings out */
        size += uspan_len_field((uint32_t)strlen(scope->version));
    }
    for (unsigned cause = 0; first && cause < USPAN_DROP_COUNT; cause++) {
        if (batch->reported[cause] > 0u) {
            uspan_entry_t e = { .key = uspan_drop_key(cause),
                                .store = USPAN_STORE_INT,
                                .v.i = batch->reported[cause] };
            size += uspan_len_field(uspan_size_key_value(NULL, &e));
        }
    }
    return size;
}

uint16_t uspan_batch_next(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest, uint16_t i,
                          const uspan_scope_t *scope)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t); /* spans that end meanwhile change the last one's next */
    i = i == USPAN_NO_INDEX ? batch->first : p->slots[i].next;
    while (i != USPAN_NO_INDEX && (((unsigned)p->slots[i].busy >> dest & 1u) == 0u ||
                                   (scope != NULL && p->slots[i].scope != scope))) {
        i = p->slots[i].next;
    }
    uspan_unlock(t, state);
    return i;
}

const uspan_scope_t *uspan_batch_scope(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest,
                                       const uspan_scope_t *after)
{
    if (batch->scope != NULL) {
        return after == NULL ? batch->scope : NULL;
    }
    const uspan_scope_t *best = NULL;
    for (uint16_t i = USPAN_NO_INDEX; (i = uspan_batch_next(t, batch, dest, i, NULL)) != USPAN_NO_INDEX;) {
        const uspan_scope_t *scope = t->trace.slots[i].scope;
        if ((uintptr_t)scope > (uintptr_t)after && (best == NULL || (uintptr_t)scope < (uintptr_t)best)) {
            best = scope;
        }
    }
    return best;
}

uint32_t uspan_size_scope_spans(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest,
                                const uspan_scope_t *scope, bool first)
{
    uint32_t size = uspan_len_field(uspan_size_scope(batch, scope, first));
    if (batch->scope != NULL) {
        size += batch->spans_len;
    } else {
        for (uint16_t i = USPAN_NO_INDEX;
             (i = uspan_batch_next(t, batch, dest, i, scope)) != USPAN_NO_INDEX;) {
            size += uspan_len_field(t->trace.slots[i].size);
        }
    }
    return size + (sizeof(USPAN_SCHEMA_URL) > 1u ? uspan_len_field(sizeof(USPAN_SCHEMA_URL) - 1u) : 0u);
}

uint32_t uspan_size_resource_spans(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest)
{
    uint32_t size = uspan_len_field(uspan_size_resource(t));
    bool first = true;
    for (const uspan_scope_t *scope = NULL; (scope = uspan_batch_scope(t, batch, dest, scope)) != NULL;
         first = false) {
        size += uspan_len_field(uspan_size_scope_spans(t, batch, dest, scope, first));
    }
    return size;
}

uint32_t uspan_size_request(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest)
{
    return uspan_len_field(uspan_size_resource_spans(t, batch, dest));
}
