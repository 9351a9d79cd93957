/* studio_run.h: an entry of the run table. Private to core. */
#ifndef USPAN_TRACE_RUN_H
#define USPAN_TRACE_RUN_H

#include "trace/internal.h"

typedef enum uspan_run_state {
    USPAN_RUN_FREE = 0,
    USPAN_RUN_NEW,        /* must be registered */
    USPAN_RUN_REGISTERED, /* the server has registered it as running */
    USPAN_RUN_ENDING,     /* must be reported as done */
    USPAN_RUN_DONE        /* free when no span uses it */
} uspan_run_state_t;

#endif
