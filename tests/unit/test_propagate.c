/* test_propagate.c: one call writes all header lines of a trace or none, and nothing that the standards
 * forbid. */
#include <string.h>
#include "peek.h"
#include "uspan/context.h"
#include <stdio.h>

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define ROOM USPAN_PROPAGATE_MAX(200)

static void expect_parent(world_t *w, uspan_t s, char *out)
{
    uspan_context_t c;
    char parent[56];
    (void)uspan_context_of(&w->tracer, s, &c);
    assert_int_equal(uspan_traceparent(&c, parent), USPAN_TRACEPARENT_LEN);
    strcpy(out, "traceparent: ");
    strcat(out, parent);
    strcat(out, "\r\n");
}

static void test_all_lines_are_written_or_none_and_the_length_says_what_is_needed(void **state)
{
    world_t *w = *state;
    uspan_context_t remote;
    char expected[ROOM], out[ROOM];
    assert_int_equal(uspan_context_parse(&remote, PARENT, "vendor=1"), USPAN_OK);
    const uspan_options_t options = { .parent = &remote };
    uspan_t s = uspan_start_with(&w->tracer, USPAN_ROOT, "s", 1, &options);
    expect_parent(w, s, expected);
#if USPAN_TRACESTATE_BYTES > 0
    strcat(expected, "tracestate: vendor=1\r\n");
#endif
    strcat(expected, "baggage: bed=3,user=ann;role=admin\r\n");
    size_t len = strlen(expected);
    for (size_t cap = 0; cap < sizeof out; cap++) {
        memset(out, '!', sizeof out);
        assert_int_equal(uspan_propagate(&w->tracer, s, "bed=3,user=ann;role=admin", out, cap), len);
        assert_string_equal(cap > len ? out : "", cap > len ? expected : "");
        assert_true(cap == 0u || cap > len || out[0] == '\0');
        assert_int_equal(out[cap], '!');
    }
    assert_int_equal(uspan_propagate(&w->tracer, s, "bed=3,user=ann;role=admin", NULL, 100), len);
}

static void test_what_is_no_baggage_stays_behind(void **state)
{
    static const struct {
        const char *given, *line;
    } rows[] = {
        { NULL, "" },
        { "", "" },
        { " , ,", "" },
        { "a", "" },
        { "a=1\r\nX-Evil: 1", "" },
        { "a=1;p\r\nX-Evil: 1,b=2", "baggage: b=2\r\n" },
        { " a = 1 ; p = q ; r , b=2", "baggage: a=1;p = q ; r,b=2\r\n" },
        { "a=,b=%20", "baggage: a=,b=%20\r\n" },
        { "a b=1,c=\"2\",d=3", "baggage: d=3\r\n" },
    };
    world_t *w = *state;
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "s");
    char expected[ROOM], out[ROOM];
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_parent(w, s, expected);
        strcat(expected, rows[i].line);
        assert_int_equal(uspan_propagate(&w->tracer, s, rows[i].given, out, sizeof out), strlen(expected));
        assert_string_equal(out, expected);
    }
}

static void test_whatever_is_given_as_baggage_makes_one_line_of_members_or_none(void **state)
{
    static const char letters[] = "ab=;=,,% \t\r\n\"1\\:\xC3";
    world_t *w = *state;
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "s");
    uint32_t seed = 1;
    for (unsigned round = 0; round < 20000u; round++) {
        char given[24], out[ROOM];
        size_t len = seed % sizeof given;
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1664525u + 1013904223u;
            given[i] = letters[(seed >> 24) % (sizeof letters - 1u)];
        }
        seed = seed * 1664525u + 1013904223u + round;
        given[len] = '\0';
        size_t n = uspan_propagate(&w->tracer, s, given, out, sizeof out);
        assert_int_equal(strlen(out), n);
        const char *line = out + 70;
        uspan_baggage_t member, back;
        size_t from = 0, to = 0, members = 0;
        if (line[0] != '\0') {
            assert_memory_equal(line, "baggage: ", 9);
            line += 9;
            size_t line_len = strcspn(line, "\r\n");
            assert_string_equal(line + line_len, "\r\n");
            for (; uspan_baggage_next(line, line_len, &to, &back) == USPAN_OK; members++) {
                assert_int_equal(uspan_baggage_next(given, len, &from, &member), USPAN_OK);
                assert_int_equal(member.key_len + member.value_len + member.props_len,
                                 back.key_len + back.value_len + back.props_len);
                assert_memory_equal(member.key, back.key, back.key_len);
                assert_memory_equal(member.value, back.value, back.value_len);
            }
            assert_true(members > 0u);
        }
        assert_int_equal(uspan_baggage_next(given, len, &from, &member), USPAN_ERR_CLOSED);
    }
}

static void test_the_current_span_of_a_task_can_be_asked_for(void **state)
{
    world_t *w = *state;
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "s");
    char expected[ROOM], out[ROOM];
    uspan_t before = uspan_enter(&w->tracer, s);
    expect_parent(w, s, expected);
    assert_int_equal(uspan_propagate(&w->tracer, USPAN_CURRENT, NULL, out, sizeof out), 70);
    assert_string_equal(out, expected);
    uspan_leave(&w->tracer, before);
    assert_int_equal(uspan_propagate(&w->tracer, USPAN_CURRENT, NULL, out, sizeof out), 70);
    assert_memory_equal(out + 65, "-02\r\n", 6); /* no span: unsampled, so that receivers do not record */
    uspan_end(&w->tracer, s);
    assert_int_equal(uspan_propagate(&w->tracer, s, NULL, out, sizeof out), 70);
    assert_memory_equal(out + 65, "-02\r\n", 6);
}

static void test_without_a_tracer_or_entropy_there_are_no_lines(void **state)
{
    static uspan_tracer_t idle;
    (void)state;
    char out[ROOM] = "x";
    assert_int_equal(uspan_propagate(NULL, USPAN_CURRENT, "a=1", out, sizeof out), 0);
    assert_string_equal(out, "");
    out[0] = 'x';
    assert_int_equal(uspan_propagate(&idle, USPAN_NULL, "a=1", out, sizeof out), 0);
    assert_string_equal(out, "");
}

typedef struct heard {
    char lines[ROOM];
    size_t len;
} heard_t;

static void hear(void *ctx, const char *name, const char *value)
{
    heard_t *h = ctx;
    h->len += (size_t)snprintf(h->lines + h->len, sizeof h->lines - h->len, "%s: %s\r\n", name, value);
}

static void test_one_header_at_a_time_they_are_the_lines(void **state)
{
    world_t *w = *state;
    uspan_context_t c;
    const char parent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_int_equal(uspan_context_parse(&c, parent, "a=1,b=2"), USPAN_OK);
    uspan_options_t o = { .parent = &c };
    uspan_t remote = uspan_start_with(&w->tracer, USPAN_ROOT, "s", 1u, &o), local = uspan_start(&w->tracer, USPAN_ROOT, "s");
    static const char *const baggages[] = { NULL, "", "a=1", "a=1;p=2,b=:,c=d", "\r\n: x", ":" };
    for (unsigned i = 0; i < COUNT(baggages) * 2u; i++) {
        uspan_t s = i % 2u != 0u ? remote : local;
        char lines[ROOM];
        size_t need = uspan_propagate(&w->tracer, s, baggages[i / 2u], lines, sizeof lines);
        for (size_t cap = 0; cap < need + 3u; cap++) {
            char buf[ROOM];
            heard_t h = { .len = 0 };
            assert_int_equal(uspan_propagate_each(&w->tracer, s, baggages[i / 2u], buf, cap, hear, &h), need);
            assert_int_equal(h.len, cap > need ? need : 0u);
            assert_memory_equal(h.lines, lines, h.len);
        }
    }
    heard_t none = { .len = 0 };
    assert_int_equal(uspan_propagate_each(NULL, USPAN_NULL, "a=1", NULL, 0u, hear, &none), 0);
    assert_int_equal(none.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_all_lines_are_written_or_none_and_the_length_says_what_is_needed),
        IN_WORLD(test_what_is_no_baggage_stays_behind),
        IN_WORLD(test_whatever_is_given_as_baggage_makes_one_line_of_members_or_none),
        IN_WORLD(test_the_current_span_of_a_task_can_be_asked_for),
        IN_WORLD(test_one_header_at_a_time_they_are_the_lines),
        IN_WORLD(test_without_a_tracer_or_entropy_there_are_no_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
