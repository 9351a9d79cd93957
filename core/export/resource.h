/* resource.h: the attributes that describe this device. Private to core. */
#ifndef USPAN_EXPORT_RESOURCE_H
#define USPAN_EXPORT_RESOURCE_H

#include "trace/internal.h"

/* Read the resource attributes one by one: *item and *pos start at 0, and *e and *key are set. Returns false
 * at the end. */
bool uspan_resource_next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                         uspan_key_t *key);

#endif
