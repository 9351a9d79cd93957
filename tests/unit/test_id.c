/* test_id.c: without entropy there are no ids, and no two ids are equal. The keystream is that of ChaCha8.
 * A second implementation checks this. RFC 8439 §2.3.2 checks the second implementation. */
#include <stdlib.h>
#include <string.h>
#include "peek.h"
#include "trace/id.h"

/* ---- a second ChaCha, as the RFC describes it, with any number of rounds ------------------------------- */

static void reference(const uint8_t key[32], uint32_t counter, const uint8_t nonce[12], int rounds, uint8_t out[64])
{
    static const int order[8][4] = { { 0, 4, 8, 12 }, { 1, 5, 9, 13 }, { 2, 6, 10, 14 }, { 3, 7, 11, 15 },
                                     { 0, 5, 10, 15 }, { 1, 6, 11, 12 }, { 2, 7, 8, 13 }, { 3, 4, 9, 14 } };
    static const int turns[4] = { 16, 12, 8, 7 };
    uint8_t start[64];
    uint32_t x[16], first[16];
    memcpy(start, "expand 32-byte k", 16);
    memcpy(start + 16, key, 32);
    for (int i = 0; i < 4; i++) {
        start[48 + i] = (uint8_t)(counter >> 8 * i);
    }
    memcpy(start + 52, nonce, 12);
    for (int i = 0; i < 16; i++) {
        x[i] = first[i] = (uint32_t)start[4 * i] | (uint32_t)start[4 * i + 1] << 8 | (uint32_t)start[4 * i + 2] << 16 |
                          (uint32_t)start[4 * i + 3] << 24;
    }
    for (int r = 0; r < rounds * 4; r++) {
        const int *q = order[r % 8];
        for (int step = 0; step < 4; step++) {
            int a = step % 2 == 0 ? 0 : 2;
            x[q[a]] += x[q[a + 1]];
            uint32_t d = x[q[3 - a]] ^ x[q[a]];
            x[q[3 - a]] = d << turns[step] | d >> (32 - turns[step]);
        }
    }
    for (int i = 0; i < 16; i++) {
        x[i] += first[i];
        for (int b = 0; b < 4; b++) {
            out[4 * i + b] = (uint8_t)(x[i] >> 8 * b);
        }
    }
}

static void test_the_reference_is_chacha(void **state)
{
    (void)state;
    uint8_t key[32], out[64];
    static const uint8_t nonce[12] = { 0, 0, 0, 9, 0, 0, 0, 0x4a };
    static const uint8_t expected[64] = {
        0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4,
        0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e,
        0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2,
        0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
    };
    for (unsigned i = 0; i < 32u; i++) {
        key[i] = (uint8_t)i;
    }
    reference(key, 1, nonce, 20, out);
    assert_memory_equal(out, expected, 64);
}

static void test_ids_are_the_keystream_of_the_seed(void **state)
{
    world_t *w = *state;
    uint8_t key[32], block[64], out[32];
    static const uint8_t nonce[12];
    assert_int_equal(w->tracer.trace.seeded, 1);
    memcpy(key, w->tracer.trace.chacha + 4, 32);
    uint32_t counter = w->tracer.trace.chacha[12];
    assert_true(counter > 0u);
    reference(key, counter - 1u, nonce, 8, block);
    assert_true(uspan_id_random(&w->tracer, out, 32));
    assert_memory_equal(out, block, 32);
    assert_true(uspan_id_random(&w->tracer, out, 8));
    assert_memory_equal(out, block + 32, 8);
    assert_true(uspan_id_random(&w->tracer, out, 32)); /* only 24 bytes are left, so a new block is made */
    reference(key, counter, nonce, 8, block);
    assert_memory_equal(out, block, 32);
    assert_true(uspan_id_random(&w->tracer, out, 32));
    assert_memory_equal(out, block + 32, 32);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}

static void test_the_generator_never_repeats(void **state)
{
    world_t *w = *state;
    static uint8_t ids[20000][8];
    for (unsigned i = 0; i < COUNT(ids); i++) {
        assert_true(uspan_id_random(&w->tracer, ids[i], 8));
        if (i % 37u == 0u) {
            uspan_id_refill(&w->tracer);
        }
    }
    qsort(ids, COUNT(ids), sizeof ids[0], compare);
    static const uint8_t zero[8];
    assert_memory_not_equal(ids[0], zero, 8);
    for (unsigned i = 1; i < COUNT(ids); i++) {
        assert_memory_not_equal(ids[i], ids[i - 1u], 8);
    }
}

static void test_a_refill_happens_only_where_little_is_left(void **state)
{
    world_t *w = *state;
    uint8_t out[32];
    uint32_t before = w->tracer.trace.chacha[12];
    uspan_id_refill(&w->tracer);
    assert_int_equal(w->tracer.trace.chacha[12], before);
    assert_true(uspan_id_random(&w->tracer, out, 32));
    assert_true(uspan_id_random(&w->tracer, out, 8));
    uspan_id_refill(&w->tracer);
    assert_int_equal(w->tracer.trace.chacha[12], before + 1u);
    assert_int_equal(w->tracer.trace.ids_used, 0);
}

static void test_without_entropy_spans_are_null_and_counted_and_later_entropy_heals(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    w->entropy = false;
    assert_int_equal(uspan_init(t, &w->port), USPAN_OK);
    assert_int_equal(uspan_start(t, USPAN_ROOT, "s").id, 0);
    uspan_context_t parent;
    assert_int_equal(uspan_context_parse(&parent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", NULL), USPAN_OK);
    const uspan_options_t options = { .parent = &parent };
    assert_int_equal(uspan_start_with(t, USPAN_ROOT, "s", 1, &options).id, 0);
    uspan_context_t c;
    memset(&c, 1, sizeof c);
    static const uspan_context_t zero;
    assert_int_equal(uspan_context_of(t, USPAN_NULL, &c), USPAN_ERR_AGAIN);
    assert_memory_equal(&c, &zero, sizeof c);
    char headers[USPAN_HEADERS_OF_MAX];
    assert_int_equal(uspan_trace_headers(t, USPAN_NULL, headers, sizeof headers), 0);
    assert_string_equal(headers, "");
    uint8_t out[8];
    assert_false(uspan_id_random(t, out, 8));
    assert_int_equal(uspan_id_seed(t), USPAN_ERR_AGAIN);
    assert_int_equal(t->trace.dropped[USPAN_DROP_NO_ENTROPY], 2);
    assert_int_equal(t->trace.started, 2);
    uint32_t wait_ms;
    assert_true(uspan_poll(t, &wait_ms) <= USPAN_OK);
    assert_int_equal(uspan_start(t, USPAN_ROOT, "s").id, 0);
    w->entropy = true;
    assert_true(uspan_poll(t, &wait_ms) <= USPAN_OK);
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    assert_true(s.id > 4u);
    assert_int_equal(t->trace.dropped[USPAN_DROP_NO_ENTROPY], 3);
    uspan_end(t, s);
}

static void test_many_roots_draw_ids_across_blocks_and_all_differ(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static uint8_t seen[3000][24];
    for (unsigned i = 0; i < COUNT(seen); i++) {
        uspan_t s = uspan_start(t, USPAN_ROOT, "s");
        const uspan_slot_t *slot = peek_slot(w, s);
        memcpy(seen[i], slot->trace_id, 16);
        memcpy(seen[i] + 16, slot->span_id, 8);
        for (unsigned j = 0; j < i; j++) {
            assert_true(memcmp(seen[j], seen[i], 16) != 0 && memcmp(seen[j] + 16, seen[i] + 16, 8) != 0);
        }
        uspan_end(t, s);
        peek_drain(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_reference_is_chacha),
        IN_WORLD(test_ids_are_the_keystream_of_the_seed),
        IN_WORLD(test_the_generator_never_repeats),
        IN_WORLD(test_a_refill_happens_only_where_little_is_left),
        IN_WORLD(test_without_entropy_spans_are_null_and_counted_and_later_entropy_heals),
        IN_WORLD(test_many_roots_draw_ids_across_blocks_and_all_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
