/* span.c: start and end. A span leaves start whole, in one hold of the lock, or not at all; whatever keeps it
 * from being is counted before the null span is returned. */
#include "trace.h"
#include <string.h>
#include "attr.h"
#include "clock.h"
#include "id.h"
#include "utf8.h"

static const uint8_t no_id[16];

/* What start knows of the parent. */
typedef struct origin {
    const uspan_slot_t *slot;       /* a span of this tracer, or NULL */
    const uspan_context_t *context; /* or a context, or NULL: a root */
} origin_t;

void uspan_trace_init(uspan_tracer_t *t, const uspan_port_t *port)
{
    static const uspan_scope_t own_scope = { "uspan", USPAN_VERSION };
    memset(&t->trace, 0, sizeof t->trace);
    memset(t->slots, 0, sizeof t->slots);
    uspan_trace_part_t *p = &t->trace;
    p->slots = t->slots;
    p->blocks = t->blocks;
    p->block_next = t->block_next;
    p->port = port;
    p->scope = &own_scope;
    p->sampler = (uspan_sampler_t){ .bound = USPAN_SAMPLE_ALWAYS, .parent_based = true };
    p->enabled = 1u;
    p->content = USPAN_CONTENT;
    uspan_set_limits(t, NULL);
    uspan_pool_init(p);
}

static bool sampled(const uspan_trace_part_t *p, const origin_t *from, const uint8_t trace_id[16])
{
    if (p->sampler.parent_based) {
        if (from->slot != NULL) {
            return (from->slot->flags & USPAN_FLAG_SAMPLED) != 0u;
        }
        if (from->context != NULL) {
            return (from->context->flags & USPAN_FLAG_SAMPLED) != 0u;
        }
    }
    uint64_t x = 0;
    for (unsigned i = 8; i < 16u; i++) {
        x = x << 8 | trace_id[i];
    }
    return x >> 1 < p->sampler.bound;
}

/* What a child of a context takes from it. Caller holds the lock. */
static void inherit_context(uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_context_t *c)
{
    memcpy(slot->trace_id, c->trace_id, 16);
    memcpy(slot->parent_id, c->span_id, 8);
    slot->flags = c->flags & USPAN_FLAG_RANDOM;
    slot->traits = USPAN_TRAIT_CONTENT | USPAN_TRAIT_NO_TRACESTATE;
    slot->epoch = p->epoch;
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

/* What a child of a span takes from it. Caller holds the lock. */
static void inherit_span(uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_slot_t *parent)
{
    memcpy(slot->trace_id, parent->trace_id, 16);
    memcpy(slot->parent_id, parent->span_id, 8);
    slot->flags = parent->flags & USPAN_FLAG_RANDOM;
    slot->traits = parent->traits & (USPAN_TRAIT_CONTENT | USPAN_TRAIT_NO_TRACESTATE);
    slot->epoch = parent->epoch;
    slot->tracestate = parent->tracestate;
#if USPAN_TRACESTATE_BYTES > 0
    if ((slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u) {
        p->tracestates[slot->tracestate].refs++;
    }
#else
    (void)p;
#endif
}

static void begin_trace(uspan_trace_part_t *p, uspan_slot_t *slot, const uint8_t *trace_id,
                        const uint8_t *random)
{
    memcpy(slot->trace_id, trace_id != NULL ? trace_id : random, 16);
    memset(slot->parent_id, 0, 8);
    slot->flags = trace_id != NULL ? 0u : USPAN_FLAG_RANDOM;
    slot->traits = USPAN_TRAIT_CONTENT | USPAN_TRAIT_NO_TRACESTATE;
    slot->epoch = p->epoch;
}

/* Why no span can start, or USPAN_DROP_COUNT; *parent is resolved. Caller holds the lock. */
static uspan_drop_t find_origin(uspan_trace_part_t *p, uspan_t parent, const uspan_options_t *o,
                                origin_t *from)
{
    from->slot = NULL;
    from->context = NULL;
    if (p->stopping != 0u) {
        return USPAN_DROP_STOPPED;
    }
    if (p->seeded == 0u) {
        return USPAN_DROP_NO_ENTROPY;
    }
    if (o->parent != NULL) {
        bool valid = memcmp(o->parent->trace_id, no_id, 16) != 0 && memcmp(o->parent->span_id, no_id, 8) != 0;
        from->context = valid ? o->parent : NULL;
        return USPAN_DROP_COUNT;
    }
    if (parent.id == USPAN_ROOT.id) {
        return USPAN_DROP_COUNT;
    }
    from->slot = uspan_is_null(parent) ? NULL : uspan_slot_of(p, parent);
    if (from->slot == NULL || from->slot->state != USPAN_STATE_OPEN) {
        return USPAN_DROP_PARENT;
    }
    return USPAN_DROP_COUNT;
}

/* A free slot, by the full-pool policy. Caller holds the lock. */
static uspan_slot_t *take_slot(uspan_trace_part_t *p)
{
    uspan_slot_t *slot = uspan_pool_take(p);
    if (slot == NULL && USPAN_FULL_DROPS_OLDEST != 0 && uspan_pool_evict(p)) {
        slot = uspan_pool_take(p);
    }
    return slot;
}

/* Random bytes with the lock held on return as on entry; let go in between where a block must be made
 * first. */
static bool random_locked(uspan_tracer_t *t, uint32_t *state, uint8_t *out, size_t n)
{
    if (t->trace.seeded == 0u || uspan_id_take(&t->trace, out, n)) {
        return true;
    }
    uspan_unlock(t, *state);
    bool done = uspan_id_random(t, out, n);
    *state = uspan_lock(t);
    return done;
}

uspan_t uspan_start_with(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                         const uspan_options_t *options)
{
    static const uspan_options_t none;
    const uspan_options_t *o = options != NULL ? options : &none;
    if (!uspan_is_live(t)) {
        return USPAN_NULL;
    }
    if (parent.id == USPAN_CURRENT.id) {
        uspan_t current = uspan_current(t);
        parent = current.id == 0u ? USPAN_ROOT : current;
    }
    if (name == NULL || name_len == 0u) {
        name = "unnamed"; /* an empty name is refused by receivers */
        name_len = 7u;
    }
    char clean[USPAN_NAME_MAX];
    if (name_len > USPAN_NAME_MAX || !uspan_is_ascii(name, name_len)) {
        name_len = uspan_name_clean(&name, name_len, clean);
    }
    uspan_trace_part_t *p = &t->trace;
    uint64_t start_ns = o->start_ns != 0u ? o->start_ns : p->port->mono_ns(p->port->ctx);
    bool given = o->trace_id != NULL && memcmp(o->trace_id, no_id, 16) != 0;
    uint8_t random[24];

    uint32_t state = uspan_lock(t);
    (void)random_locked(t, &state, random, parent.id == USPAN_ROOT.id ? 24u : 8u);
    p->started++;
    bool off =
        (parent.id == USPAN_ID_OFF && o->parent == NULL) || (o->disabled && parent.id == USPAN_ROOT.id);
    if (p->enabled == 0u || off) {
        p->unsampled++;
        uspan_unlock(t, state);
        return USPAN_HANDLE(USPAN_ID_OFF);
    }
    origin_t from;
    uspan_drop_t cause = find_origin(p, parent, o, &from);
    bool root = from.slot == NULL && from.context == NULL;
    if (cause == USPAN_DROP_COUNT && root && parent.id != USPAN_ROOT.id &&
        !random_locked(t, &state, random + 8, 16u)) {
        cause = USPAN_DROP_NO_ENTROPY;
    }
    uspan_slot_t *slot = cause == USPAN_DROP_COUNT ? take_slot(p) : NULL;
    if (slot == NULL) {
        p->dropped[cause == USPAN_DROP_COUNT ? USPAN_DROP_POOL_FULL : cause]++;
        uspan_unlock(t, state);
        return USPAN_NULL;
    }
    if (root) {
        begin_trace(p, slot, given ? o->trace_id : NULL, random + 8);
    } else if (from.slot != NULL) {
        inherit_span(p, slot, from.slot);
    } else {
        inherit_context(p, slot, from.context);
    }
    memcpy(slot->span_id, random, 8);
    uspan_epoch_enter(p, slot->epoch);
    slot->start_ns = start_ns;
    slot->kind =
        (uint8_t)((unsigned)o->kind - 1u < (unsigned)USPAN_KIND_CONSUMER ? o->kind : USPAN_KIND_INTERNAL);
    slot->scope = o->scope != NULL ? o->scope : p->scope;
    slot->run = 0u;
    bool recorded = sampled(p, &from, slot->trace_id);
    uspan_t s = uspan_handle_of(p, slot);
    if (recorded) {
        slot->flags |= USPAN_FLAG_SAMPLED;
        slot->may = 1u;
        p->open++;
        slot->name_len = (uint8_t)name_len;
        memcpy(slot->name, name, name_len);
        if (p->run != 0u) {
            uspan_run_enter(p, slot);
        }
    } else {
        p->unsampled++;
        slot->may = 0u;
        slot->name_len = 0u;
    }
    bool hooks = recorded && p->processors != NULL;
    uspan_unlock(t, state);

    if (recorded && (o->attr_count | o->link_count) != 0u) {
        uspan_options_apply(t, s, o);
    }
    if (hooks) {
        uspan_processors_start(t, s);
    }
    return s;
}

uspan_t uspan_start_n(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len)
{
    return uspan_start_with(t, parent, name, name_len, NULL);
}

void uspan_options_apply(uspan_tracer_t *t, uspan_t s, const uspan_options_t *o)
{
    if (o->attr_count > 0u) {
        (void)uspan_set_all(t, s, o->attrs, o->attr_count);
    }
    for (size_t i = 0; i < o->link_count; i++) {
        (void)uspan_add_link(t, s, &o->links[i]);
    }
}

uspan_err_t uspan_end_at(uspan_tracer_t *t, uspan_t s, uint64_t end_ns)
{
    if (t == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    uspan_trace_part_t *p = &t->trace;
    if (end_ns == 0u) {
        end_ns = p->port->mono_ns(p->port->ctx);
    }
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_of(p, s);
    if (slot == NULL || slot->state != USPAN_STATE_OPEN) {
        uspan_unlock(t, state);
        return USPAN_ERR_STALE;
    }
    if ((slot->flags & USPAN_FLAG_SAMPLED) == 0u) {
        uspan_pool_give(p, slot);
        uspan_unlock(t, state);
        return USPAN_OK;
    }
    slot->may = 0u;
    slot->end_ns = end_ns > slot->start_ns ? end_ns : slot->start_ns;
    if (USPAN_STATUS_OK_ON_END != 0 && slot->status == USPAN_STATUS_UNSET) {
        slot->status = USPAN_STATUS_OK;
    }
    if ((slot->traits & USPAN_TRAIT_PENDING) != 0u) {
        uspan_attrs_finish(p, slot);
    }
    if (p->processors != NULL) {
        slot->state = USPAN_STATE_ENDING;
        uspan_unlock(t, state);
        uspan_processors_end(t, s);
        state = uspan_lock(t);
    }
    uspan_pool_queue(p, slot);
    uspan_unlock(t, state);
    return USPAN_OK;
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
        state = uspan_lock(t);
        uspan_slot_t *slot = &p->slots[i];
        uspan_t s = slot->state == USPAN_STATE_OPEN ? uspan_handle_of(p, slot) : USPAN_NULL;
        uspan_unlock(t, state);
        if (!uspan_is_null(s)) {
            (void)uspan_set_static(t, s, USPAN_KEY("error.type"), "_OTHER");
            (void)uspan_set_status(t, s, USPAN_STATUS_ERROR, "span not ended");
            (void)uspan_end(t, s);
        }
    }
}
