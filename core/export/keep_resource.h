/* keep_resource.h: stores the resource of this boot in memory that a reset leaves alone. Private to core. */
#ifndef USPAN_EXPORT_KEEP_RESOURCE_H
#define USPAN_EXPORT_KEEP_RESOURCE_H

#include "trace/internal.h"

#if USPAN_KEEP
/* Store the resource as it is now. Called after a mount and each time the resource is set. From the first
 * attribute on that does not fit, attributes are dropped. Returns true if any was dropped. */
bool uspan_keep_resource(uspan_tracer_t *t);
#endif

#endif
