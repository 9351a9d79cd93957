/* content.c: turns content of one span and the recording of tool definitions on or off, and limits the length
 * of histories. A span that starts later takes over the content switch of its parent. */
#include "genai/typed.h"

uspan_err_t uspan_set_span_content(uspan_tracer_t *t, uspan_t s, bool recorded)
{
    return uspan_set_trait(t, s, USPAN_TRAIT_CONTENT, recorded ? USPAN_TRAIT_CONTENT : 0u);
}

uspan_err_t uspan_set_trait(uspan_tracer_t *t, uspan_t s, unsigned which, unsigned on)
{
    if (t == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_open(&t->trace, s);
    if (slot != NULL) {
        slot->traits = (uint8_t)((slot->traits & ~which) | on);
    }
    uspan_unlock(t, state);
    return slot != NULL ? USPAN_OK : USPAN_ERR_STALE;
}

bool uspan_wants_content(uspan_tracer_t *t, uspan_t s)
{
    if (USPAN_CONTENT == 0 || !uspan_is_live(t) || uspan_is_null(s)) {
        return false;
    }
    uint32_t state = uspan_lock(t);
    const uspan_slot_t *slot = uspan_slot_find_open(&t->trace, s);
    bool wanted = slot != NULL && slot->accepts_attrs != 0u && uspan_content_on(&t->trace, slot);
    uspan_unlock(t, state);
    return wanted;
}

void uspan_set_tool_definitions(uspan_tracer_t *t, bool recorded)
{
    if (uspan_is_live(t)) {
        t->trace.no_definitions = !recorded; /* one byte, so no lock is needed */
    }
}

void uspan_set_history(uspan_tracer_t *t, unsigned n)
{
    if (uspan_is_live(t)) {
        t->trace.history = (uint8_t)(n < UINT8_MAX ? n : UINT8_MAX);
    }
}
