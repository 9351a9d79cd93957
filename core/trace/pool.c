/* pool.c: a slot is in exactly one place: the free list (state FREE), its user's hands (OPEN, ENDING) or the
 * ended list (ENDED); a block is in the free list or in one chain of one slot. Slots are reused in FIFO
 * order, so that a stale handle stays recognisable for long. Callers hold the lock. */
#define USPAN_IN_POOL
#include "pool.h"
#include <string.h>
#include "clock.h"
#include "text.h"

#define EVICT_LOOKS 8u /* ended spans looked at before giving up: bounds the lock */
#define ONE_GENERATION (1u << USPAN_SLOT_BITS)

/* ---- lists of slots: free, ended ----------------------------------------------------------------------- */

USPAN_ONCE static void append(uspan_trace_part_t *p, uint16_t *head, uint16_t *tail, uspan_slot_t *slot)
{
    uint16_t i = uspan_slot_index(p, slot);
    unsigned last = *tail;
    slot->prev = (uint16_t)last;
    slot->next = USPAN_NO_INDEX;
    *(last == USPAN_NO_INDEX ? head : &p->slots[last].next) = i;
    *tail = i;
}

USPAN_ONCE static void leave(uspan_trace_part_t *p, uint16_t *head, uint16_t *tail, const uspan_slot_t *slot)
{
    unsigned prev = slot->prev;
    unsigned next = slot->next;
    *(prev == USPAN_NO_INDEX ? head : &p->slots[prev].next) = (uint16_t)next;
    *(next == USPAN_NO_INDEX ? tail : &p->slots[next].prev) = (uint16_t)prev;
}

void uspan_pool_init(uspan_trace_part_t *p)
{
    p->free_head = p->free_tail = USPAN_NO_INDEX;
    p->ended_head = p->ended_tail = USPAN_NO_INDEX;
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        p->slots[i].id = i;
        append(p, &p->free_head, &p->free_tail, &p->slots[i]);
    }
    for (unsigned i = 0; i < USPAN_BLOCKS_MAX; i++) {
        p->block_next[i] = (uint16_t)(i + 1u);
    }
    p->block_next[USPAN_BLOCKS_MAX - 1u] = USPAN_NO_INDEX;
}

void uspan_pool_seed(uspan_trace_part_t *p, uint32_t random)
{
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        p->slots[i].id += random & ~(ONE_GENERATION - 1u);
        random += 2654435761u;
    }
}

uspan_slot_t *uspan_pool_take(uspan_trace_part_t *p)
{
    if (p->free_head == USPAN_NO_INDEX) {
        return NULL;
    }
    uspan_slot_t *slot = &p->slots[p->free_head];
    leave(p, &p->free_head, &p->free_tail, slot);
    do {
        slot->id += ONE_GENERATION; /* turns over; the null span's generation is left out */
    } while (slot->id < ONE_GENERATION);
    memset((char *)slot + offsetof(uspan_slot_t, state), 0,
           offsetof(uspan_slot_t, start_ns) - offsetof(uspan_slot_t, state));
    slot->state = USPAN_STATE_OPEN;
    slot->events = slot->links = slot->message = USPAN_NO_INDEX;
    unsigned live = p->slots_live + 1u;
    p->slots_live = (uint16_t)live;
    if (live > p->slots_high) {
        p->slots_high = (uint16_t)live;
    }
    return slot;
}

void uspan_pool_give(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    for (unsigned i = 0; i < slot->attr_count; i++) {
        uspan_entry_give(p, &slot->attrs[i]);
    }
    if (p->give_items != NULL) {
        p->give_items(p, slot);
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
#if USPAN_STUDIO
    if (slot->run != 0u) {
        p->runs[slot->run - 1u].refs--;
    }
#endif
    slot->state = USPAN_STATE_FREE;
    slot->may = 0u;
    append(p, &p->free_head, &p->free_tail, slot);
    p->slots_live--;
}

void uspan_pool_queue(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    unsigned mask = p->dest_mask;
    p->open--;
    if (mask == 0u) {
        p->dropped[USPAN_DROP_NO_DESTINATION]++;
        uspan_pool_give(p, slot);
        return;
    }
    slot->state = USPAN_STATE_ENDED;
    slot->pending = (uint8_t)mask;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        p->queued[d] = (uint16_t)(p->queued[d] + (mask >> d & 1u));
    }
    append(p, &p->ended_head, &p->ended_tail, slot);
    p->ended++;
}

static void leave_ended(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    leave(p, &p->ended_head, &p->ended_tail, slot);
    p->ended--;
    uspan_pool_give(p, slot);
}

void uspan_pool_settle(uspan_trace_part_t *p, uspan_slot_t *slot, unsigned d)
{
    unsigned others = ~(1u << d);
    slot->busy = (uint8_t)(slot->busy & others);
    slot->pending = (uint8_t)(slot->pending & others);
    p->queued[d]--;
    if (slot->pending == 0u) {
        leave_ended(p, slot);
    }
}

bool uspan_pool_evict(uspan_trace_part_t *p)
{
    unsigned i = p->ended_head;
    for (unsigned looks = 0; looks < EVICT_LOOKS && i != USPAN_NO_INDEX; looks++) {
        uspan_slot_t *slot = &p->slots[i];
        if (slot->busy == 0u) {
            for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
                unsigned waits = (unsigned)slot->pending >> d & 1u;
                p->evicted[d] += waits;
                p->queued[d] = (uint16_t)(p->queued[d] - waits);
            }
            leave_ended(p, slot);
            return true;
        }
        i = slot->next;
    }
    return false;
}

/* ---- blocks -------------------------------------------------------------------------------------------- */

unsigned uspan_blocks_take(uspan_trace_part_t *p, unsigned want, uint16_t *head, uint16_t *tail)
{
    unsigned live = p->blocks_live;
    unsigned got = USPAN_BLOCKS_MAX - live;
    if (got > want) {
        got = want;
    }
    if (got == 0u) {
        return 0u;
    }
    unsigned last = p->blocks_free;
    *head = (uint16_t)last;
    for (unsigned i = 1; i < got; i++) {
        last = p->block_next[last];
    }
    *tail = (uint16_t)last;
    p->blocks_free = p->block_next[last];
    p->block_next[last] = USPAN_NO_INDEX;
    live += got;
    p->blocks_live = (uint16_t)live;
    if (live > p->blocks_high) {
        p->blocks_high = (uint16_t)live;
    }
    return got;
}

void uspan_blocks_give(uspan_trace_part_t *p, uint16_t head, uint16_t tail, unsigned count)
{
    if (count == 0u) {
        for (unsigned at = head; at != tail; at = p->block_next[at]) {
            count++;
        }
        count++;
    }
    p->block_next[tail] = p->blocks_free;
    p->blocks_free = head;
    p->blocks_live = (uint16_t)(p->blocks_live - count);
}
