/* test_json_path.c: the compiler's hash of a path equals the hash that the reader computes byte by byte,
 * at every length. */
#include "json/json_path.h"
#include "cmocka_all.h"

#define T8 "tools.#."
#define T16 T8 "contents"
#define T32 T16 T16

static void test_a_path_of_each_length_has_the_readers_hash(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint32_t hash;
    } rows[] = {
#define ROW(path) { path, USPAN_JSON_PATH(path) }
        ROW("a"), ROW("#"), ROW("id"), ROW("\xFE"), ROW("usage"), ROW("message"), ROW(T8), ROW(T8 "x"), ROW(T16),
        ROW(T16 "x"), ROW(T16 "#.parts.#.text"), ROW(T16 "message.content"), ROW(T32), ROW(T32 "x"), ROW(T32 T16 "~"),
        ROW(T32 T16 T8 "content"), ROW(T32 T32),
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t hash = '.';
        for (const char *c = rows[i].path; *c != '\0'; c++) {
            hash = USPAN_JSON_HASH(hash, *c);
        }
        assert_int_equal(rows[i].hash, hash);
    }
    assert_int_equal(USPAN_JSON_PATH(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_path_of_each_length_has_the_readers_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
