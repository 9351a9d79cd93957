/* resource.h: what describes this device, as attributes. Private to core. */
#ifndef USPAN_EXPORT_RESOURCE_H
#define USPAN_EXPORT_RESOURCE_H

#include "trace/internal.h"

/* Step through resource attributes: *item and *pos start at 0. *e and *key are filled. False at the end. */
bool uspan_resource_next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                         uspan_key_t *key);

#endif
