/* test_edge_scan.c: the edge agent's scanner and its texts (examples/edge_agent). A document that is
 * truncated or changed at any byte is read to its end and not beyond. */
#include "cmocka_all.h"

#include "../../examples/edge_agent/scan.c"
#include "../../examples/edge_agent/text.c"
#include "guard_page.h"

static const char answer[] =
    "{\"id\":\"c-1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
    "\"content\":\"Say \\\"bed\\\": 3,\\n{done}\\u00e9\","
    "\"tool_calls\":[{\"id\":\"call_0\",\"function\":{\"name\":\"read_soil\",\"arguments\":\"{\\\"bed\\\": 3}\"}}]},"
    "\"finish_reason\" : \"tool_calls\" }],\"usage\":{\"prompt_tokens\":212,\"none\":null}}";

static void expect_text(scan_t value, const char *text)
{
    char out[64];
    assert_true(scan_text(value, out, sizeof out));
    assert_string_equal(out, text);
}

static void test_members_are_found_however_deep_and_never_within_a_text(void **state)
{
    (void)state;
    scan_t all = scan_document(answer);
    expect_text(scan_find(all, "id"), "c-1");
    scan_t message = scan_find(scan_find(all, "choices"), "message");
    expect_text(scan_find(message, "id"), "call_0");
    expect_text(scan_find(message, "content"), "Say \"bed\": 3,\n{done}?");
    expect_text(scan_find(message, "arguments"), "{\"bed\": 3}");
    assert_null(scan_find(all, "bed").from);
    assert_null(scan_find(all, "assistant").from); /* it is a value, not a name */
    assert_null(scan_find(message, "usage").from);
    expect_text(scan_find(all, "finish_reason"), "tool_calls");
    assert_int_equal(scan_number(scan_find(all, "prompt_tokens")), 212);
}

static void test_what_is_no_text_or_no_number_says_so(void **state)
{
    (void)state;
    char out[8];
    scan_t all = scan_document("{\"a\":-1,\"b\":\"7\",\"c\":99999999999999999999,\"d\":7.9,\"e\":[1]}");
    assert_int_equal(scan_number(scan_find(all, "a")), -1);
    assert_int_equal(scan_number(scan_find(all, "b")), -1);
    assert_true(scan_number(scan_find(all, "c")) > 0);
    assert_int_equal(scan_number(scan_find(all, "d")), 7);
    assert_int_equal(scan_number(scan_find(all, "x")), -1);
    assert_false(scan_text(scan_find(all, "a"), out, sizeof out));
    assert_false(scan_text(scan_find(all, "x"), out, sizeof out));
    assert_string_equal(out, "");
    assert_true(scan_text(scan_document("\"longer than that\""), out, sizeof out));
    assert_string_equal(out, "longer ");
}

static void look_everywhere(const char *json)
{
    char out[16];
    scan_t all = scan_document(json);
    for (scan_t in = all; in.from != NULL; in = scan_find(in, "id")) {
        (void)scan_text(in, out, sizeof out);
        (void)scan_number(in);
        in.to = all.to;
    }
    (void)scan_text(scan_find(scan_find(all, "choices"), "content"), out, sizeof out);
    (void)scan_number(scan_find(all, "prompt_tokens"));
}

static void test_a_document_cut_at_any_byte_is_none(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof answer - 1u; len++) {
        char cut[sizeof answer];
        memcpy(cut, answer, len);
        cut[len] = '\0';
        const char *json = guard_text(0, cut);
        assert_null(scan_document(json).from);
        look_everywhere(json);
        scan_t open = { json, json + len }; /* as if the document were complete */
        (void)scan_find(open, "arguments");
    }
}

static void test_a_document_changed_at_any_byte_is_read_to_its_end_at_most(void **state)
{
    static const char others[] = "\"\\{}[]:, 9u";
    (void)state;
    for (size_t at = 0; at < sizeof answer - 1u; at++) {
        for (size_t i = 0; i < sizeof others - 1u; i++) {
            char changed[sizeof answer];
            memcpy(changed, answer, sizeof answer);
            changed[at] = others[i];
            look_everywhere(guard_text(0, changed));
        }
    }
}

static void test_a_text_that_does_not_fit_stays_as_it_was(void **state)
{
    (void)state;
    char text[8] = "ab";
    assert_false(text_add(text, sizeof text, "cdefgh"));
    assert_string_equal(text, "ab");
    assert_true(text_add(text, sizeof text, "cdefg"));
    assert_false(text_add_number(text, sizeof text, 0));
    assert_string_equal(text, "abcdefg");
    text[0] = '\0';
    assert_true(text_add_escaped(text, sizeof text, "\"\\\n"));
    assert_string_equal(text, "\\\"\\\\ ");
    assert_false(text_add_escaped(text, sizeof text, "a\"\""));
    assert_string_equal(text, "\\\"\\\\ ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_found_however_deep_and_never_within_a_text),
        cmocka_unit_test(test_what_is_no_text_or_no_number_says_so),
        cmocka_unit_test(test_a_document_cut_at_any_byte_is_none),
        cmocka_unit_test(test_a_document_changed_at_any_byte_is_read_to_its_end_at_most),
        cmocka_unit_test(test_a_text_that_does_not_fit_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
