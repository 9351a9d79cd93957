/* inspect.c: visits open spans, checks forgotten ends, and makes ids in the form of the Agents SDK. */
#include "trace/internal.h"
#include "uspan/inspect.h"
#include "genai/typed.h"
#include "trace/id.h"

unsigned uspan_visit_open_spans(uspan_tracer_t *t, void (*fn)(void *ctx, uspan_tracer_t *t, uspan_t s),
                                void *ctx)
{
    unsigned count = 0;
    for (unsigned i = 0; uspan_is_live(t) && i < USPAN_SPANS_MAX; i++) {
        uint32_t state = uspan_lock(t);
        const uspan_slot_t *slot = &t->trace.slots[i];
        bool is_open = slot->state == USPAN_STATE_OPEN && slot->accepts_attrs != 0u;
        uspan_t s = uspan_handle_of(&t->trace, slot);
        uspan_unlock(t, state);
        count += is_open;
        if (is_open && fn != NULL) {
            fn(ctx, t, s);
        }
    }
    return count;
}

uspan_t uspan_find_root(uspan_tracer_t *t, uspan_t s)
{
    static const uint8_t none[8];
    uspan_t root = USPAN_NULL;
    if (!uspan_is_live(t)) {
        return root;
    }
    uint32_t state = uspan_lock(t);
    const uspan_slot_t *slot = uspan_slot_find(&t->trace, s);
    for (unsigned i = 0; slot != NULL && i < USPAN_SPANS_MAX; i++) {
        const uspan_slot_t *other = &t->trace.slots[i];
        if (other->state == USPAN_STATE_OPEN && memcmp(other->trace_id, slot->trace_id, 16u) == 0 &&
            memcmp(other->parent_id, none, sizeof none) == 0) {
            root = uspan_handle_of(&t->trace, other);
            break;
        }
    }
    uspan_unlock(t, state);
    return root;
}

typedef struct orphans {
    uint8_t trace_id[16], span_id[8];
} orphans_t;

static void warn_of_child(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    static const char words[] = "still open as its parent ends: ";
    const orphans_t *parent = ctx;
    char line[sizeof words + USPAN_NAME_MAX];
    size_t len = sizeof words - 1u;
    memcpy(line, words, len);
    uint32_t state = uspan_lock(t);
    const uspan_slot_t *slot = uspan_slot_find_open(&t->trace, s);
    bool is_child = slot != NULL && memcmp(slot->parent_id, parent->span_id, 8u) == 0 &&
                    memcmp(slot->trace_id, parent->trace_id, 16u) == 0;
    if (is_child) {
        memcpy(line + len, slot->name, slot->name_len);
        len += slot->name_len;
    }
    uspan_unlock(t, state);
    if (is_child) {
        line[len] = '\0';
        t->trace.port->log(t->trace.port->ctx, USPAN_LEVEL_WARN, line);
    }
}

static void look_for_children(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    orphans_t ids;
    uint32_t state = uspan_lock(t);
    const uspan_slot_t *slot = uspan_slot_find(&t->trace, s);
    if (slot != NULL) {
        memcpy(&ids, uspan_ids_of(slot), sizeof ids);
    }
    uspan_unlock(t, state);
    if (slot != NULL) {
        (void)uspan_visit_open_spans(t, warn_of_child, &ids);
    }
}

uspan_err_t uspan_check_ends(uspan_tracer_t *t, uspan_processor_t *p)
{
    if (p == NULL) {
        return USPAN_ERR_ARG;
    }
    *p = (uspan_processor_t){ .on_end = look_for_children };
    return uspan_add_processor(t, p);
}

/* ---- ids ----------------------------------------------------------------------------------------------- */

uspan_err_t uspan_new_id(uspan_tracer_t *t, uspan_id_kind_t kind, char out[USPAN_ID_TEXT_BYTES])
{
    uint8_t id[16];
    size_t bytes = kind == USPAN_ID_TRACE ? 16u : 12u;
    const char *prefix = kind == USPAN_ID_TRACE ? "trace_" : kind == USPAN_ID_SPAN ? "span_" : "group_";
    out[0] = '\0';
    if (!uspan_is_live(t) || !uspan_id_random(t, id, bytes)) {
        return USPAN_ERR_AGAIN;
    }
    size_t len = strlen(prefix);
    memcpy(out, prefix, len);
    for (size_t i = 0; i < bytes; i++) {
        out[len++] = "0123456789abcdef"[id[i] >> 4];
        out[len++] = "0123456789abcdef"[id[i] & 15u];
    }
    out[len] = '\0';
    return USPAN_OK;
}

/* ---- the default tracer -------------------------------------------------------------------------------- */

static uspan_tracer_t *default_tracer;

void uspan_set_default(uspan_tracer_t *t)
{
    default_tracer = t;
}

uspan_tracer_t *uspan_default(void)
{
    return default_tracer;
}
