/* test_json_path.c: the compiler's hash of a path equals the hash that the reader computes byte by byte,
 * at every length. A dot or # in a name is none of the path. */
#include "json/json_path.h"
#include <stdio.h>
#include <string.h>
#include "cmocka_all.h"
#include "json/json_read.h"

#define T8 "tools.#."
#define T16 T8 "contents"
#define T32 T16 T16

static void test_a_path_of_each_length_has_the_readers_hash(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint32_t text, place, camel;
    } rows[] = {
#define ROW(path) { path, USPAN_JSON_PATH(path), USPAN_JSON_PLACE(path), USPAN_JSON_PLACE_CAMEL(path) }
        ROW("a"),
        ROW("#"),
        ROW("id"),
        ROW("~"),
        ROW("usage"),
        ROW("message"),
        ROW(T8),
        ROW(T8 "x"),
        ROW(T16),
        ROW(T16 "x"),
        ROW(T16 "#.parts.#.text"),
        ROW(T16 "message.content"),
        ROW(T32),
        ROW(T32 "x"),
        ROW(T32 T16 "~"),
        ROW(T32 T16 T8 "content"),
        ROW(T32 T32),
        ROW("a.b/c_d"),
        ROW("maxTokens.#.AZaz09"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t text = '.';
        uint32_t place = USPAN_JSON_SEPARATOR;
        uint32_t camel = place;
        for (const char *c = rows[i].path; *c != '\0'; c++) {
            text = USPAN_JSON_HASH(text, *c);
            unsigned step = *c == '.' ? USPAN_JSON_SEPARATOR : *c == '#' ? USPAN_JSON_ELEMENT : (unsigned)*c;
            place = USPAN_JSON_HASH(place, step);
            camel = USPAN_JSON_HASH(camel, step | 0x20u);
        }
        assert_int_equal(rows[i].text, text);
        assert_int_equal(rows[i].place, place);
        assert_int_equal(rows[i].camel, camel);
    }
    assert_int_equal(USPAN_JSON_PATH("") + USPAN_JSON_PLACE(""), 0);
    assert_int_equal(USPAN_JSON_PATH("\xFE"), USPAN_JSON_HASH('.', 0xFE));
}

#define ROWS(X) \
    X("", 1)    \
    X("a", 2)   \
    X("a.b", 3) \
    X("c", 4)   \
    X("c.#", 5) \
    X("a\256d", 6)
USPAN_JSON_TABLE(table, ROWS);

typedef struct actions {
    uspan_json_read_t reader;
    unsigned all; /* those of the document, as digits */
} actions_t;

static void note(void *ctx, uspan_json_event_t event, const char *text, size_t len)
{
    actions_t *t = ctx;
    (void)text, (void)len;
    if (event == USPAN_READ_RAW_END || event == USPAN_READ_TEXT_END || event == USPAN_READ_TRUE) {
        t->all = t->all * 10u + t->reader.action;
    }
}

static void test_a_name_with_a_dot_or_a_number_sign_is_no_path(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned actions;
    } rows[] = {
        { "{\"a\":{\"b\":true}}", 3 },
        { "{\"a.b\":true}", 0 },
        { "{\"a.d\":true}", 6 },
        { "{\"a\":{\"d\":true}}", 0 },
        { "{\"c\":[true,true]}", 55 },
        { "{\"c\":{\"#\":true}}", 0 },
        { "{\"c.#\":true,\"a..b\":true}", 0 },
        { "{\"a\\u002eb\":true,\"a\":{\"b\":true}}", 3 },
        { "{\"\":{\"a\":true}}", 0 },
        { "{\"a\":{\"\":true},\"c\":true}", 4 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        actions_t t = { .all = 0u };
        uspan_json_read_begin(&t.reader);
        size_t len = strlen(rows[i].text);
        assert_int_equal(uspan_json_read_feed(&t.reader, &table, note, &t, rows[i].text, len), len);
        assert_true(uspan_json_read_is_done(&t.reader));
        if (t.all != rows[i].actions) {
            fail_msg("%s: %u", rows[i].text, t.all);
        }
    }
}

static uint32_t place_of(const char *name)
{
    uint32_t place = USPAN_JSON_HASH(0u, USPAN_JSON_SEPARATOR);
    for (; *name != '\0'; name++) {
        place = USPAN_JSON_HASH(place, *name);
    }
    return place;
}

/* A name whose place has the same bits as that of "a" under this mask, and no other bits of the lower 24. */
static void find_name(char name[12], uint32_t mask)
{
    unsigned i = 0;
    do {
        assert_true(i < 100000000u);
        (void)snprintf(name, 12, "n%u", i++);
    } while (((place_of(name) ^ place_of("a")) & 0xFFFFFFu & mask) != 0u ||
             ((place_of(name) ^ place_of("a")) & 0xFFFFFFu & ~mask) == 0u);
}

static void test_a_name_needs_all_24_bits_of_a_place(void **state)
{
    (void)state;
    static const uint32_t masks[] = { 0xFFFFu, 0xFF00FFu, 0xFFFF00u, 0xFEFFFFu };
    assert_int_equal(place_of("a"), USPAN_JSON_PLACE("a"));
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        actions_t t = { .all = 0u };
        char name[12];
        char text[40];
        find_name(name, masks[i]);
        int len = snprintf(text, sizeof text, "{\"%s\":true,\"a\":true}", name);
        assert_int_equal(uspan_json_read_feed(&t.reader, &table, note, &t, text, (size_t)len), len);
        assert_int_equal(t.all, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_path_of_each_length_has_the_readers_hash),
        cmocka_unit_test(test_a_name_with_a_dot_or_a_number_sign_is_no_path),
        cmocka_unit_test(test_a_name_needs_all_24_bits_of_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
