/* spool_store.h: which spans go to flash. Private to core. */
#ifndef USPAN_EXPORT_SPOOL_STORE_H
#define USPAN_EXPORT_SPOOL_STORE_H

#include "export/spool_replay.h"

#if USPAN_SPOOL
typedef enum uspan_spool_work {
    USPAN_SPOOL_IDLE,
    USPAN_SPOOL_WORKED,
    USPAN_SPOOL_WAITS /* for the storage; the destination's spans are not to be touched */
} uspan_spool_work_t;

/* Store a span, or note what was delivered, if that is due: one step. No exchange of the destination may be
 * under way. open: the gate. all: whatever waits is stored. */
uspan_spool_work_t uspan_spool_step(uspan_tracer_t *t, bool open, bool all);
#endif

#endif
