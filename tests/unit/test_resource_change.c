/* test_resource_change.c: the resource changes at run time, at any moment of an exchange. Each request is one
 * complete message with the old resource or the new one, and no span is lost.
 * uspan-config: USPAN_SPOOL=1 USPAN_GZIP=1 USPAN_SEND_BYTES=128 */
#include "delivery.h"

static const uspan_resource_t longer = { .service_version = "a version that is much longer",
                                         .instance_id = "7" };
static const uspan_resource_t shorter = { .service_name = "s" };

static bool is_whole(const world_t *w, unsigned request)
{
    const char *head = (const char *)w->sent + w->requests[request].at;
    view_t body = body_of(w, request), spans, resource, value;
    char length[48];
    (void)snprintf(length, sizeof length, "Content-Length: %zu\r\n", body.len);
    return head_has(w, request, length) && head[0] == 'P' && view_get(body, 1u, 0u, &spans) &&
           view_get(spans, 1u, 0u, &resource) && view_attr(resource, 1u, "telemetry.sdk.name", &value) &&
           view_span_count(body) == 2u;
}

/* The change comes after n bytes of the request. */
static void test_a_request_is_whole_whenever_the_resource_changes(void **state)
{
    world_t *w = *state;
    unsigned restarted = 0;
    for (size_t bytes = 0; bytes < 700u; bytes += 7u) {
        world_reset_with_collector(w);
        w->send_max = 16;
        record_many(w, 2);
        uspan_flush(&w->tracer);
        for (unsigned n = 0; n < 1000u && w->sent_len < bytes && w->request_count == 0u; n++) {
            (void)world_poll(w, NULL);
        }
        assert_int_equal(uspan_set_resource(&w->tracer, bytes % 2u == 0u ? &longer : &shorter), USPAN_OK);
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 2);
        assert_int_equal(w->request_count, 1);
        assert_true(is_whole(w, 0));
        restarted += w->connections > 1u;
    }
    assert_true(restarted > 10u);
}

/* The change comes after some steps, first while the compressed bytes are counted. A Content-Length that is
 * not that of the body would end the connection or leave the request incomplete. */
static void test_a_compressed_request_has_its_length_whenever_the_resource_changes(void **state)
{
    world_t *w = *state;
    unsigned compressed = 0;
    for (unsigned steps = 0; steps < 60u; steps++) {
        static char attributes[241];
        world_reset(w);
        const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces", .gzip = true };
        uspan_resource_t before = { .attributes = attributes };
        memcpy(attributes, "k=", 3u);
        for (uint32_t i = 2, seed = steps; i < 240u; i++) { /* it does not compress well */
            seed = seed * 1664525u + 1013904223u;
            attributes[i] = (char)('a' + (seed >> 24) % 26u);
        }
        assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
        assert_int_equal(uspan_set_resource(&w->tracer, &before), USPAN_OK);
        for (unsigned i = 0; i < 12u; i++) { /* the body is many times as long as what it is compressed to */
            char text[200];
            memset(text, 'a', sizeof text);
            uspan_t span = uspan_start(&w->tracer, USPAN_ROOT, "span");
            (void)uspan_set_str_n(&w->tracer, span, USPAN_KEY("text"), text, sizeof text);
            (void)uspan_end(&w->tracer, span);
        }
        uspan_flush(&w->tracer);
        for (unsigned n = 0; n < steps && w->request_count == 0u; n++) {
            (void)world_poll(w, NULL);
        }
        assert_int_equal(uspan_set_resource(&w->tracer, &shorter), USPAN_OK);
        memset(attributes, '!', sizeof attributes - 1u); /* nothing reads the old texts any more */
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 12);
        assert_int_equal(w->request_count, 1);
        compressed += head_has(w, 0, "Content-Encoding: gzip\r\n");
    }
    assert_true(compressed > 50u);
}

/* The batch waits for its next attempt. */
static void test_a_batch_that_waits_has_the_new_resource(void **state)
{
    world_t *w = *state;
    for (unsigned i = 0; i < 2u; i++) {
        world_reset(w);
        const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces" };
        assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
        w->answer = "HTTP/1.1 503 later\r\nContent-Length: 0\r\n\r\n";
        record_many(w, 2);
        uspan_flush(&w->tracer);
        (void)settle(w);
        assert_int_equal(w->request_count, 1);
        w->answer = NULL;
        assert_int_equal(uspan_set_resource(&w->tracer, i % 2u == 0u ? &longer : &shorter), USPAN_OK);
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 2);
        assert_int_equal(w->request_count, 2);
        assert_true(is_whole(w, 1));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_request_is_whole_whenever_the_resource_changes),
        TEST(test_a_compressed_request_has_its_length_whenever_the_resource_changes),
        TEST(test_a_batch_that_waits_has_the_new_resource),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
