/* test_studio.c: each run is registered once as running and once as done, in Studio's format. Export never
 * waits for it.
 * uspan-config: USPAN_STUDIO=1 */
#include "delivery.h"
#include "export/studio.h"

#define STUDIO_URL "http://studio:3000"
#define NO "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"

static const char *studio_answer;

static void answer_by_host(world_t *w, unsigned n)
{
    (void)n;
    w->answer = strcmp(w->host, "studio") == 0 ? studio_answer : NULL;
}

static void reset_with_studio(world_t *w, const uspan_studio_t *s)
{
    world_reset_with_collector(w);
    studio_answer = NULL;
    w->on_request = answer_by_host;
    assert_int_equal(uspan_studio_start(&w->tracer, &w->transport, s), USPAN_OK);
}

static bool is_registration(world_t *w, unsigned request)
{
    return head_has(w, request, "POST /trpc/registerRun HTTP/1.1\r\n");
}

static void expect_body(world_t *w, unsigned request, const char *text)
{
    size_t len;
    const uint8_t *body = world_body(w, request, &len);
    char got[1024];
    assert_true(len < sizeof got);
    memcpy(got, body, len);
    got[len] = '\0';
    assert_true(is_registration(w, request));
    assert_string_equal(got, text);
}

static unsigned registrations(world_t *w)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->request_count; i++) {
        n += is_registration(w, i);
    }
    return n;
}

static void test_a_run_is_registered_word_for_word(void **state)
{
    world_t *w = *state;
    const uspan_studio_t s = { STUDIO_URL, "green\"house\\\n", "boot17", "dev42-boot17" };
    reset_with_studio(w, &s);
    world_advance_ms(w, 733); /* it began before */
    (void)settle(w);
    assert_int_equal(w->request_count, 1);
    expect_body(
        w, 0,
        "{\"id\":\"dev42-boot17\",\"project\":\"green\\\"house\\\\\\u000a\",\"name\":\"boot17\","
        "\"timestamp\":\"2023-11-14 22:13:25.000\",\"pid\":1,\"status\":\"running\",\"run_dir\":\"\"}");
    assert_true(head_has(w, 0, "Host: studio:3000\r\nContent-Type: application/json\r\n"));
    assert_false(head_has(w, 0, "Authorization"));
    assert_string_equal(uspan_run_id(&w->tracer), "dev42-boot17");
    world_advance_ms(w, 600000);
    (void)settle(w);
    assert_int_equal(w->request_count, 1); /* once per boot */
}

static void test_names_that_are_not_given_are_made(void **state)
{
    world_t *w = *state;
    reset_with_studio(w, &(uspan_studio_t){ .url = STUDIO_URL "/" });
    const char *id = uspan_run_id(&w->tracer);
    assert_int_equal(strlen(id), 32);
    assert_in_range(id[0], 'a', 'f');
    assert_int_equal(strspn(id, "0123456789abcdef"), 32);
    (void)settle(w);
    char expected[256];
    snprintf(expected, sizeof expected,
             "{\"id\":\"%s\",\"project\":\"unknown_service\",\"name\":\"unknown_service 2023-11-14 22:13:25.000\","
             "\"timestamp\":\"2023-11-14 22:13:25.000\",\"pid\":1,\"status\":\"running\",\"run_dir\":\"\"}",
             id);
    expect_body(w, 0, expected);
    world_advance_ms(w, 61250);
    assert_int_equal(uspan_run_begin(&w->tracer, "r2", NULL), USPAN_OK);
    (void)settle(w);
    assert_non_null(strstr((char *)w->sent + w->requests[1].at, "\"name\":\"unknown_service 2023-11-14 22:14:26.250\""));
}

static void test_a_request_in_small_pieces_is_the_same(void **state)
{
    world_t *w = *state;
    static uint8_t whole[1024];
    size_t len = 0;
    for (unsigned i = 0; i < 2u; i++) {
        const uspan_studio_t s = { STUDIO_URL, "p", NULL, "run-1" };
        reset_with_studio(w, &s);
        w->send_max = i;
        while (w->request_count == 0u) {
            uint32_t wait_ms;
            (void)world_poll(w, &wait_ms);
            w->now_ns += 1000u; /* time advances while it is written */
        }
        if (i == 0u) {
            len = w->sent_len;
            memcpy(whole, w->sent, len);
        }
        assert_int_equal(w->sent_len, len);
        assert_memory_equal(w->sent, whole, len);
    }
}

static void test_every_span_carries_the_run(void **state)
{
    world_t *w = *state;
    view_t value, text;
    reset_with_studio(w, &(uspan_studio_t){ .url = STUDIO_URL, .run_id = "run-1" });
    record(w, "one");
    uspan_t open = uspan_start(&w->tracer, USPAN_ROOT, "open");
    assert_int_equal(uspan_run_begin(&w->tracer, "run-2", "second"), USPAN_OK);
    (void)uspan_end(&w->tracer, open);
    record(w, "two");
    world_drain(w);
    unsigned spans = 0;
    for (unsigned i = 0; i < w->request_count; i++) {
        for (unsigned n = 0; !is_registration(w, i) && n < view_span_count(body_of(w, i)); n++) {
            view_t span = view_span(body_of(w, i), n);
            assert_true(view_attr(span, 9u, "gen_ai.conversation.id", &value) &&
                        view_get(value, 1u, 0u, &text));
            assert_true(view_is(text, span_is_named(span, "two") ? "run-2" : "run-1"));
            spans++;
        }
    }
    assert_int_equal(spans, 3);
}

static void test_registration_waits_for_unix_time(void **state)
{
    world_t *w = *state;
    world_reset(w);
    w->unix_ns = 0;
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
    assert_int_equal(uspan_studio_start(&w->tracer, &w->transport,
                                        &(uspan_studio_t){ .url = STUDIO_URL, .run_id = "run-1" }),
                     USPAN_OK);
    assert_int_equal(settle(w), USPAN_FOREVER);
    world_advance_ms(w, 4000);
    uspan_set_unix_time(&w->tracer, 1700000009000000000u);
    (void)settle(w);
    assert_int_equal(w->request_count, 1);
    assert_non_null(
        strstr((char *)w->sent, "\"timestamp\":\"2023-11-14 22:13:25.000\"")); /* its start, 4 s before */
}

static void test_a_failing_registration_never_stops_export(void **state)
{
    static const struct {
        const char *answer;
        uint32_t low, high;
    } rows[] = {
        { NO, 24000, 60000 },
        { "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", 24000, 60000 },
        { "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 24000, 60000 },
        { "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 400, 1000 },
        { "HTTP/1.1 429 Slow\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n", 5000, 6000 },
        { "nonsense\r\n\r\n", 400, 1000 },
    };
    world_t *w = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        reset_with_studio(w, &(uspan_studio_t){ .url = STUDIO_URL, .run_id = "run-1" });
        studio_answer = rows[i].answer;
        (void)settle(w);
        assert_int_equal(registrations(w), 1);
        assert_in_range((w->tracer.out.studio.backoff.not_before_ns - w->now_ns) / MS, rows[i].low, rows[i].high);
        record_many(w, 3);
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 3);
        assert_int_equal(stats_of(w, 0).retries, 0);
        assert_int_equal(stats_of(w, 0).run_failures, 1);
        assert_int_equal(w->request_count, 2);
        assert_true(is_registration(w, 0)); /* a registration was tried before spans with its id were sent */
        studio_answer = NULL;
        w->now_ns = w->tracer.out.studio.backoff.not_before_ns;
        (void)settle(w);
        assert_int_equal(registrations(w), 2);
        assert_int_equal(stats_of(w, 0).run_failures, 1);
        world_advance_ms(w, 3600000);
        (void)settle(w);
        assert_int_equal(registrations(w), 2);
    }
}

static void test_an_answer_beyond_all_limits_counts_by_its_status(void **state)
{
    static char big[20000];
    world_t *w = *state;
    memset(big, 'x', sizeof big - 1u);
    int n = snprintf(big, sizeof big, "HTTP/1.1 200 OK\r\nContent-Length: 19000\r\n\r\n");
    big[n] = 'x';
    reset_with_studio(w, &(uspan_studio_t){ .url = STUDIO_URL, .run_id = "run-1" });
    studio_answer = big;
    (void)settle(w);
    assert_int_equal(registrations(w), 1);
    record(w, "one");
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    studio_answer = NULL;
    world_advance_ms(w, 3600000);
    (void)settle(w);
    assert_int_equal(registrations(w), 1);
}

static void test_shutdown_marks_the_run_done(void **state)
{
    world_t *w = *state;
    reset_with_studio(w, &(uspan_studio_t){ STUDIO_URL, "p", "n", "run-1" });
    (void)settle(w);
    record(w, "last");
    uspan_shutdown(&w->tracer, 5000);
    assert_int_equal(settle(w), USPAN_FOREVER);
    assert_true(uspan_stopped(&w->tracer));
    assert_int_equal(w->request_count, 3);
    expect_body(
        w, 2,
        "{\"id\":\"run-1\",\"project\":\"p\",\"name\":\"n\",\"timestamp\":\"2023-11-14 22:13:25.000\","
        "\"pid\":1,\"status\":\"done\",\"run_dir\":\"\"}");
    assert_int_equal(stats_of(w, 0).delivered, 1);
}

static void test_shutdown_ends_though_studio_does_not_answer(void **state)
{
    world_t *w = *state;
    for (unsigned i = 0; i < 3u; i++) {
        reset_with_studio(w, &(uspan_studio_t){ STUDIO_URL, "p", "n", "run-1" });
        (void)settle(w);
        w->silent = i == 0u;
        w->open_error = i == 1u ? USPAN_ERR_IO : USPAN_OK;
        studio_answer = i == 2u ? NO : NULL;
        uint64_t begin_ns = w->now_ns;
        uspan_shutdown(&w->tracer, 5000);
        while (!uspan_stopped(&w->tracer)) {
            uint32_t wait_ms;
            (void)world_poll(w, &wait_ms);
            world_advance_ms(w, wait_ms != USPAN_FOREVER ? wait_ms : 0u);
        }
        assert_true(w->now_ns - begin_ns <= 5000ull * MS);
    }
}

static void test_further_runs_are_registered_and_the_one_before_is_done(void **state)
{
    world_t *w = *state;
    reset_with_studio(w, &(uspan_studio_t){ STUDIO_URL, "p", "n", "run-1" });
    (void)settle(w);
    for (unsigned i = 2; i < 9u; i++) {
        char id[16], name[16];
        snprintf(id, sizeof id, "run-%u", i);
        snprintf(name, sizeof name, "turn %u", i);
        assert_int_equal(uspan_run_begin(&w->tracer, id, name), USPAN_OK);
        assert_string_equal(uspan_run_id(&w->tracer), id);
        unsigned before = registrations(w);
        record(w, "of it");
        world_drain(w);
        (void)settle(w);
        assert_int_equal(registrations(w), before + 2u);
    }
    assert_int_equal(stats_of(w, 0).delivered, 7);
}

static void test_runs_whose_spans_wait_keep_their_entries(void **state)
{
    world_t *w = *state;
    reset_with_studio(w, &(uspan_studio_t){ STUDIO_URL, "p", "n", "run-1" });
    (void)settle(w);
    record(w, "one");
    assert_int_equal(uspan_run_begin(&w->tracer, "run-2", NULL), USPAN_OK);
    (void)settle(w);
    record(w, "two");
    assert_int_equal(uspan_run_begin(&w->tracer, "run-3", NULL), USPAN_OK);
    (void)settle(w);
    assert_int_equal(uspan_run_begin(&w->tracer, "run-4", NULL), USPAN_ERR_FULL);
    assert_string_equal(uspan_run_id(&w->tracer), "run-3");
    world_drain(w);
    assert_int_equal(uspan_run_begin(&w->tracer, "run-4", NULL), USPAN_OK);
}

/* The next run begins at any byte of a registration. Both runs are registered, and the first is done at the
 * end. */
static void test_a_run_may_begin_at_any_moment_of_a_registration(void **state)
{
    world_t *w = *state;
    for (unsigned at = 0; at < 140u; at++) {
        reset_with_studio(w, &(uspan_studio_t){ STUDIO_URL, "p", "n", "run-1" });
        w->send_max = 5;
        w->recv_max = 20;
        for (unsigned n = 0; n < at; n++) {
            (void)world_poll(w, NULL);
        }
        bool begun = w->request_count > 0u || w->tracer.out.exchanges[0].step != 0u;
        assert_int_equal(uspan_run_begin(&w->tracer, "run-2", "m"), USPAN_OK);
        assert_int_equal(uspan_run_begin(&w->tracer, "run-3", "o"), USPAN_OK);
        (void)settle(w);
        unsigned running[4] = { 0 }, done[4] = { 0 };
        for (unsigned i = 0; i < w->request_count; i++) {
            for (unsigned r = 1; r < 4u; r++) {
                char text[300];
                for (unsigned d = 0; d < 2u; d++) {
                    static const char *const names[] = { "", "n", "m", "o" };
                    snprintf(text, sizeof text,
                             "{\"id\":\"run-%u\",\"project\":\"p\",\"name\":\"%s\",\"timestamp\":"
                             "\"2023-11-14 22:13:25.000\",\"pid\":1,\"status\":\"%s\",\"run_dir\":\"\"}",
                             r, names[r], d == 0u ? "running" : "done");
                    size_t len;
                    const uint8_t *body = world_body(w, i, &len);
                    bool same = len == strlen(text) && memcmp(body, text, len) == 0;
                    running[r] += same && d == 0u;
                    done[r] += same && d == 1u;
                }
            }
        }
        assert_int_equal(running[3], 1);
        assert_int_equal(done[3], 0);
        assert_int_equal(running[2],
                         done[2]); /* a run that ended before its turn is not registered */
        assert_int_equal(done[1], begun);
        assert_int_equal(running[1], begun);
        assert_int_equal(running[1] + running[2] + running[3] + done[1] + done[2], w->request_count);
    }
}

static void test_shutdown_may_begin_at_any_moment_of_a_registration(void **state)
{
    world_t *w = *state;
    for (unsigned at = 0; at < 100u; at++) {
        reset_with_studio(w, &(uspan_studio_t){ STUDIO_URL, "p", "n", "run-1" });
        w->send_max = 5;
        w->recv_max = 20;
        for (unsigned n = 0; n < at; n++) {
            (void)world_poll(w, NULL);
        }
        bool begun = w->request_count > 0u || w->tracer.out.exchanges[0].step != 0u;
        uspan_shutdown(&w->tracer, 60000);
        (void)settle(w);
        assert_true(uspan_stopped(&w->tracer));
        assert_int_equal(w->request_count, begun ? 2u : 0u);
        if (begun) {
            expect_body(w, 1,
                        "{\"id\":\"run-1\",\"project\":\"p\",\"name\":\"n\",\"timestamp\":\"2023-11-14 "
                        "22:13:25.000\","
                        "\"pid\":1,\"status\":\"done\",\"run_dir\":\"\"}");
        }
    }
}

static void test_ids_that_studio_would_misread_are_refused(void **state)
{
    static const char *const bad[] = {
        "",    "12",   "1e5", "-1",    "true", "false", "null",
        "a b", "a\"b", "ü",   "1.5E3", "e",    "E12",   "a234567890123456789012345678901234567"
    };
    static const char *const good[] = { "a",          "dev-1", "0x1f",
                                        "boot_1.2:3", "nullx", "a23456789012345678901234567890123456" };
    world_t *w = *state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        world_reset_with_collector(w);
        const uspan_studio_t s = { .url = STUDIO_URL, .run_id = bad[i] };
        assert_int_equal(uspan_studio_start(&w->tracer, &w->transport, &s), USPAN_ERR_ARG);
        assert_int_equal(settle(w), USPAN_FOREVER);
        assert_null(w->tracer.out.studio.transport); /* nothing changed */
        assert_int_equal(uspan_run_begin(&w->tracer, bad[i], NULL), USPAN_ERR_ARG);
        assert_string_equal(uspan_run_id(&w->tracer), "");
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        reset_with_studio(w, &(uspan_studio_t){ .url = STUDIO_URL, .run_id = good[i] });
        assert_string_equal(uspan_run_id(&w->tracer), good[i]);
    }
}

/* The bytes behind the last run look like a run of any state. They are not read as one. */
static void test_no_run_is_read_behind_the_last_one(void **state)
{
    world_t *w = *state;
    unsigned requests = 0;
    for (unsigned looks = 0; looks < 8u; looks++) {
        world_reset_with_collector(w);
        uspan_trace_part_t *p = &w->tracer.trace;
        const uint32_t bytes = looks << 8u * offsetof(uspan_run_t, state);
        _Static_assert(offsetof(uspan_trace_part_t, messages_dropped) - offsetof(uspan_trace_part_t, runs) ==
                           sizeof p->runs,
                       "the counter is where the next run would be");
        p->messages_dropped = bytes;
        assert_int_equal(uspan_studio_start(&w->tracer, &w->transport, &(uspan_studio_t){ .url = STUDIO_URL }),
                         USPAN_OK);
        (void)settle(w);
        assert_int_equal(uspan_run_begin(&w->tracer, "run-2", NULL), USPAN_OK);
        (void)settle(w);
        assert_true(uspan_studio_settled(&w->tracer));
        assert_true(p->messages_dropped == bytes);
        requests = looks == 0u ? w->request_count : requests;
        assert_int_equal(w->request_count, requests);
    }
}

/* Each bit of the random bytes counts, and a run's id has 128 of them. */
static void test_a_made_id_is_random_and_starts_with_a_letter(void **state)
{
    world_t *w = *state;
    static char ids[200][USPAN_RUN_ID_BYTES];
    unsigned letters = 0, digits[32] = { 0 };
    for (unsigned n = 0; n < COUNT(ids); n++) {
        world_reset_with_collector(w);
        w->random_state = n + 1u;
        assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
        assert_int_equal(uspan_run_begin(&w->tracer, NULL, NULL), USPAN_OK);
        const char *id = strcpy(ids[n], uspan_run_id(&w->tracer));
        assert_int_equal(strlen(id), 32);
        assert_int_equal(strspn(id, "0123456789abcdef"), 32);
        assert_in_range(id[0], 'a', 'f');
        letters |= 1u << (id[0] - 'a');
        for (unsigned i = 1; i < 32u; i++) {
            digits[i] |= 1u << (id[i] - (id[i] < 'a' ? '0' : 'a' - 10));
        }
        for (unsigned other = 0; other < n; other++) {
            assert_string_not_equal(id, ids[other]);
        }
    }
    assert_int_equal(letters, 0x3F);
    for (unsigned i = 1; i < 32u; i++) {
        assert_int_equal(digits[i], 0xFFFF); /* each digit occurs at each position */
    }
}

static void test_unusable_settings_are_refused(void **state)
{
    world_t *w = *state;
    uspan_transport_t t = w->transport;
    assert_int_equal(uspan_studio_start(NULL, &t, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_studio_start(&w->tracer, NULL, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_run_begin(NULL, "a", NULL), USPAN_ERR_ARG);
    t.abi++;
    assert_int_equal(uspan_studio_start(&w->tracer, &t, NULL), USPAN_ERR_ARG);
    static const char *const urls[] = { NULL, "studio:3000", "grpc://studio:4317", "https://studio" };
    for (size_t i = 0; i < COUNT(urls); i++) {
        w->log_len = 0;
        world_advance_ms(w, 1000);
        assert_int_equal(uspan_studio_start(&w->tracer, &w->transport, &(uspan_studio_t){ .url = urls[i] }),
                         USPAN_ERR_CONFIG);
        assert_non_null(strstr(w->log, "Studio:"));
    }
    assert_int_equal(settle(w), USPAN_FOREVER);
    w->entropy = false;
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
    assert_int_equal(uspan_run_begin(&w->tracer, NULL, NULL), USPAN_ERR_AGAIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_run_is_registered_word_for_word),
        TEST(test_names_that_are_not_given_are_made),
        TEST(test_a_request_in_small_pieces_is_the_same),
        TEST(test_every_span_carries_the_run),
        TEST(test_registration_waits_for_unix_time),
        TEST(test_a_failing_registration_never_stops_export),
        TEST(test_an_answer_beyond_all_limits_counts_by_its_status),
        TEST(test_shutdown_marks_the_run_done),
        TEST(test_shutdown_ends_though_studio_does_not_answer),
        TEST(test_further_runs_are_registered_and_the_one_before_is_done),
        TEST(test_runs_whose_spans_wait_keep_their_entries),
        TEST(test_a_run_may_begin_at_any_moment_of_a_registration),
        TEST(test_shutdown_may_begin_at_any_moment_of_a_registration),
        TEST(test_ids_that_studio_would_misread_are_refused),
        TEST(test_no_run_is_read_behind_the_last_one),
        TEST(test_a_made_id_is_random_and_starts_with_a_letter),
        TEST(test_unusable_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
