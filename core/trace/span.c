/* span.c: starts and ends spans. Invariant: a start call completes the span in one hold of the lock, or
 * returns the null span after the cause was counted. Order of commits: ids, name and times, then state OPEN.
 * At the end: end time and status, then state ENDED. */
#include "trace/trace.h"
#include <string.h>
#include "trace/attr.h"
#include "trace/clock.h"
#include "trace/id.h"
#include "trace/keep.h"
#include "trace/keep_adopt.h"
#include "trace/studio_texts.h"
#include "trace/utf8.h"

#define RANDOM_TRACE 16u /* bytes of an id */
#define RANDOM_SPAN 8u

void uspan_trace_init(uspan_tracer_t *t, const uspan_port_t *port)
{
    static const uspan_scope_t own_scope = { "uspan", USPAN_VERSION };
#if USPAN_KEEP
    if (t->keep.mounted != 0u) {
        uspan_keep_clear(t);
    } else
#endif
    {
        memset(t, 0, sizeof *t);
    }
    uspan_trace_part_t *p = &t->trace;
    p->slots = t->slots;
    p->blocks = t->blocks;
    p->block_next = t->block_next;
    p->port = port;
    p->scope = &own_scope;
    p->sampler.bound = USPAN_SAMPLE_ALWAYS;
    p->sampler.parent_based = true;
    p->enabled = 1u;
    p->content = USPAN_CONTENT;
    p->history = USPAN_HISTORY_MESSAGES;
    p->limits = uspan_limits_max;
    uspan_pool_init(p);
}

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Sample by the trace id only. */
static bool is_trace_id_sampled(const uspan_sampler_t *sampler, const uint8_t trace_id[16])
{
    return ((uint64_t)big_endian(trace_id + 8) << 32 | big_endian(trace_id + 12)) >> 1 < sampler->bound;
}

/* Copy tracestate, epoch and other parts of a parent context except ids and flags. The caller holds the
 * lock. */
static void copy_parent_context(uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_context_t *c)
{
    if (c->remote != 0u) {
        slot->traits |= USPAN_TRAIT_REMOTE_PARENT;
    } else if (c->epoch < USPAN_EPOCHS_MAX && p->epochs[c->epoch].serial == c->epoch_serial) {
        slot->epoch = c->epoch;
    }
#if USPAN_TRACESTATE_BYTES > 0
    if (c->tracestate_len > 0u) {
        int kept = uspan_tracestate_keep(p, c->tracestate, c->tracestate_len);
        if (kept >= 0) {
            slot->tracestate = (uint8_t)kept;
            slot->traits &= (uint8_t)~USPAN_TRAIT_NO_TRACESTATE;
        }
    }
#endif
}

/* Allocate a slot and set its identity, under a context, a span, or as a root. Returns NULL if that fails,
 * and counts the loss. The caller holds the lock and has random bytes ready. */
static uspan_slot_t *make_slot(uspan_trace_part_t *p, uspan_t parent, const uspan_context_t *c,
                               const uspan_options_t *o)
{
    uspan_drop_t cause = USPAN_DROP_POOL_FULL;
    const uspan_slot_t *up = NULL;
    uspan_slot_t *slot = NULL;
    if (p->stopping != 0u) {
        cause = USPAN_DROP_STOPPED;
    } else if (p->seeded == 0u) {
        cause = USPAN_DROP_NO_ENTROPY;
    } else if (parent.id != USPAN_ROOT.id && (up = uspan_slot_find_open(p, parent)) == NULL) {
        cause = USPAN_DROP_PARENT;
    } else {
        slot = uspan_pool_alloc_slot(p);
        if (slot == NULL && USPAN_EVICTS && uspan_pool_evict(p)) {
            slot = uspan_pool_alloc_slot(p);
        }
    }
    if (slot == NULL) {
        if (USPAN_DESTINATIONS_MAX > 1 || USPAN_SPOOL) { /* otherwise no batch is evicted */
            p->pressed = cause == USPAN_DROP_POOL_FULL ? UINT8_MAX : p->pressed;
        }
        p->dropped[cause]++;
        return NULL;
    }
    const uint8_t *ids = NULL; /* of the parent: trace and span */
    slot->traits = USPAN_TRAIT_CONTENT | USPAN_TRAIT_NO_TRACESTATE;
    slot->epoch = p->epoch;
    if (up != NULL) {
        ids = uspan_ids_of(up);
        slot->flags = up->flags;
        slot->traits = up->traits & (USPAN_TRAIT_CONTENT | USPAN_TRAIT_NO_TRACESTATE);
        slot->epoch = up->epoch;
#if USPAN_TRACESTATE_BYTES > 0
        slot->tracestate = up->tracestate;
        if ((slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u) {
            p->tracestates[slot->tracestate].refs++;
        }
#endif
    } else if (c != NULL) {
        ids = (const uint8_t *)c;
        slot->flags = c->flags & (USPAN_FLAG_RANDOM | USPAN_FLAG_SAMPLED);
        copy_parent_context(p, slot, c);
    }
    const uint8_t *trace_id = ids;
    if (ids != NULL) {
        memcpy(slot->parent_id, ids + 16, 8);
    } else {
        memset(slot->parent_id, 0, 8);
        trace_id = o->trace_id;
        if (trace_id == NULL || uspan_is_zero(trace_id, 16)) {
            trace_id = uspan_id_take(p, RANDOM_TRACE);
            slot->flags = USPAN_FLAG_RANDOM;
        }
    }
    memcpy(slot->trace_id, trace_id, 16);
    memcpy(slot->span_id, uspan_id_take(p, RANDOM_SPAN), 8);
    if (ids == NULL || !p->sampler.parent_based) {
        slot->flags &= USPAN_FLAG_RANDOM;
        slot->flags |= is_trace_id_sampled(&p->sampler, trace_id); /* sets USPAN_FLAG_SAMPLED */
    }
    uspan_epoch_enter(p, slot->epoch);
    slot->kind =
        (uint8_t)((unsigned)o->kind - 1u < (unsigned)USPAN_KIND_CONSUMER ? o->kind : USPAN_KIND_INTERNAL);
    slot->scope = o->scope != NULL ? o->scope : p->scope;
    return slot;
}

uspan_t uspan_start_bare(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                         const uspan_options_t *o)
{
    uspan_options_t none;
    if (o == NULL) {
        memset(&none, 0, sizeof none);
        o = &none;
    }
    if (!uspan_is_live(t)) {
        return USPAN_NULL;
    }
    const uspan_context_t *c = o->parent;
    if (c != NULL) {
        parent = USPAN_ROOT;
        c = uspan_context_is_valid(c) ? c : NULL;
    } else if (parent.id == USPAN_CURRENT.id) {
        uspan_t (*find)(uspan_tracer_t *) = __atomic_load_n(&t->trace.find_current, __ATOMIC_RELAXED);
        parent = find != NULL ? find(t) : USPAN_NULL;
        parent.id += parent.id == 0u; /* USPAN_ROOT if it is null */
    }
    bool starts_trace = parent.id == USPAN_ROOT.id; /* the span has no parent span */
    if (name == NULL || name_len == 0u) {
        name = "unnamed"; /* receivers reject an empty name */
        name_len = 7u;
    }
    char clean[USPAN_NAME_MAX];
    bool whole;
    if (name_len > USPAN_NAME_MAX || !uspan_is_utf8(name, name_len)) {
        name_len = uspan_text_clean(name, name_len, clean, sizeof clean, &whole);
        name = clean;
    }
    bool ahead;
    uint64_t start_ns = uspan_time_not_ahead(t, o->start_ns, &ahead);

    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_id_lock(t, starts_trace ? RANDOM_TRACE + RANDOM_SPAN : RANDOM_SPAN);
    uspan_t s = USPAN_NULL;
    uspan_slot_t *slot = NULL;
    p->started++;
    if (p->enabled == 0u || parent.id == USPAN_ID_OFF || (o->disabled && starts_trace)) {
        s.id = USPAN_ID_OFF;
    } else {
        slot = make_slot(p, parent, c, o);
    }
    bool recorded = false;
    if (slot != NULL) {
        s = uspan_handle_of(p, slot);
        slot->start_ns = start_ns;
        p->times_ahead += ahead;
        recorded = (slot->flags & USPAN_FLAG_SAMPLED) != 0u;
    }
    if (recorded) {
        p->open++;
        slot->accepts_attrs = 1u;
        slot->name_len = (uint8_t)name_len;
        memcpy(slot->name, name, name_len);
#if USPAN_STUDIO
        if (p->run != 0u) {
            uspan_run_enter(p, slot);
        }
#endif
    } else if (s.id != 0u) {
        p->unsampled++;
    }
    if (slot != NULL) {
        USPAN_COMMIT_ORDER(); /* ids and name are complete */
        slot->state = USPAN_STATE_OPEN;
    }
    if (recorded && name == clean && !whole) {
        p->names_truncated++;
    }
    uspan_unlock(t, state);

#if USPAN_KEEP
    if (p->keep_root != 0u && starts_trace && recorded) {
        uspan_keep_tell(t, s);
    }
#endif
    if (recorded && !uspan_is_full(o)) {
        uspan_processors(t, s, USPAN_ON_START);
    }
    return s;
}

uspan_t uspan_start_full(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                         const uspan_options_t *o)
{
    uspan_t s = uspan_start_bare(t, parent, name, name_len, o);
    if (!uspan_is_null(s) && uspan_slot_at(&t->trace, s)->accepts_attrs != 0u) {
        (void)uspan_set_all(t, s, o->attrs, o->attr_count);
        for (size_t i = 0; i < o->link_count; i++) {
            (void)uspan_add_link(t, s, &o->links[i]);
        }
        if (o->fill != NULL) {
            o->fill(o->fill_arg, t, s);
        }
        uspan_processors(t, s, USPAN_ON_START);
    }
    return s;
}

uspan_t uspan_start_n(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len)
{
    return uspan_start_bare(t, parent, name, name_len, NULL);
}

uspan_err_t uspan_end_at(uspan_tracer_t *t, uspan_t s, uint64_t end_ns)
{
    if (t == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    bool ahead;
    end_ns = uspan_time_not_ahead(t, end_ns, &ahead);
    uspan_trace_part_t *p = &t->trace;
    if (p->before_end != NULL) {
        p->before_end(t, s);
    }
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_open(p, s);
    p->times_ahead += slot != NULL && ahead;
    if (slot != NULL && slot->accepts_attrs == 0u) { /* not sampled */
        uspan_pool_free_slot(p, slot);
    } else if (slot != NULL) {
        slot->accepts_attrs = 0u;
        slot->end_ns = end_ns > slot->start_ns ? end_ns : slot->start_ns;
        if (USPAN_STATUS_OK_ON_END != 0 && slot->status == USPAN_STATUS_UNSET &&
            (slot->traits & USPAN_TRAIT_UNSET) == 0u) {
            slot->status = USPAN_STATUS_OK;
        }
        if ((slot->traits & USPAN_TRAIT_PENDING) != 0u) {
            p->finish_texts(p, slot);
        }
        if ((slot->traits & USPAN_TRAIT_WAITING) != 0u) {
            p->drop_waiting(p, slot);
        }
        if (p->run_processors != NULL) {
            USPAN_COMMIT_ORDER();
            slot->state = USPAN_STATE_ENDING;
            uspan_unlock(t, state);
            p->run_processors(t, s, USPAN_ON_END);
            state = uspan_lock(t);
        }
#if USPAN_STUDIO
        uspan_studio_finish(p, slot);
#endif
        uspan_pool_queue(p, slot);
    }
    uspan_unlock(t, state);
    return slot != NULL ? USPAN_OK : USPAN_ERR_STALE;
}

uspan_err_t uspan_end(uspan_tracer_t *t, uspan_t s)
{
    return uspan_end_at(t, s, 0u);
}

void uspan_trace_stop(uspan_tracer_t *t)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    p->stopping = 1u;
    uspan_unlock(t, state);
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        uspan_t s = uspan_handle_of(p, &p->slots[i]); /* constant from here on; stale if no span is open */
        (void)uspan_set_static(t, s, USPAN_KEY("error.type"), "_OTHER");
        (void)uspan_set_status(t, s, USPAN_STATUS_ERROR, "span not ended");
        (void)uspan_end(t, s);
    }
}
