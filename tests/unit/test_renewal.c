/* test_renewal.c: headers are renewed after a 401 or 403, once per back-off. A renewal that does not help
 * changes nothing. */
#include "delivery.h"

#define STATUS(code) "HTTP/1.1 " #code " Words\r\nContent-Length: 0\r\n\r\n"

typedef struct renewal {
    unsigned calls;
    const char *fresh; /* NULL: there are none */
} renewal_t;

static uspan_err_t renew(void *ctx, char *buf, size_t cap)
{
    renewal_t *r = ctx;
    r->calls++;
    assert_int_equal(cap, USPAN_HEADERS_BYTES);
    if (r->fresh == NULL) {
        return USPAN_ERR_IO;
    }
    snprintf(buf, cap, "%s", r->fresh);
    return USPAN_OK;
}

static void expect_new_word(world_t *w, unsigned n)
{
    w->answer = head_has(w, n, "X-Pass: second") ? NULL : STATUS(401);
}

static void reset_with_renewal(world_t *w, renewal_t *r)
{
    world_reset(w);
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces",
                                  .headers = "X-Pass=first",
                                  .renew = renew,
                                  .renew_ctx = r };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
}

static void test_headers_are_renewed_after_401_and_the_batch_goes_at_once(void **state)
{
    world_t *w = *state;
    renewal_t r = { 0, "X-Pass=second" };
    reset_with_renewal(w, &r);
    w->on_request = expect_new_word;
    record(w, "kept");
    uspan_flush(&w->tracer);
    (void)settle(w);
    assert_int_equal(r.calls, 1);
    assert_int_equal(w->request_count, 2);
    assert_true(head_has(w, 0, "X-Pass: first\r\n"));
    assert_true(head_has(w, 1, "X-Pass: second\r\n"));
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.delivered, 1);
    assert_int_equal(s.renewals, 1);
    assert_int_equal(s.refusals, 0);
    assert_int_equal(s.retries, 0);
}

static void test_headers_are_renewed_once_a_back_off(void **state)
{
    world_t *w = *state;
    renewal_t r = { 0, "X-Pass=third" };
    reset_with_renewal(w, &r);
    w->on_request = expect_new_word;
    for (unsigned round = 1; round <= 3u; round++) {
        record(w, "lost");
        uspan_flush(&w->tracer);
        (void)settle(w);
        assert_int_equal(r.calls, round);
        assert_int_equal(w->request_count, 2u * round);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.renewals, round);
        assert_int_equal(s.refusals, round);
        assert_int_equal(s.dropped[USPAN_DROP_REFUSED], round);
        w->now_ns = w->tracer.out.dests[0].target.backoff.not_before_ns;
    }
    r.fresh = "X-Pass=second";
    record(w, "kept");
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
}

static void test_a_renewal_that_fails_rests(void **state)
{
    world_t *w = *state;
    static const char *const useless[] = {
        NULL, "no pair", "Authorization=secret",
        "X-Long="
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "012345678901234567890123456789012345678901234567890123456789"
    };
    for (size_t i = 0; i < COUNT(useless); i++) {
        renewal_t r = { 0, useless[i] };
        reset_with_renewal(w, &r);
        w->answer = i % 2u == 0u ? STATUS(401) : STATUS(403);
        record(w, "lost");
        uspan_flush(&w->tracer);
        (void)settle(w);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(r.calls, 1);
        assert_int_equal(s.renewals, i == 3u); /* truncated by snprintf: still a header */
        assert_int_equal(s.refusals, 1);
        assert_int_equal(s.dropped[USPAN_DROP_REFUSED], 1);
        assert_true(head_has(w, 0, "X-Pass: first"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_headers_are_renewed_after_401_and_the_batch_goes_at_once),
        TEST(test_headers_are_renewed_once_a_back_off),
        TEST(test_a_renewal_that_fails_rests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
