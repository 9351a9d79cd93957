/* collector_change.h: a test that runs with a send buffer of any size. */
#ifndef USPAN_TEST_COLLECTOR_CHANGE_H
#define USPAN_TEST_COLLECTOR_CHANGE_H

#include "delivery.h"

/* Settings change at each byte of an exchange. Every request is complete, and the next request has the new
 * settings. */
static inline void test_settings_may_change_at_any_moment_of_an_exchange(void **state)
{
    world_t *w = *state;
    for (unsigned what = 0; what < 2u; what++) {
        for (unsigned at = 0;; at++) {
            world_reset_with_collector(w);
            assert_int_equal(uspan_set_headers(&w->tracer, 0u, "X-Word=first,X-More=and-more-of-it"),
                             USPAN_OK);
            w->send_max = w->recv_max = 11;
            w->opens_needed = 3;
            record(w, "one");
            uspan_flush(&w->tracer);
            for (unsigned n = 0; n < at; n++) {
                (void)world_poll(w, NULL);
            }
            bool late = w->request_count > 0u;
            bool body = w->tracer.out.exchanges[0].head_len != 0u &&
                        w->tracer.out.exchanges[0].rendered >= w->tracer.out.exchanges[0].head_len &&
                        w->tracer.out.exchanges[0].step != 0u;
            if (what == 0u) {
                assert_int_equal(uspan_set_headers(&w->tracer, 0u, "X-Word=second"), USPAN_OK);
            } else {
                assert_int_equal(uspan_set_endpoint(&w->tracer, 0u, "http://other:81/in"), USPAN_OK);
            }
            world_drain(w);
            record(w, "two");
            world_drain(w);
            uspan_stats_t s = stats_of(w, 0);
            assert_int_equal(s.delivered, 2);
            assert_int_equal(s.retries, 0);
            assert_int_equal(w->request_count, 2);
            assert_true(head_has(
                w, 1, what == 0u ? "X-Word: second\r\n" : "POST /in HTTP/1.1\r\nHost: other:81\r\n"));
            if (body || late) {
                assert_true(head_has(w, 0, what == 0u ? "X-Word: first\r\n" : "Host: collector:4318\r\n"));
            } else {
                assert_true(head_has(w, 0, what == 0u ? "X-Word: second\r\n" : "Host: other:81\r\n"));
            }
            if (what == 1u) {
                assert_int_equal(w->requests[1].connection > w->requests[0].connection, body || late);
                assert_string_equal(w->host, "other");
            }
            if (late && w->tracer.out.exchanges[0].step == 0u && at > 80u) {
                break;
            }
        }
    }
}

#endif
