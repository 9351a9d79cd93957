/* id.h: trace and span ids from a ChaCha generator (RFC 8439 §2.3, with 8 rounds). Private to core. */
#ifndef USPAN_TRACE_ID_H
#define USPAN_TRACE_ID_H

#include <string.h>
#include "inside.h"

/* Seed from the port, or mix in more. USPAN_ERR_AGAIN: the port has none yet. Context: the exporting task, no
 * lock held. */
uspan_err_t uspan_id_seed(uspan_tracer_t *t);
/* n <= 32 random bytes, not all zero. Takes the lock. False: not seeded. */
bool uspan_id_random(uspan_tracer_t *t, uint8_t *out, size_t n);
/* The same with the lock held, and only from what is ready: false leaves *out alone. */
static inline bool uspan_id_take(uspan_trace_part_t *p, uint8_t *out, size_t n)
{
    size_t used = p->ids_used;
    if (used + n > sizeof p->ids) {
        return false;
    }
    memcpy(out, p->ids + used, n);
    p->ids_used = (uint8_t)(used + n);
    return true;
}
/* Make more ready where little is left. Context: the exporting task, no lock held. */
void uspan_id_refill(uspan_tracer_t *t);

#endif
