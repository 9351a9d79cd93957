/* processor.c: hooks of the application, called without the lock, and the switches for recording. */
#include "trace/trace.h"
#include "trace/attr.h"
#include "trace/utf8.h"

static void run_processors(uspan_tracer_t *t, uspan_t s, unsigned event)
{
    for (uspan_processor_t *h = t->trace.processors; h != NULL; h = h->next) {
        if (event <= USPAN_ON_END) {
            void (*hook)(void *ctx, uspan_tracer_t *t, uspan_t s) =
                event == USPAN_ON_END ? h->on_end : h->on_start;
            if (hook != NULL) {
                hook(h->ctx, t, s);
            }
        } else {
            void (*hook)(void *ctx) = event == USPAN_ON_FLUSH ? h->force_flush : h->shutdown;
            if (hook != NULL) {
                hook(h->ctx);
            }
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
    t->trace.run_processors = run_processors;
    return USPAN_OK;
}

void uspan_set_processor(uspan_tracer_t *t, uspan_processor_t *only)
{
    uspan_processors(t, USPAN_NULL, USPAN_ON_SHUTDOWN);
    if (only != NULL) {
        only->next = NULL;
    }
    t->trace.processors = only;
    t->trace.run_processors = run_processors; /* stays set, because another task may be about to call it */
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

static void redact(const uspan_tracer_t *t, const uspan_key_t *key, const char **text, size_t *len)
{
    const uspan_redactor_t *r = t->trace.redactor; /* another task may remove it */
    if (r != NULL) {
        const char *kept = r->redact(r->ctx, key, *text, len);
        if (kept != NULL) {
            *text = kept;
        } else {
            *len = 0u;
        }
    }
}

void uspan_set_redactor(uspan_tracer_t *t, const uspan_redactor_t *redactor)
{
    if (uspan_is_live(t) && USPAN_CONTENT != 0) {
        uint32_t state = uspan_lock(t);
        t->trace.redact = redact;
        t->trace.redactor = redactor;
        uspan_unlock(t, state);
    }
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

const uspan_limits_t uspan_limits_max = {
    .attrs = USPAN_ATTRS_MAX,
    .events = USPAN_EVENTS_MAX,
    .links = USPAN_LINKS_MAX,
    .event_attrs = USPAN_EVENT_ATTRS_MAX,
    .link_attrs = USPAN_EVENT_ATTRS_MAX,
};

static uint16_t bounded(unsigned wanted, unsigned max)
{
    return (uint16_t)(wanted == 0u || wanted > max ? max : wanted);
}

void uspan_set_limits(uspan_tracer_t *t, const uspan_limits_t *limits)
{
    const uspan_limits_t *l = limits != NULL ? limits : &uspan_limits_max;
    t->trace.limit_chars = uspan_utf8_limit;
    t->trace.limits = (uspan_limits_t){
        .attrs = bounded(l->attrs, USPAN_ATTRS_MAX),
        .events = bounded(l->events, USPAN_EVENTS_MAX),
        .links = bounded(l->links, USPAN_LINKS_MAX),
        .event_attrs = bounded(l->event_attrs, USPAN_EVENT_ATTRS_MAX),
        .link_attrs = bounded(l->link_attrs, USPAN_EVENT_ATTRS_MAX),
        .value_chars = l->value_chars,
    };
}

void uspan_set_scope(uspan_tracer_t *t, const uspan_scope_t *scope)
{
    t->trace.scope = scope;
}
