/* test_span_context.c: a propagated context has all of the span's identity. A span that is not recorded
 * propagates an unsampled context, so that services that receive it do not record either. */
#include <string.h>
#include "peek.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static const uint8_t zero[16];

static void test_an_open_span_s_context_has_its_ids_and_flags(void **state)
{
    world_t *w = *state;
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "s");
    uspan_context_t c;
    memset(&c, 0xEE, sizeof c);
    assert_int_equal(uspan_context_of(&w->tracer, s, &c), USPAN_OK);
    assert_memory_equal(c.trace_id, peek_slot(w, s)->trace_id, 16);
    assert_memory_equal(c.span_id, peek_slot(w, s)->span_id, 8);
    assert_int_equal(c.flags, USPAN_FLAG_SAMPLED | USPAN_FLAG_RANDOM);
    assert_int_equal(c.remote, 0);
    assert_int_equal(uspan_context_of(NULL, s, &c), USPAN_ERR_ARG);
    assert_int_equal(uspan_context_of(&w->tracer, s, NULL), USPAN_ERR_ARG);
}

static void assert_unsampled(world_t *w, uspan_t s, uspan_err_t expected)
{
    uspan_context_t a, b;
    assert_int_equal(uspan_context_of(&w->tracer, s, &a), expected);
    assert_int_equal(uspan_context_of(&w->tracer, s, &b), expected);
    assert_int_equal(a.flags, USPAN_FLAG_RANDOM);
    assert_memory_not_equal(a.trace_id, zero, 16);
    assert_memory_not_equal(a.span_id, zero, 8);
    assert_memory_not_equal(a.trace_id, b.trace_id, 16); /* new random ids */
#if USPAN_TRACESTATE_BYTES > 0
    assert_int_equal(a.tracestate_len, 0);
#endif
}

static void test_null_and_ended_spans_leave_as_unsampled_ones(void **state)
{
    world_t *w = *state;
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "s");
    uspan_end(&w->tracer, s);
    assert_unsampled(w, USPAN_NULL, USPAN_OK);
    assert_unsampled(w, USPAN_ROOT, USPAN_OK);
    assert_unsampled(w, s, USPAN_ERR_STALE); /* if it was sent already or not */
    peek_drain(w);
    assert_unsampled(w, s, USPAN_ERR_STALE);
    assert_unsampled(w, USPAN_HANDLE(0xFFFFFFFFu), USPAN_ERR_STALE);
}

static void test_header_lines_carry_traceparent_and_tracestate(void **state)
{
    world_t *w = *state;
    uspan_context_t remote;
    assert_int_equal(uspan_context_parse(&remote, PARENT, "vendor=1,other=2"), USPAN_OK);
    const uspan_options_t options = { .parent = &remote };
    uspan_t s = uspan_start_with(&w->tracer, USPAN_ROOT, "s", 1, &options);
    uspan_t child = uspan_start(&w->tracer, s, "child");
    uspan_context_t c;
    uspan_context_of(&w->tracer, child, &c);
    char parent[56], expected[USPAN_HEADERS_OF_MAX + 1u], out[USPAN_HEADERS_OF_MAX];
    assert_int_equal(uspan_traceparent(&c, parent), USPAN_TRACEPARENT_LEN);
    strcpy(expected, "traceparent: ");
    strcat(expected, parent);
    strcat(expected, "\r\n");
#if USPAN_TRACESTATE_BYTES > 0
    strcat(expected, "tracestate: vendor=1,other=2\r\n");
#endif
    size_t len = strlen(expected);
    assert_memory_equal(expected + 16, "0af7651916cd43dd8448eb211c80319c", 32);
    for (size_t cap = 0; cap < sizeof out; cap++) {
        memset(out, '!', sizeof out);
        size_t n = uspan_trace_headers(&w->tracer, child, out, cap);
        assert_int_equal(n, cap > len ? len : 0u);
        assert_string_equal(cap > len ? out : "", cap > len ? expected : "");
        if (cap > 0u && cap <= len) {
            assert_int_equal(out[0], '\0');
        }
        assert_int_equal(out[cap], '!');
    }
    assert_int_equal(uspan_trace_headers(&w->tracer, child, NULL, 100), 0);
    assert_int_equal(uspan_trace_headers(NULL, child, out, sizeof out), 0);
    assert_string_equal(out, "");
    assert_int_equal(uspan_trace_headers(&w->tracer, USPAN_NULL, out, sizeof out), 70);
    assert_memory_equal(out + 65, "-02\r\n", 6); /* unsampled, random */
}

#if USPAN_TRACESTATE_BYTES > 0
static void test_the_longest_tracestate_fits_the_promised_maximum(void **state)
{
    world_t *w = *state;
    char text[USPAN_TRACESTATE_BYTES + 1u];
    memset(text, 'v', sizeof text - 1u);
    text[sizeof text - 1u] = '\0';
    for (size_t at = 0; at < sizeof text - 1u; at += 64u) { /* members of 63 bytes and a comma */
        text[at] = (char)('a' + at / 64u);
        text[at + 1u] = '=';
        text[at + 63u] = ',';
    }
    text[sizeof text - 2u] = 'v';
    uspan_context_t remote;
    assert_int_equal(uspan_context_parse(&remote, PARENT, text), USPAN_OK);
    assert_int_equal(remote.tracestate_len, USPAN_TRACESTATE_BYTES);
    const uspan_options_t options = { .parent = &remote };
    uspan_t s = uspan_start_with(&w->tracer, USPAN_ROOT, "s", 1, &options);
    char out[USPAN_HEADERS_OF_MAX];
    size_t n = uspan_trace_headers(&w->tracer, s, out, sizeof out);
    assert_int_equal(n, 13u + 55u + 2u + 12u + USPAN_TRACESTATE_BYTES + 2u);
    assert_memory_equal(out + 82, text, sizeof text - 1u);
}

static void test_tracestates_are_shared_counted_and_given_back(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const char *const states[] = { "a=1", "b=2", "c=3" };
    uspan_t s[3], again;
    uspan_context_t c;
    for (unsigned i = 0; i < 3u; i++) {
        uspan_context_parse(&c, PARENT, states[i]);
        const uspan_options_t options = { .parent = &c };
        s[i] = uspan_start_with(t, USPAN_ROOT, "s", 1, &options);
        assert_false(uspan_is_null(s[i])); /* the third has no tracestate, but it exists */
    }
    assert_int_equal(peek_stats(w).tracestates_dropped, 1);
    uspan_context_parse(&c, PARENT, "a=1");
    const uspan_options_t options = { .parent = &c };
    again = uspan_start_with(t, USPAN_ROOT, "s", 1, &options);
    uspan_t child = uspan_start(t, again, "child");
    assert_int_equal(peek_stats(w).tracestates_dropped, 1);
    size_t len;
    uspan_context_of(t, child, &c);
    assert_memory_equal(uspan_tracestate(&c, &len), "a=1", 3);
    assert_int_equal(len, 3);
    uspan_context_of(t, s[2], &c);
    (void)uspan_tracestate(&c, &len);
    assert_int_equal(len, 0);
    uspan_end(t, s[1]);
    peek_drain(w);
    uspan_context_parse(&c, PARENT, "d=4");
    uspan_t in_place = uspan_start_with(t, USPAN_ROOT, "s", 1, &options);
    uspan_context_of(t, in_place, &c);
    assert_memory_equal(uspan_tracestate(&c, &len), "d=4", 3);
    assert_int_equal(peek_stats(w).tracestates_dropped, 1);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_an_open_span_s_context_has_its_ids_and_flags),
        IN_WORLD(test_null_and_ended_spans_leave_as_unsampled_ones),
        IN_WORLD(test_header_lines_carry_traceparent_and_tracestate),
#if USPAN_TRACESTATE_BYTES > 0
        IN_WORLD(test_the_longest_tracestate_fits_the_promised_maximum),
        IN_WORLD(test_tracestates_are_shared_counted_and_given_back),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
