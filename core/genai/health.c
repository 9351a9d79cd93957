/* health.c: sets the device's state on spans of model calls, agents and tools. It is linked and runs only if
 * uspan_set_health() is called. */
#include "trace/internal.h"
#include "uspan/inspect.h"
#include "genai/typed.h"

/* The keys of the integers, in the order of their fields. */
static const uspan_key_t *const integers[] = { &uspan_key_uspan_heap_free, &uspan_key_uspan_heap_least,
                                               &uspan_key_uspan_heap_block, &uspan_key_uspan_rssi,
                                               &uspan_key_uspan_battery };
#define INTEGERS (sizeof integers / sizeof integers[0])

/* Returns true if the operation is that of a model call, an agent or a tool. Typed spans and wire readers
 * store operations as static text. An application can set one as a short text, which is stored inline. */
static bool is_asked_for(const uspan_entry_t *operation)
{
    static const char *const operations[] = { USPAN_OPERATION_CHAT, USPAN_OPERATION_GENERATE,
                                              USPAN_OPERATION_COMPLETION, USPAN_OPERATION_AGENT,
                                              USPAN_OPERATION_TOOL };
    const char *text = operation->store == USPAN_STORE_STATIC   ? operation->v.text
                       : operation->store == USPAN_STORE_INLINE ? (const char *)operation->v.inline_text
                                                                : NULL;
    for (unsigned i = 0; text != NULL && i < sizeof operations / sizeof operations[0]; i++) {
        if (strlen(operations[i]) == operation->len && memcmp(operations[i], text, operation->len) == 0) {
            return true;
        }
    }
    return false;
}

/* The setters of numbers are called directly. They take the least stack, and a span may end in an ISR. */
static void tell_health(uspan_tracer_t *t, uspan_t s)
{
    uspan_err_t err;
    uint32_t state = uspan_lock(t);
    const uspan_health_source_t *source = t->trace.health;
    uspan_slot_t *slot = uspan_slot_find_recording(&t->trace, s, &err);
    const uspan_entry_t *e = slot != NULL ? uspan_entry_find(slot, &uspan_key_operation_name) : NULL;
    bool wanted = source != NULL && e != NULL && is_asked_for(e);
    uspan_unlock(t, state);
    if (wanted) {
        union {
            uspan_health_t all;
            uspan_opt_int_t integers[INTEGERS];
        } health;
        USPAN_STATIC_ASSERT(offsetof(uspan_health_t, battery_mv) == (INTEGERS - 1u) * sizeof(uspan_opt_int_t),
                            "the integers are first");
        memset(&health, 0, sizeof health);
        source->ask(source->ctx, &health.all);
        for (unsigned i = 0; i < INTEGERS; i++) {
            if (health.integers[i].is_set) {
                (void)uspan_set_int(t, s, integers[i], health.integers[i].value);
            }
        }
        if (health.all.temperature_c.is_set) {
            (void)uspan_set_double(t, s, &uspan_key_uspan_temperature, health.all.temperature_c.value);
        }
    }
}

void uspan_set_health(uspan_tracer_t *t, const uspan_health_source_t *source)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uint32_t state = uspan_lock(t);
    t->trace.health = source;
    t->trace.before_end = source != NULL ? tell_health : NULL;
    uspan_unlock(t, state);
}
