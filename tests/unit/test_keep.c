/* test_keep.c: what a mount restores, what it discards, and what it reports.
 * uspan-config: USPAN_KEEP=1 USPAN_SPANS_MAX=6 USPAN_TEXT_BYTES=2048 USPAN_ATTRS_MAX=8 */
#include "keep_turn.h"
#include "trace/attr.h"
#include "trace/pool.h"

static void test_spans_come_through_a_reset_and_open_ones_end_with_the_reason(void **state)
{
    world_t *w = *state;
    uspan_t spans[4];
    boot(w);
    record_turn(w, spans);
    const uint64_t last_ns = w->now_ns - 100000000u; /* time of the last recorded data */
    uspan_keep_report_t r = reset(w, USPAN_RESET_WATCHDOG);
    assert_int_equal(r.found, USPAN_KEPT_TAKEN);
    assert_int_equal(r.reason, USPAN_RESET_WATCHDOG);
    assert_int_equal(r.ended, 1);
    assert_int_equal(r.open, 3);
    assert_int_equal(r.lost, 0);
    keep_send(w);
    assert_int_equal(sent.count, 4);
    const struct keep_span *chat = keep_find(&sent, "chat"), *tool = keep_find(&sent, "tool");
    assert_true(keep_says(chat, "attr gen_ai.request.model=qwen-max"));
    assert_true(keep_says(chat, "attr beds=3,5,"));
    assert_true(keep_says(chat, "attr words=wet,Gr\xC3\xBC\xC3\x9F"
                                "e,"));
    assert_true(keep_says(chat, "status ok "));
    assert_true(keep_says(tool, "attr bed=3"));
    assert_true(keep_says(tool, "attr answer=streams in"));
    assert_true(keep_says(tool, "event valve opens"));
    assert_true(keep_says(tool, "event attr valve=the third one from the left"));
    assert_non_null(strstr(tool->lines.text, "link 00-"));
    assert_true(keep_says(tool, "attr error.type=watchdog"));
    assert_true(keep_says(tool, "attr uspan.reset.reason=watchdog"));
    assert_true(keep_says(tool, "event app.crash"));
    assert_true(keep_says(tool, "event attr app.build_id=0102030405060708090a0b0c0d0e0f1011121314"));
    assert_non_null(strstr(tool->lines.text, "event attr app.crash.id="));
    assert_null(strstr(tool->lines.text, "uspan.crash.registers")); /* no registers were stored */
    assert_true(keep_says(tool, "status error device was reset"));
    assert_null(strstr(keep_find(&sent, "step")->lines.text, "app.crash"));
    assert_true(tool->view.end_ns == last_ns);
    assert_true(tool->crash_ns == last_ns); /* not a time of the new boot */
    uspan_stats_t stats;
    uspan_stats(&w->tracer, 0, &stats);
    assert_int_equal(stats.times_ahead, 0);
    assert_memory_equal(tool->view.parent_id, keep_find(&sent, "step")->view.span_id, 8);
}

static void test_all_attributes_of_an_event_and_a_link_come_through_a_reset(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_attr_t attrs[] = { USPAN_ATTR_INT(USPAN_KEY("a"), 1), USPAN_ATTR_INT(USPAN_KEY("b"), 2),
                                   USPAN_ATTR_INT(USPAN_KEY("c"), 3), USPAN_ATTR_INT(USPAN_KEY("d"), 4),
                                   USPAN_ATTR_INT(USPAN_KEY("e"), 5), USPAN_ATTR_INT(USPAN_KEY("f"), 6),
                                   USPAN_ATTR_INT(USPAN_KEY("g"), 7), USPAN_ATTR_INT(USPAN_KEY("h"), 8) };
    boot(w);
    uspan_t s = uspan_start(t, USPAN_ROOT, "turn");
    uspan_context_t c;
    assert_int_equal(uspan_context_of(t, s, &c), USPAN_OK);
    const uspan_link_t link = { &c, attrs, USPAN_EVENT_ATTRS_MAX };
    assert_int_equal(uspan_event_n(t, s, "opens", 5u, 0u, attrs, USPAN_EVENT_ATTRS_MAX), USPAN_OK);
    assert_int_equal(uspan_add_link(t, s, &link), USPAN_OK);
    assert_int_equal(reset(w, USPAN_RESET_WATCHDOG).lost, 0);
    keep_send(w);
    const struct keep_span *turn = keep_find(&sent, "turn");
    for (unsigned i = 0; i < USPAN_EVENT_ATTRS_MAX; i++) {
        char event[32], linked[32];
        (void)snprintf(event, sizeof event, "event attr %c=%u", 'a' + i, 1u + i);
        (void)snprintf(linked, sizeof linked, "link attr %c=%u", 'a' + i, 1u + i);
        assert_true(keep_says(turn, event));
        assert_true(keep_says(turn, linked));
    }
}

static void test_the_next_root_leads_to_the_span_that_was_open(void **state)
{
    world_t *w = *state;
    uspan_t spans[4];
    boot(w);
    record_turn(w, spans);
    const uint64_t crash_ns = w->now_ns - 1u;
    const uspan_crash_t crash = { .reason = USPAN_RESET_HARD_FAULT,
                                  .now_ns = crash_ns,
                                  .reg_count = 2u,
                                  .regs = { { "pc", 0x1234u }, { "longname", 0xFFu } } };
    uspan_keep_crash(&w->tracer, &crash);
    /* Only the first crash counts. */
    uspan_keep_crash(&w->tracer, &(uspan_crash_t){ .reason = USPAN_RESET_ASSERT });
    uspan_keep_report_t r = reset(w, USPAN_RESET_SOFTWARE);
    assert_int_equal(r.found, USPAN_KEPT_TAKEN);
    assert_int_equal(r.reason, USPAN_RESET_HARD_FAULT);
    uspan_t root = uspan_start(&w->tracer, USPAN_ROOT, "next turn");
    uspan_end(&w->tracer, uspan_start(&w->tracer, root, "child"));
    uspan_end(&w->tracer, root);
    keep_send(w);
    assert_int_equal(sent.count, 6);
    const struct keep_span *tool = keep_find(&sent, "tool"), *next = keep_find(&sent, "next turn");
    assert_true(tool->crash_ns == crash_ns);
    char line[128], *at = line;
    at += sprintf(at, "link 00-");
    for (unsigned i = 0; i < 16u; i++) {
        at += sprintf(at, "%02x", tool->view.trace_id[i]);
    }
    *at++ = '-';
    for (unsigned i = 0; i < 8u; i++) {
        at += sprintf(at, "%02x", tool->view.span_id[i]);
    }
    sprintf(at, "-%02x", tool->view.flags);
    assert_true(keep_says(next, line));
    assert_true(keep_says(next, "attr uspan.reset.reason=hard_fault"));
    const char *id = strstr(tool->lines.text, "app.crash.id=");
    assert_non_null(id);
    sprintf(line, "link attr %.*s", 13 + 16, id);
    assert_true(keep_says(next, line));
    sprintf(line, "event attr uspan.crash.registers=pc=0x%0*x longname=0x%0*x", (int)(2u * sizeof(uintptr_t)),
            0x1234, (int)(2u * sizeof(uintptr_t)), 0xFF);
    assert_true(keep_says(tool, line));
    assert_true(tool->view.end_ns == crash_ns);
    assert_null(strstr(keep_find(&sent, "child")->lines.text, "link"));
    root = uspan_start(&w->tracer, USPAN_ROOT, "one more");
    assert_int_equal(uspan_end(&w->tracer, root), USPAN_OK);
    sent.count = 0u;
    keep_send(w);
    assert_null(strstr(keep_find(&sent, "one more")->lines.text, "uspan.reset"));
}

/* A name ends before the first byte that is no printable character, or a space. Values have all digits. Any
 * number of registers can be stored. */
static void test_registers_have_printable_names_and_all_their_digits(void **state)
{
    world_t *w = *state;
    const uintptr_t value = (uintptr_t)0xFEDCBA9876543210u;
    const int digits = (int)(2u * sizeof value);
    for (unsigned byte = 0; byte < 256u; byte++) {
        boot(w);
        uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "quiet"));
        const uint8_t count = (uint8_t)(USPAN_CRASH_REGS_MAX - byte / 2u % USPAN_CRASH_REGS_MAX);
        uspan_crash_t crash = { .reason = USPAN_RESET_ASSERT, .reg_count = count };
        char want[512], *at = want + sprintf(want, "event attr uspan.crash.registers=");
        for (unsigned i = 0; i < count; i++) {
            memcpy(crash.regs[i].name, "r234567\0", 8u);
            crash.regs[i].name[i] = (char)byte;
            crash.regs[i].value = value;
            const bool printable = byte > ' ' && byte <= '~';
            at += sprintf(at, "%.*s=0x%0*jx%s", printable ? 8 : (int)i, crash.regs[i].name, digits,
                          (uintmax_t)value, i + 1u < count ? " " : "");
        }
        uspan_keep_crash(&w->tracer, &crash);
        (void)reset(w, USPAN_RESET_SOFTWARE);
        uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "next"));
        keep_send(w);
        assert_true(keep_says(keep_find(&sent, "next"), want));
    }
}

static void test_without_an_open_span_the_root_itself_has_the_crash(void **state)
{
    world_t *w = *state;
    boot(w);
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "quiet"));
    assert_int_equal(reset(w, USPAN_RESET_ASSERT).open, 0);
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "next"));
    keep_send(w);
    assert_int_equal(sent.count, 2);
    assert_true(keep_says(keep_find(&sent, "next"), "event app.crash"));
    assert_null(strstr(keep_find(&sent, "next")->lines.text, "link"));
}

static void test_memory_that_is_not_this_image_s_is_discarded(void **state)
{
    world_t *w = *state;
    uspan_t spans[4];
    static uspan_tracer_t image;
    boot(w);
    record_turn(w, spans);
    image = w->tracer;
    for (unsigned n = 0; n < 7u; n++) {
        uspan_keep_options_t o = keep_options(n == 0u   ? USPAN_RESET_POWER_ON
                                              : n == 1u ? USPAN_RESET_BROWNOUT
                                                        : USPAN_RESET_SOFTWARE);
        uint8_t other[20];
        memcpy(other, keep_build_id, sizeof other);
        other[19] ^= 1u;
        w->tracer = image;
        w->tracer.keep.config_id ^= n == 2u;
        w->tracer.keep.self ^= n == 3u ? 8u : 0u;
        o.build_id = n == 4u ? other : o.build_id;
        o.build_id_len = n == 5u ? 0u : o.build_id_len;
        w->tracer.keep.magic ^= n == 6u;
        uspan_keep_report_t r;
        assert_int_equal(uspan_keep_mount(&w->tracer, &w->port, &o, &r), USPAN_OK);
        assert_int_equal(r.found, n < 2u    ? USPAN_KEPT_UNREAD
                                  : n == 6u ? USPAN_KEPT_NOTHING
                                            : USPAN_KEPT_OTHER);
        assert_int_equal(r.ended + r.open, 0);
        keep_listen(w, &sent);
        keep_send(w);
        assert_int_equal(sent.count, 0);
    }
    w->tracer = image;
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK); /* not mounted, so nothing is kept */
    assert_int_equal(keep_mount(w, USPAN_RESET_SOFTWARE).found, USPAN_KEPT_NOTHING);
    assert_int_equal(uspan_keep_mount(&w->tracer, &w->port, NULL, NULL), USPAN_ERR_ARG);
    w->tracer = image;
    uspan_keep_options_t o = keep_options(USPAN_RESET_SOFTWARE);
    assert_int_equal(uspan_keep_mount_sized(&w->tracer, &w->port, &o, NULL, sizeof image, 1u), USPAN_ERR_ARG);
    assert_memory_equal(&image, &w->tracer, sizeof image);
}

/* A multiplication alone does not mix high bits downwards. The low bits of the next word could then cancel
 * the change. */
static void test_times_keep_their_offset_or_get_one_when_it_is_known(void **state)
{
    world_t *w = *state;
    const uint64_t unix_ns = 1800000000000000000u;
    boot(w);
    w->unix_ns = 0u;
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "before time"));
    uspan_set_unix_time(&w->tracer, unix_ns);
    world_advance_ms(w, 5000);
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "timed"));
    (void)reset(w, USPAN_RESET_PIN);
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "after"));
    uspan_set_unix_time(&w->tracer, unix_ns + 60000000000u);
    keep_send(w);
    assert_int_equal(sent.count, 3);
    assert_true(keep_find(&sent, "timed")->view.end_unix_ns - unix_ns == 5000000000u);
    assert_true(keep_find(&sent, "before time")->view.end_unix_ns == unix_ns);
    assert_true(keep_find(&sent, "after")->view.end_unix_ns == unix_ns + 60000000000u);
    /* If Unix time was unknown before the reset, the reset counts as no time. */
    boot(w);
    w->unix_ns = 0u;
    world_advance_ms(w, 1000);
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "first"));
    world_advance_ms(w, 3000);
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "last"));
    (void)reset(w, USPAN_RESET_PIN);
    world_advance_ms(w, 10000);
    uspan_set_unix_time(&w->tracer, unix_ns);
    keep_send(w);
    assert_int_equal(sent.count, 2);
    assert_true(unix_ns - keep_find(&sent, "last")->view.end_unix_ns == 10000000000u);
    assert_true(unix_ns - keep_find(&sent, "first")->view.end_unix_ns == 13000000000u);
}

static void test_resets_one_after_another_never_use_all_epochs_up(void **state)
{
    world_t *w = *state;
    uspan_keep_report_t r = { 0 };
    boot(w);
    unsigned lost = 0;
    for (unsigned n = 0; n < 10u; n++) {
        uspan_set_unix_time(&w->tracer, 1800000000000000000u + n * 60000000000u);
        char name[8];
        sprintf(name, "boot %u", n);
        if (n < USPAN_SPANS_MAX) {
            assert_false(uspan_is_null(uspan_start(&w->tracer, USPAN_ROOT, name)));
        }
        r = reset(w, USPAN_RESET_SOFTWARE);
        assert_int_equal(r.found, USPAN_KEPT_TAKEN);
        lost += r.lost;
        assert_int_equal(r.ended + r.open + lost, n < USPAN_SPANS_MAX ? n + 1u : USPAN_SPANS_MAX);
    }
    assert_in_range(lost, 1, USPAN_SPANS_MAX - USPAN_EPOCHS_MAX + 1u);
    keep_send(w);
    assert_int_equal(sent.count + lost, USPAN_SPANS_MAX);
}

/* The new boot needs an epoch, so one gives way: the one with the fewest spans. */
static void test_the_epoch_with_the_fewest_spans_gives_way(void **state)
{
    world_t *w = *state;
    for (unsigned fewest = 0; fewest < USPAN_EPOCHS_MAX; fewest++) {
        boot(w);
        for (unsigned n = 0; n < USPAN_EPOCHS_MAX; n++) {
            uspan_set_unix_time(&w->tracer, 1800000000000000000u + n * 60000000000u);
            for (unsigned i = 0; i < (n == fewest                             ? 1u
                                      : n == (fewest + 1u) % USPAN_EPOCHS_MAX ? 1u
                                                                              : 2u);
                 i++) {
                char name[8];
                sprintf(name, "boot %u", n);
                assert_false(uspan_is_null(uspan_start(&w->tracer, USPAN_ROOT, name)));
            }
            uspan_keep_report_t r = reset(w, USPAN_RESET_SOFTWARE);
            assert_int_equal(r.found, USPAN_KEPT_TAKEN);
            assert_int_equal(r.lost, n + 1u < USPAN_EPOCHS_MAX ? 0 : 1);
        }
        keep_send(w);
        assert_int_equal(sent.count, USPAN_SPANS_MAX - 1u);
    }
}

/* A reset between the two writes of a new name leaves the length 0. */
static void test_a_name_that_was_being_replaced_is_unnamed(void **state)
{
    world_t *w = *state;
    boot(w);
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "a long name of a span"));
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        w->tracer.slots[i].name_len = 0u;
    }
    (void)reset(w, USPAN_RESET_SOFTWARE);
    keep_send(w);
    assert_int_equal(sent.count, 1);
    assert_string_equal(sent.spans[0].view.name, "unnamed");
    assert_int_equal(sent.spans[0].view.name_len, 7);
}

static void test_keys_and_texts_that_are_not_the_image_s_are_left_out(void **state)
{
    world_t *w = *state;
    static char near[] = "in memory that may have changed";
    char *moved = malloc(sizeof near);
    assert_non_null(moved);
    memcpy(moved, near, sizeof near);
    boot(w);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "s");
    uspan_set_static(&w->tracer, s, USPAN_KEY("moved"), moved);
    uspan_set_int(&w->tracer, s, USPAN_KEY("stays"), 1);
    uspan_key_t *key = malloc(sizeof *key);
    assert_non_null(key);
    *key = (uspan_key_t){ "made", 4u, 0u, 0u };
    uspan_set_int(&w->tracer, s, key, 2);
    uspan_scope_t *scope = malloc(sizeof *scope);
    assert_non_null(scope);
    *scope = (uspan_scope_t){ "other", NULL };
    uspan_options_t o = { .scope = scope };
    (void)uspan_start_with(&w->tracer, USPAN_ROOT, "other", 5u, &o);
    uspan_keep_report_t r = reset(w, USPAN_RESET_SOFTWARE);
    assert_int_equal(r.open, 1);
    assert_int_equal(r.lost, 1);
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "next"));
    free(moved);
    free(key);
    free(scope);
    keep_send(w);
    assert_true(keep_says(keep_find(&sent, "s"), "attr stays=1"));
    assert_null(strstr(keep_find(&sent, "s")->lines.text, "moved"));
    assert_null(strstr(keep_find(&sent, "s")->lines.text, "made"));
    assert_int_equal(keep_find(&sent, "s")->view.dropped_attrs, 2);
    assert_true(keep_says(keep_find(&sent, "next"), "attr uspan.keep.lost=1"));
}

/* ---- altered memory ------------------------------------------------------------------------------------ */

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
        IN_WORLD(test_spans_come_through_a_reset_and_open_ones_end_with_the_reason),
        IN_WORLD(test_all_attributes_of_an_event_and_a_link_come_through_a_reset),
        IN_WORLD(test_the_next_root_leads_to_the_span_that_was_open),
        IN_WORLD(test_registers_have_printable_names_and_all_their_digits),
        IN_WORLD(test_without_an_open_span_the_root_itself_has_the_crash),
        IN_WORLD(test_memory_that_is_not_this_image_s_is_discarded),
        IN_WORLD(test_times_keep_their_offset_or_get_one_when_it_is_known),
        IN_WORLD(test_resets_one_after_another_never_use_all_epochs_up),
        IN_WORLD(test_the_epoch_with_the_fewest_spans_gives_way),
        IN_WORLD(test_a_name_that_was_being_replaced_is_unnamed),
        IN_WORLD(test_keys_and_texts_that_are_not_the_image_s_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
