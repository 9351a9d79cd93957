/* id.h: trace and span ids from a ChaCha generator (RFC 8439 §2.3, with 8 rounds). Private to core. */
#ifndef USPAN_TRACE_ID_H
#define USPAN_TRACE_ID_H

#include "trace/internal.h"

/* Seed from the port, once. USPAN_ERR_AGAIN: the port has no entropy yet. Context: the exporting task, no
 * lock held, no span there yet. */
uspan_err_t uspan_id_seed(uspan_tracer_t *t);
/* Take the lock, with n <= 32 bytes ready for uspan_id_take() where the generator is seeded. Returns what
 * unlock wants. */
uint32_t uspan_id_lock(uspan_tracer_t *t, unsigned n);
/* The next of them: random, used by nobody else. Caller holds the lock, for as long as it reads them. */
static inline const uint8_t *uspan_id_take(uspan_trace_part_t *p, unsigned n)
{
    unsigned used = p->ids_used;
    p->ids_used = (uint8_t)(used + n);
    return (const uint8_t *)p->ids + used;
}
/* n <= 32 random bytes. Takes the lock. False: not seeded, *out is left alone. */
bool uspan_id_random(uspan_tracer_t *t, uint8_t *out, size_t n);
/* Make more ready where little is left. Context: the exporting task, no lock held. */
void uspan_id_refill(uspan_tracer_t *t);

#endif
