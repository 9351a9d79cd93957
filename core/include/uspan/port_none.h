/* port_none.h: stubs for a target that lacks a part, named so that the gap shows in its source. */
#ifndef USPAN_PORT_NONE_H
#define USPAN_PORT_NONE_H

#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One task, and no ISR that calls uspan. */
uint32_t uspan_none_lock(void *ctx);
void uspan_none_unlock(void *ctx, uint32_t state);
/* No wall clock: Unix time comes from uspan_set_unix_time() or from the collector's Date. */
uspan_err_t uspan_none_unix_ns(void *ctx, uint64_t *out);
/* One task only. */
uintptr_t uspan_none_task(void *ctx);
/* Silent. uspan_diagnose() still tells. */
void uspan_none_log(void *ctx, uspan_level_t level, const char *text);

#ifdef __cplusplus
}
#endif
#endif
