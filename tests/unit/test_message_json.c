/* test_message_json.c: numbers, text in pieces and JSON given as text become one value that any JSON
 * parser accepts.
 * uspan-config: USPAN_TOOL_DEFINITIONS=1 USPAN_HISTORY_MESSAGES=0 */
#include "uspan/message.h"
#include <stdio.h>
#include <string.h>
#include "peek.h"

#define VALUE(w, s) peek_str(w, s, "agentscope.function.output")
static uspan_t begin(world_t *w)
{
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "chat");
    assert_true(s.id > 3u);
    return s;
}

static uspan_writer_t begin_value(world_t *w, uspan_t s)
{
    uspan_writer_t m;
    assert_int_equal(uspan_write_begin(&m, &w->tracer, s, &uspan_key_function_output), USPAN_OK);
    return m;
}

static void test_numbers_of_every_size(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    static const struct {
        double value;
        const char *text;
    } rows[] = { { 0.0, "0" },
                 { -0.0, "-0" },
                 { 0.7, "0.7" },
                 { -12.25, "-12.25" },
                 { 100.0, "1e2" },
                 { 0.05, "0.05" },
                 { 0.0001, "0.0001" },
                 { 0.00001, "1e-5" },
                 { 1e300, "1e300" },
                 { 5e-324, "494065645841247e-338" },
                 { 123456789.0, "123456789" },
                 { 1.0 / 3.0, "0.333333333333333" } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_writer_t m = begin_value(w, s);
        assert_int_equal(uspan_write_double(&m, NULL, rows[i].value), USPAN_OK);
        assert_string_equal(VALUE(w, s), rows[i].text);
    }
    uspan_writer_t m = begin_value(w, s);
    const uint64_t odd[] = { 0x7FF0000000000000u, 0xFFF0000000000000u, 0x7FF8000000000000u };
    for (size_t i = 0; i < COUNT(odd); i++) {
        double value;
        memcpy(&value, &odd[i], sizeof value);
        assert_int_equal(uspan_write_double(&m, NULL, value), USPAN_ERR_ARG); /* infinite, or not a number */
    }
    assert_int_equal(uspan_write_int(&m, NULL, 0), USPAN_OK);
    assert_string_equal(VALUE(w, s), "0");
}

static void test_text_is_escaped_and_what_is_not_utf8_is_replaced(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_writer_t m = begin_value(w, s);
    static const char text[] =
        "\"\\/\b\f\n\r\t\x01\x1F\x7F \xC3\xA4\xF0\x9F\x8C\xB1 \xFF\xC3( \xED\xA0\x80\0.";
    assert_int_equal(uspan_write_str_n(&m, NULL, text, sizeof text - 1u), USPAN_OK);
    uspan_write_end(&m);
    assert_string_equal(
        VALUE(w, s),
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F \xC3\xA4\xF0\x9F\x8C\xB1 \xEF\xBF\xBD\xEF\xBF\xBD( "
        "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\u0000.\"");
}

static void test_a_character_may_be_split_between_pieces_and_half_of_one_is_replaced(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    static const char text[] = "\xF0\x9F\x8C\xB1\xE2\x82\xAC";
    uspan_writer_t m = begin_value(w, s);
    uspan_write_str(&m, NULL, "");
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(uspan_write_more_n(&m, text + i, 1), USPAN_OK);
    }
    /* The value is well-formed at every moment. */
    assert_string_equal(VALUE(w, s), "\"\xF0\x9F\x8C\xB1\xEF\xBF\xBD\"           ");
    uspan_write_more_n(&m, text + 6, 1);
    assert_string_equal(VALUE(w, s), "\"\xF0\x9F\x8C\xB1\xE2\x82\xAC\"              ");
    uspan_write_more_n(&m, text, 2);
    uspan_write_end(&m);
    assert_string_equal(VALUE(w, s), "\"\xF0\x9F\x8C\xB1\xE2\x82\xAC\xEF\xBF\xBD\"");
}

static void test_a_blob_in_pieces_of_every_size(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    static const uint8_t data[] = { 0, 1, 2, 0xFB, 0xFF, 0xFE, 7 };
    static const char *const want[] = { "\"\"",         "\"AA==\"",     "\"AAE=\"",     "\"AAEC\"",
                                        "\"AAEC+w==\"", "\"AAEC+/8=\"", "\"AAEC+//+\"", "\"AAEC+//+Bw==\"" };
    for (size_t len = 0; len <= sizeof data; len++) {
        uspan_writer_t m = begin_value(w, s);
        uspan_write_leaf(&m, NULL, USPAN_LEAF_BASE64);
        for (size_t i = 0; i < len; i++) {
            assert_int_equal(uspan_write_more_n(&m, data + i, 1), USPAN_OK);
        }
        assert_memory_equal(VALUE(w, s), want[len], strlen(want[len])); /* well-formed at every moment */
        uspan_write_end(&m);
        assert_string_equal(VALUE(w, s), want[len]);
    }
}

static void test_json_given_as_text_is_checked_and_made_compact_in_pieces_of_every_size(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    static const struct {
        const char *given, *kept;
        unsigned invalid;
    } rows[] = {
        { " { \"a\" : [ 1 , -0.5e+3 , true ] , \"b\" : null }\n", "{\"a\":[1,-0.5e+3,true],\"b\":null}", 0 },
        { "\"\\u0041\\/\\u00e4\\ud83c\\udf31\\n\\u0001\"", "\"A/\xC3\xA4\xF0\x9F\x8C\xB1\\n\\u0001\"", 0 },
        { "\"\\ud83c x \\udf31 \\ud83c\\n\\ud83c\\u0041\"",
          "\"\xEF\xBF\xBD x \xEF\xBF\xBD \xEF\xBF\xBD\\n\xEF\xBF\xBD"
          "A\"",
          0 },
        { "[]", "[]", 0 },
        { "", "null", 0 },
        { "ok", "\"ok\"", 1 },
        { "23.5 \xC2\xB0"
          "C",
          "\"23.5\xC2\xB0"
          "C\"",
          1 },
        { "{\"bed\":3, oops", "\"{\\\"bed\\\":3,oops\"", 1 },
        { "{\"bed\":3,\"open\":tru", "\"{\\\"bed\\\":3,\\\"open\\\":tru\"", 1 },
        { "[1,]", "\"[1,]\"", 1 },
        { "01", "\"01\"", 1 },
        { "NaN", "\"NaN\"", 1 },
        { "-Infinity", "\"-Infinity\"", 1 },
        { "\"\\ud83c\\u12", "\"\\\"\\\\ud83c\\\\u12\"", 1 },
        { "\"\\q\"", "\"\\\"\\\\q\\\"\"", 1 },
        { "\"half \xE2\x82", "\"\\\"half \xEF\xBF\xBD\"", 1 },
        { "{} {}", "\"{}{}\"", 1 },
        { "[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]",
          "\"[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]\"", 1 },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        size_t len = strlen(rows[row].given);
        for (size_t piece = 1; piece <= len || piece == 1u; piece++) {
            uspan_writer_t m = begin_value(w, s);
            assert_int_equal(uspan_write_leaf(&m, NULL, USPAN_LEAF_JSON), USPAN_OK);
            for (size_t at = 0; at < len; at += piece) {
                assert_int_equal(
                    uspan_write_more_n(&m, rows[row].given + at, len - at < piece ? len - at : piece),
                    USPAN_OK);
            }
            assert_int_equal(uspan_write_end(&m), USPAN_OK);
            assert_string_equal(VALUE(w, s), rows[row].kept);
            assert_int_equal(m.invalid, rows[row].invalid);
        }
    }
    assert_int_equal(uspan_set_json(&w->tracer, s, &uspan_key_tool_call_result, "{\"ok\": true}"), USPAN_OK);
    assert_string_equal(peek_str(w, s, "gen_ai.tool.call.result"), "{\"ok\":true}");
    assert_int_equal(uspan_set_json(&w->tracer, s, &uspan_key_tool_call_result, NULL), USPAN_OK);
    assert_string_equal(peek_str(w, s, "gen_ai.tool.call.result"), "{\"ok\":true}"); /* NULL writes nothing */
}

/* The text becomes a string where it began, at any offset of a block, and takes back any number of blocks. */
static void test_text_that_is_not_json_becomes_a_string_wherever_it_began(void **state)
{
    world_t *w = *state;
    static char before[3 * USPAN_BLOCK_BYTES], text[3 * USPAN_BLOCK_BYTES],
        want[sizeof before + sizeof text + 32];
    for (size_t skip = 0; skip < sizeof before - 1u; skip++) {
        for (size_t len = 0; len < sizeof text - 1u; len += skip < 4u ? 1u : 13u) {
            uspan_t s = begin(w);
            memset(before, 'a', skip);
            memset(text, 'b', len);
            before[skip] = text[len] = '\0';
            uspan_writer_t m = begin_value(w, s);
            assert_int_equal(uspan_write_array(&m, NULL), USPAN_OK);
            if (skip > 0u) {
                assert_int_equal(uspan_write_str(&m, NULL, before), USPAN_OK);
            }
            assert_int_equal(uspan_write_leaf(&m, NULL, USPAN_LEAF_JSON), USPAN_OK);
            assert_int_equal(uspan_write_more(&m, "[\""), USPAN_OK);
            assert_int_equal(uspan_write_more(&m, text), USPAN_OK);
            assert_int_equal(uspan_write_more(&m, "\"]!"), USPAN_OK);
            assert_int_equal(uspan_write_end(&m), USPAN_OK);
            sprintf(want, skip > 0u ? "[\"%s\",\"[\\\"%s\\\"]!\"]" : "[%s\"[\\\"%s\\\"]!\"]", before, text);
            assert_string_equal(VALUE(w, s), want);
            uspan_end(&w->tracer, s);
            peek_drain(w);
        }
    }
}

static void test_texts_that_are_not_json_are_counted_up_to_255(void **state)
{
    world_t *w = *state;
    uspan_writer_t m = begin_value(w, begin(w));
    uspan_write_array(&m, NULL);
    for (unsigned n = 1; n <= 300u; n++) {
        uspan_write_leaf(&m, NULL, USPAN_LEAF_JSON);
        uspan_write_more(&m, "x");
        assert_int_equal(m.invalid, n < 255u ? n : 255u);
    }
}

static void test_a_span_that_ends_within_json_has_a_value_completed(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    static const char *const rows[][2] = { { "{\"a", "{\"a\":null}" },
                                           { "{\"a\"", "{\"a\":null}" },
                                           { "{\"a\":", "{\"a\":null}" },
                                           { "{\"a\":-", "{\"a\":-0}" },
                                           { "[1.", "[1.0]" },
                                           { "[1e", "[1e0]" },
                                           { "[1E-", "[1E-0]" },
                                           { "[t", "[true]" },
                                           { "[fal", "[false]" },
                                           { "[nul", "[null]" },
                                           { "[1,", "[1]" },
                                           { "{\"a\":1,", "{\"a\":1}" },
                                           { "[[{", "[[{}]]" },
                                           { "[\"x\\u00", "[\"x\"]" } };
    for (size_t row = 0; row < COUNT(rows); row++) {
        uspan_writer_t m = begin_value(w, s);
        uspan_write_leaf(&m, NULL, USPAN_LEAF_JSON);
        uspan_write_more(&m, rows[row][0]);
        assert_memory_equal(VALUE(w, s), rows[row][1], strlen(rows[row][1]));
    }
}

/* A result above 0 is a cut: nothing is cut here. */
static void test_every_call_says_that_nothing_was_cut(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_writer_t m = begin_value(w, s);
    assert_int_equal(uspan_write_object(&m, NULL), USPAN_OK);
    assert_int_equal(uspan_write_array(&m, "a"), USPAN_OK);
    assert_int_equal(uspan_write_int(&m, NULL, INT64_MIN), USPAN_OK);
    assert_int_equal(uspan_write_int(&m, NULL, INT64_MAX), USPAN_OK);
    assert_int_equal(uspan_write_double(&m, NULL, 0.5), USPAN_OK);
    assert_int_equal(uspan_write_bool(&m, NULL, true), USPAN_OK);
    assert_int_equal(uspan_write_null(&m, NULL), USPAN_OK);
    assert_int_equal(uspan_write_close(&m), USPAN_OK);
    assert_int_equal(uspan_write_str(&m, "s", "x"), USPAN_OK);
    assert_int_equal(uspan_write_str_n(&m, "n", "xyz", 2), USPAN_OK);
    assert_int_equal(uspan_write_leaf(&m, "l", USPAN_LEAF_TEXT), USPAN_OK);
    assert_int_equal(uspan_write_more(&m, "y"), USPAN_OK);
    assert_int_equal(uspan_write_more_n(&m, "z", 1), USPAN_OK);
    assert_int_equal(uspan_write_close(&m), USPAN_OK);
    assert_int_equal(uspan_write_close(&m), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    assert_string_equal(VALUE(w, s), "{\"a\":[-9223372036854775808,9223372036854775807,0.5,true,null],"
                                     "\"s\":\"x\",\"n\":\"xy\",\"l\":\"yz\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_numbers_of_every_size),
        IN_WORLD(test_text_is_escaped_and_what_is_not_utf8_is_replaced),
        IN_WORLD(test_a_character_may_be_split_between_pieces_and_half_of_one_is_replaced),
        IN_WORLD(test_a_blob_in_pieces_of_every_size),
        IN_WORLD(test_json_given_as_text_is_checked_and_made_compact_in_pieces_of_every_size),
        IN_WORLD(test_text_that_is_not_json_becomes_a_string_wherever_it_began),
        IN_WORLD(test_texts_that_are_not_json_are_counted_up_to_255),
        IN_WORLD(test_a_span_that_ends_within_json_has_a_value_completed),
        IN_WORLD(test_every_call_says_that_nothing_was_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
