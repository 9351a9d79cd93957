/* test_key.c: a key made by USPAN_KEY() has its text wherever the macro may be used, with every compiler. */
#include "world.h"

static void assert_key(const uspan_attr_t *attr, const char *text)
{
    assert_non_null(attr->key->text);
    assert_string_equal(attr->key->text, text);
    assert_int_equal(attr->key->len, strlen(text));
}

/* clang 14 folded such initialisers and left out the contents of the key. */
static void test_a_key_in_an_initialiser_has_its_text(void **state)
{
    (void)state;
    const uspan_attr_t array[] = { USPAN_ATTR_INT(USPAN_KEY("array.first"), 1),
                                   USPAN_ATTR_INT(USPAN_KEY("array.second"), 2) };
    uspan_attr_t variable[] = { USPAN_ATTR_BOOL(USPAN_KEY("variable"), true) };
    const uspan_attr_t alone = USPAN_ATTR_STATIC(USPAN_KEY("alone"), "text");
    assert_key(&array[0], "array.first");
    assert_key(&array[1], "array.second");
    assert_key(variable, "variable");
    assert_key(&alone, "alone");
    assert_key((const uspan_attr_t[]){ USPAN_ATTR_INT(USPAN_KEY("literal"), 3) }, "literal");
}

static void test_a_key_is_the_same_object_each_time(void **state)
{
    (void)state;
    const uspan_key_t *seen[2];
    for (int i = 0; i < 2; i++) {
        seen[i] = USPAN_KEY("once");
    }
    assert_ptr_equal(seen[0], seen[1]); /* static storage: the library keeps the pointer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_in_an_initialiser_has_its_text),
        cmocka_unit_test(test_a_key_is_the_same_object_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
