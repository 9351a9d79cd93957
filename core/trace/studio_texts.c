/* studio_texts.c: adds input and output of a span under the names that Studio's run page reads. Invariant: a
 * text is in the pool only once. The entry of the second name has the mark USPAN_PEND_SHARED and owns no
 * blocks. Both entries are freed with the span, which has ended. */
#include "trace/studio_texts.h"
#include "trace/attr.h"
#include "trace/poison.h"

#if USPAN_STUDIO
#define FIRST_NAMES 2u
static const uspan_key_t function_keys[] = { USPAN_KEY_CONTENT_INIT("agentscope.function.input"),
                                             USPAN_KEY_CONTENT_INIT("agentscope.function.output") };
/* First names for chats and agents; for tools. */
static const uspan_key_t first_names[][FIRST_NAMES] = {
    { USPAN_KEY_INIT("gen_ai.input.messages"), USPAN_KEY_INIT("gen_ai.tool.call.arguments") },
    { USPAN_KEY_INIT("gen_ai.output.messages"), USPAN_KEY_INIT("gen_ai.tool.call.result") }
};

static void count_dropped(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    slot->dropped_attrs = (uint16_t)(slot->dropped_attrs + (slot->dropped_attrs < UINT16_MAX));
    p->attrs_dropped++;
}

static void drop_poison(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    for (unsigned i = slot->attr_count; i-- > 0u;) {
        uspan_entry_t *e = &slot->attrs[i];
        if (uspan_key_is_poison(e->key->text, e->key->len)) {
            uspan_entry_free(p, e);
            slot->attr_count--;
            *e = slot->attrs[slot->attr_count];
            count_dropped(p, slot);
            p->keys_refused++;
        }
    }
}

static void repeat(uspan_trace_part_t *p, uspan_slot_t *slot, unsigned output)
{
    const uspan_entry_t *from = NULL;
    if (uspan_entry_find(slot, &function_keys[output]) != NULL) {
        return; /* the caller has set them */
    }
    for (unsigned i = 0; i < FIRST_NAMES && from == NULL; i++) {
        from = uspan_entry_find(slot, &first_names[output][i]);
    }
    if (from == NULL) {
        return;
    }
    if (slot->attr_count >= p->limits.attrs) {
        unsigned wanted = slot->attr_count + 1u;
        count_dropped(p, slot);
        p->attrs_wanted = (uint16_t)(wanted > p->attrs_wanted ? wanted : p->attrs_wanted);
        return;
    }
    uspan_entry_t *to = &slot->attrs[slot->attr_count++];
    *to = *from;
    to->key = &function_keys[output];
    to->pend_len = USPAN_PEND_SHARED;
}

void uspan_studio_finish(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    drop_poison(p, slot);
    repeat(p, slot, 0u);
    repeat(p, slot, 1u);
}
#endif
