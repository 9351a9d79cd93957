/* id.h: trace and span ids from a ChaCha generator (RFC 8439 §2.3, with 8 rounds). Private to core. */
#ifndef USPAN_TRACE_ID_H
#define USPAN_TRACE_ID_H

#include "trace/internal.h"

/* Get the seed from the port, once. Returns USPAN_ERR_AGAIN while the port has no random bytes. Context: the
 * exporting task, without the lock, before the first span. */
uspan_err_t uspan_id_seed(uspan_tracer_t *t);
/* Take the lock. If the generator is seeded, n <= 32 bytes are ready for uspan_id_take(). Returns the
 * argument for unlock. */
uint32_t uspan_id_lock(uspan_tracer_t *t, unsigned n);
/* Returns the next random bytes, which no other caller gets. The caller holds the lock as long as it reads
 * them. */
static inline const uint8_t *uspan_id_take(uspan_trace_part_t *p, unsigned n)
{
    unsigned used = p->ids_used;
    p->ids_used = (uint8_t)(used + n);
    return (const uint8_t *)p->ids + used;
}
/* Copy n <= 32 random bytes to out. Takes the lock. Returns false if the generator is not seeded, and *out is
 * not changed. */
bool uspan_id_random(uspan_tracer_t *t, uint8_t *out, size_t n);
/* Compute more random bytes if few are left. Context: the exporting task, without the lock. */
void uspan_id_refill(uspan_tracer_t *t);

#endif
