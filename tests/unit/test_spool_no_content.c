/* test_spool_no_content.c: content is not written to flash. All other parts of a span are.
 * uspan-config: USPAN_SPOOL=1 USPAN_SPOOL_CONTENT=0 */
#include "uspan/spool.h"
#include "delivery.h"
#include "flash_model.h"
#include "otlp.pb.h"

static flash_model_t flash;
static uspan_spool_t spool;

static bool flash_holds(const char *text)
{
    const size_t len = strlen(text);
    for (size_t at = 0; at + len <= 8u * 4096u; at++) {
        if (memcmp(flash.bytes + at, text, len) == 0) {
            return true;
        }
    }
    return false;
}

static void test_content_stays_out_of_flash(void **state)
{
    world_t *w = *state;
    static const uspan_key_t messages = USPAN_KEY_CONTENT_INIT("gen_ai.input.messages");
    flash_init(&flash, 4096u, 8u, 8u, 0xFFu);
    world_reset_with_collector(w);
    assert_int_equal(uspan_spool_mount(&w->tracer, 0u, &spool, &flash.storage), USPAN_OK);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "chat");
    const char text[] =
        "a secret that is longer than what an entry holds, and than a block of the text pool too";
    (void)uspan_set_str(&w->tracer, s, &messages, text);
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("app.kept"), "kept text");
    const uspan_attr_t attrs[] = { USPAN_ATTR_TEXT(&messages, "another secret") };
    (void)uspan_event_n(&w->tracer, s, "an event", 8u, 0u, attrs, 1u);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
    const uspan_stats_t before = stats_of(w, 0);
    while (uspan_spool_all(&w->tracer) == USPAN_ERR_AGAIN) {
    }
    assert_int_equal(stats_of(w, 0).spooled, 1);
    assert_int_equal(stats_of(w, 0).values_truncated, before.values_truncated + 2u);
    assert_int_equal(stats_of(w, 0).blocks_live, 0);
    assert_false(flash_holds("secret"));
    assert_true(flash_holds("kept text"));
    for (unsigned n = 0; n < 1000u && w->request_count == 0u; n++) {
        uint32_t wait_ms = 0;
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, wait_ms < 100u ? wait_ms : 100u);
    }
    view_t span = view_span(body_of(w, 0), 0), value;
    assert_true(view_attr(span, uspan_otlp_Span_attributes_tag, "app.kept", &value));
    assert_true(view_attr(span, uspan_otlp_Span_attributes_tag, "gen_ai.input.messages", &value));
    assert_true(view_get(span, uspan_otlp_Span_events_tag, 0, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_content_stays_out_of_flash) };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
