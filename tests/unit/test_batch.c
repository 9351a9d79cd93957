/* test_batch.c: which spans form a batch and when it is sent. Each span gets exactly one result. */
#include "export/batch.h"
#include "delivery.h"

static void record_text(world_t *w, const char *name, size_t len)
{
    static char text[4096];
    memset(text, 'x', sizeof text);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, name);
    assert_int_equal(uspan_set_str_n(&w->tracer, s, USPAN_KEY("text"), text, len), USPAN_OK);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
}

static void batching(world_t *w, uint32_t age_ms, uint16_t spans_max, uint32_t bytes_max)
{
    const uspan_batching_t b = { age_ms, spans_max, bytes_max };
    uspan_set_batching(&w->tracer, &b);
}

static void test_a_batch_goes_out_by_age(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    record(w, "first");
    world_advance_ms(w, 100);
    record(w, "second");
    assert_int_equal(settle(w), USPAN_BATCH_AGE_MS - 100u);
    batching(w, 300, 0, 0);
    assert_int_equal(settle(w), 200);
    world_advance_ms(w, 199);
    (void)settle(w);
    assert_int_equal(w->request_count, 0);
    world_advance_ms(w, 1);
    (void)settle(w);
    assert_int_equal(w->request_count, 1);
    assert_int_equal(view_span_count(body_of(w, 0)), 2);
}

static void test_a_batch_goes_out_by_count(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    batching(w, 0, 3, 0);
    record_many(w, 2);
    assert_int_equal(settle(w), USPAN_BATCH_AGE_MS);
    record(w, "third");
    (void)settle(w);
    assert_int_equal(w->request_count, 1);
    assert_int_equal(view_span_count(body_of(w, 0)), 3);
}

static void test_a_batch_goes_out_under_pool_pressure(void **state)
{
    world_t *w = *state;
    const unsigned half = USPAN_SPANS_MAX * USPAN_BATCH_FILL_PERCENT / 100u;
    world_reset_with_collector(w);
    record_many(w, half - 1u);
    assert_int_equal(settle(w), USPAN_BATCH_AGE_MS);
    record(w, "the one too many");
    (void)settle(w);
    assert_int_equal(view_span_count(body_of(w, 0)), half);
}

static void test_a_flush_sends_oldest_first_in_batches_of_the_limit(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    batching(w, 0, 5, 0);
    record_many(w, 13);
    world_drain(w);
    assert_int_equal(w->request_count, 3);
    for (unsigned i = 0; i < 13u; i++) {
        char name[16];
        snprintf(name, sizeof name, "span %u", i);
        assert_true(span_is_named(view_span(body_of(w, i / 5u), i % 5u), name));
    }
    assert_int_equal(view_span_count(body_of(w, 2)), 3);
    batching(w, 0, USPAN_BATCH_SPANS_MAX + 1,
             USPAN_BATCH_BYTES_MAX + 1); /* never above the compile-time limits */
    record_many(w, 13);
    world_drain(w);
    assert_int_equal(w->request_count, 4);
}

static void test_a_body_stays_below_its_limit(void **state)
{
    world_t *w = *state;
    for (size_t len = 200; len < 420u; len += 7u) {
        world_reset_with_collector(w);
        batching(w, 0, 0, 1024);
        for (unsigned i = 0; i < 7u; i++) {
            record_text(w, "text", len);
        }
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 7);
        assert_true(w->request_count >= 3u);
        for (unsigned i = 0; i < w->request_count; i++) {
            assert_in_range(w->requests[i].body_len, 1, 1024);
            if (i + 1u <
                w->request_count) { /* one more span (its text and about 100 bytes) would not fit */
                assert_true(w->requests[i].body_len + len + 130u > 1024u);
            }
        }
    }
}

static void test_a_span_larger_than_a_request_is_dropped_and_counted(void **state)
{
    world_t *w = *state;
    for (unsigned at = 0; at < 3u; at++) {
        world_reset_with_collector(w);
        batching(w, 0, 0, 1024);
        for (unsigned i = 0; i < 3u; i++) {
            if (i == at) {
                record_text(w, "large", 1200);
            } else {
                record(w, "small");
            }
        }
        world_drain(w);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.delivered, 2);
        assert_int_equal(s.dropped[USPAN_DROP_TOO_LARGE], 1);
        assert_int_equal(s.blocks_live, 0);
        record(w, "next");
        world_drain(w);
        unsigned told = 0;
        for (unsigned i = 0; i < w->request_count; i++) {
            told += (unsigned)view_scope_int(body_of(w, i), "uspan.dropped.too_large");
        }
        assert_int_equal(told, 1);
    }
}

static void test_a_pool_of_spans_that_are_all_too_large_sends_nothing(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    batching(w, 0, 0, 1024);
    record_text(w, "large", 1200);
    record_text(w, "large", 1300);
    world_drain(w);
    assert_int_equal(w->request_count, 0);
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_TOO_LARGE], 2);
}

/* ---- drop counts are sent ------------------------------------------------------------------------------ */

static void overflow_pool(world_t *w, unsigned count)
{
    uspan_t open[USPAN_SPANS_MAX];
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        open[i] = uspan_start(&w->tracer, USPAN_ROOT, "open");
    }
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(uspan_start(&w->tracer, USPAN_ROOT, "too many").id, 0);
    }
    (void)uspan_start(&w->tracer, USPAN_NULL, "child of none");
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        (void)uspan_end(&w->tracer, open[i]);
    }
}

static uint64_t told(world_t *w, unsigned request, const char *cause)
{
    char key[48];
    snprintf(key, sizeof key, "uspan.dropped.%s", cause);
    return view_scope_int(body_of(w, request), key);
}

static void test_drop_counts_travel_once(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    overflow_pool(w, 5);
    world_drain(w);
    assert_int_equal(told(w, 0, "pool_full"), 5);
    assert_int_equal(told(w, 0, "parent_dropped"), 1);
    record(w, "next");
    world_drain(w);
    assert_int_equal(told(w, 1, "pool_full"), 0);
    assert_int_equal(told(w, 1, "parent_dropped"), 0);
    overflow_pool(w, 2);
    world_drain(w);
    assert_int_equal(told(w, 2, "pool_full"), 2); /* the increase, not the total */
}

static void test_drop_counts_of_a_refused_request_travel_again(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    overflow_pool(w, 5);
    w->answer = "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n";
    uspan_flush(&w->tracer);
    (void)settle(w);
    w->answer = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    record(w, "second");
    uspan_flush(&w->tracer);
    (void)settle(w);
    w->answer = NULL;
    world_drain(w);
    record(w, "third");
    world_drain(w);
    static const unsigned full[] = { 5, 5, 5, 0 }, refused[] = { 0, 16, 16, 0 };
    assert_int_equal(w->request_count, 4);
    for (unsigned i = 0; i < 4u; i++) {
        assert_int_equal(told(w, i, "pool_full"), full[i]);
        assert_int_equal(told(w, i, "refused"), refused[i]);
    }
}

static void test_drop_counts_of_while_a_batch_waits_go_with_the_next(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->answer = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    record(w, "first");
    uspan_flush(&w->tracer);
    (void)settle(w);
    for (unsigned i = 0; i < USPAN_SPANS_MAX + 3u; i++) {
        (void)uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "more"));
    }
    w->answer = NULL;
    world_drain(w);
    assert_int_equal(w->request_count, 3);
    assert_int_equal(told(w, 1, "pool_full"), 0); /* the batch has the same bytes as before */
    assert_int_equal(told(w, 2, "pool_full"), 4);
}

/* For every queue length and every limit, all spans are delivered once and in order. */
static void test_any_limit_delivers_all_in_order(void **state)
{
    world_t *w = *state;
    for (unsigned count = 1; count <= USPAN_SPANS_MAX; count++) {
        for (uint16_t limit = 1; limit <= USPAN_SPANS_MAX; limit++) {
            world_reset_with_collector(w);
            batching(w, 0, limit, 0);
            record_many(w, count);
            world_drain(w);
            assert_int_equal(w->request_count, (count + limit - 1u) / limit);
            assert_int_equal(stats_of(w, 0).delivered, count);
        }
    }
}

static void test_any_count_of_rejections_is_accounted(void **state)
{
    world_t *w = *state;
    for (unsigned rejected = 0; rejected < 8u; rejected++) {
        world_reset_with_collector(w);
        char answer[160];
        int n = snprintf(answer, sizeof answer,
                         "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n"
                         "Content-Length: 4\r\n\r\n\x0a\x02\x08%c",
                         (char)rejected);
        w->answer = answer;
        w->answer_len = (size_t)n;
        record_many(w, 5);
        world_drain(w);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.rejected, rejected < 5u ? rejected : 5u);
        assert_int_equal(s.delivered, 5u - s.rejected);
        assert_int_equal(s.blocks_live, 0);
    }
}

/* The same in JSON, with numbers of up to 31 bits. */
static void test_any_number_of_rejections_in_json_is_accounted(void **state)
{
    static const char *const many[] = { "99", "100", "65536", "268435455", "429496730", "2147483647" };
    world_t *w = *state;
    for (unsigned n = 0; n < 2u * (20u + COUNT(many)); n++) {
        const unsigned rejected = n / 2u;
        char number[24], body[80], answer[200];
        snprintf(number, sizeof number, "%u", rejected);
        const char *text = rejected < 20u ? number : many[rejected - 20u];
        snprintf(body, sizeof body, "{\"partialSuccess\":{\"rejectedSpans\":%s%s%s}}", &"\""[n % 2u], text,
                 &"\""[n % 2u]);
        snprintf(answer, sizeof answer,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %u\r\n\r\n%s",
                 (unsigned)strlen(body), body);
        world_reset_with_collector(w);
        w->answer = answer;
        record_many(w, 15);
        world_drain(w);
        assert_int_equal(stats_of(w, 0).rejected, rejected < 15u ? rejected : 15u);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_batch_goes_out_by_age),
        TEST(test_a_batch_goes_out_by_count),
        TEST(test_a_batch_goes_out_under_pool_pressure),
        TEST(test_a_flush_sends_oldest_first_in_batches_of_the_limit),
        TEST(test_a_body_stays_below_its_limit),
        TEST(test_a_span_larger_than_a_request_is_dropped_and_counted),
        TEST(test_a_pool_of_spans_that_are_all_too_large_sends_nothing),
        TEST(test_drop_counts_travel_once),
        TEST(test_drop_counts_of_a_refused_request_travel_again),
        TEST(test_drop_counts_of_while_a_batch_waits_go_with_the_next),
        TEST(test_any_limit_delivers_all_in_order),
        TEST(test_any_count_of_rejections_is_accounted),
        TEST(test_any_number_of_rejections_in_json_is_accounted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
