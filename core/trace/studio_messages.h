/* studio_messages.h: messages that wait for AgentScope Studio. Private to core. */
#ifndef USPAN_TRACE_STUDIO_MESSAGES_H
#define USPAN_TRACE_STUDIO_MESSAGES_H

#include "trace/internal.h"

#if USPAN_STUDIO
#define USPAN_STUDIO_ID_BYTES 8u
typedef struct uspan_studio_head {
    uint64_t at_ns; /* monotonic */
    uint16_t len;   /* bytes that follow: role, 0, name, 0, content as JSON */
    uint8_t id[USPAN_STUDIO_ID_BYTES];
    uint8_t run, state; /* run: index of its run; state: private */
} uspan_studio_head_t;

/* Reserve memory for a message of len bytes of the current run. The caller fills it completely and then calls
 * uspan_studio_commit(). Until then it does not move. Returns NULL if there is no room, and counts the
 * loss. */
char *uspan_studio_reserve(uspan_tracer_t *t, size_t len);
void uspan_studio_commit(uspan_tracer_t *t, const char *message, bool is_cut);
/* Returns the oldest complete message. It does not move until uspan_studio_drop(). NULL: there is none.
 * Context: the exporting task. */
const char *uspan_studio_first(uspan_tracer_t *t, uspan_studio_head_t *head);
/* Returns true if a message was not sent yet. */
bool uspan_studio_waits(const uspan_tracer_t *t);
/* Remove the oldest message. */
void uspan_studio_drop(uspan_tracer_t *t);
#endif

#endif
