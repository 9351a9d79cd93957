/* keep_adopt.h: prepares kept spans for the new boot. Private to core. */
#ifndef USPAN_TRACE_KEEP_ADOPT_H
#define USPAN_TRACE_KEEP_ADOPT_H

#include "trace/internal.h"
#include "uspan/keep_types.h"

#if USPAN_KEEP
/* Count the kept spans, choose an epoch for the new boot, and end the open spans. Context: after the
 * start. */
void uspan_keep_adopt(uspan_tracer_t *t, uspan_keep_report_t *report);
/* Report the reset on the first root span after a mount. Context: as uspan_start(). */
void uspan_keep_tell(uspan_tracer_t *t, uspan_t root);
#endif

#endif
