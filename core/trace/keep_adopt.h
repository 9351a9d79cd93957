/* keep_adopt.h: gives spans that were taken over their place in the new boot. Private to core. */
#ifndef USPAN_TRACE_KEEP_ADOPT_H
#define USPAN_TRACE_KEEP_ADOPT_H

#include "trace/internal.h"
#include "uspan/keep_types.h"

#if USPAN_KEEP
/* Count what was taken over, find an epoch for the new boot, end what was open. Context: after the start. */
void uspan_keep_adopt(uspan_tracer_t *t, uspan_keep_report_t *report);
/* The first root after a mount. Context: as uspan_start(). */
void uspan_keep_tell(uspan_tracer_t *t, uspan_t root);
#endif

#endif
