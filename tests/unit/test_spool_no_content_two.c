/* test_spool_no_content_two.c: a span that is stored without content for a dead destination keeps its content
 * for another one, whose request may be under way.
 * uspan-config: USPAN_SPOOL=1 USPAN_SPOOL_CONTENT=0 USPAN_DESTINATIONS_MAX=2 */
#include "uspan/spool.h"
#include "far_peer.h"
#include "flash_model.h"
#include "otlp.pb.h"

#define TEXT "a secret that is longer than what an entry holds, and than a block of the text pool too"

static flash_model_t flash;
static uspan_spool_t spool;
static far_peer_t dead, slow;
static unsigned with_content, without_content;

static void look_for_content(far_peer_t *p, view_t body)
{
    (void)p;
    for (unsigned n = 0; n < view_span_count(body); n++) {
        view_t value, text;
        assert_true(
            view_attr(view_span(body, n), uspan_otlp_Span_attributes_tag, "gen_ai.input.messages", &value));
        const bool holds =
            view_get(value, uspan_otlp_AnyValue_string_value_tag, 0, &text) && view_is(text, TEXT);
        with_content += holds;
        without_content += !holds;
    }
}

static void begin(world_t *w, uint64_t rate)
{
    const uspan_collector_t c0 = { .endpoint = "http://dead:4318/v1/traces" };
    const uspan_collector_t c1 = { .endpoint = "http://slow:4318/v1/traces" };
    flash_init(&flash, 4096u, 8u, 8u, 0xFFu);
    world_reset(w);
    far_init(&dead, w);
    far_init(&slow, w);
    dead.mode = FAR_REFUSES;
    slow.rate = rate;
    slow.buffer = 64u;
    slow.on_body = look_for_content;
    with_content = without_content = 0;
    assert_int_equal(uspan_export_to(&w->tracer, 0, &dead.transport, &c0), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 1, &slow.transport, &c1), USPAN_OK);
    assert_int_equal(uspan_spool_mount(&w->tracer, 0u, &spool, &flash.storage), USPAN_OK);
}

static void record_secret(world_t *w)
{
    static const uspan_key_t messages = USPAN_KEY_CONTENT_INIT("gen_ai.input.messages");
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "chat");
    (void)uspan_set_str(&w->tracer, s, &messages, TEXT);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
}

/* The content is neither in flash nor missing elsewhere, at any speed of the other link. */
static void test_another_destination_gets_the_content(void **state)
{
    world_t *w = *state;
    for (uint64_t rate = 50; rate <= 50000u; rate *= 10u) {
        begin(w, rate);
        for (unsigned n = 0; n < 8u; n++) {
            record_secret(w);
            far_run(w, w->now_ns + (uint64_t)3000u * MS, 20u);
        }
        far_run(w, w->now_ns + (uint64_t)200000u * MS, 20u);
        assert_int_equal(stats_of(w, 0).spooled, 8);
        assert_int_equal(stats_of(w, 1).delivered, 8);
        assert_int_equal(with_content, 8);
        assert_int_equal(without_content, 0);
        assert_false(memory_has(flash.bytes, sizeof flash.bytes, "secret"));
        world_assert_balanced(w);
    }
}

/* Before sleep the spans are stored now. What another destination is being sent stays whole. */
static void test_spans_are_stored_while_another_request_is_under_way(void **state)
{
    world_t *w = *state;
    for (unsigned ms = 0; ms < 6000u; ms += 97u) {
        begin(w, 400u);
        for (unsigned n = 0; n < 4u; n++) {
            record_secret(w);
        }
        uspan_flush(&w->tracer);
        far_run(w, w->now_ns + (uint64_t)ms * MS, 20u);
        for (unsigned n = 0; n < 2000u && uspan_spool_all(&w->tracer) == USPAN_ERR_AGAIN; n++) {
            far_run(w, w->now_ns + (uint64_t)20u * MS, 20u);
        }
        far_run(w, w->now_ns + (uint64_t)60000u * MS, 20u);
        assert_int_equal(stats_of(w, 0).spooled, 4);
        assert_int_equal(stats_of(w, 1).delivered, 4);
        assert_int_equal(with_content + without_content, 4);
        assert_false(memory_has(flash.bytes, sizeof flash.bytes, "secret"));
    }
}

/* Content is left out of spans. The resource stands in a record of its own and is written as it is. */
static void test_a_resource_with_a_key_of_content_is_stored(void **state)
{
    static const uspan_key_t prompt = USPAN_KEY_CONTENT_INIT("app.prompt");
    static const uspan_attr_t typed[] = { USPAN_ATTR_STATIC(&prompt, "the same for each turn") };
    const uspan_resource_t resource = { .typed = typed, .typed_count = 1u };
    world_t *w = *state;
    begin(w, 50000u);
    assert_int_equal(uspan_set_resource(&w->tracer, &resource), USPAN_OK);
    for (unsigned n = 0; n < 3u; n++) {
        record_secret(w);
    }
    for (unsigned n = 0; n < 2000u && uspan_spool_all(&w->tracer) == USPAN_ERR_AGAIN; n++) {
        far_run(w, w->now_ns + (uint64_t)20u * MS, 20u);
    }
    assert_int_equal(stats_of(w, 0).spooled, 3);
    assert_true(memory_has(flash.bytes, sizeof flash.bytes, "the same for each turn"));
    assert_false(memory_has(flash.bytes, sizeof flash.bytes, "secret"));
}

static int free_peers(void **state)
{
    far_free(&dead);
    far_free(&slow);
    return world_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_destination_gets_the_content),
        cmocka_unit_test(test_spans_are_stored_while_another_request_is_under_way),
        cmocka_unit_test(test_a_resource_with_a_key_of_content_is_stored),
    };
    return cmocka_run_group_tests(tests, world_setup, free_peers);
}
