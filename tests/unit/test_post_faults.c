/* test_post_faults.c: a scripted HTTP client that accepts complete POSTs fails at every call, does not
 * answer, gives no status, and is called in a wrong order. Each lost span is counted. */
#include "post_client.h"

static void test_a_client_that_breaks_at_any_call_loses_nothing(void **state)
{
    world_t *w = *state;
    static const uspan_err_t errors[] = { USPAN_ERR_IO, USPAN_ERR_CLOSED, USPAN_ERR_TRUST, USPAN_ERR_CONFIG };
    unsigned swept = 0;
    for (size_t e = 0; e < COUNT(errors); e++) {
        for (unsigned at = 1;; at++) {
            reset(w, NULL);
            client.again = 1;
            client.take_most = 100;
            client.fail_at = at;
            client.fail_with = errors[e];
            record_many(w, 4);
            (void)run_until(w, 1);
            if (stats_of(w, 0).delivered == 4u) {
                assert_true(at > 10u);
                break; /* it had ended before */
            }
            swept++;
            assert_int_equal(stats_of(w, 0).last_error, errors[e]);
            assert_int_equal(stats_of(w, 0).queued, 4);
            assert_non_null(
                strstr(w->log, errors[e] == USPAN_ERR_TRUST ? "certificate expired" : "the client's words"));
            client.fail_at = 0;
            (void)run_until(w, 2);
            if (stats_of(w, 0).delivered != 4u) {
                fail_msg("error %d at call %u: %s", (int)errors[e], at, w->log);
            }
        }
    }
    assert_true(swept > 40u);
}

static void test_a_silent_client_is_given_up(void **state)
{
    world_t *w = *state;
    for (unsigned way = 0; way < 2u; way++) {
        reset(w, NULL);
        client.silent = way == 0u;
        client.again = way == 1u ? UINT32_MAX : 0u; /* never begins */
        record(w, "one");
        uint64_t ms = run_until(w, 1);
        assert_true(ms >= USPAN_TIMEOUT_MS && ms < USPAN_TIMEOUT_MS + 2000u);
        assert_non_null(strstr(w->log, "no response in time"));
        assert_false(client.running);
        client.silent = false;
        client.again = 0;
        (void)run_until(w, 2);
        assert_int_equal(stats_of(w, 0).delivered, 1);
    }
}

static void test_an_answer_without_status_is_none(void **state)
{
    world_t *w = *state;
    static const unsigned bad[] = { 0, 99, 1000, 65535, 70000 };
    for (size_t i = 0; i < COUNT(bad); i++) {
        reset(w, NULL);
        client.status = bad[i];
        record(w, "one");
        (void)run_until(w, 1);
        assert_non_null(strstr(w->log, "no status"));
        assert_int_equal(stats_of(w, 0).queued, 1);
    }
}

static void test_a_closing_gate_and_shutdown_end_the_exchange(void **state)
{
    world_t *w = *state;
    reset(w, NULL);
    client.silent = true;
    record(w, "one");
    uspan_flush(&w->tracer);
    while (!client.running) {
        (void)poll_once(w);
    }
    uspan_shutdown(&w->tracer, 100);
    (void)world_run(w, 1000);
    assert_true(uspan_stopped(&w->tracer));
    assert_false(client.running);
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_DEADLINE], 1);
}

static void test_wrong_arguments_and_order_are_refused(void **state)
{
    (void)state;
    uspan_post_engine_t bad = engine;
    uint8_t byte = 'x';
    assert_int_equal(uspan_post_init(NULL, &engine, buffer, sizeof buffer, &over), USPAN_ERR_ARG);
    assert_int_equal(uspan_post_init(&post, NULL, buffer, sizeof buffer, &over), USPAN_ERR_ARG);
    assert_int_equal(uspan_post_init(&post, &engine, NULL, sizeof buffer, &over), USPAN_ERR_ARG);
    assert_int_equal(uspan_post_init(&post, &engine, buffer, sizeof buffer, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_post_init(&post, &engine, buffer, USPAN_POST_BUFFER_MIN - 1u, &over),
                     USPAN_ERR_ARG);
    bad.abi++;
    assert_int_equal(uspan_post_init(&post, &bad, buffer, sizeof buffer, &over), USPAN_ERR_ARG);
    bad = engine;
    bad.step = NULL;
    assert_int_equal(uspan_post_init(&post, &bad, buffer, sizeof buffer, &over), USPAN_ERR_ARG);
    memset(&client, 0, sizeof client);
    for (int more = -4; more <= 4; more += 8) { /* the application has another uspan_post_t */
        assert_int_equal(uspan_post_init_sized(&post, &engine, buffer, sizeof buffer, &over,
                                               (size_t)((int)sizeof post + more)),
                         USPAN_ERR_ARG);
    }
    assert_int_equal(uspan_post_init(&post, &engine, buffer, USPAN_POST_BUFFER_MIN, &over), USPAN_OK);
    assert_int_equal(over.send(over.ctx, &byte, 1), USPAN_ERR_IO);
    assert_int_equal(over.recv(over.ctx, &byte, 1), USPAN_ERR_IO);
    over.close(over.ctx);
    over.close(over.ctx);
    assert_int_equal(client.ends, 2);
    bad = engine;
    bad.flags = USPAN_TRANSPORT_SECURE;
    assert_int_equal(uspan_post_init(&post, &bad, buffer, sizeof buffer, &over), USPAN_OK);
    assert_int_equal(over.flags, USPAN_TRANSPORT_SECURE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_client_that_breaks_at_any_call_loses_nothing),
        TEST(test_a_silent_client_is_given_up),
        TEST(test_an_answer_without_status_is_none),
        TEST(test_a_closing_gate_and_shutdown_end_the_exchange),
        cmocka_unit_test(test_wrong_arguments_and_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
