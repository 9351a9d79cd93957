/* test_console.c: the console prints each span as one readable line, whatever the span contains. */
#include <stdio.h>
#include <string.h>
#include "uspan/genai.h"
#include "world.h"

typedef struct page {
    uspan_console_t console;
    char lines[8][256];
    unsigned count;
} page_t;

static void write_line(void *ctx, const char *line)
{
    page_t *page = ctx;
    assert_true(page->count < 8u);
    assert_true(strlen(line) <= 200u);
    memcpy(page->lines[page->count++], line, strlen(line) + 1u);
}

static void begin(world_t *w, page_t *page)
{
    world_reset(w);
    memset(page, 0, sizeof *page);
    uspan_console_init(&page->console, write_line, page);
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0, &page->console.sink), USPAN_OK);
}

/* Check the trace id of line n. Returns the rest of the line. */
static const char *rest_of(const page_t *page, unsigned n)
{
    assert_true(n < page->count);
    assert_int_equal(strspn(page->lines[n], "0123456789abcdef"), 8);
    assert_int_equal(page->lines[n][8], ' ');
    return page->lines[n] + 9;
}

static void test_a_span_is_one_line(void **state)
{
    world_t *w = *state;
    page_t page;
    begin(w, &page);
    uspan_t s = uspan_chat_begin(&w->tracer, USPAN_ROOT, "dashscope", "qwen-max");
    uspan_set_double(&w->tracer, s, &uspan_key_request_temperature, 0.7);
    uspan_set_bool(&w->tracer, s, &uspan_key_request_stream, true);
    static const char *const reasons[] = { "stop", "length" };
    uspan_set_strs(&w->tracer, s, &uspan_key_response_finish_reasons, reasons, 2);
    uspan_context_t c;
    uspan_context_of(&w->tracer, s, &c);
    w->now_ns += 1234156789u;
    uspan_end(&w->tracer, s);
    world_drain(w);
    assert_int_equal(page.count, 1);
    assert_string_equal(rest_of(&page, 0),
                        "chat qwen-max 1234.156 ms client ok gen_ai.operation.name=chat "
                        "gen_ai.request.model=qwen-max gen_ai.provider.name=dashscope "
                        "gen_ai.request.temperature=0.7 gen_ai.request.stream=true gen_ai...");
    char id[9];
    snprintf(id, sizeof id, "%02x%02x%02x%02x", c.trace_id[0], c.trace_id[1], c.trace_id[2], c.trace_id[3]);
    assert_memory_equal(page.lines[0], id, 8);
    assert_int_equal(strlen(page.lines[0]), 200);
    uspan_stats_t stats;
    uspan_stats(&w->tracer, 0, &stats);
    assert_int_equal(stats.delivered, 1);
}

static void test_errors_kinds_and_short_times_are_told(void **state)
{
    static const char *const kinds[] = { "internal", "internal", "server", "client",
                                         "producer", "consumer", "internal" };
    world_t *w = *state;
    page_t page;
    begin(w, &page);
    for (unsigned k = 0; k < 7u; k++) {
        const uspan_options_t o = { .kind = k < 6u ? (uspan_kind_t)k : (uspan_kind_t)200 };
        uspan_t s = uspan_start_with(&w->tracer, USPAN_ROOT, "x", 1, &o);
        w->now_ns += 7000u;
        if (k == 3u) {
            uspan_set_status(&w->tracer, s, USPAN_STATUS_ERROR, "no answer");
        }
        uspan_end(&w->tracer, s);
    }
    world_drain(w);
    for (unsigned k = 0; k < 7u; k++) {
        char expected[64];
        snprintf(expected, sizeof expected, "x 0.007 ms %s %s", kinds[k],
                 k == 3u ? "error: no answer" : "ok");
        assert_string_equal(rest_of(&page, k), expected);
    }
}

static void test_long_texts_and_bytes_leave_room_for_others(void **state)
{
    world_t *w = *state;
    page_t page;
    begin(w, &page);
    char text[100];
    memset(text, 'x', sizeof text);
    memcpy(text + 39, "\xC3\xA4", 2); /* this character lies across the limit */
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "long");
    uspan_set_str_n(&w->tracer, s, USPAN_KEY("a"), text, sizeof text);
    memset(text, 'y', sizeof text);
    uspan_set_str_n(&w->tracer, s, USPAN_KEY("b"), text, 40);
    uspan_set_bytes(&w->tracer, s, USPAN_KEY("c"), text, 3);
    uspan_end(&w->tracer, s);
    world_drain(w);
    assert_string_equal(rest_of(&page, 0),
                        "long 0.000 ms internal ok a=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... "
                        "b=yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy c=[3]");
}

static void test_a_line_has_no_control_character_and_ends_at_a_character(void **state)
{
    world_t *w = *state;
    page_t page;
    char text[41];
    for (unsigned shift = 0; shift < 4u; shift++) {
        begin(w, &page);
        uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "two\nlines\x1b[31m\x7f");
        for (unsigned i = 0; i < 39u; i += 3u) {
            memcpy(text + i, "\xE2\x82\xAC", 3);
        }
        static const uspan_key_t first[] = { USPAN_KEY_INIT("k"), USPAN_KEY_INIT("kk"), USPAN_KEY_INIT("kkk"),
                                             USPAN_KEY_INIT("kkkk") };
        static const uspan_key_t more[] = {
            USPAN_KEY_INIT("m0"), USPAN_KEY_INIT("m1"), USPAN_KEY_INIT("m2"),
            USPAN_KEY_INIT("m3"), USPAN_KEY_INIT("m4"), USPAN_KEY_INIT("m5")
        };
        uspan_set_int(&w->tracer, s, &first[shift], 1);
        for (unsigned i = 0; i < 6u; i++) {
            uspan_set_str_n(&w->tracer, s, &more[i], text, 39);
        }
        uspan_end(&w->tracer, s);
        world_drain(w);
        const char *line = rest_of(&page, 0);
        assert_memory_equal(line, "two lines [31m  0.000 ms", 24);
        size_t len = strlen(line);
        assert_string_equal(line + len - 3u, "...");
        assert_true(len + 9u >= 198u && len + 9u <= 200u);
        /* Only complete characters are printed: a character ends before the dots. */
        assert_true(memcmp(line + len - 6u, "\xE2\x82\xAC", 3) == 0 || (uint8_t)line[len - 4u] < 0x80u);
        for (size_t i = 0; i < len; i++) {
            assert_true((uint8_t)line[i] >= ' ' && line[i] != 0x7F);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_span_is_one_line),
        TEST(test_errors_kinds_and_short_times_are_told),
        TEST(test_long_texts_and_bytes_leave_room_for_others),
        TEST(test_a_line_has_no_control_character_and_ends_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
