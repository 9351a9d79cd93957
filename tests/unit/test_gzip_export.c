/* test_gzip_export.c: sends compressed bodies. Their length is known in advance. If a collector refuses a
 * compressed body, uspan sends it once without compression and remembers the result.
 * uspan-config: USPAN_GZIP=1 */
#include "delivery.h"
#include "export/gzip.h"

#define STATUS(code) "HTTP/1.1 " #code " Words\r\nContent-Length: 0\r\n\r\n"

static const char *answers[8]; /* answer to request n. NULL: 200 */

static void choose_answer(world_t *w, unsigned n)
{
    w->answer = n < sizeof answers / sizeof answers[0] ? answers[n] : NULL;
}

static void begin(world_t *w, bool gzip)
{
    world_reset(w);
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces", .gzip = gzip };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
    memset(answers, 0, sizeof answers);
    w->on_request = choose_answer;
}

/* Record a span with repeated text. */
static void record_long(world_t *w)
{
    char text[1200];
    memset(text, 0, sizeof text);
    for (size_t i = 0; i + 40u < sizeof text; i += 40u) {
        memcpy(text + i, "Bed 3 is at twelve percent; open valve 3,", 40);
    }
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "chat qwen-max");
    assert_int_equal(uspan_set_str(&w->tracer, s, USPAN_KEY("gen_ai.input.messages"), text), USPAN_OK);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
}

static bool is_compressed(const world_t *w, unsigned n)
{
    const world_request_t *r = &w->requests[n];
    char head[1024];
    assert_true(n < w->request_count && r->head_len < sizeof head);
    memcpy(head, w->sent + r->at, r->head_len);
    head[r->head_len] = '\0';
    bool said = strstr(head, "\r\nContent-Encoding: gzip\r\n") != NULL;
    view_t body = body_of(w, n);
    bool is = body.len > 2u && body.at[0] == 0x1F && body.at[1] == 0x8B;
    assert_int_equal(said, is);
    return is;
}

typedef struct text {
    view_t v;
    size_t at;
} text_t;

static size_t give(void *ctx, uint8_t *out, size_t cap)
{
    text_t *text = ctx;
    size_t n = text->v.len - text->at < cap ? text->v.len - text->at : cap;
    memcpy(out, text->v.at + text->at, n);
    text->at += n;
    return n;
}

/* Check that request n is the compressed form of request `plain`. */
static void assert_same_body(const world_t *w, unsigned n, unsigned plain)
{
    static uspan_gzip_t g;
    static uint8_t out[20000];
    text_t text = { body_of(w, plain), 0u };
    view_t got = body_of(w, n);
    uspan_gzip_begin(&g);
    assert_int_equal(uspan_gzip_read(&g, give, &text, out, sizeof out), got.len);
    assert_memory_equal(out, got.at, got.len);
}

static void test_a_body_is_compressed_and_counted_as_sent(void **state)
{
    world_t *w = *state;
    begin(w, true);
    record_long(w);
    world_drain(w);
    assert_int_equal(w->request_count, 1);
    assert_true(is_compressed(w, 0));
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.delivered, 1);
    assert_int_equal(s.body_bytes, body_of(w, 0).len);
    assert_true(s.body_bytes < 500u);
}

static void test_nothing_is_compressed_unasked_or_where_it_does_not_help(void **state)
{
    world_t *w = *state;
    begin(w, false);
    record_long(w);
    world_drain(w);
    assert_false(is_compressed(w, 0));
    begin(w, true);
    uint8_t noise[1500];
    uint32_t x = 2463534242u;
    for (size_t i = 0; i < sizeof noise; i++) {
        x = x * 1664525u + 1013904223u;
        noise[i] = (uint8_t)(x >> 24);
    }
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "noise");
    assert_int_equal(uspan_set_bytes(&w->tracer, s, USPAN_KEY("image"), noise, sizeof noise), USPAN_OK);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
    world_drain(w);
    assert_false(is_compressed(w, 0));
    assert_int_equal(stats_of(w, 0).body_bytes, body_of(w, 0).len);
}

static void refuse_then_accept(world_t *w, const char *refusal)
{
    begin(w, true);
    answers[0] = refusal;
    record_long(w);
    world_drain(w);
    assert_int_equal(w->request_count, 2);
    assert_true(is_compressed(w, 0));
    assert_false(is_compressed(w, 1));
    assert_same_body(w, 0, 1);
    assert_non_null(strstr(w->log, "refused gzip"));
    record_long(w);
    world_drain(w);
    assert_int_equal(w->request_count, 3);
    assert_false(is_compressed(w, 2));
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.delivered, 2);
    assert_int_equal(s.refusals, 0);
}

static void test_a_collector_that_refuses_is_asked_without_and_that_is_remembered(void **state)
{
    refuse_then_accept(*state, STATUS(415));
    refuse_then_accept(*state, STATUS(400));
    refuse_then_accept(*state, STATUS(422));
    refuse_then_accept(*state, STATUS(500));
}

static void test_a_batch_that_is_refused_either_way_says_nothing_of_compression(void **state)
{
    world_t *w = *state;
    begin(w, true);
    answers[0] = answers[1] = STATUS(400);
    record_long(w);
    world_drain(w);
    assert_int_equal(w->request_count, 2);
    assert_false(is_compressed(w, 1));
    assert_null(strstr(w->log, "refused gzip"));
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_REFUSED], 1);
    record_long(w);
    world_drain(w);
    assert_int_equal(w->request_count, 3);
    assert_true(is_compressed(w, 2));
    assert_int_equal(stats_of(w, 0).delivered, 1);
}

/* If the uncompressed request gets no usable answer, uspan sends it again without compression. */
static void test_a_retry_between_does_not_forget_the_refusal(void **state)
{
    world_t *w = *state;
    begin(w, true);
    answers[0] = STATUS(415);
    answers[1] = STATUS(503);
    record_long(w);
    world_drain(w);
    assert_int_equal(w->request_count, 3);
    assert_false(is_compressed(w, 1));
    assert_false(is_compressed(w, 2));
    record_long(w);
    world_drain(w);
    assert_false(is_compressed(w, 3));
}

static void test_a_retry_sends_the_same_bytes(void **state)
{
    world_t *w = *state;
    begin(w, true);
    answers[0] = STATUS(503);
    record_long(w);
    world_drain(w);
    assert_int_equal(w->request_count, 2);
    assert_true(is_compressed(w, 0));
    view_t one = body_of(w, 0), other = body_of(w, 1);
    assert_int_equal(one.len, other.len);
    assert_memory_equal(one.at, other.at, one.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_body_is_compressed_and_counted_as_sent, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_compressed_unasked_or_where_it_does_not_help,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_collector_that_refuses_is_asked_without_and_that_is_remembered,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_batch_that_is_refused_either_way_says_nothing_of_compression,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_retry_between_does_not_forget_the_refusal, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_retry_sends_the_same_bytes, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
