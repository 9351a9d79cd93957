/* pool.h: which slots are taken, which spans have ended, which blocks are free. Private to core. */
#ifndef USPAN_TRACE_POOL_H
#define USPAN_TRACE_POOL_H

#include "inside.h"

typedef enum uspan_state {
    USPAN_STATE_FREE = 0,
    USPAN_STATE_OPEN,   /* writable */
    USPAN_STATE_ENDING, /* readable by processors */
    USPAN_STATE_ENDED   /* in the ended list; never changes again but for size, pending, busy */
} uspan_state_t;

#define USPAN_TRAIT_CONTENT 1u /* content is recorded, unless the tracer says no */
#define USPAN_TRAIT_REMOTE_PARENT 2u
#define USPAN_TRAIT_PENDING 4u /* an appended text waits for the rest of a character */
#define USPAN_TRAIT_CALL 16u   /* of a model, counted in usage; cleared when its failure is counted too */
#define USPAN_TRAIT_NO_TRACESTATE 8u /* tracestate index is meaningless */

#define USPAN_BLOCK ((unsigned)USPAN_BLOCK_BYTES)
#define USPAN_SLOT_BITS 10u
#define USPAN_ID_OFF \
    3u /* the null span of a trace that is not recorded: children are null, and not counted as dropped */

static inline bool uspan_is_null(uspan_t s)
{
    return s.id >> USPAN_SLOT_BITS == 0u;
}

/* Inlined where speed counts; where size does, calls of one copy, which is pool.c's for what is SHARED. */
#ifdef __OPTIMIZE_SIZE__
#define USPAN_SMALL 1
#define USPAN_SHARED
#define USPAN_ONCE __attribute__((noinline))
#else
#define USPAN_SMALL 0
#define USPAN_ONCE
#define USPAN_SHARED static inline
#endif

#ifdef USPAN_LOCK_HEADER /* a lock that is compiled in is shorter than a call of it */
#include USPAN_LOCK_HEADER
static inline uint32_t uspan_lock(const uspan_tracer_t *t)
{
    (void)t;
    return uspan_lock_inline();
}
static inline void uspan_unlock(const uspan_tracer_t *t, uint32_t state)
{
    (void)t;
    uspan_unlock_inline(state);
}
#else
USPAN_SHARED uint32_t uspan_lock(const uspan_tracer_t *t);
USPAN_SHARED void uspan_unlock(const uspan_tracer_t *t, uint32_t state);
#endif
/* The slot with the number in s, whosever it is now, or NULL where there is none. */
USPAN_SHARED uspan_slot_t *uspan_slot_named(uspan_trace_part_t *p, uspan_t s);
/* The slot that s names, or NULL where it names none any more. Caller holds the lock, or owns the slot. */
USPAN_SHARED uspan_slot_t *uspan_slot_of(uspan_trace_part_t *p, uspan_t s);
/* The same for a span that is open, recorded or not. */
USPAN_SHARED uspan_slot_t *uspan_slot_open(uspan_trace_part_t *p, uspan_t s);

#if !USPAN_SMALL || defined(USPAN_IN_POOL)
#ifndef USPAN_LOCK_HEADER
USPAN_SHARED uint32_t uspan_lock(const uspan_tracer_t *t)
{
    return t->trace.port->lock(t->trace.port->ctx);
}

USPAN_SHARED void uspan_unlock(const uspan_tracer_t *t, uint32_t state)
{
    t->trace.port->unlock(t->trace.port->ctx, state);
}
#endif

USPAN_SHARED uspan_slot_t *uspan_slot_named(uspan_trace_part_t *p, uspan_t s)
{
    uint32_t i = s.id & ((1u << USPAN_SLOT_BITS) - 1u);
    return i < USPAN_SPANS_MAX ? &p->slots[i] : NULL;
}

USPAN_SHARED uspan_slot_t *uspan_slot_of(uspan_trace_part_t *p, uspan_t s)
{
    uspan_slot_t *slot = uspan_slot_named(p, s);
    return slot != NULL && slot->id == s.id && slot->state != USPAN_STATE_FREE ? slot : NULL;
}

USPAN_SHARED uspan_slot_t *uspan_slot_open(uspan_trace_part_t *p, uspan_t s)
{
    uspan_slot_t *slot = uspan_slot_of(p, s);
    return slot != NULL && slot->state == USPAN_STATE_OPEN ? slot : NULL;
}
#endif

/* Kept out of its callers, so that they need no stack for what is rare. */
#define USPAN_APART __attribute__((noinline))

/* False for a tracer that was never initialised, or failed to be: every call then does nothing. */
static inline bool uspan_is_live(const uspan_tracer_t *t)
{
    return t != NULL && t->trace.port != NULL;
}

static inline uint16_t uspan_slot_index(const uspan_trace_part_t *p, const uspan_slot_t *slot)
{
    (void)p;
    return (uint16_t)(slot->id & ((1u << USPAN_SLOT_BITS) - 1u));
}

/* 24 bytes: trace id, span id. A context begins alike. */
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

/* All free; generations begin at random. Context: before any other call. */
void uspan_pool_init(uspan_trace_part_t *p);
void uspan_pool_seed(uspan_trace_part_t *p, uint32_t random);

/* The callers of all that follows hold the lock. */

/* Take a slot: state OPEN, a new generation, tables empty. NULL: full. */
uspan_slot_t *uspan_pool_take(uspan_trace_part_t *p);
/* Give a slot and its blocks back, and what it counts on in epochs, tracestates and runs. */
void uspan_pool_give(uspan_trace_part_t *p, uspan_slot_t *slot);
/* Append to the ended list, with a bit in `pending` for each destination; or give it back where there is
 * none. */
void uspan_pool_queue(uspan_trace_part_t *p, uspan_slot_t *slot);
/* Destination d is done with an ended span; the last one gives it back. */
void uspan_pool_settle(uspan_trace_part_t *p, uspan_slot_t *slot, unsigned d);
/* Make room: the oldest ended span outside every batch is lost to all who wait for it. False: there is
 * none. */
bool uspan_pool_evict(uspan_trace_part_t *p);

/* Take up to want blocks, linked from *head to *tail. Returns how many. */
unsigned uspan_blocks_take(uspan_trace_part_t *p, unsigned want, uint16_t *head, uint16_t *tail);
/* Give a linked list back in one step; count is found by walking only where it is 0. */
void uspan_blocks_give(uspan_trace_part_t *p, uint16_t head, uint16_t tail, unsigned count);

#endif
