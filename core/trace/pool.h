/* pool.h: the slots of spans. Private to core. */
#ifndef USPAN_TRACE_POOL_H
#define USPAN_TRACE_POOL_H

#include "trace/blocks.h"
#include "trace/lock.h"

typedef enum uspan_state {
    USPAN_STATE_FREE = 0,
    USPAN_STATE_OPEN,   /* writable */
    USPAN_STATE_ENDING, /* readable by processors */
    USPAN_STATE_ENDED   /* in the queues; only size, pending and busy change */
} uspan_state_t;

#define USPAN_TRAIT_CONTENT 1u /* content is recorded, unless it is off for the tracer */
#define USPAN_TRAIT_REMOTE_PARENT 2u
#define USPAN_TRAIT_PENDING 4u /* an appended text waits for the rest of a character */
/* span of a model call, counted in usage; cleared when its failure is counted too */
#define USPAN_TRAIT_CALL 16u
#define USPAN_TRAIT_WAITING 32u      /* a reader of LLM traffic buffers text that is not in the span yet */
#define USPAN_TRAIT_KEPT 64u         /* from before a reset */
#define USPAN_TRAIT_UNSET 128u       /* uspan_end() does not set the status Ok */
#define USPAN_TRAIT_NO_TRACESTATE 8u /* the tracestate index is not used */

#define USPAN_SLOT_BITS 10u
#define USPAN_ID_OFF \
    3u /* null span of a trace that is not recorded: children are null and are not counted as dropped */

static inline bool uspan_is_null(uspan_t s)
{
    return s.id >> USPAN_SLOT_BITS == 0u;
}

/* Returns the slot with the number in s, whatever its span is now, or NULL if there is none. */
USPAN_INLINE_FAST uspan_slot_t *uspan_slot_at(uspan_trace_part_t *p, uspan_t s);
/* Returns the slot of s, or NULL if s is stale. The caller holds the lock, or owns the slot. */
USPAN_INLINE_FAST uspan_slot_t *uspan_slot_find(uspan_trace_part_t *p, uspan_t s);
/* Like uspan_slot_find(), for a span that is open, recorded or not. */
USPAN_INLINE_FAST uspan_slot_t *uspan_slot_find_open(uspan_trace_part_t *p, uspan_t s);

#if !USPAN_OPTIMIZE_SIZE || defined(USPAN_IN_POOL)
USPAN_INLINE_FAST uspan_slot_t *uspan_slot_at(uspan_trace_part_t *p, uspan_t s)
{
    uint32_t i = s.id & ((1u << USPAN_SLOT_BITS) - 1u);
    return i < USPAN_SPANS_MAX ? &p->slots[i] : NULL;
}

USPAN_INLINE_FAST uspan_slot_t *uspan_slot_find(uspan_trace_part_t *p, uspan_t s)
{
    uspan_slot_t *slot = uspan_slot_at(p, s);
    return slot != NULL && slot->id == s.id && slot->state != USPAN_STATE_FREE ? slot : NULL;
}

USPAN_INLINE_FAST uspan_slot_t *uspan_slot_find_open(uspan_trace_part_t *p, uspan_t s)
{
    uspan_slot_t *slot = uspan_slot_find(p, s);
    return slot != NULL && slot->state == USPAN_STATE_OPEN ? slot : NULL;
}
#endif

static inline uint16_t uspan_slot_index(const uspan_trace_part_t *p, const uspan_slot_t *slot)
{
    (void)p;
    return (uint16_t)(slot->id & ((1u << USPAN_SLOT_BITS) - 1u));
}

/* 24 bytes: trace id, span id. A context has the same first fields. */
static inline const uint8_t *uspan_ids_of(const uspan_slot_t *slot)
{
    return (const uint8_t *)slot + offsetof(uspan_slot_t, trace_id);
}
USPAN_STATIC_ASSERT(offsetof(uspan_slot_t, span_id) == offsetof(uspan_slot_t, trace_id) + 16u &&
                        offsetof(uspan_context_t, trace_id) == 0u &&
                        offsetof(uspan_context_t, span_id) == 16u && offsetof(uspan_context_t, flags) == 24u,
                    "ids stand together");

static inline uspan_t uspan_handle_of(const uspan_trace_part_t *p, const uspan_slot_t *slot)
{
    (void)p;
    return USPAN_HANDLE(slot->id);
}

/* Free all slots. Generations start at random. Context: before any other call. */
void uspan_pool_init(uspan_trace_part_t *p);
void uspan_pool_seed(uspan_trace_part_t *p, uint32_t random);

/* The callers of all functions below hold the lock. */

/* Allocate a slot with a new generation and empty tables. The caller sets state when the slot is complete.
 * Returns NULL if the pool is full. */
uspan_slot_t *uspan_pool_alloc_slot(uspan_trace_part_t *p);
/* Free a slot and its blocks, and release its epoch, tracestate and run. */
void uspan_pool_free_slot(uspan_trace_part_t *p, uspan_slot_t *slot);
/* Append the slot to the queue of each destination and set its bits in `pending`. If there is no destination,
 * free it. */
void uspan_pool_queue(uspan_trace_part_t *p, uspan_slot_t *slot);
#if USPAN_KEEP
/* In addition to the bits of destinations: kept over a reset, waits for the first destination. */
#define USPAN_PENDING_KEPT 0x80u
/* If slot i is kept, let it wait for destination d too. Returns true if it is kept. */
bool uspan_pool_queue_kept(uspan_trace_part_t *p, unsigned i, unsigned d);
#endif
/* Finish an ended span for destination d. After the last destination it is freed. */
void uspan_pool_finish_for_dest(uspan_trace_part_t *p, uspan_slot_t *slot, unsigned d);
/* Make room. If only one of several destinations still waits for a span, that destination loses its oldest
 * one. Otherwise, with USPAN_FULL_DROPS_OLDEST 1, the oldest span that is not being sent is lost for all that
 * wait for it. Looks at one span of each destination. Returns false if there is none. */
bool uspan_pool_evict(uspan_trace_part_t *p);
/* 1: spans that ended can be evicted. */
#define USPAN_EVICTS (USPAN_FULL_DROPS_OLDEST || USPAN_DESTINATIONS_MAX > 1)

#endif
