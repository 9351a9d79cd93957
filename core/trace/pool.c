/* pool.c: a slot is in exactly one place: the free list (state FREE), its user's hands (OPEN, ENDING) or the
 * ended list (ENDED); a block is in the free list or in one chain of one slot. Slots are reused in FIFO
 * order, so that a stale handle stays recognisable for long. Callers hold the lock. */
#include "pool.h"
#include <string.h>
#include "clock.h"
#include "text.h"

#define EVICT_LOOKS 8u /* ended spans looked at before giving up: bounds the lock */

void uspan_pool_init(uspan_trace_part_t *p)
{
    for (uint16_t i = 0; i < USPAN_SPANS_MAX; i++) {
        p->slots[i].next = i + 1u < USPAN_SPANS_MAX ? (uint16_t)(i + 1u) : USPAN_NO_INDEX;
    }
    p->free_tail = USPAN_SPANS_MAX - 1u;
    p->ended_head = USPAN_NO_INDEX;
    p->ended_tail = USPAN_NO_INDEX;
    for (uint32_t i = 0; i < USPAN_BLOCKS_MAX; i++) {
        p->block_next[i] = i + 1u < USPAN_BLOCKS_MAX ? (uint16_t)(i + 1u) : USPAN_NO_INDEX;
    }
}

void uspan_pool_seed(uspan_trace_part_t *p, uint32_t random)
{
    for (uint32_t i = 0; i < USPAN_SPANS_MAX; i++) {
        p->slots[i].gen = (random + i * 2654435761u) >> USPAN_SLOT_BITS & USPAN_GEN_MASK;
    }
}

uspan_slot_t *uspan_pool_take(uspan_trace_part_t *p)
{
    if (p->free_head == USPAN_NO_INDEX) {
        return NULL;
    }
    uspan_slot_t *slot = &p->slots[p->free_head];
    p->free_head = slot->next;
    if (p->free_head == USPAN_NO_INDEX) {
        p->free_tail = USPAN_NO_INDEX;
    }
    slot->gen = (slot->gen + 1u) & USPAN_GEN_MASK;
    slot->gen += slot->gen == 0u;
    memset((char *)slot + offsetof(uspan_slot_t, state), 0,
           offsetof(uspan_slot_t, name) - offsetof(uspan_slot_t, state));
    slot->state = USPAN_STATE_OPEN;
    slot->events = slot->links = slot->message = USPAN_NO_INDEX;
    p->slots_live++;
    if (p->slots_live > p->slots_high) {
        p->slots_high = p->slots_live;
    }
    return slot;
}

void uspan_pool_give(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    for (unsigned i = 0; i < slot->attr_count; i++) {
        uspan_entry_give(p, &slot->attrs[i]);
    }
    for (uint16_t e = slot->events; e != USPAN_NO_INDEX;) {
        uint16_t next = p->blocks[e].event.next;
        uspan_event_give(p, e);
        e = next;
    }
    for (uint16_t l = slot->links; l != USPAN_NO_INDEX;) {
        uint16_t next = p->blocks[l].link.next;
        uspan_link_give(p, l);
        l = next;
    }
    if (slot->message_len > 0u) {
        uspan_blocks_give(p, slot->message, slot->message_tail, 0u);
    }
    uspan_epoch_leave(p, slot->epoch);
#if USPAN_TRACESTATE_BYTES > 0
    if ((slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u) {
        p->tracestates[slot->tracestate].refs--;
    }
#endif
    if (slot->run != 0u) {
        p->runs[slot->run - 1u].refs--;
    }
    slot->state = USPAN_STATE_FREE;
    slot->may = 0u;
    slot->next = USPAN_NO_INDEX;
    uint16_t i = uspan_slot_index(p, slot);
    if (p->free_tail == USPAN_NO_INDEX) {
        p->free_head = i;
    } else {
        p->slots[p->free_tail].next = i;
    }
    p->free_tail = i;
    p->slots_live--;
}

void uspan_pool_queue(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    p->open--;
    if (p->dest_mask == 0u) {
        p->dropped[USPAN_DROP_NO_DESTINATION]++;
        uspan_pool_give(p, slot);
        return;
    }
    slot->state = USPAN_STATE_ENDED;
    slot->pending = p->dest_mask;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        p->queued[d] = (uint16_t)(p->queued[d] + ((unsigned)p->dest_mask >> d & 1u));
    }
    uint16_t i = uspan_slot_index(p, slot);
    slot->prev = p->ended_tail;
    slot->next = USPAN_NO_INDEX;
    if (p->ended_tail == USPAN_NO_INDEX) {
        p->ended_head = i;
    } else {
        p->slots[p->ended_tail].next = i;
    }
    p->ended_tail = i;
    p->ended++;
}

static void leave_ended(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    if (slot->prev == USPAN_NO_INDEX) {
        p->ended_head = slot->next;
    } else {
        p->slots[slot->prev].next = slot->next;
    }
    if (slot->next == USPAN_NO_INDEX) {
        p->ended_tail = slot->prev;
    } else {
        p->slots[slot->next].prev = slot->prev;
    }
    p->ended--;
    uspan_pool_give(p, slot);
}

void uspan_pool_settle(uspan_trace_part_t *p, uspan_slot_t *slot, unsigned d)
{
    slot->pending = (uint8_t)(slot->pending & ~(1u << d));
    slot->busy = (uint8_t)(slot->busy & ~(1u << d));
    p->queued[d]--;
    if (slot->pending == 0u) {
        leave_ended(p, slot);
    }
}

bool uspan_pool_evict(uspan_trace_part_t *p)
{
    uint16_t i = p->ended_head;
    for (unsigned looks = 0; looks < EVICT_LOOKS && i != USPAN_NO_INDEX; looks++) {
        uspan_slot_t *slot = &p->slots[i];
        if (slot->busy == 0u) {
            for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
                uint16_t waits = (uint16_t)((unsigned)slot->pending >> d & 1u);
                p->evicted[d] += waits;
                p->queued[d] = (uint16_t)(p->queued[d] - waits);
            }
            p->evictions++;
            leave_ended(p, slot);
            return true;
        }
        i = slot->next;
    }
    return false;
}

unsigned uspan_blocks_take(uspan_trace_part_t *p, unsigned want, uint16_t *head, uint16_t *tail)
{
    unsigned free = USPAN_BLOCKS_MAX - p->blocks_live;
    unsigned got = want < free ? want : free;
    if (got == 0u) {
        return 0u;
    }
    uint16_t last = p->blocks_free;
    *head = last;
    for (unsigned i = 1; i < got; i++) {
        last = p->block_next[last];
    }
    *tail = last;
    p->blocks_free = p->block_next[last];
    p->block_next[last] = USPAN_NO_INDEX;
    p->blocks_live = (uint16_t)(p->blocks_live + got);
    if (p->blocks_live > p->blocks_high) {
        p->blocks_high = p->blocks_live;
    }
    return got;
}

void uspan_blocks_give(uspan_trace_part_t *p, uint16_t head, uint16_t tail, unsigned count)
{
    if (count == 0u) {
        for (uint16_t at = head; at != tail; at = p->block_next[at]) {
            count++;
        }
        count++;
    }
    p->block_next[tail] = p->blocks_free;
    p->blocks_free = head;
    p->blocks_live = (uint16_t)(p->blocks_live - count);
}
