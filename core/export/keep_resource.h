/* keep_resource.h: stores the resource of this boot in memory that a reset leaves alone. Private to core. */
#ifndef USPAN_EXPORT_KEEP_RESOURCE_H
#define USPAN_EXPORT_KEEP_RESOURCE_H

#include "trace/internal.h"

#if USPAN_KEEP
/* Store it as it is now: after a mount, and each time that it is set. What does not fit is left out, from the
 * first attribute on that does not. Returns true if anything was. */
bool uspan_keep_resource(uspan_tracer_t *t);
#endif

#endif
