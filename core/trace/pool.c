/* pool.c: the slots of spans. Invariant: a slot is either in the free list (state FREE), used by the caller
 * (OPEN, ENDING), or in the queues of the destinations that wait for it (ENDED). A queue holds the members of
 * its batch first, then the waiting spans. Free slots are reused in FIFO order. A freed slot therefore stays
 * unused as long as possible, and a stale handle is still recognised as stale. Callers hold the lock. Order
 * of commits: a reader after a reset uses `state` to see if there is a span. It leaves FREE after the fields
 * are complete, and becomes FREE before any block is freed. Lists and counts are rebuilt. */
#define USPAN_IN_POOL
#include "trace/pool.h"
#include <string.h>
#include "trace/block_chain.h"
#include "trace/clock.h"

/* Bytes of RAM for each span, on 32-bit and on 64-bit machines. */
#define BYTES(on_32_bit, on_64_bit) (sizeof(void *) == 4u ? (on_32_bit) : (on_64_bit))
USPAN_STATIC_ASSERT(sizeof(uspan_entry_t) <= BYTES(16u, 24u), "an attribute grew");
USPAN_STATIC_ASSERT(sizeof(uspan_event_rec_t) <= 32u && sizeof(uspan_link_rec_t) <= 32u,
                    "an event or a link grew");
#if USPAN_ATTRS_MAX == 24 && USPAN_NAME_MAX == 48 && USPAN_DESTINATIONS_MAX == 1
USPAN_STATIC_ASSERT(sizeof(uspan_slot_t) <= BYTES(536u, 736u), "a slot of the default configuration grew");
#if USPAN_HOST_BYTES == 64 && USPAN_HEADERS_BYTES == 256 && !USPAN_SPOOL && !USPAN_GZIP
USPAN_STATIC_ASSERT(sizeof(uspan_dest_t) <= BYTES(768u, 832u),
                    "a destination of the default configuration grew");
#endif
#endif

#define ONE_GENERATION (1u << USPAN_SLOT_BITS)

/* ---- lists of slots: free, queues ---------------------------------------------------------------------- */

/* The free list uses the links of the first queue. */
USPAN_NOINLINE_SMALL static void append_free(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    uint16_t i = uspan_slot_index(p, slot);
    slot->queued[0].next = USPAN_NO_INDEX;
    *(p->free_head == USPAN_NO_INDEX ? &p->free_head : &p->slots[p->free_tail].queued[0].next) = i;
    p->free_tail = i;
}

static void append_queue(uspan_trace_part_t *p, unsigned d, uspan_slot_t *slot)
{
    uspan_queue_t *q = &p->queues[d];
    uint16_t i = uspan_slot_index(p, slot);
    unsigned last = q->tail;
    slot->queued[d].prev = (uint16_t)last;
    slot->queued[d].next = USPAN_NO_INDEX;
    *(last == USPAN_NO_INDEX ? &q->head : &p->slots[last].queued[d].next) = i;
    q->tail = i;
    q->waiting = q->waiting == USPAN_NO_INDEX ? i : q->waiting;
    q->count++;
}

static void leave_queue(uspan_trace_part_t *p, unsigned d, const uspan_slot_t *slot)
{
    uspan_queue_t *q = &p->queues[d];
    unsigned prev = slot->queued[d].prev;
    unsigned next = slot->queued[d].next;
    *(prev == USPAN_NO_INDEX ? &q->head : &p->slots[prev].queued[d].next) = (uint16_t)next;
    *(next == USPAN_NO_INDEX ? &q->tail : &p->slots[next].queued[d].prev) = (uint16_t)prev;
    q->waiting = q->waiting == uspan_slot_index(p, slot) ? (uint16_t)next : q->waiting;
    q->count--;
    q->flushing = (uint16_t)(q->flushing - (q->flushing > 0u));
}

/* At a start all slots are free, except those that a mount takes over. */
static inline bool is_kept(const uspan_slot_t *slot)
{
    return USPAN_KEEP && slot->state != USPAN_STATE_FREE;
}

void uspan_pool_init(uspan_trace_part_t *p)
{
    p->free_head = p->free_tail = USPAN_NO_INDEX;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        p->queues[d].head = p->queues[d].tail = p->queues[d].waiting = USPAN_NO_INDEX;
    }
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        if (is_kept(&p->slots[i])) {
            continue;
        }
        p->slots[i].id = i;
        append_free(p, &p->slots[i]);
    }
#if USPAN_KEEP
    uspan_blocks_init_kept((uspan_tracer_t *)p);
#else
    uspan_blocks_init(p);
#endif
}

void uspan_pool_seed(uspan_trace_part_t *p, uint32_t random)
{
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        p->slots[i].id += is_kept(&p->slots[i]) ? 0u : random & ~(ONE_GENERATION - 1u);
        random += 2654435761u;
    }
}

uspan_slot_t *uspan_pool_alloc_slot(uspan_trace_part_t *p)
{
    if (p->free_head == USPAN_NO_INDEX) {
        return NULL;
    }
    uspan_slot_t *slot = &p->slots[p->free_head];
    p->free_head = slot->queued[0].next;
    do {
        slot->id += ONE_GENERATION; /* may wrap; the generation of the null span is skipped */
    } while (slot->id < ONE_GENERATION);
    memset((char *)slot + offsetof(uspan_slot_t, state), 0,
           offsetof(uspan_slot_t, start_ns) - offsetof(uspan_slot_t, state));
    slot->events = slot->links = slot->message = USPAN_NO_INDEX;
    p->slots_live++;
    return slot;
}

void uspan_pool_free_slot(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    /* first, so that a reader after a reset finds no span whose blocks are free */
    slot->state = USPAN_STATE_FREE;
    slot->accepts_attrs = 0u;
    USPAN_COMMIT_ORDER();
    for (unsigned i = 0; i < slot->attr_count; i++) {
        uspan_entry_free(p, &slot->attrs[i]);
    }
    if (p->free_items != NULL) {
        p->free_items(p, slot);
    }
    if (slot->message_len > 0u) {
        uspan_blocks_free(p, slot->message, slot->message_tail, uspan_blocks_for(slot->message_len));
    }
    uspan_epoch_release(p, slot->epoch);
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
    append_free(p, slot);
    if (p->slots_live > p->slots_high) {
        p->slots_high = p->slots_live;
    }
    p->slots_live--;
}

void uspan_pool_queue(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    unsigned mask = p->dest_mask;
    p->open--;
    if (mask == 0u) {
        p->dropped[USPAN_DROP_NO_DESTINATION]++;
        uspan_pool_free_slot(p, slot);
        return;
    }
    USPAN_COMMIT_ORDER(); /* the end time and the status are stored */
    slot->state = USPAN_STATE_ENDED;
    slot->pending = (uint8_t)mask;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        if ((mask >> d & 1u) != 0u) {
            append_queue(p, d, slot);
        }
    }
    p->ended++;
}

#if USPAN_KEEP
bool uspan_pool_queue_kept(uspan_trace_part_t *p, unsigned i, unsigned d)
{
    uspan_slot_t *slot = &p->slots[i];
    bool kept = slot->state == USPAN_STATE_ENDED && (slot->traits & USPAN_TRAIT_KEPT) != 0u &&
                (slot->pending >> d & 1u) == 0u;
    if (kept) {
        slot->pending = (uint8_t)((slot->pending & ~USPAN_PENDING_KEPT) | 1u << d);
        append_queue(p, d, slot);
    }
    return kept;
}
#endif

void uspan_pool_finish_for_dest(uspan_trace_part_t *p, uspan_slot_t *slot, unsigned d)
{
    unsigned index = USPAN_DESTINATIONS_MAX > 1 ? d : 0u; /* if there is only one, the compiler knows it */
    unsigned others = ~(1u << index);
    leave_queue(p, index, slot);
    slot->busy = (uint8_t)(slot->busy & others);
    slot->pending = (uint8_t)(slot->pending & others);
    if (USPAN_DESTINATIONS_MAX == 1 || slot->pending == 0u) {
        p->ended--;
        uspan_pool_free_slot(p, slot);
    }
}

bool uspan_pool_evict(uspan_trace_part_t *p)
{
    const unsigned sent = ~(unsigned)p->resting; /* destinations whose batch is being sent */
    uspan_slot_t *oldest = NULL;
    unsigned weight = 0;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        const uspan_queue_t *q = &p->queues[d];
        unsigned i = q->waiting == USPAN_NO_INDEX && (p->resting >> d & 1u) != 0u ? q->head : q->waiting;
        if (i == USPAN_NO_INDEX) {
            continue;
        }
        uspan_slot_t *slot = &p->slots[i];
        bool lags = (p->dest_mask & ~(unsigned)slot->pending) != 0u; /* a destination has finished it */
        bool lags_alone = lags && slot->pending == 1u << d;          /* all others have finished it */
        unsigned w = (lags ? USPAN_SPANS_MAX : 0u) + (lags_alone ? USPAN_SPANS_MAX : 0u) + q->count;
        if ((slot->busy & sent) == 0u && (lags || USPAN_FULL_DROPS_OLDEST) && w > weight) {
            oldest = slot;
            weight = w;
        }
    }
    if (oldest == NULL) {
        return false;
    }
    unsigned waits = oldest->pending;
    p->broken = (uint8_t)(p->broken | oldest->busy);
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        if ((waits >> d & 1u) != 0u) {
            p->evicted[d]++;
            uspan_pool_finish_for_dest(p, oldest, d); /* freed after the last destination */
        }
    }
    return true;
}
