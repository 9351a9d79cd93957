/* test_sent_arrays.c: arrays of texts, numbers and truth values arrive with each element unchanged, whatever
 * its length. */
#include <string.h>
#include "proto_view.h"
#include "world.h"

#define TEXTS 7u

/* The n-th element of an array in the only span that was sent. */
static view_t element(world_t *w, const char *key, unsigned n)
{
    view_t request, value, array, one;
    request.at = world_body(w, 0u, &request.len);
    assert_true(view_attr(view_span(request, 0u), 9u, key, &value));
    assert_true(view_get(value, 5u, 0u, &array));
    assert_true(view_get(array, 1u, n, &one));
    return one;
}

static void test_each_element_of_an_array_arrives(void **state)
{
    static const size_t lens[TEXTS] = { 0, 1, 127, 128, 255, 256, 1000 };
    static const int64_t ints[] = { 0, -1, INT64_MAX, INT64_MIN, 256 };
    static const double doubles[] = { 0.0, -1.5, 1e300 };
    static const bool bools[] = { true, false, true };
    static char texts[TEXTS][1001];
    const char *words[TEXTS];
    world_t *w = *state;
    world_reset_with_collector(w);
    for (unsigned i = 0; i < TEXTS; i++) {
        memset(texts[i], (int)('a' + i), lens[i]);
        words[i] = texts[i];
    }
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "arrays");
    assert_int_equal(uspan_set_strs(&w->tracer, s, USPAN_KEY("texts"), words, TEXTS), USPAN_OK);
    assert_int_equal(uspan_set_ints(&w->tracer, s, USPAN_KEY("ints"), ints, 5u), USPAN_OK);
    assert_int_equal(uspan_set_doubles(&w->tracer, s, USPAN_KEY("doubles"), doubles, 3u), USPAN_OK);
    assert_int_equal(uspan_set_bools(&w->tracer, s, USPAN_KEY("bools"), bools, 3u), USPAN_OK);
    (void)uspan_end(&w->tracer, s);
    world_drain(w);
    for (unsigned i = 0; i < TEXTS; i++) {
        view_t text;
        assert_true(view_get(element(w, "texts", i), 1u, 0u, &text));
        assert_int_equal(text.len, lens[i]);
        assert_memory_equal(text.at, texts[i], lens[i]);
    }
    for (unsigned i = 0; i < 5u; i++) {
        assert_int_equal((int64_t)view_number(element(w, "ints", i), 3u), ints[i]);
    }
    for (unsigned i = 0; i < 3u; i++) {
        uint64_t bits;
        memcpy(&bits, &doubles[i], sizeof bits);
        assert_int_equal(view_number(element(w, "doubles", i), 4u), bits);
        assert_int_equal(view_number(element(w, "bools", i), 2u), bools[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_element_of_an_array_arrives, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
