/* test_log_line.c: what a log line contains, how many there are in a second, and where one is cut. */
#include <stdio.h>
#include <string.h>
#include "delivery.h"
#include "export/export_state.h"
#include "export/log_line.h"

static void test_a_key_of_any_length_is_named_up_to_40_bytes(void **state)
{
    (void)state;
    char key[61], want[128], got[128];
    for (size_t len = 0; len < sizeof key; len++) {
        memset(key, 'k', len);
        key[len] = '\0';
        snprintf(want, sizeof want, "%.40s: why", len > 0u ? key : "an entry");
        for (size_t cap = 1; cap < 64u; cap++) {
            memset(got, '#', sizeof got);
            uspan_named_text(got, cap, key, len, "why");
            const size_t kept = strlen(want) < cap ? strlen(want) : cap - 1u;
            assert_memory_equal(got, want, kept);
            assert_int_equal(got[kept], '\0');
            assert_int_equal(got[cap], '#');
        }
    }
}

/* A second line in the same second is only counted. The next line has the number. */
static void test_a_second_has_one_line_and_the_next_line_counts_the_others(void **state)
{
    world_t *w = *state;
    for (unsigned more = 0; more < 4u; more++) {
        world_reset(w);
        w->log_len = 0u;
        uspan_log_line(&w->tracer, USPAN_LEVEL_WARN, "first", NULL);
        for (unsigned n = 0; n < more; n++) {
            world_advance_ms(w, 333u);
            uspan_log_line(&w->tracer, USPAN_LEVEL_WARN, "again", NULL);
        }
        w->now_ns = w->now_ns - (uint64_t)more * 333u * MS + 1000u * MS - 1u;
        uspan_log_line(&w->tracer, USPAN_LEVEL_WARN, "too early", NULL);
        w->now_ns++;
        uspan_log_line(&w->tracer, USPAN_LEVEL_WARN, "next", "detail");
        world_advance_ms(w, 1000u);
        uspan_log_line(&w->tracer, USPAN_LEVEL_WARN, "last", "");
        char want[128];
        sprintf(want, "first\nnext: detail (suppressed: %u)\nlast\n", more + 1u);
        assert_string_equal(w->log, want);
    }
}

static void test_a_warning_about_a_setting_is_never_suppressed(void **state)
{
    world_t *w = *state;
    world_reset(w);
    w->log_len = 0u;
    uspan_log_line(&w->tracer, USPAN_LEVEL_WARN, "first", NULL);
    uspan_log_line(&w->tracer, USPAN_LEVEL_WARN, "again", NULL);
    uspan_log_setting(&w->tracer, USPAN_LEVEL_WARN, "setting", "a");
    uspan_log_setting(&w->tracer, USPAN_LEVEL_WARN, "setting", "b");
    uspan_log_line(&w->tracer, USPAN_LEVEL_WARN, "again", NULL); /* its second has not passed */
    assert_string_equal(w->log, "first\nsetting: a (suppressed: 1)\nsetting: b\n");
}

static void test_a_line_about_a_server_names_it_and_its_status(void **state)
{
    world_t *w = *state;
    static const char *const details[] = { "", "no room" };
    for (unsigned i = 0; i < 4u; i++) {
        world_reset_with_collector(w);
        w->log_len = 0u;
        uspan_target_t *target = &w->tracer.dests[0].target;
        const bool is_answered = i % 2u != 0u; /* otherwise the text is that of the transport */
        target->last_error = is_answered ? 0 : USPAN_ERR_IO;
        target->last_status = 503u;
        target->why = is_answered ? "not this" : details[i / 2u];
        strcpy(target->said, is_answered ? details[i / 2u] : "not this");
        uspan_log_target(&w->tracer, target, "refused");
        char want[128];
        sprintf(want, "collector:4318: refused%s%s\n", is_answered ? ", HTTP 503" : "",
                i / 2u == 1u ? ": no room" : "");
        assert_string_equal(w->log, want);
    }
}

/* Text of any length gives one line of at most 239 bytes, which ends with a whole character. */
static void test_a_long_line_is_cut_between_characters(void **state)
{
    world_t *w = *state;
    char text[300], want[300];
    for (unsigned len = 230; len < 250u; len++) {
        for (unsigned at = 0; at < 4u; at++) {
            world_reset(w);
            w->log_len = 0u;
            memset(text, 'a', sizeof text);
            for (unsigned i = at; i + 3u <= len; i += 3u) {
                memcpy(text + i, "\xE2\x82\xAC", 3u);
            }
            text[len] = '\0';
            uspan_log_line(&w->tracer, USPAN_LEVEL_WARN, text, NULL);
            unsigned kept = len < 239u ? len : 239u;
            while (kept > 0u && kept < len && ((unsigned char)text[kept] & 0xC0u) == 0x80u) {
                kept--;
            }
            sprintf(want, "%.*s\n", (int)kept, text);
            assert_string_equal(w->log, want);
        }
    }
}

static void test_a_secret_is_wiped_up_to_its_length(void **state)
{
    (void)state;
    for (size_t len = 0; len < 9u; len++) {
        char secret[9] = "12345678";
        uspan_wipe(secret, len);
        for (size_t i = 0; i < 8u; i++) {
            assert_int_equal(secret[i], i < len ? 0 : '1' + (int)i);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_key_of_any_length_is_named_up_to_40_bytes),
        TEST(test_a_second_has_one_line_and_the_next_line_counts_the_others),
        TEST(test_a_warning_about_a_setting_is_never_suppressed),
        TEST(test_a_line_about_a_server_names_it_and_its_status),
        TEST(test_a_long_line_is_cut_between_characters),
        TEST(test_a_secret_is_wiped_up_to_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
