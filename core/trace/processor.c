/* processor.c: the application's hooks, run outside every lock; and the switches. */
#include "trace.h"
#include "pool.h"

void uspan_processors_start(uspan_tracer_t *t, uspan_t s)
{
    for (uspan_processor_t *h = t->trace.processors; h != NULL; h = h->next) {
        if (h->on_start != NULL) {
            h->on_start(h->ctx, t, s);
        }
    }
}

void uspan_processors_end(uspan_tracer_t *t, uspan_t s)
{
    for (uspan_processor_t *h = t->trace.processors; h != NULL; h = h->next) {
        if (h->on_end != NULL) {
            h->on_end(h->ctx, t, s);
        }
    }
}

void uspan_processors_flush(uspan_tracer_t *t)
{
    for (uspan_processor_t *h = t->trace.processors; h != NULL; h = h->next) {
        if (h->force_flush != NULL) {
            h->force_flush(h->ctx);
        }
    }
}

void uspan_processors_shutdown(uspan_tracer_t *t)
{
    for (uspan_processor_t *h = t->trace.processors; h != NULL; h = h->next) {
        if (h->shutdown != NULL) {
            h->shutdown(h->ctx);
        }
    }
}

uspan_err_t uspan_add_processor(uspan_tracer_t *t, uspan_processor_t *added)
{
    if (t == NULL || added == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_processor_t **at = &t->trace.processors;
    for (; *at != NULL; at = &(*at)->next) {
        if (*at == added) {
            return USPAN_ERR_ARG;
        }
    }
    added->next = NULL;
    *at = added;
    return USPAN_OK;
}

void uspan_set_processor(uspan_tracer_t *t, uspan_processor_t *only)
{
    uspan_processors_shutdown(t);
    if (only != NULL) {
        only->next = NULL;
    }
    t->trace.processors = only;
}

void uspan_set_enabled(uspan_tracer_t *t, bool enabled)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uint32_t state = uspan_lock(t);
    t->trace.enabled = enabled;
    uspan_unlock(t, state);
}

void uspan_set_content(uspan_tracer_t *t, bool enabled)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uint32_t state = uspan_lock(t);
    t->trace.content = enabled && USPAN_CONTENT != 0;
    uspan_unlock(t, state);
}

void uspan_set_sampler(uspan_tracer_t *t, uspan_sampler_t sampler)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uint32_t state = uspan_lock(t);
    t->trace.sampler = sampler;
    uspan_unlock(t, state);
}

static uint16_t bounded(uint16_t wanted, unsigned max)
{
    return wanted == 0u || wanted > max ? (uint16_t)max : wanted;
}

void uspan_set_limits(uspan_tracer_t *t, const uspan_limits_t *limits)
{
    static const uspan_limits_t none;
    const uspan_limits_t *l = limits != NULL ? limits : &none;
    t->trace.limits = (uspan_limits_t){
        .attrs = bounded(l->attrs, USPAN_ATTRS_MAX),
        .events = bounded(l->events, USPAN_EVENTS_MAX),
        .links = bounded(l->links, USPAN_LINKS_MAX),
        .event_attrs = bounded(l->event_attrs, USPAN_EVENT_ATTRS_MAX),
        .link_attrs = bounded(l->link_attrs, USPAN_EVENT_ATTRS_MAX),
        .value_chars = l->value_chars,
    };
}

uint64_t uspan_now(const uspan_tracer_t *t)
{
    return uspan_is_live(t) ? t->trace.port->mono_ns(t->trace.port->ctx) : 0u;
}

void uspan_set_scope(uspan_tracer_t *t, const uspan_scope_t *scope)
{
    t->trace.scope = scope;
}
