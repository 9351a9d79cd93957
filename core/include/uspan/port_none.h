/* port_none.h: stubs for a target that lacks a part. Their names show in the source which part is missing. */
#ifndef USPAN_PORT_NONE_H
#define USPAN_PORT_NONE_H

#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For targets with one task, and no ISR that calls uspan. Locks nothing. Context: task. */
uint32_t uspan_none_lock(void *ctx);
void uspan_none_unlock(void *ctx, uint32_t state);
/* For targets without a clock. Always returns USPAN_ERR_AGAIN. Unix time then comes from
 * uspan_set_unix_time() or from the collector's Date header. Context: the exporting task. */
uspan_err_t uspan_none_unix_ns(void *ctx, uint64_t *out);
/* For targets with one task. Always returns the same value. Context: task. */
uintptr_t uspan_none_task(void *ctx);
/* Writes nothing. uspan_diagnose() still reports problems. Context: task. */
void uspan_none_log(void *ctx, uspan_level_t level, const char *text);

#ifdef __cplusplus
}
#endif
#endif
