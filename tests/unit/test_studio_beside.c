/* test_studio_beside.c: a Studio that is slow, dead or refuses requests does not cost a second destination, a
 * collector, any spans or time (field.md B2 and E6 together). Spans for Studio itself wait for the
 * registration.
 * uspan-config: USPAN_STUDIO=1 USPAN_DESTINATIONS_MAX=2 USPAN_SPANS_MAX=16 */
#include "far_peer.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

#define NOT_FOUND "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
#define BROKEN "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
#define BUSY "HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"

static far_peer_t good, studio, runs;

static const struct {
    far_mode_t mode;
    const char *answer;
} deaths[] = { { FAR_REFUSES, NULL },     { FAR_NEVER_OPENS, NULL }, { FAR_SILENT, NULL },   { FAR_NEVER_TAKES, NULL },
               { FAR_GOOD, NOT_FOUND }, { FAR_GOOD, BROKEN },      { FAR_GOOD, BUSY } };

/* Spans go to one destination, which may be Studio, and to a collector as the other. */
static void reset_with(world_t *w, const char *endpoint, unsigned studio_dest, far_mode_t mode, const char *answer)
{
    const uspan_collector_t to_studio = { .endpoint = endpoint };
    const uspan_collector_t to_good = { .endpoint = "http://good:4318/v1/traces" };
    const uspan_studio_t s = { .url = "http://studio:3000", .project = "p", .run_id = "run-1" };
    world_reset(w);
    far_init(&good, w);
    far_init(&studio, w);
    far_init(&runs, w);
    studio.mode = runs.mode = mode;
    studio.answer = runs.answer = answer;
    assert_int_equal(uspan_export_to(&w->tracer, studio_dest, &studio.transport, &to_studio), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 1u - studio_dest, &good.transport, &to_good), USPAN_OK);
    assert_int_equal(uspan_studio_start(&w->tracer, &runs.transport, &s), USPAN_OK);
}

static void reset_with_studio(world_t *w, unsigned studio_dest, far_mode_t mode, const char *answer)
{
    reset_with(w, "http://studio:3000/v1/traces", studio_dest, mode, answer);
}

static void test_the_collector_beside_it_gets_every_span_at_once(void **state)
{
    world_t *w = *state;
    for (unsigned studio_dest = 0; studio_dest < 2u; studio_dest++) {
        for (size_t i = 0; i < COUNT(deaths); i++) {
            reset_with_studio(w, studio_dest, deaths[i].mode, deaths[i].answer);
            for (unsigned n = 0; n < 300u; n++) {
                record(w, "one");
                far_run(w, w->now_ns + 10000000u, 5u); /* 100 per second */
                const uspan_stats_t s = stats_of(w, 1u - studio_dest);
                if (s.queued > USPAN_SPANS_MAX * 3u / 4u || s.dropped[USPAN_DROP_POOL_FULL] > 0u) {
                    fail_msg("Studio is %u, death %zu: %u of %u wait", studio_dest, i, (unsigned)s.queued, n);
                }
            }
            far_run(w, w->now_ns + 10000000000u, 5u);
            assert_int_equal(stats_of(w, 1u - studio_dest).delivered, 300);
            assert_int_equal(good.spans, 300);
            world_assert_balanced(w);
        }
    }
}

/* Its own spans wait for the registration, until that has failed. */
static void test_its_own_spans_wait_for_the_registration(void **state)
{
    world_t *w = *state;
    for (unsigned studio_dest = 0; studio_dest < 2u; studio_dest++) {
        reset_with_studio(w, studio_dest, FAR_GOOD, NULL);
        runs.mode = FAR_SILENT;
        record(w, "one");
        far_run(w, w->now_ns + 8000000000u, 5u);
        assert_int_equal(studio.spans, 0);
        assert_int_equal(good.spans, 1);
        runs.mode = FAR_GOOD;
        far_run(w, w->now_ns + 30000000000u, 5u);
        assert_int_equal(studio.spans, 1);
        assert_true(stats_of(w, 0u).run_failures <= 1u);
    }
}

/* One of the destinations may forward spans to Studio, so all wait for the registration. */
static void test_all_spans_wait_if_no_destination_is_studio(void **state)
{
    world_t *w = *state;
    for (unsigned dest = 0; dest < 2u; dest++) {
        reset_with(w, "http://gateway:4318/v1/traces", dest, FAR_GOOD, NULL);
        runs.mode = FAR_SILENT;
        record(w, "one");
        far_run(w, w->now_ns + 8000000000u, 5u);
        assert_int_equal(studio.spans + good.spans, 0);
        runs.mode = FAR_GOOD;
        far_run(w, w->now_ns + 30000000000u, 5u);
        assert_int_equal(studio.spans, 1);
        assert_int_equal(good.spans, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_collector_beside_it_gets_every_span_at_once),
        TEST(test_its_own_spans_wait_for_the_registration),
        TEST(test_all_spans_wait_if_no_destination_is_studio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
