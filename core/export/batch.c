/* batch.c: selects the spans of one request and computes its size. Called by poll.c, exchange_result.c and
 * the spool. Invariant: members, sizes and drop counts of a batch do not change until the batch has its
 * result. It can therefore be encoded twice. */
#include "export/batch.h"
#include "export/export_state.h"
#include "export/otlp.h"
#include "export/protobuf.h"
#include "export/queue.h"

#define SCOPES_MAX 8u /* scopes whose last member is stored while a batch is built */
/* Most members of a batch if the last exchange of the destination failed and others share the pool. */
#define SHARE_SPANS (USPAN_SPANS_MAX / (2 * USPAN_DESTINATIONS_MAX))
/* Number of batches that must succeed before a limit grows that was set after a 413 or a time-out. */
#define STREAK_MAX 16u

/* Finish all spans of the batch: count the first `rejected` of them as rejected and the others as `how`. */
static void finish_batch_spans(uspan_tracer_t *t, unsigned d, unsigned how, uint32_t rejected)
{
    while (uspan_queue_finish_first(t, d, rejected > 0u ? (unsigned)USPAN_SPAN_REJECTED : how)) {
        rejected -= rejected > 0u;
    }
    uspan_dest(t, d)->batch.count = 0u;
}

void uspan_batch_drop_all(uspan_tracer_t *t, unsigned d, uspan_drop_t cause)
{
    (void)uspan_queue_hold(t, d);
    do {
        finish_batch_spans(t, d, cause, 0u);
    } while (uspan_queue_claim_next(t, d, false) != USPAN_NO_INDEX);
}

/* The last member of each of the most recent scopes. */
typedef struct scopes {
    const uspan_scope_t *scope[SCOPES_MAX];
    uint16_t last[SCOPES_MAX];
    unsigned count;
} scopes_t;

/* Move member i, the newest, behind the other members of its scope. Scopes are in the order of their
 * addresses if there are no more than SCOPES_MAX. */
static void join_scope(uspan_tracer_t *t, unsigned d, scopes_t *s, uint16_t i)
{
    uspan_batch_t *b = &uspan_dest(t, d)->batch;
    const uspan_scope_t *scope = t->trace.slots[i].scope;
    const uspan_scope_t *below = NULL;
    const unsigned known = s->count < SCOPES_MAX ? s->count : SCOPES_MAX;
    uint16_t after = USPAN_NO_INDEX;
    unsigned n = 0;
    for (; n < known && s->scope[n] != scope; n++) {
        if ((uintptr_t)s->scope[n] < (uintptr_t)scope && (uintptr_t)s->scope[n] > (uintptr_t)below) {
            below = s->scope[n];
            after = s->last[n];
        }
    }
    if (n < known) {
        after = s->last[n];
    } else {
        n = s->count % SCOPES_MAX; /* if there are too many, the oldest entry is replaced */
        after = s->count++ < SCOPES_MAX ? after : b->last;
        s->scope[n] = scope;
    }
    if (b->count == 1u) {
        b->first = b->last = i;
    } else if (after == b->last) {
        b->last = i;
    } else {
        uspan_queue_move_member(t, d, i, after);
        b->first = after == USPAN_NO_INDEX ? i : b->first;
    }
    s->last[n] = i;
}

/* Add members while there are fewer than `most` and they may fit. */
static void add_waiting_spans(uspan_tracer_t *t, unsigned d, uint32_t most)
{
    uspan_batch_t *b = &uspan_dest(t, d)->batch;
    scopes_t scopes;
    uint16_t i;
    scopes.count = 0u;
    b->spans_len = 0u;
    while (b->count < most && b->spans_len < uspan_export_state(t)->batching.bytes_max &&
           (i = uspan_queue_claim_next(t, d, true)) != USPAN_NO_INDEX) {
        uspan_slot_t *slot = &t->trace.slots[i];
        if (slot->size == 0u) {
            slot->size = uspan_size_span(t, slot);
        }
        b->spans_len += uspan_len_field(slot->size);
        if (b->count++ == 0u) {
            b->scope = slot->scope;
        } else if (b->scope != slot->scope) {
            b->scope = NULL;
        }
        join_scope(t, uspan_dest_index(d), &scopes, i);
    }
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Returns the maximum number of spans in the next batch. */
static uint32_t spans_limit(const uspan_tracer_t *t, const uspan_dest_t *dest)
{
    uint32_t most = uspan_export_state(t)->batching.spans_max;
    most = dest->batch.limit != 0u ? smaller(most, dest->batch.limit) : most;
#if USPAN_DESTINATIONS_MAX > 1
    if (dest->target.backoff.wait_ms != 0u && t->trace.dest_mask > 1u) {
        most = smaller(most, SHARE_SPANS > 0 ? SHARE_SPANS : 1u);
    }
#endif
    return most;
}

bool uspan_batch_build(uspan_tracer_t *t, unsigned d)
{
    uspan_dest_t *dest = uspan_dest(t, d);
    uspan_batch_t *b = &dest->batch;
    const uint32_t spans_max = spans_limit(t, dest);
    uint32_t most = spans_max;
    for (;;) {
        b->count = 0u;
#if USPAN_GZIP
        b->packed_len = 0u;
#endif
        uint32_t state = uspan_lock(t);
        for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
            b->reported[c] = (uint32_t)uspan_dropped(t, d, c) - dest->reported[c];
        }
        uspan_unlock(t, state);
        add_waiting_spans(t, d, most);
        if (b->count == 0u) {
            return false;
        }
        b->body_len = uspan_size_request(t, b, d);
        if (b->body_len <= uspan_export_state(t)->batching.bytes_max) {
            return true;
        }
        most = b->count - 1u;
        if (most > 0u) {
            uspan_queue_release(t, d);
        } else {
            finish_batch_spans(t, d, USPAN_DROP_TOO_LARGE, 0u);
            most = spans_max;
        }
    }
}

bool uspan_batch_hold(uspan_tracer_t *t, unsigned d)
{
    uspan_batch_t *b = &uspan_dest(t, d)->batch;
    if (!uspan_queue_hold(t, d)) {
        b->count = 0u;
    }
    return b->count > 0u;
}

void uspan_batch_delivered(uspan_tracer_t *t, unsigned d, uint32_t rejected)
{
    uspan_dest_t *dest = uspan_dest(t, d);
    uspan_batch_t *b = &dest->batch;
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        dest->reported[c] += b->reported[c];
    }
#if USPAN_GZIP
    dest->body_bytes += b->packed_len > 0u ? b->packed_len : b->body_len;
#else
    dest->body_bytes += b->body_len;
#endif
    b->attempts = 0u;
    if (b->limit != 0u && ++b->streak >= STREAK_MAX) {
        b->streak = 0u;
        uint32_t limit = b->limit + b->limit / 8u + 1u;
        b->limit = limit < USPAN_BATCH_SPANS_MAX ? (uint16_t)limit : 0u;
    }
    finish_batch_spans(t, d, USPAN_SPAN_DELIVERED, smaller(rejected, b->count));
}

void uspan_batch_dropped(uspan_tracer_t *t, unsigned d, uspan_drop_t cause)
{
    uspan_dest(t, d)->batch.attempts = 0u;
    finish_batch_spans(t, d, cause, 0u);
}

bool uspan_batch_split(uspan_tracer_t *t, unsigned d)
{
    uspan_batch_t *b = &uspan_dest(t, d)->batch;
    if (b->count <= 1u) {
        return false;
    }
    b->limit = b->count / 2u;
    b->streak = 0u;
    uspan_queue_release(t, d); /* it is built again */
    (void)uspan_batch_build(t, d);
    return true;
}
