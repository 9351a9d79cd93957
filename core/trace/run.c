/* run.c: runs of the agent. Each recorded span belongs to the run that was present at its start and keeps
 * that run's entry. */
#include "run.h"
#include <string.h>
#include "attr.h"
#include "pool.h"
#include "trace.h"

#if USPAN_STUDIO
static const uspan_key_t conversation_id = USPAN_KEY_INIT("gen_ai.conversation.id");

void uspan_run_enter(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    uspan_run_t *run = &p->runs[p->run - 1u];
    slot->run = p->run;
    run->refs++;
    slot->keys |= uspan_key_bit(&conversation_id);
    slot->attrs[slot->attr_count++] = (uspan_entry_t){
        .key = &conversation_id,
        .len = (uint16_t)strlen(run->id),
        .store = USPAN_STORE_STATIC,
        .v.text = run->id,
    };
}
#endif
