/* test_noticed.c: code changes that earlier tests did not detect. One test for each detects it.
 * uspan-config: USPAN_DESTINATIONS_MAX=2 */
#include "delivery.h"
#include "uspan/read.h"

static const uspan_key_t text_key = USPAN_KEY_INIT("text");

/* exchange: a response after half a request, when the send buffer is empty. */
static void test_a_connection_with_an_unfinished_request_is_not_kept(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->early_after = USPAN_SEND_BYTES; /* exactly what uspan had encoded by then */
    record_many(w, 14);
    uspan_flush(&w->tracer);
    for (unsigned n = 0; n < 200u && !(w->closes > 0u); n++) {
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, 1u);
    }
    assert_true(w->sent_len >= USPAN_SEND_BYTES);
    assert_int_equal(w->request_count, 0);
    assert_int_equal(w->closes, 1);
    assert_false(w->is_open);
    w->early_after = 0;
    world_drain(w);
}

static unsigned asked;
static uspan_err_t (*world_unix_ns)(void *ctx, uint64_t *out);

static uspan_err_t count_asks(void *ctx, uint64_t *out)
{
    asked++;
    return world_unix_ns(ctx, out);
}

/* poll: the port's clock may be a slow chip on a bus. */
static void test_the_port_s_unix_time_is_asked_once_a_minute(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    world_unix_ns = w->port.unix_ns;
    w->port.unix_ns = count_asks;
    asked = 0;
    for (unsigned second = 0; second < 180u; second++) {
        (void)settle(w);
        world_advance_ms(w, 1000u);
    }
    assert_in_range(asked, 2, 4);
}

static unsigned at_first, at_second;

static void count_paths(world_t *w, unsigned n)
{
    at_first += head_has(w, n, "POST /first ");
    at_second += head_has(w, n, "POST /second ");
}

/* poll: a destination that always has something to send gives the other destination its turn. */
static void test_destinations_take_turns(void **state)
{
    static const uspan_collector_t first = { .endpoint = "http://collector:4318/first" };
    static const uspan_collector_t second = { .endpoint = "http://collector:4318/second" };
    world_t *w = *state;
    world_reset(w);
    assert_int_equal(uspan_export_to(&w->tracer, 0, &w->transport, &first), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 1, &w->transport, &second), USPAN_OK);
    const uspan_batching_t one = { .spans_max = 1u, .age_ms = 1u };
    uspan_set_batching(&w->tracer, &one);
    w->on_request = count_paths;
    at_first = at_second = 0;
    while (at_first + at_second < 12u) {
        uint32_t wait_ms;
        record(w, "always one more");
        uspan_flush(&w->tracer);
        unsigned before = at_first + at_second;
        for (unsigned n = 0; n < 200u && at_first + at_second == before; n++) {
            (void)world_poll(w, &wait_ms);
            world_advance_ms(w, 1u);
        }
        assert_true(at_first + at_second > before);
    }
    assert_in_range(at_first, 4, 8);
    assert_in_range(at_second, 4, 8);
    world_drain(w);
}

/* poll: an end time in the future, such as one given in Unix time, does not make the poll wait for years. */
static void test_a_span_that_ends_in_the_future_leaves_by_age(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "ends in years");
    (void)uspan_end_at(&w->tracer, s, 1790000000000000000u);
    record(w, "ends now");
    for (unsigned n = 0; n < 40u; n++) {
        (void)settle(w);
        world_advance_ms(w, 500u);
    }
    assert_int_equal(stats_of(w, 0).delivered, 2);
}

/* exchange_result: a kept connection that ends when the time for the exchange has expired. */
static void test_after_the_deadline_a_lost_connection_is_a_failure_and_not_sent_again_at_once(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    record(w, "first");
    world_drain(w);
    w->kept = WORLD_DIES_ON_RECV;
    w->cut_how = USPAN_ERR_CLOSED;
    record(w, "second");
    uspan_flush(&w->tracer);
    for (unsigned n = 0; n < 200u && w->request_count < 2u; n++) {
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
    }
    assert_int_equal(w->request_count, 2);
    world_advance_ms(w, USPAN_EXCHANGE_MAX_MS + 1u);
    unsigned connections = w->connections;
    (void)settle(w);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.resends, 0);
    assert_int_equal(s.retries, 1);
    assert_int_equal(w->connections, connections);
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 2);
}

/* resource: a key of exactly the allowed number of bytes, and a key of one byte more. */
static void test_a_resource_key_may_have_64_bytes(void **state)
{
    world_t *w = *state;
    char list[80];
    for (unsigned typed = 0; typed < 2u; typed++) {
        for (unsigned len = 63u; len <= 65u; len++) {
            static char name[66];
            world_reset_with_collector(w);
            memset(name, 'k', len);
            name[len] = '\0';
            (void)snprintf(list, sizeof list, "%s=v", name);
            const uspan_key_t key = { .text = name, .len = (uint8_t)len };
            const uspan_attr_t attr = USPAN_ATTR_INT(&key, 7);
            const uspan_resource_t r = { .attributes = typed ? NULL : list,
                                         .typed = &attr,
                                         .typed_count = typed };
            uspan_err_t err = uspan_set_resource(&w->tracer, &r);
            assert_int_equal(err == USPAN_OK, len <= 64u);
            record(w, "x");
            world_drain(w);
            view_t resource_spans, resource, value;
            assert_true(view_get(body_of(w, 0), 1u, 0u, &resource_spans));
            assert_true(view_get(resource_spans, 1u, 0u, &resource));
            assert_int_equal(view_attr(resource, 1u, name, &value), len <= 64u);
        }
    }
}

/* append: characters are counted in every block, and not twice in the first one. */
static void test_a_limit_in_characters_counts_those_of_later_blocks(void **state)
{
    world_t *w = *state;
    for (uint32_t limit = 60; limit <= 200u; limit += 7u) {
        const uspan_limits_t limits = { .value_chars = limit };
        char text[600] = "";
        size_t want = 0, chars = 0;
        world_reset_with_collector(w);
        uspan_set_limits(&w->tracer, &limits);
        uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "x");
        for (unsigned piece = 0; piece < 30u; piece++) { /* in turn one byte and three bytes per character */
            static const char *const pieces[] = { "abcdefghijkl",
                                                  "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC" };
            const char *more = pieces[piece / 6u % 2u];
            (void)uspan_append_str(&w->tracer, s, &text_key, more);
            for (size_t at = 0; more[at] != '\0' && chars < limit; chars++) {
                size_t n = more[at] == 'a' || (more[at] & 0x80) == 0 ? 1u : 3u;
                memcpy(text + want, more + at, n);
                want += n;
                at += n;
            }
        }
        char kept[600];
        uspan_value_t v;
        unsigned index;
        assert_int_equal(uspan_find_attr(&w->tracer, s, USPAN_OF_SPAN, "text", &v, &index), USPAN_OK);
        assert_int_equal(v.len, want);
        assert_int_equal(uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, index, 0, kept, sizeof kept), want);
        assert_memory_equal(kept, text, want);
        uspan_end(&w->tracer, s);
        world_drain(w);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_connection_with_an_unfinished_request_is_not_kept),
        TEST(test_the_port_s_unix_time_is_asked_once_a_minute),
        TEST(test_destinations_take_turns),
        TEST(test_a_span_that_ends_in_the_future_leaves_by_age),
        TEST(test_after_the_deadline_a_lost_connection_is_a_failure_and_not_sent_again_at_once),
        TEST(test_a_resource_key_may_have_64_bytes),
        TEST(test_a_limit_in_characters_counts_those_of_later_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
