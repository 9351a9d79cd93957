/* studio.h: AgentScope Studio's run registration (trpc/registerRun). Private to core. */
#ifndef USPAN_EXPORT_STUDIO_H
#define USPAN_EXPORT_STUDIO_H

#include "export/window.h"
#include "trace/studio_run.h"

#if USPAN_STUDIO
/* A registration is due now; else the next call of uspan_poll() is told when. */
bool uspan_studio_wants(uspan_tracer_t *t);
/* Spans must wait: one of their runs is not registered yet, and nothing has failed. */
bool uspan_studio_holds(uspan_tracer_t *t);
/* Those of destination d must: it leads to Studio, or none is known to. A slow Studio costs others
 * nothing. */
bool uspan_studio_serves(const uspan_tracer_t *t, unsigned d);
/* The exchange of registrations: that of the destination which leads to Studio, else the last one. */
unsigned uspan_studio_lane(const uspan_tracer_t *t);
/* A registration or a message is under way. */
bool uspan_studio_is_asked(const uspan_tracer_t *t);
/* Path and JSON body of the registration, or message, under way. */
const char *uspan_studio_path(uspan_tracer_t *t);
void uspan_studio_render(uspan_tracer_t *t, uspan_window_t *w);
/* It was answered; refused: for good. */
void uspan_studio_answered(uspan_tracer_t *t, bool accepted, bool is_refused);
/* Every run is to be marked done. */
void uspan_studio_end(uspan_tracer_t *t);
/* No run waits to be marked done, and no message to be sent. */
bool uspan_studio_settled(const uspan_tracer_t *t);
#endif

#endif
