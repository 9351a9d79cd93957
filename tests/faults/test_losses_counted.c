/* test_losses_counted.c: random calls with random sizes, in a text pool and tables that are often too small.
 * Every call that cuts or drops something changes a counter of uspan_stats(), and no other call does. The
 * diagnosis then finds a problem. */
#include <stdio.h>
#include <string.h>
#include "world.h"

#define KEYS 40u
#define GROWN 4u /* the last keys are only appended to */
#define TEXT_MAX 6000u
#define ROUNDS 250u

static uint64_t seed;
static uspan_key_t keys[KEYS];
static char key_texts[KEYS][8];
static char text[TEXT_MAX + 1u];

static unsigned draw(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

static const uspan_key_t *draw_key(void)
{
    return &keys[draw(KEYS - GROWN)];
}

static uint64_t count_losses(world_t *w)
{
    uspan_stats_t s;
    uspan_stats(&w->tracer, 0u, &s);
    return (uint64_t)s.attrs_dropped + s.events_dropped + s.links_dropped + s.values_truncated +
           s.names_truncated + s.tracestates_dropped;
}

/* Make one call with a text of len bytes. */
static uspan_err_t call(uspan_tracer_t *t, uspan_t s, unsigned which, size_t len)
{
    static const int64_t ints[TEXT_MAX / 8u];
    static const double doubles[TEXT_MAX / 8u];
    const char *texts[] = { text, "b", text };
    const uspan_attr_t attrs[] = { USPAN_ATTR_TEXT(draw_key(), (const char *)text),
                                   USPAN_ATTR_INT(draw_key(), 3), USPAN_ATTR_TEXT(draw_key(), "seven") };
    uspan_context_t c = { .flags = 1u };
    memset(c.trace_id, 7, sizeof c.trace_id);
    memset(c.span_id, 7, sizeof c.span_id);
    const uspan_link_t link = { .context = &c, .attrs = attrs, .attr_count = draw(4u) };
    switch (which) {
    case 0:
        return uspan_set_name_n(t, s, text, len);
    case 1:
        return uspan_set_str(t, s, draw_key(), text);
    case 2:
        return uspan_set_bytes(t, s, draw_key(), text, len);
    case 3:
        return uspan_set_ints(t, s, draw_key(), ints, len / 8u);
    case 4:
        return uspan_set_doubles(t, s, draw_key(), doubles, len / 8u);
    case 5:
        return uspan_set_strs(t, s, draw_key(), texts, 3u);
    case 6:
        return uspan_event_n(t, s, text, len, 0u, attrs, draw(4u));
    case 7:
        return uspan_add_link(t, s, &link);
    case 8:
        return uspan_set_status(t, s, USPAN_STATUS_ERROR, text);
    case 9:
        return uspan_record_error(t, s, draw(2u) == 0u ? text : "a_type_of_errors", text);
    default:
        return uspan_set_all(t, s, attrs, 3u);
    }
}

static void test_each_call_that_loses_something_counts_it_and_no_other_does(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    memset(text, 'x', sizeof text - 1u);
    for (unsigned i = 0; i < KEYS; i++) {
        const int len = snprintf(key_texts[i], sizeof key_texts[i], "key%u", i);
        keys[i] = (uspan_key_t){ .text = key_texts[i], .len = (uint8_t)len, .id = (uint16_t)(77u * i + 1u) };
    }
    for (seed = 1u; seed < 4u; seed++) {
        world_reset_with_collector(w);
        for (unsigned round = 0; round < ROUNDS; round++) {
            const uspan_limits_t limits = {
                .attrs = (uint16_t)draw(20u),
                .events = (uint16_t)draw(4u),
                .links = (uint16_t)draw(4u),
                .event_attrs = (uint16_t)draw(3u),
                .link_attrs = (uint16_t)draw(3u),
                .value_chars = 50u * draw(2u),
            };
            bool closed[GROWN] = { false }; /* a value that was cut takes no more, and is counted once */
            uspan_set_limits(t, draw(2u) == 0u ? NULL : &limits);
            uspan_t s = uspan_start(t, USPAN_ROOT, "s");
            for (unsigned n = draw(40u); n > 0u; n--) {
                const uint64_t before = count_losses(w);
                const size_t len = 1u + (draw(4u) > 0u ? draw(100u) : draw(TEXT_MAX - 1u));
                const unsigned which = draw(13u), grown = draw(GROWN);
                bool was_closed = false;
                uspan_err_t err;
                text[len] = '\0';
                if (which > 10u) {
                    was_closed = closed[grown];
                    err = uspan_append_str(t, s, &keys[KEYS - GROWN + grown], text);
                    closed[grown] = was_closed || err == USPAN_TRUNCATED;
                } else {
                    err = call(t, s, which, len);
                }
                text[len] = 'x';
                const bool lost = err == USPAN_TRUNCATED || err == USPAN_ERR_FULL;
                assert_true(lost || err == USPAN_OK);
                if (!(was_closed && lost) && (count_losses(w) > before) != lost) {
                    fail_msg("call %u with %zu bytes returned %d", which, len, err);
                }
            }
            (void)uspan_end(t, s);
            if (draw(5u) == 0u) {
                world_drain(w);
            }
        }
        world_drain(w);
        char words[800];
        assert_true(uspan_diagnose(t, 0u, words, sizeof words) < sizeof words);
        assert_null(strstr(words, "No problem found"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_call_that_loses_something_counts_it_and_no_other_does,
                                        world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
