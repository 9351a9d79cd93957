/* studio.h: registers runs in AgentScope Studio (trpc/registerRun) and sends messages. Private to core. */
#ifndef USPAN_EXPORT_STUDIO_H
#define USPAN_EXPORT_STUDIO_H

#include "export/window.h"
#include "trace/studio_run.h"

#if USPAN_STUDIO
/* Returns true if a registration or message is due now. Otherwise requests the next call of uspan_poll() in
 * time. */
bool uspan_studio_wants(uspan_tracer_t *t);
/* Returns true if spans must wait: one of their runs is not registered yet, and no registration has
 * failed. */
bool uspan_studio_holds(uspan_tracer_t *t);
/* Returns true if spans of destination d must wait too: it sends to Studio, or no destination does. A slow
 * Studio does not delay other destinations. */
bool uspan_studio_serves(const uspan_tracer_t *t, unsigned d);
/* Returns the exchange for registrations: that of the destination that sends to Studio, otherwise the last
 * one. */
unsigned uspan_studio_lane(const uspan_tracer_t *t);
/* Returns true if a registration or a message is being sent. */
bool uspan_studio_is_asked(const uspan_tracer_t *t);
/* Path and JSON body of the registration or message that is being sent. */
const char *uspan_studio_path(uspan_tracer_t *t);
void uspan_studio_render(uspan_tracer_t *t, uspan_window_t *w);
/* Handle its response. is_refused: a retry cannot help. */
void uspan_studio_answered(uspan_tracer_t *t, bool accepted, bool is_refused);
/* Mark every run to be reported as done. */
void uspan_studio_end(uspan_tracer_t *t);
/* Returns true if no run and no message waits to be sent. */
bool uspan_studio_settled(const uspan_tracer_t *t);
#endif

#endif
