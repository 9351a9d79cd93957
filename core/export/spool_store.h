/* spool_store.h: writes spans to flash. Private to core. */
#ifndef USPAN_EXPORT_SPOOL_STORE_H
#define USPAN_EXPORT_SPOOL_STORE_H

#include "export/spool_replay.h"

#if USPAN_SPOOL
typedef enum uspan_spool_work {
    USPAN_SPOOL_IDLE,
    USPAN_SPOOL_WORKED,
    USPAN_SPOOL_WAITS /* for the storage; the destination's spans must not be changed */
} uspan_spool_work_t;

/* Store a span or a DONE record if that is due: one step. The destination must have no running exchange.
 * open: the export gate is open. all: store every waiting span. */
uspan_spool_work_t uspan_spool_step(uspan_tracer_t *t, bool open, bool all);
#endif

#endif
