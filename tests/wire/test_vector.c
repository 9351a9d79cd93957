/* test_vector.c: the known request of 188 bytes is encoded exactly, whatever the sizes of the reads. Its
 * resource is service.name alone, so this program defines uspan_resource_next() itself. The linker then does
 * not use resource.c (which adds telemetry.sdk.*) from its archive. test_nanopb_equal.c tests resource.c.
 * uspan-config: USPAN_SCHEMA_URL="" */
#include "export/otlp.h"
#include "export/batch.h"
#include "export/resource.h"
#include "world.h"

#define VECTOR_BYTES 188u
static const uint8_t vector[VECTOR_BYTES] = {
    0x0a, 0xb9, 0x01, 0x0a, 0x17, 0x0a, 0x15, 0x0a, 0x0c, 0x73, 0x65, 0x72, 0x76, 0x69, 0x63, 0x65,
    0x2e, 0x6e, 0x61, 0x6d, 0x65, 0x12, 0x05, 0x0a, 0x03, 0x64, 0x65, 0x76, 0x12, 0x9d, 0x01, 0x0a,
    0x14, 0x0a, 0x0a, 0x61, 0x67, 0x65, 0x6e, 0x74, 0x73, 0x63, 0x6f, 0x70, 0x65, 0x12, 0x06, 0x31,
    0x2e, 0x30, 0x2e, 0x32, 0x31, 0x12, 0x84, 0x01, 0x0a, 0x10, 0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd,
    0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c, 0x12, 0x08, 0xb7, 0xad, 0x6b, 0x71,
    0x69, 0x20, 0x33, 0x31, 0x2a, 0x06, 0x63, 0x68, 0x61, 0x74, 0x20, 0x6d, 0x30, 0x03, 0x39, 0x00,
    0x00, 0x2a, 0x36, 0xfe, 0x9c, 0x97, 0x17, 0x41, 0x00, 0x2f, 0x92, 0x8f, 0xfe, 0x9c, 0x97, 0x17,
    0x4a, 0x1f, 0x0a, 0x15, 0x67, 0x65, 0x6e, 0x5f, 0x61, 0x69, 0x2e, 0x6f, 0x70, 0x65, 0x72, 0x61,
    0x74, 0x69, 0x6f, 0x6e, 0x2e, 0x6e, 0x61, 0x6d, 0x65, 0x12, 0x06, 0x0a, 0x04, 0x63, 0x68, 0x61,
    0x74, 0x4a, 0x1f, 0x0a, 0x19, 0x67, 0x65, 0x6e, 0x5f, 0x61, 0x69, 0x2e, 0x75, 0x73, 0x61, 0x67,
    0x65, 0x2e, 0x69, 0x6e, 0x70, 0x75, 0x74, 0x5f, 0x74, 0x6f, 0x6b, 0x65, 0x6e, 0x73, 0x12, 0x02,
    0x18, 0x0c, 0x7a, 0x02, 0x18, 0x01, 0x85, 0x01, 0x01, 0x01, 0x00, 0x00,
};

bool uspan_resource_next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                         uspan_key_t *key)
{
    static const uspan_key_t service_name = USPAN_KEY_INIT("service.name");
    (void)t;
    (void)pos;
    *key = service_name;
    *e = (uspan_entry_t){ .key = key, .len = 3u, .store = USPAN_STORE_STATIC, .v.text = "dev" };
    return (*item)++ == 0u;
}

/* The span of the vector, through the public calls. Span ids are random, so the known id is written to the
 * slot. */
static void record_span(world_t *w)
{
    static const uint8_t trace_id[16] = { 0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd,
                                          0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c };
    static const uint8_t span_id[8] = { 0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31 };
    static const uspan_scope_t scope = { "agentscope", "1.0.21" };
    world_reset_with_collector(w);
    uspan_tracer_t *t = &w->tracer;
    w->unix_ns = 1700000000000000000u - w->now_ns;
    uspan_set_unix_time(t, 1700000000000000000u);
    const uspan_options_t options = { .kind = USPAN_KIND_CLIENT, .scope = &scope, .trace_id = trace_id };
    uspan_t s = uspan_start_with(t, USPAN_ROOT, "chat m", 6, &options);
    uspan_slot_t *slot = uspan_slot_find(&t->trace, s);
    assert_non_null(slot);
    memcpy(slot->span_id, span_id, sizeof span_id);
    assert_int_equal(uspan_set_str(t, s, USPAN_KEY("gen_ai.operation.name"), "chat"), USPAN_OK);
    assert_int_equal(uspan_set_int(t, s, USPAN_KEY("gen_ai.usage.input_tokens"), 12), USPAN_OK);
    assert_int_equal(uspan_set_status(t, s, USPAN_STATUS_OK, NULL), USPAN_OK);
    world_advance_ms(w, 1500);
    assert_int_equal(uspan_end(t, s), USPAN_OK);
}

static uspan_batch_t *make_batch(world_t *w)
{
    record_span(w);
    assert_true(uspan_batch_build(&w->tracer, 0));
    return &w->tracer.out.dests[0].batch;
}

/* Read with sizes that `next` chooses. Each read except the last fills its buffer. */
static void read_and_compare(world_t *w, const uspan_batch_t *batch, size_t (*next)(void *ctx), void *ctx)
{
    uspan_otlp_t o;
    uint8_t out[512];
    size_t len = 0;
    uspan_otlp_begin(&o, &w->tracer, batch, 0);
    for (;;) {
        size_t cap = next(ctx);
        memset(out + len, 0xA5, sizeof out - len);
        size_t n = uspan_otlp_read(&o, out + len, cap);
        assert_true(n <= cap);
        assert_int_equal(out[len + cap], 0xA5); /* no byte beyond the end */
        len += n;
        assert_true(len <= VECTOR_BYTES);
        if (n < cap) {
            break;
        }
    }
    assert_int_equal(len, VECTOR_BYTES);
    assert_memory_equal(out, vector, VECTOR_BYTES);
    assert_int_equal(uspan_otlp_read(&o, out, sizeof out), 0);
}

static size_t same_size(void *ctx)
{
    return *(size_t *)ctx;
}

static size_t random_size(void *ctx)
{
    uint32_t *x = ctx;
    *x = *x * 1664525u + 1013904223u;
    return (*x >> 16) % 97u; /* 0 too: a read of 0 bytes changes nothing */
}

static size_t random_nonzero_size(void *ctx)
{
    return random_size(ctx) + 1u;
}

static void test_the_known_request_leaves_byte_for_byte(void **state)
{
    world_t *w = *state;
    uspan_batch_t *batch = make_batch(w);
    assert_int_equal(uspan_size_request(&w->tracer, batch, 0), VECTOR_BYTES);
    assert_int_equal(batch->body_len, VECTOR_BYTES);
    size_t size = VECTOR_BYTES + 1u;
    read_and_compare(w, batch, same_size, &size);
    uspan_batch_delivered(&w->tracer, 0, 0);
}

static void test_every_read_size_gives_the_same_bytes(void **state)
{
    world_t *w = *state;
    const uspan_batch_t *batch = make_batch(w);
    for (size_t size = 1; size <= 200u; size++) {
        /* 188 is a multiple of some read sizes. In this case one more read returns nothing, which marks the
         * end. */
        read_and_compare(w, batch, same_size, &size);
    }
    uspan_batch_delivered(&w->tracer, 0, 0);
}

static void test_random_read_sizes_give_the_same_bytes(void **state)
{
    world_t *w = *state;
    const uspan_batch_t *batch = make_batch(w);
    for (uint32_t seed = 0; seed < 1000u; seed++) {
        uint32_t x = seed;
        read_and_compare(w, batch, random_nonzero_size, &x);
    }
    uspan_batch_delivered(&w->tracer, 0, 0);
}

static void test_a_read_of_nothing_gives_nothing(void **state)
{
    world_t *w = *state;
    const uspan_batch_t *batch = make_batch(w);
    uspan_otlp_t o;
    uint8_t out[VECTOR_BYTES + 128u];
    uint32_t x = 7;
    size_t len = 0;
    uspan_otlp_begin(&o, &w->tracer, batch, 0);
    while (len < VECTOR_BYTES) {
        assert_int_equal(uspan_otlp_read(&o, out + len, 0), 0);
        len += uspan_otlp_read(&o, out + len, random_size(&x));
    }
    assert_memory_equal(out, vector, VECTOR_BYTES);
    uspan_batch_delivered(&w->tracer, 0, 0);
}

static void test_the_request_on_the_wire_is_the_same(void **state)
{
    world_t *w = *state;
    record_span(w);
    world_drain(w);
    assert_int_equal(w->request_count, 1);
    size_t len;
    const uint8_t *body = world_body(w, 0, &len);
    assert_int_equal(len, VECTOR_BYTES);
    assert_memory_equal(body, vector, VECTOR_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_known_request_leaves_byte_for_byte, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_every_read_size_gives_the_same_bytes, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_random_read_sizes_give_the_same_bytes, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_read_of_nothing_gives_nothing, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_the_request_on_the_wire_is_the_same, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
