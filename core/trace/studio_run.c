/* studio_run.c: runs of the agent. Each recorded span belongs to the run that was current at its start, and
 * keeps that run's entry. */
#include "trace/studio_run.h"
#include <string.h>
#include "trace/attr.h"
#include "trace/pool.h"
#include "trace/trace.h"

#if USPAN_STUDIO
static const uspan_key_t conversation_id = USPAN_KEY_INIT("gen_ai.conversation.id");

void uspan_run_enter(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    uspan_run_t *run = &p->runs[p->run - 1u];
    slot->run = p->run;
    run->refs++;
    run->used = 1u;
    uspan_note_key(slot, &conversation_id);
    slot->attrs[slot->attr_count++] = (uspan_entry_t){
        .key = &conversation_id,
        .len = (uint16_t)strlen(run->id),
        .store = USPAN_STORE_STATIC,
        .v.text = run->id,
    };
}
#endif
