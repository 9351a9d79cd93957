/* test_poll.c: the state machine behind uspan_poll(). Every wait is exact, every fragmentation has the same
 * result, and a connection can end in every way. */
#include "delivery.h"

#define TIMEOUT 10000u
#define CLOSING "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

/* ---- waits --------------------------------------------------------------------------------------------- */

static void test_waits_say_when_the_next_call_is_useful(void **state)
{
    world_t *w = *state;
    uint32_t wait_ms = 0;
    world_reset_with_collector(w);
    assert_int_equal(uspan_poll(&w->tracer, &wait_ms), USPAN_OK);
    assert_int_equal(wait_ms, USPAN_FOREVER);
    record(w, "one");
    assert_int_equal(world_poll(w, &wait_ms), USPAN_ERR_AGAIN);
    assert_int_equal(wait_ms, USPAN_BATCH_AGE_MS);
    world_advance_ms(w, 1234);
    assert_int_equal(world_poll(w, &wait_ms), USPAN_ERR_AGAIN);
    assert_int_equal(wait_ms, USPAN_BATCH_AGE_MS - 1234u);
    w->now_ns += 1u; /* a part of a millisecond counts as one: never too early */
    (void)world_poll(w, &wait_ms);
    assert_int_equal(wait_ms, USPAN_BATCH_AGE_MS - 1234u);
    world_advance_ms(w, USPAN_BATCH_AGE_MS - 1234u);
    for (unsigned polls = 0; stats_of(w, 0).delivered == 0u; polls++) { /* progress: poll again at once */
        (void)world_poll(w, &wait_ms);
        assert_int_equal(wait_ms, 0);
        assert_in_range(polls, 0, 10);
    }
    assert_int_equal(world_poll(w, &wait_ms), USPAN_OK);
    assert_int_equal(wait_ms, USPAN_KEEP_ALIVE_MS);
    world_advance_ms(w, USPAN_KEEP_ALIVE_MS - 1u);
    assert_int_equal(world_poll(w, &wait_ms), USPAN_OK);
    assert_int_equal(wait_ms, 1);
    assert_true(w->is_open);
    world_advance_ms(w, 1);
    assert_int_equal(world_poll(w, &wait_ms), USPAN_OK);
    assert_false(w->is_open);
    assert_int_equal(world_poll(w, &wait_ms), USPAN_OK);
    assert_int_equal(wait_ms, USPAN_FOREVER);
    assert_int_equal(uspan_poll(&w->tracer, NULL), USPAN_OK);
    assert_int_equal(uspan_poll(NULL, &wait_ms), USPAN_ERR_ARG);
}

static void test_a_transport_that_would_block_is_looked_at_each_poll_interval(void **state)
{
    world_t *w = *state;
    for (unsigned i = 0; i < 3u; i++) {
        world_reset_with_collector(w);
        w->opens_needed = i == 0u ? 3u : 0u;
        w->never_sends = i == 1u;
        w->silent = i == 2u;
        record(w, "one");
        uspan_flush(&w->tracer);
        for (unsigned n = 0; n < 3u; n++) {
            assert_int_equal(settle(w), USPAN_POLL_MS);
            world_advance_ms(w, USPAN_POLL_MS);
        }
        assert_int_equal(w->connections, i != 0u);
        w->never_sends = false;
        if (i == 2u) {
            w->answer_at = 0;
        }
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 1);
        assert_int_equal(w->connections, 1);
    }
}

static void test_a_silent_peer_times_out_at_its_deadline(void **state)
{
    world_t *w = *state;
    for (unsigned i = 0; i < 3u; i++) {
        world_reset_with_collector(w);
        if (i == 2u) {
            w->tracer.out.dests[0].target.timeout_ms = 1003u;
        }
        w->opens_needed = i == 0u ? 1000000u : 0u;
        w->never_sends = i == 1u;
        w->silent = i == 2u;
        record(w, "one");
        uspan_flush(&w->tracer);
        uint64_t begin_ns = w->now_ns;
        while (stats_of(w, 0).retries == 0u) {
            uint32_t wait_ms;
            (void)world_poll(w, &wait_ms);
            world_advance_ms(w, stats_of(w, 0).retries == 0u ? wait_ms : 0u);
            assert_in_range(w->transport_calls, 0, 5000);
        }
        assert_int_equal((w->now_ns - begin_ns) / MS, i == 2u ? 1003u : TIMEOUT);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.last_error, USPAN_ERR_IO);
        assert_int_equal(s.queued, 1);
        assert_non_null(strstr(w->log, i == 0u ? "connecting timed out" : "no response in time"));
        assert_false(w->is_open);
        w->opens_needed = 0;
        w->never_sends = w->silent = false;
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 1);
    }
}

static void test_recording_never_waits_for_a_transport_that_never_answers(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->silent = true;
    for (unsigned n = 0; n < 100u * USPAN_SPANS_MAX; n++) {
        unsigned calls = w->transport_calls;
        uint64_t locks = w->locks;
        uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "busy");
        (void)uspan_set_int(&w->tracer, s, USPAN_KEY("n"), (int64_t)n);
        (void)uspan_end(&w->tracer, s);
        assert_int_equal(w->transport_calls, calls);
        assert_in_range(w->locks - locks, 1, 8);
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, 7);
    }
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.started, 100u * USPAN_SPANS_MAX);
    assert_int_equal(s.delivered, 0);
    assert_int_equal(s.queued, USPAN_SPANS_MAX);
    assert_int_equal(s.dropped[USPAN_DROP_POOL_FULL], 99u * USPAN_SPANS_MAX);
    assert_in_range(s.retries, 1, 20);
    w->silent = false;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, USPAN_SPANS_MAX);
}

/* ---- fragmentation ------------------------------------------------------------------------------------- */

static void test_bytes_moved_one_by_one_make_the_same_request(void **state)
{
    static uint8_t whole[4096];
    world_t *w = *state;
    size_t len = 0;
    for (unsigned i = 0; i < 4u; i++) {
        static const size_t pieces[] = { 0, 1, 2, 13 };
        world_reset_with_collector(w);
        w->send_max = w->recv_max = pieces[i];
        for (unsigned n = 0; n < 5u; n++) {
            uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "chat");
            (void)uspan_set_str(&w->tracer, s, USPAN_KEY("text"),
                                "a value that is longer than one block of the pool is");
            (void)uspan_end(&w->tracer, s);
        }
        world_drain(w);
        assert_int_equal(w->request_count, 1);
        if (i == 0u) {
            assert_true(w->sent_len < sizeof whole);
            memcpy(whole, w->sent, w->sent_len);
            len = w->sent_len;
        }
        assert_int_equal(w->sent_len, len);
        assert_memory_equal(w->sent, whole, len);
        assert_int_equal(stats_of(w, 0).delivered, 5);
    }
}

static void test_answers_of_every_framing_are_read_in_any_pieces(void **state)
{
    static const struct {
        const char *text;
        bool closes, ends; /* closes: uspan closes. ends: the peer's end ends the response */
    } answers[] = {
        { OK_200, false, false },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" OK_200, false, false },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=\"y\"\r\nde\r\n0\r\nX-Sum: "
          "1\r\n\r\n",
          false, false },
        { "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nto the end", true, true },
        { "HTTP/1.0 200 OK\r\n\r\nold", true, true },
        { "HTTP/1.1 204 No Content\r\n\r\n", false, false },
        { CLOSING, true, false },
        { OK_200 "HTTP/1.1 200 OK\r\n", true, false }, /* more bytes than a response has: out of step */
    };
    world_t *w = *state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        for (size_t piece = 0; piece < 4u; piece++) {
            world_reset_with_collector(w);
            w->answer = answers[i].text;
            w->close_after = answers[i].ends;
            w->cut_how = USPAN_ERR_CLOSED;
            w->recv_max = piece;
            record(w, "one");
            uspan_flush(&w->tracer);
            while (stats_of(w, 0).delivered == 0u) {
                uint32_t wait_ms;
                (void)world_poll(w, &wait_ms);
                world_advance_ms(w, wait_ms);
                assert_true(stats_of(w, 0).retries == 0u);
            }
            bool stays = !answers[i].closes ||
                         (i == COUNT(answers) - 1u && piece == 1u); /* the excess is not read in this case */
            stays = stays || (i == COUNT(answers) - 1u && piece > 1u && (sizeof OK_200 - 1u) % piece == 0u);
            assert_int_equal(w->is_open, stays);
        }
    }
}

/* ---- early answers ------------------------------------------------------------------------------------- */

static void test_an_answer_before_the_body_is_sent_is_heard(void **state)
{
    world_t *w = *state;
    static char text[4000];
    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i < 4u; i++) {
        world_reset_with_collector(w);
        w->early_after = 600;
        w->early_breaks = i % 2u == 1u;
        w->answer = i < 2u ? "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
                           : "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 9\r\n\r\n";
        uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "large");
        (void)uspan_set_str_n(&w->tracer, s, USPAN_KEY("text"), text, sizeof text);
        (void)uspan_end(&w->tracer, s);
        uspan_flush(&w->tracer);
        while (stats_of(w, 0).last_status == 0u) {
            uint32_t wait_ms;
            (void)world_poll(w, &wait_ms);
            assert_true(wait_ms <= USPAN_POLL_MS);
            world_advance_ms(w, wait_ms);
        }
        uspan_stats_t stats = stats_of(w, 0);
        assert_int_equal(w->request_count, 0); /* it never was complete */
        assert_false(w->is_open);
        assert_int_equal(stats.dropped[USPAN_DROP_TOO_LARGE], i < 2u);
        assert_int_equal(stats.retries, i >= 2u);
        if (i >= 2u) {
            assert_in_range(settle(w), 9000, 10800);
            w->early_after = 0;
            w->answer = NULL;
            world_drain(w);
            assert_int_equal(stats_of(w, 0).delivered, 1);
        }
    }
}

static void test_a_connection_that_breaks_while_sending_without_an_answer_is_retried(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->early_after = 60;
    w->early_breaks = true;
    w->answer = "";
    w->answer_len = 0;
    record(w, "kept");
    uspan_flush(&w->tracer);
    assert_in_range(settle(w), 400, 1000);
    assert_non_null(strstr(w->log, "connection lost while sending"));
    w->early_after = 0;
    w->answer = NULL;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
}

/* ---- the connection ------------------------------------------------------------------------------------ */

static void test_a_connection_is_kept_and_used_again(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    for (unsigned n = 0; n < 5u; n++) {
        record(w, "one");
        world_drain(w);
        world_advance_ms(w, USPAN_KEEP_ALIVE_MS - 1u);
    }
    assert_int_equal(w->connections, 1);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.connects, 1);
    assert_int_equal(s.requests, 5);
    assert_int_equal(w->requests[4].connection, 1);
    w->answer = CLOSING;
    record(w, "one");
    world_drain(w);
    assert_false(w->is_open);
    w->answer = NULL;
    record(w, "one");
    world_drain(w);
    assert_int_equal(w->connections, 2);
}

static void test_a_kept_connection_that_died_means_one_silent_resend(void **state)
{
    world_t *w = *state;
    for (unsigned i = 0; i < 4u; i++) {
        world_reset_with_collector(w);
        w->cut_how = i % 2u == 0u ? USPAN_ERR_IO : USPAN_ERR_CLOSED;
        record(w, "first");
        world_drain(w);
        w->kept = i < 2u ? WORLD_DIES_ON_SEND : WORLD_DIES_ON_RECV;
        record(w, "second");
        uspan_flush(&w->tracer);
        size_t from = w->sent_len;
        (void)settle(w);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.delivered, 2);
        assert_int_equal(s.resends, 1);
        assert_int_equal(s.retries, 0);
        assert_int_equal(s.requests, 2);
        assert_int_equal(s.connects, 2);
        assert_int_equal(s.last_error, 0);
        assert_int_equal(w->request_count, 2);
        if (i >= 2u) { /* the complete request was sent twice, with equal bytes */
            size_t len = w->requests[1].head_len + w->requests[1].body_len;
            assert_int_equal(w->sent_len, from + 2u * len);
            assert_memory_equal(w->sent + from, w->sent + from + len, len);
        }
    }
}

static void test_a_resend_that_dies_too_is_a_retry(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    record(w, "first");
    world_drain(w);
    w->kept = WORLD_DIES_ON_RECV;
    w->cut_answer = 0;
    record(w, "second");
    uspan_flush(&w->tracer);
    assert_in_range(settle(w), 400, 1000);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.resends, 1);
    assert_int_equal(s.retries, 1);
    w->cut_answer = SIZE_MAX;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 2);
}

static void test_a_kept_connection_that_dies_inside_its_answer_is_a_retry(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    record(w, "first");
    world_drain(w);
    w->cut_answer = 5;
    record(w, "second");
    uspan_flush(&w->tracer);
    assert_in_range(settle(w), 400, 1000);
    assert_int_equal(stats_of(w, 0).resends, 0);
    w->cut_answer = SIZE_MAX;
    world_drain(w);
}

/* Every byte of a small exchange can be the last one: the batch is sent again or has its response. */
#define ANSWER_BYTES 77u /* of world.c's default response */
static void test_a_cut_at_any_byte_loses_nothing(void **state)
{
    world_t *w = *state;
    for (unsigned way = 0; way < 4u; way++) {
        for (size_t at = 1;; at++) {
            world_reset_with_collector(w);
            w->cut_how = way % 2u == 0u ? USPAN_ERR_IO : USPAN_ERR_CLOSED;
            w->cut_request = way < 2u ? at : 0u;
            w->cut_answer = way < 2u ? SIZE_MAX : at - 1u;
            record_many(w, 2);
            uspan_flush(&w->tracer);
            (void)settle(w);
            uspan_stats_t s = stats_of(w, 0);
            bool delivered = s.delivered == 2u;
            bool survived = delivered && (way < 2u || at > ANSWER_BYTES);
            assert_true(delivered || s.queued == 2u);
            assert_int_equal(s.retries, !delivered);
            if (way >= 2u) { /* if a status was read, it decides */
                assert_int_equal(delivered, at - 1u >= sizeof "HTTP/1.1 200 " - 1u);
            }
            w->cut_request = 0;
            w->cut_answer = SIZE_MAX;
            world_drain(w);
            assert_int_equal(stats_of(w, 0).delivered, 2);
            if (survived) { /* past the last byte */
                assert_in_range(at, 60, 1000);
                assert_int_equal(w->request_count, 1);
                break;
            }
        }
    }
}

/* ---- gate ---------------------------------------------------------------------------------------------- */

static bool is_open(void *ctx)
{
    return *(const bool *)ctx;
}

static void test_a_closed_gate_keeps_connects_and_requests_back(void **state)
{
    world_t *w = *state;
    bool open = false;
    const uspan_gate_t gate = { &open, is_open };
    uint32_t wait_ms = 0;
    world_reset_with_collector(w);
    uspan_set_gate(&w->tracer, &gate);
    assert_int_equal(world_poll(w, &wait_ms), USPAN_OK);
    assert_int_equal(wait_ms, USPAN_FOREVER); /* no span waits: the gate is not called */
    record(w, "one");
    uspan_flush(&w->tracer);
    assert_int_equal(world_poll(w, &wait_ms), USPAN_ERR_AGAIN);
    assert_int_equal(wait_ms, USPAN_BATCH_AGE_MS); /* spans wait: the gate is called no more often */
    const uspan_batching_t slow = { .age_ms = 60000 };
    uspan_set_batching(&w->tracer, &slow);
    assert_int_equal(world_poll(w, &wait_ms), USPAN_ERR_AGAIN);
    assert_int_equal(wait_ms, 60000);
    assert_int_equal(w->transport_calls, 0);
    open = true;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    assert_true(w->is_open);
    open = false;
    (void)world_poll(w, &wait_ms);
    assert_false(w->is_open); /* an idle connection is closed at once */
    uspan_set_gate(&w->tracer, NULL);
    record(w, "two");
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 2);
}

static void test_a_gate_that_closes_under_way_lets_the_exchange_end(void **state)
{
    world_t *w = *state;
    bool open = true;
    const uspan_gate_t gate = { &open, is_open };
    world_reset_with_collector(w);
    uspan_set_gate(&w->tracer, &gate);
    w->send_max = w->recv_max = 50;
    record(w, "one");
    uspan_flush(&w->tracer);
    while (w->sent_len < 100u) {
        (void)world_poll(w, NULL);
    }
    open = false;
    (void)settle(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    assert_false(w->is_open);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_waits_say_when_the_next_call_is_useful),
        TEST(test_a_transport_that_would_block_is_looked_at_each_poll_interval),
        TEST(test_a_silent_peer_times_out_at_its_deadline),
        TEST(test_recording_never_waits_for_a_transport_that_never_answers),
        TEST(test_bytes_moved_one_by_one_make_the_same_request),
        TEST(test_answers_of_every_framing_are_read_in_any_pieces),
        TEST(test_an_answer_before_the_body_is_sent_is_heard),
        TEST(test_a_connection_that_breaks_while_sending_without_an_answer_is_retried),
        TEST(test_a_connection_is_kept_and_used_again),
        TEST(test_a_kept_connection_that_died_means_one_silent_resend),
        TEST(test_a_resend_that_dies_too_is_a_retry),
        TEST(test_a_kept_connection_that_dies_inside_its_answer_is_a_retry),
        TEST(test_a_cut_at_any_byte_loses_nothing),
        TEST(test_a_closed_gate_keeps_connects_and_requests_back),
        TEST(test_a_gate_that_closes_under_way_lets_the_exchange_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
