/* reading.h: helpers of the tests of read.h: a pool whose free blocks are not contiguous, and long texts. */
#ifndef USPAN_TEST_READING_H
#define USPAN_TEST_READING_H

#include "trace/pool.h"
#include "world.h"

#define LONG_TEXT (3u * USPAN_BLOCK + 7u) /* fills four blocks */

static inline void fill_text(char *text, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)('a' + (i * 7u + i / 26u + seed) % 26u);
    }
}

/* Allocate blocks and free them in another order, so that a chain is not contiguous. Leaves a span open. */
static inline void scatter_blocks(uspan_tracer_t *t)
{
    static const uspan_key_t keys[] = { USPAN_KEY_INIT("0"), USPAN_KEY_INIT("1"), USPAN_KEY_INIT("2"),
                                        USPAN_KEY_INIT("3"), USPAN_KEY_INIT("4"), USPAN_KEY_INIT("5"),
                                        USPAN_KEY_INIT("6"), USPAN_KEY_INIT("7"), USPAN_KEY_INIT("8"),
                                        USPAN_KEY_INIT("9"), USPAN_KEY_INIT("A"), USPAN_KEY_INIT("B") };
    char text[USPAN_BLOCK_BYTES];
    fill_text(text, sizeof text, 5);
    uspan_t s = uspan_start(t, USPAN_ROOT, "scatter");
    for (unsigned i = 0; i < 12u; i++) {
        uspan_set_str_n(t, s, &keys[i], text, sizeof text);
    }
    for (unsigned i = 0; i < 12u; i++) {
        uspan_set_int(t, s, &keys[i * 5u % 12u], 0);
    }
}

static inline uspan_t start(world_t *w)
{
    world_reset_with_collector(w);
    scatter_blocks(&w->tracer);
    return uspan_start(&w->tracer, USPAN_ROOT, "watering");
}

#endif
