/* test_ascii.c: each function of ascii.h, for all bytes and all positions. Texts end at an unmapped page. */
#include "trace/ascii.h"
#include <stdio.h>
#include <string.h>
#include "cmocka_all.h"
#include "guard_page.h"

static void test_case_changes_for_letters_only(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        bool upper = byte >= 'A' && byte <= 'Z';
        assert_int_equal((uint8_t)uspan_lower((char)byte), upper ? byte + ('a' - 'A') : byte);
    }
}

static void test_only_hexadecimal_digits_have_a_value(void **state)
{
    (void)state;
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    for (int byte = 0; byte < 256; byte++) {
        const char *in_lower = byte != 0 ? strchr(lower, byte) : NULL;
        const char *in_upper = byte != 0 ? strchr(upper, byte) : NULL;
        int value = in_lower != NULL   ? (int)(in_lower - lower)
                    : in_upper != NULL ? (int)(in_upper - upper)
                                       : -1;
        assert_int_equal(uspan_hex((char)byte), value);
    }
}

/* The characters of RFC 9110 §5.6.2. A wrong byte counts at any position. */
static void test_a_token_has_token_characters_only(void **state)
{
    (void)state;
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (unsigned at = 0; at < 3u; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[] = "abc";
            text[at] = (char)byte;
            bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
            bool good = letter || (byte >= '0' && byte <= '9') || (byte != 0 && strchr(marks, byte) != NULL);
            assert_int_equal(uspan_is_token(text, 3u), good);
        }
    }
    assert_false(uspan_is_token("", 0u));
}

/* A text is found if each of its letters is right, in any case, and its length. */
static void test_a_word_is_found_by_all_of_its_letters(void **state)
{
    (void)state;
    static const char list[] = "get\0post\0p\0posts\0";
    static const char *const words[] = { "get", "post", "p", "posts" };
    for (unsigned w = 0; w < 4u; w++) {
        size_t len = strlen(words[w]);
        char text[8];
        for (unsigned upper = 0; upper < 1u << len; upper++) {
            for (size_t i = 0; i < len; i++) {
                text[i] = (char)(words[w][i] - ((upper >> i & 1u) != 0u ? 'a' - 'A' : 0));
            }
            assert_int_equal(uspan_word_index(list, text, len), w + 1u);
        }
        for (size_t i = 0; i < len; i++) {
            memcpy(text, words[w], len);
            text[i] = 'z';
            assert_int_equal(uspan_word_index(list, text, len), 0);
        }
    }
    static const char *const others[] = { "", "g", "ge", "gets", "pos", "po", "postss", "q" };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(uspan_word_index(list, guard_text(0, others[i]), strlen(others[i])), 0);
    }
    assert_int_equal(uspan_word_index("", "a", 1u), 0);
}

static void test_blanks_are_removed_at_both_ends_and_kept_within(void **state)
{
    (void)state;
    static const char *const ends[] = { "", " ", "\t", " \t", "\t  " };
    static const char *const middles[] = { "", "a", "ab", "a b", "a\t \tb", "\n", "\r" };
    for (unsigned i = 0; i < 5u * 7u * 5u; i++) {
        char text[32];
        const char *middle = middles[i / 5u % 7u];
        sprintf(text, "%s%s%s", ends[i % 5u], middle, ends[i / 35u]);
        const char *at = guard_text(0, text);
        size_t len = uspan_trim(&at, strlen(text));
        assert_int_equal(len, strlen(middle));
        assert_memory_equal(at, middle, len);
    }
}

static int byte_of(const char *text, size_t len, size_t from, size_t *at)
{
    *at = from;
    return uspan_percent_byte(text, len, at);
}

static void test_each_byte_can_be_percent_encoded(void **state)
{
    (void)state;
    size_t at;
    for (int byte = 0; byte < 256; byte++) {
        char text[6];
        sprintf(text, "x%%%02X", (unsigned)byte);
        assert_int_equal(byte_of(text, 4u, 1u, &at), byte);
        assert_int_equal(at, 4);
        sprintf(text, "x%%%02x", (unsigned)byte);
        assert_int_equal(byte_of(text, 4u, 1u, &at), byte);
        assert_int_equal(at, 4);
        text[1] = (char)byte;
        if (byte != '%') {
            assert_int_equal(byte_of(text, 2u, 1u, &at), byte);
            assert_int_equal(at, 2);
        }
        assert_int_equal(byte_of(text, 1u, 1u, &at), -1);
        assert_int_equal(at, 1);
    }
    static const char *const broken[] = { "%", "%4", "%4g", "%g4", "%%4", "%-1" };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        assert_int_equal(byte_of(guard_text(0, broken[i]), strlen(broken[i]), 0u, &at), -2);
        assert_int_equal(at, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_changes_for_letters_only),
        cmocka_unit_test(test_only_hexadecimal_digits_have_a_value),
        cmocka_unit_test(test_a_token_has_token_characters_only),
        cmocka_unit_test(test_a_word_is_found_by_all_of_its_letters),
        cmocka_unit_test(test_blanks_are_removed_at_both_ends_and_kept_within),
        cmocka_unit_test(test_each_byte_can_be_percent_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
