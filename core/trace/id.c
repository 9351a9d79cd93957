/* id.c: generates trace and span ids. Invariant: without random bytes from the port there are no ids, and no
 * keystream byte is used twice. A keystream block is computed without the lock and installed with it. The
 * stream restarts after 2^32 blocks, which is more than 10^10 spans. */
#include "trace/id.h"
#include <string.h>
#include "trace/pool.h"

#define BLOCK 64u
#define KEY 4u /* its position in the words of RFC 8439 §2.3 */
#define COUNTER 12u
#define DOUBLE_ROUNDS \
    4u /* ChaCha8, as in Go's runtime: ids must not repeat or be predictable, but protect no secret */

static inline uint32_t rotl(uint32_t x, unsigned n)
{
    return x << n | x >> (32u - n);
}

/* Do the n-th quarter round of a double round: columns first, then diagonals. */
static inline void quarter(uint32_t *s, unsigned n)
{
    unsigned turn = n / 4u % 2u;
    uint32_t *at_a = s + n % 4u;
    uint32_t *at_b = s + 4u + (n + turn) % 4u;
    uint32_t *at_c = s + 8u + (n + 2u * turn) % 4u;
    uint32_t *at_d = s + 12u + (n + 3u * turn) % 4u;
    uint32_t a = *at_a + *at_b;
    uint32_t d = rotl(*at_d ^ a, 16u);
    uint32_t c = *at_c + d;
    uint32_t b = rotl(*at_b ^ c, 12u);
    a += b;
    d = rotl(d ^ a, 8u);
    c += d;
    *at_a = a;
    *at_d = d;
    *at_c = c;
    *at_b = rotl(b ^ c, 7u);
}

USPAN_NOINLINE_SMALL static void chacha_rounds(uint32_t s[16])
{
#if USPAN_OPTIMIZE_SIZE
    for (unsigned n = 0; n < 8u * DOUBLE_ROUNDS; n++) {
        quarter(s, n);
    }
#else
    for (unsigned round = 0; round < DOUBLE_ROUNDS; round++) {
        quarter(s, 0);
        quarter(s, 1);
        quarter(s, 2);
        quarter(s, 3);
        quarter(s, 4);
        quarter(s, 5);
        quarter(s, 6);
        quarter(s, 7);
    }
#endif
}

/* Compute the next block without the lock, and install it. The caller holds the lock, with `state`. Returns
 * the state of the lock then. */
USPAN_NOINLINE static uint32_t make_block(uspan_tracer_t *t, uint32_t state)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t s[16];
    memcpy(s, p->chacha, BLOCK);
    uint32_t counter = p->chacha[COUNTER]++;
    uspan_unlock(t, state);
    chacha_rounds(s);
    state = uspan_lock(t);
    s[COUNTER] += counter - p->chacha[COUNTER]; /* the counter may have advanced */
    for (unsigned i = 0; i < 16u; i++) {        /* the byte order does not matter for random bytes */
        p->ids[i] = s[i] + p->chacha[i];
    }
    p->ids_used = 0u;
    return state;
}

uint32_t uspan_id_lock(uspan_tracer_t *t, unsigned n)
{
    uint32_t state = uspan_lock(t);
    /* While the lock was released, another context may have used up the new block. In that case compute the
     * next block. */
    while (t->trace.seeded != 0u && t->trace.ids_used + n > BLOCK) {
        state = make_block(t, state);
    }
    return state;
}

uspan_err_t uspan_id_seed(uspan_tracer_t *t)
{
    uspan_trace_part_t *p = &t->trace;
    /* No other context reads the key before it is seeded. */
    memcpy(p->chacha, "expand 32-byte k", 16);
    if (p->port->random(p->port->ctx, (uint8_t *)(p->chacha + KEY), 32u) != USPAN_OK) {
        return USPAN_ERR_AGAIN;
    }
    uint32_t state = uspan_lock(t);
    p->seeded = 1u;
    p->ids_used = BLOCK;
    uspan_pool_seed(p, p->chacha[KEY]); /* handles reveal 22 bits of 256, and do not leave the device */
    uspan_unlock(t, state);
    uspan_id_refill(t);
    return USPAN_OK;
}

bool uspan_id_random(uspan_tracer_t *t, uint8_t *out, size_t n)
{
    uint32_t state = uspan_id_lock(t, (unsigned)n);
    bool seeded = t->trace.seeded != 0u;
    if (seeded) {
        memcpy(out, uspan_id_take(&t->trace, (unsigned)n), n);
    }
    uspan_unlock(t, state);
    return seeded;
}

void uspan_id_refill(uspan_tracer_t *t)
{
    uspan_unlock(t, uspan_id_lock(t, BLOCK / 2u));
}
