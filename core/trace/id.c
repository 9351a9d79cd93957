/* id.c: no entropy, no ids; no two ids from the same keystream bytes. A block is made outside the lock and
 * given in under it. */
#include "id.h"
#include <string.h>
#include "pool.h"

#define BLOCK 64u
#define DOUBLE_ROUNDS \
    4u /* ChaCha8, as Go's runtime generator: ids must not repeat or be guessed, and guard no secret */

static inline uint32_t rotl(uint32_t x, unsigned n)
{
    return x << n | x >> (32u - n);
}

static inline void quarter(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
    s[a] += s[b];
    s[d] = rotl(s[d] ^ s[a], 16u);
    s[c] += s[d];
    s[b] = rotl(s[b] ^ s[c], 12u);
    s[a] += s[b];
    s[d] = rotl(s[d] ^ s[a], 8u);
    s[c] += s[d];
    s[b] = rotl(s[b] ^ s[c], 7u);
}

/* RFC 8439 §2.3.1 with a nonce of zero; words leave in the machine's order, which does not matter for random
 * bytes. */
static void chacha_block(const uint32_t key[8], uint32_t counter, uint8_t out[BLOCK])
{
    static const uint32_t constants[4] = { 0x61707865u, 0x3320646eu, 0x79622d32u, 0x6b206574u };
    uint32_t s[16];
    memcpy(s, constants, sizeof constants);
    memcpy(s + 4, key, 32);
    s[12] = counter;
    s[13] = s[14] = s[15] = 0u;
    for (unsigned round = 0; round < DOUBLE_ROUNDS; round++) {
        quarter(s, 0, 4, 8, 12);
        quarter(s, 1, 5, 9, 13);
        quarter(s, 2, 6, 10, 14);
        quarter(s, 3, 7, 11, 15);
        quarter(s, 0, 5, 10, 15);
        quarter(s, 1, 6, 11, 12);
        quarter(s, 2, 7, 8, 13);
        quarter(s, 3, 4, 9, 14);
    }
    for (unsigned i = 0; i < 4u; i++) {
        s[i] += constants[i];
    }
    for (unsigned i = 0; i < 8u; i++) {
        s[4u + i] += key[i];
    }
    s[12] += counter;
    memcpy(out, s, BLOCK);
}

/* Make the next block and hand it to the pool of ready bytes. */
static void make_block(uspan_tracer_t *t)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t key[8];
    uint8_t block[BLOCK];
    uint32_t state = uspan_lock(t);
    memcpy(key, p->key, sizeof key);
    uint32_t counter = p->counter++;
    uspan_unlock(t, state);
    chacha_block(key, counter, block);
    state = uspan_lock(t);
    memcpy(p->ids, block, BLOCK);
    p->ids_used = 0;
    uspan_unlock(t, state);
}

uspan_err_t uspan_id_seed(uspan_tracer_t *t)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t fresh[8];
    uspan_err_t err = p->port->random(p->port->ctx, (uint8_t *)fresh, sizeof fresh);
    if (err != USPAN_OK) {
        return USPAN_ERR_AGAIN;
    }
    uint32_t state = uspan_lock(t);
    for (unsigned i = 0; i < 8u; i++) {
        p->key[i] ^= fresh[i];
    }
    p->ids_used = BLOCK;
    bool first = p->seeded == 0u;
    uspan_unlock(t, state);
    memset(fresh, 0, sizeof fresh);
    make_block(t);
    if (first) { /* no span exists yet, so generations may still be chosen */
        uint32_t random = 0;
        state = uspan_lock(t);
        (void)uspan_id_take(p, (uint8_t *)&random, sizeof random);
        uspan_pool_seed(p, random);
        p->seeded = 1u;
        uspan_unlock(t, state);
        make_block(t);
    }
    return USPAN_OK;
}

bool uspan_id_random(uspan_tracer_t *t, uint8_t *out, size_t n)
{
    uspan_trace_part_t *p = &t->trace;
    for (;;) {
        uint32_t state = uspan_lock(t);
        bool seeded = p->seeded != 0u;
        bool done = seeded && uspan_id_take(p, out, n);
        uspan_unlock(t, state);
        if (!seeded) {
            return false;
        }
        if (done) {
            return true;
        }
        make_block(
            t); /* another context may use it up first; it then made progress, and this one turns again */
    }
}

void uspan_id_refill(uspan_tracer_t *t)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    bool low = p->seeded != 0u && p->ids_used > BLOCK / 2u;
    uspan_unlock(t, state);
    if (low) {
        make_block(t);
    }
}
