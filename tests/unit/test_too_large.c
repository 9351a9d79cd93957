/* test_too_large.c: after a collector refused a batch as too large, smaller batches are sent, and sizes
 * recover later. */
#include "delivery.h"

#define STATUS(code) "HTTP/1.1 " #code " Words\r\nContent-Length: 0\r\n\r\n"

static unsigned accepts_at_most;

static void refuse_large(world_t *w, unsigned n)
{
    w->answer = view_span_count(body_of(w, n)) > accepts_at_most ? STATUS(413) : NULL;
}

static void test_413_splits_until_it_fits_and_grows_again(void **state)
{
    world_t *w = *state;
    static const unsigned sizes[] = { 13, 6, 3, 3, 3, 3, 1 };
    world_reset_with_collector(w);
    accepts_at_most = 4;
    w->on_request = refuse_large;
    record_many(w, 13);
    uspan_flush(&w->tracer);
    assert_true(settle(w) != 0u);
    assert_int_equal(w->request_count, COUNT(sizes));
    for (unsigned i = 0; i < COUNT(sizes); i++) {
        assert_int_equal(view_span_count(body_of(w, i)), sizes[i]);
    }
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.delivered, 13);
    assert_int_equal(s.refusals, 0);
    assert_int_equal(s.retries, 0);
    assert_int_equal(s.last_status, 200);
    unsigned most = 0; /* the limit grows slowly, and exceeds what fits only rarely */
    accepts_at_most = 1000;
    for (unsigned n = 0; n < 400u; n++) {
        unsigned first = w->request_count;
        record_many(w, USPAN_SPANS_MAX);
        world_drain(w);
        unsigned largest = (unsigned)view_span_count(body_of(w, first));
        assert_true(largest <= most + most / 4u + 4u);
        assert_true(largest >= most); /* nor does it shrink where it ends, at USPAN_BATCH_SPANS_MAX */
        most = largest;
    }
    assert_int_equal(most, USPAN_SPANS_MAX);
}

static void test_413_for_one_span_alone_drops_it_as_too_large(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    accepts_at_most = 0;
    w->on_request = refuse_large;
    record_many(w, 4);
    uspan_flush(&w->tracer);
    (void)settle(w);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(w->request_count, 6); /* 4, 2, 1, 1, 1, 1 */
    assert_int_equal(s.dropped[USPAN_DROP_TOO_LARGE], 4);
    assert_int_equal(s.refusals, 4);
    assert_int_equal(s.queued, 0);
    w->on_request = NULL;
    w->answer = NULL;
    record_many(w, 2);
    world_drain(w);
    assert_int_equal(view_span_count(body_of(w, 6)), 1);
    assert_int_equal(stats_of(w, 0).delivered, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_413_splits_until_it_fits_and_grows_again),
        TEST(test_413_for_one_span_alone_drops_it_as_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
