/* typed_spans.h: compares everything on a typed span, line by line. Nothing may be missing and nothing may
 * be added. */
#ifndef USPAN_TEST_TYPED_SPANS_H
#define USPAN_TEST_TYPED_SPANS_H

#include <stdio.h>
#include <string.h>
#include "peek.h"
#include "uspan/genai.h"
#include "uspan/read.h"

#define LINE_BYTES 700u

/* Start and end a chat span with every field, and compare its attribute count with USPAN_FULLEST_SPAN. */
static inline void assert_fullest_span_is_counted(world_t *w)
{
    static const char *const words[] = { "a", "b", NULL };
    uspan_tracer_t *t = &w->tracer;
    uspan_set_unix_time(t, 1700000000000000000u);
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){
        .conversation_id = "c", .function_name = "f", .function_input = "1", .model = "m", .provider = "p",
        .temperature = USPAN_OPT(1.0), .top_p = USPAN_OPT(1.0), .top_k = USPAN_OPT(1), .presence_penalty = USPAN_OPT(1.0),
        .frequency_penalty = USPAN_OPT(1.0), .max_tokens = USPAN_OPT(1), .seed = USPAN_OPT(1), .choice_count = USPAN_OPT(2),
        .stop_sequences = words, .output_type = "json", .input_messages = "[]", .system_instructions = "[]",
        .tool_definitions = "[]", .stream = true, .server_port = 1, .server_address = "a", .openai_api_type = "responses",
        .openai_service_tier = "flex", .reasoning_level = "low", .previous_response_id = "r",
        .prompt_name = "p", .prompt_version = "2" });
    w->now_ns += 1000u;
    uspan_first_chunk(t, s);
    uspan_chat_end(t, s, &(uspan_chat_result_t){
        .error_type = "timeout", .error_message = "late", .function_output = "1", .response_id = "i", .response_model = "m",
        .finish_reason = "stop", .finish_reasons = words, .usage = { 1, 2, 3, 4, 5 },
        .input_of = { 6, 7, 8 }, .output_of = { 9, 10, 11 },
        .cache_read_of = { 12, 13, 14 },
        .compacted = true, .output_messages = "[]",
        .openai_service_tier = "flex", .openai_system_fingerprint = "fp" });
    uspan_view_t view;
    assert_int_equal(uspan_read(t, s, &view), USPAN_OK);
    assert_int_equal(view.attr_count, USPAN_FULLEST_SPAN);
    assert_int_equal(view.dropped_attrs, 0);
}

static inline size_t put_value(world_t *w, uspan_t s, unsigned index, const uspan_value_t *v, char *out, size_t cap)
{
    char text[LINE_BYTES];
    switch (v->type) {
    case USPAN_TYPE_INT:
        return (size_t)snprintf(out, cap, "%lld", (long long)v->i);
    case USPAN_TYPE_BOOL:
        return (size_t)snprintf(out, cap, "%s", v->i != 0 ? "true" : "false");
    case USPAN_TYPE_DOUBLE:
        return (size_t)snprintf(out, cap, "%.9gd", v->d);
    case USPAN_TYPE_TEXT: {
        size_t len = uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, index, 0, text, sizeof text - 10u);
        assert_true(len + 3u < cap);
        out[0] = '\'';
        memcpy(out + 1, text, len);
        memcpy(out + 1 + len, "'", 2);
        return len + 2u;
    }
    case USPAN_TYPE_TEXTS: {
        size_t at = (size_t)snprintf(out, cap, "[");
        for (unsigned i = 0; i < v->len; i++) {
            uspan_value_t e;
            assert_int_equal(uspan_read_element(&w->tracer, s, USPAN_OF_SPAN, index, i, &e, text, sizeof text), USPAN_OK);
            at += (size_t)snprintf(out + at, cap - at, "%s%.*s", i > 0u ? "," : "", (int)e.len, text);
        }
        return at + (size_t)snprintf(out + at, cap - at, "]");
    }
    default:
        fail();
        return 0;
    }
}

/* Returns the type of a key in the table of genai_keys.h, or NONE if it is not in the table. */
static inline uspan_type_t type_in_table(const char *key)
{
    enum { Text = USPAN_TYPE_TEXT, Json = USPAN_TYPE_TEXT, Texts = USPAN_TYPE_TEXTS, Int = USPAN_TYPE_INT,
           Double = USPAN_TYPE_DOUBLE, Bool = USPAN_TYPE_BOOL };
#define TYPE_ROW(name, literal, type, level) { literal, type },
    static const struct {
        const char *key;
        int type;
    } table[] = { USPAN_GENAI_KEYS(TYPE_ROW, TYPE_ROW) };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].key, key) == 0) {
            return (uspan_type_t)table[i].type;
        }
    }
    return USPAN_TYPE_NONE;
}

/* expected: NULL-terminated lines "key=value". Text is in '', a double ends in d, and a list is in [].
 * List the operation first. */
static inline void assert_span_is(world_t *w, uspan_t s, const char *name, uspan_kind_t kind, const char *const *expected)
{
    uspan_view_t view;
    assert_int_equal(uspan_read(&w->tracer, s, &view), USPAN_OK);
    assert_string_equal(view.name, name);
    assert_int_equal(view.kind, kind);
    assert_int_equal(view.dropped_attrs, 0);
    unsigned count = 0;
    for (; expected[count] != NULL; count++) {
        const char *equals = strchr(expected[count], '=');
        char key[LINE_BYTES], found[LINE_BYTES];
        uspan_value_t v;
        unsigned index;
        assert_non_null(equals);
        snprintf(key, sizeof key, "%.*s", (int)(equals - expected[count]), expected[count]);
        if (uspan_find_attr(&w->tracer, s, USPAN_OF_SPAN, key, &v, &index) != USPAN_OK) {
            fail_msg("%s: no %s", name, key);
        }
        if (type_in_table(key) != USPAN_TYPE_NONE) {
            assert_int_equal(v.type, type_in_table(key));
        }
        put_value(w, s, index, &v, found, sizeof found);
        if (strcmp(found, equals + 1) != 0) {
            fail_msg("%s: %s is %s, not %s", name, key, found, equals + 1);
        }
    }
    if (view.attr_count != count) {
        for (unsigned i = 0; i < view.attr_count; i++) {
            uspan_value_t v;
            char found[LINE_BYTES];
            assert_int_equal(uspan_read_attr(&w->tracer, s, USPAN_OF_SPAN, i, &v), USPAN_OK);
            put_value(w, s, i, &v, found, sizeof found);
            print_message("%s=%s\n", v.key->text, found);
        }
        fail_msg("%s: %u attributes, not %u", name, view.attr_count, count);
    }
}
#define ASSERT_SPAN(w, s, name, kind, ...)                                    \
    do {                                                                      \
        const char *const expected_here_[] = { __VA_ARGS__, NULL };           \
        assert_span_is((w), (s), (name), USPAN_KIND_##kind, expected_here_);  \
    } while (0)

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
