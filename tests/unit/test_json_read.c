/* test_json_read.c: the reader reports what the document contains, however the document is split into
 * fragments. It refuses invalid JSON (RFC 8259) at the first byte that shows the error. */
#include "json/json_read.h"
#include "cmocka_all.h"
#include "guard_page.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS(X)                                                 \
    X("", 1)                                                    \
    X("a", 2)                                                   \
    X("b", 3)                                                   \
    X("a.b", 4)                                                 \
    X("list", 0)                                                \
    X("list.#", 5)                                              \
    X("choices", 0)                                             \
    X("choices.#", 0)                                           \
    X("choices.#.delta", 0)                                     \
    X("choices.#.delta.content", 6)                             \
    X("choices.#.message", 10)                                  \
    X("choices.#.delta", USPAN_JSON_LIKE)                       \
    X("inner", 0)                                               \
    X("", USPAN_JSON_LIKE)                                      \
    X("as_is", USPAN_JSON_AS_IS | 7)                            \
    X("list.#.as_is", USPAN_JSON_AS_IS | 8)                     \
    X("a.very", 0)                                              \
    X("a.very.long", 0)                                         \
    X("a.very.long.path", 0)                                    \
    X("a.very.long.path.that", 0)                               \
    X("a.very.long.path.that.takes", 0)                         \
    X("a.very.long.path.that.takes.48", 0)                      \
    X("a.very.long.path.that.takes.48.bytes\256at\256least", 0) \
    X("a.very.long.path.that.takes.48.bytes\256at\256least.#", 9)
USPAN_JSON_TABLE(table, ROWS);

#define CAMEL_ROWS(X)              \
    X("", 1)                       \
    X("maxTokens", 2)              \
    X("partList", USPAN_JSON_LIST) \
    X("partList.#", 3)             \
    X("partList.#.mimeType", 4)    \
    X("hidden.mimeType", 5)
USPAN_JSON_TABLE_CAMEL(camel_table, CAMEL_ROWS);
static const uspan_json_table_t *read_table = &table;

/* The reported values as text, one line for each value. */
typedef struct told {
    const uspan_json_read_t *j;
    char text[4096];
    size_t len;
    bool piece; /* the line is a text of which more may follow */
} told_t;

static void say(told_t *t, const char *text, size_t len)
{
    assert_true(len < sizeof t->text - t->len);
    memcpy(t->text + t->len, text, len);
    t->len += len;
    t->text[t->len] = '\0';
}

static void hear(void *ctx, uspan_json_event_t event, const char *text, size_t len)
{
    told_t *t = ctx;
    char head[64];
    static const char *const names[] = { "open", "close", "text", "text", "",
                                         "true", "false", "null", "raw",  "raw" };
    if (!t->piece) {
        (void)snprintf(head, sizeof head, "%u %s%s", t->j->action, names[event],
                       names[event][0] != '\0' ? " " : "");
        say(t, head, strlen(head));
    }
    t->piece = event == USPAN_READ_TEXT || event == USPAN_READ_RAW;
    int64_t i;
    double d;
    if (t->piece) {
        assert_true(len > 0u);
        say(t, text, len);
        return;
    }
    assert_int_equal(len, 0);
    if (event == USPAN_READ_NUMBER && uspan_json_read_int(t->j, &i)) {
        (void)snprintf(head, sizeof head, "%lld", (long long)i);
        say(t, head, strlen(head));
    } else if (event == USPAN_READ_NUMBER) {
        (void)snprintf(head, sizeof head, "%.17g", uspan_json_read_double(t->j, &d) ? d : (double)NAN);
        say(t, head, strlen(head));
    }
    say(t, "\n", 1);
}

static uspan_json_read_t reader;
static told_t told;

/* Read a text in fragments of the given size. Returns the bytes read. */
static size_t read_by(const char *text, size_t len, size_t step)
{
    memset(&told, 0, sizeof told);
    told.j = &reader;
    uspan_json_read_begin(&reader);
    size_t at = 0;
    while (at < len) {
        size_t n = step < len - at ? step : len - at;
        const char *piece = guard_put(0, text + at, n);
        size_t used = uspan_json_read_feed(&reader, read_table, hear, &told, piece, n);
        assert_true(used <= n);
        at += used;
        if (used < n) {
            break;
        }
    }
    return at;
}

static void tells_n(const char *text, size_t len, const char *expected)
{
    for (size_t step = len; step > 0u; step = step > 40u ? 40u : step - 1u) {
        assert_int_equal(read_by(text, len, step), len);
        assert_string_equal(told.text, expected);
        assert_true(uspan_json_read_is_done(&reader));
    }
}
#define TELLS(text, expected) tells_n(text, sizeof(text) - 1u, expected)

static void test_values_are_told_by_the_path_that_leads_to_them(void **state)
{
    (void)state;
    TELLS("{\"a\":true,\"b\":false,\"c\":null}", "1 open \n2 true \n3 false \n1 close \n");
    TELLS(" { \"a\" : { \"b\" : null , \"a\" : 1 } , \"b\" : \"x\" }",
          "1 open \n2 open \n4 null \n2 close \n3 text x\n1 close \n");
    TELLS("{\"choices\":[{\"delta\":{\"content\":\"He\"}},{\"delta\":{\"content\":\"llo\"}}]}",
          "1 open \n6 text He\n6 text llo\n1 close \n");
    TELLS("{\"list\":[1,\"\",[2],{\"list\":3}],\"a\":[]}",
          "1 open \n5 1\n5 text \n5 open \n5 close \n5 open \n5 close \n2 open \n2 close \n1 close \n");
    TELLS("{\"a\":{\"very\":{\"long\":{\"path\":{\"that\":{\"takes\":{\"48\":{\"bytes.at.least\":[0]}}}}}}}}",
          "1 open \n2 open \n9 0\n2 close \n1 close \n");
    TELLS("{\"a\":{\"very\":{\"long\":{\"path\":{\"that\":{\"takes\":{\"48\":"
          "{\"bytes.at.least\":[{\"a\":[1],\"b\":{}},2]}}}}}}},\"b\":3}",
          "1 open \n2 open \n9 open \n9 2\n2 close \n3 3\n1 close \n"); /* too deep */
}

static void test_a_container_that_no_row_names_hides_what_is_in_it(void **state)
{
    (void)state;
    TELLS("{\"x\":{\"a\":1,\"b\":[{\"a\":2}]},\"a\":3}", "1 open \n2 3\n1 close \n");
    TELLS("{\"x\":[[],{\"x\":{}}],\"b\":3}", "1 open \n3 3\n1 close \n");
}

static void test_a_container_like_another_is_read_by_that_ones_rows(void **state)
{
    (void)state;
    TELLS("{\"choices\":[{\"message\":{\"content\":\"He\",\"a\":1},\"delta\":{\"content\":\"llo\"}}]}",
          "1 open \n10 open \n6 text He\n10 close \n6 text llo\n1 close \n");
    TELLS("{\"inner\":{\"a\":{\"b\":1},\"inner\":{\"list\":[2]},\"b\":3},\"a\":4}",
          "1 open \n2 open \n4 1\n2 close \n5 2\n3 3\n2 4\n1 close \n");
    TELLS("{\"choices\":[{\"message\":\"x\"}],\"b\":1}", "1 open \n10 text x\n3 1\n1 close \n");
}

static void test_names_in_snake_case_and_lists_of_one_are_read_as_the_table_has_them(void **state)
{
    (void)state;
    read_table = &camel_table;
    TELLS("{\"maxTokens\":1,\"max_tokens\":2,\"max_Tokens\":3}", "1 open \n2 1\n2 2\n2 3\n1 close \n");
    TELLS("{\"MaxTokens\":1,\"_max__tokens_\":2,\"max\\u005ftokens\":3,\"m\\u0061xTokens\":4}",
          "1 open \n2 1\n2 2\n2 3\n2 4\n1 close \n");
    TELLS("{\"part_list\":[{\"mime_type\":\"x\"},7]}",
          "1 open \n3 open \n4 text x\n3 close \n3 7\n1 close \n");
    TELLS("{\"partList\":{\"mimeType\":\"x\"}}", "1 open \n3 open \n4 text x\n3 close \n1 close \n");
    TELLS("{\"partList\":\"x\",\"hidden\":{\"mimeType\":1}}", "1 open \n3 text x\n1 close \n");
    read_table = &table;
}

static void test_elements_of_an_outermost_array_are_documents(void **state)
{
    (void)state;
    TELLS("[{\"a\":1},{\"b\":2},3]",
          "1 open \n1 open \n2 1\n1 close \n1 open \n3 2\n1 close \n1 3\n1 close \n");
}

static void test_escapes_become_the_characters_they_stand_for(void **state)
{
    (void)state;
    TELLS("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t.\"}", "1 open \n2 text \"\\/\b\f\n\r\t.\n1 close \n");
    TELLS("{\"a\":\"\\u0041\\u00e9\\u20AC\\uD83C\\uDF31!\"}",
          "1 open \n2 text A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\xB1!\n1 close \n");
    TELLS("{\"\\u0061\":1,\"\\u0062\":2}", "1 open \n2 1\n3 2\n1 close \n");
    TELLS("{\"a\\\"\":1,\"\\\\a\":2,\"a\\n\":3,\"a\":4}", "1 open \n2 4\n1 close \n");
}

#define FFFD "\xEF\xBF\xBD"
static void test_surrogates_without_their_other_half_become_the_replacement_character(void **state)
{
    (void)state;
    TELLS("{\"a\":\"\\uD83C\"}", "1 open \n2 text " FFFD "\n1 close \n");
    TELLS("{\"a\":\"\\uD83Cx\"}", "1 open \n2 text " FFFD "x\n1 close \n");
    TELLS("{\"a\":\"\\uD83C\\n\"}", "1 open \n2 text " FFFD "\n\n1 close \n");
    TELLS("{\"a\":\"\\uD83C\\u0041\"}", "1 open \n2 text " FFFD "A\n1 close \n");
    TELLS("{\"a\":\"\\uD83C\\uD83C\\uDF31\"}", "1 open \n2 text " FFFD "\xF0\x9F\x8C\xB1\n1 close \n");
    TELLS("{\"a\":\"\\uDF31\\uD83C\"}", "1 open \n2 text " FFFD FFFD "\n1 close \n");
}

static void test_values_wanted_as_they_stand_are_passed_on_byte_by_byte(void **state)
{
    (void)state;
    TELLS("{\"as_is\":{\"a\": [1, \"\\u0041}\" ]},\"b\":1}",
          "1 open \n7 raw {\"a\": [1, \"\\u0041}\" ]}\n3 1\n1 close \n");
    TELLS("{\"as_is\": -1.50e3 ,\"b\":1}", "1 open \n7 raw -1.50e3\n3 1\n1 close \n");
    TELLS("{\"as_is\":\"x\\\"y\",\"b\":1}",
          "1 open \n7 text x\"y\n3 1\n1 close \n"); /* a string is reported as text */
    TELLS("{\"as_is\":null}", "1 open \n7 null \n1 close \n");
    TELLS("{\"list\":[{\"as_is\":{}},{\"as_is\":[[]]}]}",
          "1 open \n5 open \n8 raw {}\n5 close \n5 open \n8 raw [[]]\n5 close \n1 close \n");
}

static void test_integers_are_exact_or_refused(void **state)
{
    (void)state;
    TELLS("{\"a\":0,\"b\":-0}", "1 open \n2 0\n3 0\n1 close \n");
    TELLS("{\"a\":9223372036854775807,\"b\":-9223372036854775807}",
          "1 open \n2 9223372036854775807\n3 -9223372036854775807\n1 close \n");
    TELLS("{\"a\":120.00,\"b\":1.5e1}", "1 open \n2 120\n3 15\n1 close \n");
    TELLS("{\"a\":1e3,\"b\":12000e-3}", "1 open \n2 1000\n3 12\n1 close \n");
    TELLS("{\"a\":0.0e99999999999}", "1 open \n2 0\n1 close \n");
    int64_t i;
    static const char *const no[] = { "9223372036854775808", "99999999999999999999", "1e19", "0.5", "1e-1",
                                      "1e999999999999999" };
    for (size_t n = 0; n < COUNT(no); n++) {
        char text[64];
        (void)snprintf(text, sizeof text, "{\"b\":%s ", no[n]);
        read_by(text, strlen(text), 3);
        assert_false(uspan_json_read_int(&reader, &i));
    }
}

static void number_is(const char *text, double expected)
{
    char document[64];
    double d = -1.0;
    (void)snprintf(document, sizeof document, "{\"b\":%s ", text);
    assert_int_equal(read_by(document, strlen(document), strlen(document)), strlen(document));
    assert_true(uspan_json_read_double(&reader, &d));
    assert_memory_equal(&d, &expected, sizeof d);
}

static void test_decimal_numbers_are_the_doubles_that_the_c_library_makes_of_them(void **state)
{
    (void)state;
    static const char *const fixed[] = { "0.2",
                                         "-0.0",
                                         "1.0",
                                         "0.1",
                                         "0.7",
                                         "1e-9",
                                         "0.95",
                                         "3.14159265358979",
                                         "123456789.125",
                                         "9007199254740993",
                                         "0.30000000000000004",
                                         "1e18",
                                         "2e-18",
                                         "4503599627370497.5" };
    for (size_t i = 0; i < COUNT(fixed); i++) {
        number_is(fixed[i], strtod(fixed[i], NULL));
    }
    uint64_t seed = 1;
    for (unsigned i = 0; i < 20000u; i++) {
        char text[40];
        seed = seed * UINT64_C(6364136223846793005) + 1u;
        uint64_t digits = seed >> (4u + (seed >> 20) % 56u);
        int places = (int)((seed >> 7) % 19u);
        (void)snprintf(text, sizeof text, "%llue-%d", (unsigned long long)digits, places);
        if (digits < UINT64_C(1000000000000000000)) {
            number_is(text, strtod(text, NULL));
        }
    }
    double d;
    assert_true(uspan_json_read_ratio(0, 7) == 0.0);
    assert_true(uspan_json_read_ratio(412000000, 1000000000) == 0.412);
    static const char *const no[] = { "1e19", "1e-19", "1e400", "1e-400" };
    for (size_t i = 0; i < COUNT(no); i++) {
        char document[40];
        (void)snprintf(document, sizeof document, "{\"b\":%s ", no[i]);
        read_by(document, strlen(document), 2);
        assert_false(uspan_json_read_double(&reader, &d));
    }
}

static void test_what_is_no_json_is_refused_at_the_byte_that_shows_it(void **state)
{
    (void)state;
    /* In each row, "!" marks the position before that byte. */
    static const char *const bad[] = {
        "!}",
        "!]",
        "!,",
        "{!,}",
        "{\"a\"!}",
        "{\"a\":!}",
        "{\"a\":1!]",
        "{\"a\":1,!}",
        "[1,!]",
        "[!,1]",
        "[1!}",
        "{!1:2}",
        "{\"a\"!,1}",
        "{\"a\":1 !\"b\":2}",
        "[1!:2]",
        "[1 !2]",
        "[t!o]",
        "[nul!]",
        "[fals!E]",
        "[!N]",
        "[!+1]",
        "[-!]",
        "[-!a]",
        "[0!1]",
        "[0!0]",
        "[1.!]",
        "[1.!e1]",
        "[1e!]",
        "[1e+!]",
        "[1e+!-1]",
        "[1!a]",
        "[!.1]",
        "[0!x1]",
        "[\"\\!x\"]",
        "[\"\\u!g000\"]",
        "[\"\\u00!\"]",
        "[\"!\n\"]",
        "[\"!\x01\"]",
        "!'a'",
        "{!a:1}",
        "[1]!]",
        "{}!{}",
        "[\"\\uD83C\\u!\"]",
        "-!-",
        "tr!x",
        "{\"!\t\":1}",
        "[\"a\"!\"b\"]",
        "[[]!{}]",
        "[1.5!.5]",
        "[1e5!.5]",
        "[1e5!e5]",
        "!\xEF\xBB\xBF{}",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[40];
        const char *mark = strchr(bad[i], '!');
        size_t at = (size_t)(mark - bad[i]), len = strlen(bad[i]) - 1u;
        memcpy(text, bad[i], at);
        memcpy(text + at, mark + 1, len - at);
        for (size_t step = 1; step <= len; step++) {
            if (read_by(text, len, step) != at) {
                fail_msg("%s by %zu: %zu read", bad[i], step, read_by(text, len, step));
            }
            assert_true(uspan_json_read_is_bad(&reader) || uspan_json_read_is_done(&reader));
        }
        /* The reader stays in this state. */
        assert_int_equal(uspan_json_read_feed(&reader, &table, hear, &told, "{}", 2), 0);
    }
}

static void test_a_document_nested_deeper_than_the_limit_is_refused_and_one_at_the_limit_is_read(void **state)
{
    (void)state;
    char text[2u * USPAN_JSON_DEPTH_MAX + 2u];
    memset(text, '[', USPAN_JSON_DEPTH_MAX + 1u);
    assert_int_equal(read_by(text, USPAN_JSON_DEPTH_MAX + 1u, 7), USPAN_JSON_DEPTH_MAX + 1u);
    assert_true(uspan_json_read_is_bad(&reader));
    memset(text + USPAN_JSON_DEPTH_MAX, ']', USPAN_JSON_DEPTH_MAX);
    assert_int_equal(read_by(text, 2u * USPAN_JSON_DEPTH_MAX, 7), 2u * USPAN_JSON_DEPTH_MAX);
    assert_true(uspan_json_read_is_done(&reader));
}

static void test_a_document_that_breaks_off_is_neither_done_nor_bad(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[true,\"x\\u0041\",-1.5e+3,{\"b\":null}]}";
    for (size_t len = 0; len < sizeof text - 1u; len++) {
        assert_int_equal(read_by(text, len, 5), len);
        assert_false(uspan_json_read_is_done(&reader));
        assert_false(uspan_json_read_is_bad(&reader));
        assert_int_equal(uspan_json_read_is_blank(&reader), len == 0u);
    }
    read_by(" \r\n\t", 4, 1);
    assert_true(uspan_json_read_is_blank(&reader));
}

static void test_the_state_of_a_reader_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(uspan_json_read_t) <= 88u);
}

/* In lines of events the reader stops at the line end, and the number before it is not complete yet. */
static void test_a_line_end_stops_a_number_in_any_fragments(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "-1\r", "12\n", "0\n", "1.5\n", "-\n", "1e5\n", "1e\n", "{\"a\":17\n"
    };
    reader.line = true;
    for (size_t i = 0; i < COUNT(texts); i++) {
        const size_t len = strlen(texts[i]);
        const size_t whole = read_by(texts[i], len, len);
        const unsigned end = reader.state;
        assert_int_equal(whole, len - 1u);
        for (size_t step = 1; step < len; step++) {
            assert_int_equal(read_by(texts[i], len, step), whole);
            assert_int_equal(reader.state, end);
        }
    }
    reader.line = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_told_by_the_path_that_leads_to_them),
        cmocka_unit_test(test_a_container_that_no_row_names_hides_what_is_in_it),
        cmocka_unit_test(test_a_container_like_another_is_read_by_that_ones_rows),
        cmocka_unit_test(test_names_in_snake_case_and_lists_of_one_are_read_as_the_table_has_them),
        cmocka_unit_test(test_elements_of_an_outermost_array_are_documents),
        cmocka_unit_test(test_escapes_become_the_characters_they_stand_for),
        cmocka_unit_test(test_surrogates_without_their_other_half_become_the_replacement_character),
        cmocka_unit_test(test_values_wanted_as_they_stand_are_passed_on_byte_by_byte),
        cmocka_unit_test(test_integers_are_exact_or_refused),
        cmocka_unit_test(test_decimal_numbers_are_the_doubles_that_the_c_library_makes_of_them),
        cmocka_unit_test(test_what_is_no_json_is_refused_at_the_byte_that_shows_it),
        cmocka_unit_test(
            test_a_document_nested_deeper_than_the_limit_is_refused_and_one_at_the_limit_is_read),
        cmocka_unit_test(test_a_document_that_breaks_off_is_neither_done_nor_bad),
        cmocka_unit_test(test_the_state_of_a_reader_is_small),
        cmocka_unit_test(test_a_line_end_stops_a_number_in_any_fragments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
