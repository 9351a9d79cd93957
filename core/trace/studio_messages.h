/* studio_messages.h: messages that wait for AgentScope Studio. Private to core. */
#ifndef USPAN_TRACE_STUDIO_MESSAGES_H
#define USPAN_TRACE_STUDIO_MESSAGES_H

#include "trace/internal.h"

#if USPAN_STUDIO
#define USPAN_STUDIO_ID_BYTES 8u
typedef struct uspan_studio_head {
    uint64_t at_ns; /* monotonic */
    uint16_t len;   /* of what follows: role, 0, name, 0, content as JSON */
    uint8_t id[USPAN_STUDIO_ID_BYTES];
    uint8_t run, state; /* its run's index; state: private */
} uspan_studio_head_t;

/* Keep room for a message of len bytes, for the present run. NULL: there is none, and the loss was counted.
 * The caller fills all of it, then calls uspan_studio_commit(); until then it stays where it is. */
char *uspan_studio_reserve(uspan_tracer_t *t, size_t len);
void uspan_studio_commit(uspan_tracer_t *t, const char *message, bool is_cut);
/* The oldest message, whole, which stays where it is until it is dropped; NULL: none, or none yet. For poll
 * only. */
const char *uspan_studio_first(uspan_tracer_t *t, uspan_studio_head_t *head);
/* Some message has not left. */
bool uspan_studio_waits(const uspan_tracer_t *t);
/* It leaves. */
void uspan_studio_drop(uspan_tracer_t *t);
#endif

#endif
