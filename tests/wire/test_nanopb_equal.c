/* test_nanopb_equal.c: uspan_otlp_read() writes the same bytes as nanopb's generated encoder.
 * uspan-config: USPAN_TEXT_BYTES=2000000 USPAN_VALUE_MAX=65000 USPAN_ATTRS_MAX=32 USPAN_BATCH_BYTES_MAX=4000000 */
#include "export/otlp.h"
#include "export/queue.h"
#include <stdlib.h>
#include "export/batch.h"
#include "export/queue.h"
#include "oracle_table.h"
#include "trace/clock.h"
#include "uspan/read.h"

#define OUT_BYTES (2u * 1024u * 1024u)

/* ---- recording what a table requests ------------------------------------------------------------------- */

static uspan_attr_t resource[16];
static size_t resource_count;

static void add_resource(uspan_attr_t attr)
{
    resource[resource_count++] = attr;
}

static void begin(world_t *w)
{
    world_reset_with_collector(w);
    uspan_set_unix_time(&w->tracer, w->unix_ns + w->now_ns);
    resource_count = 0;
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("service.name"), USPAN_SERVICE_NAME));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("telemetry.sdk.name"), "uspan"));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("telemetry.sdk.language"), "c"));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("telemetry.sdk.version"), USPAN_VERSION));
}

/* The requested attributes: those kept and, after them, those beyond the limit. */
static const uspan_attr_t *with_dropped(const uspan_attr_t *attrs, size_t kept, size_t dropped)
{
    static uspan_attr_t asked[512];
    for (size_t i = 0; i < kept; i++) {
        asked[i] = attrs[i];
    }
    for (size_t i = 0; i < dropped; i++) {
        asked[kept + i] = (uspan_attr_t)USPAN_ATTR_INT(USPAN_KEY("too.many"), 1);
    }
    assert_true(dropped == 0u || kept == USPAN_EVENT_ATTRS_MAX);
    return asked;
}

/* Parents end after their children, so that a child finds its parent open. All spans are ended last, in the
 * required order. */
static void record(world_t *w, oracle_span_t *spans, size_t count)
{
    uspan_tracer_t *t = &w->tracer;
    uspan_t handles[USPAN_SPANS_MAX];
    const uint64_t base_ns = w->now_ns - 2000000000u; /* no span ends in the future */
    assert_true(count <= USPAN_SPANS_MAX);
    for (size_t i = 0; i < count; i++) {
        oracle_span_t *o = &spans[i];
        uspan_context_t parent;
        uint64_t start_ns = base_ns + o->start_after_ns;
        uspan_options_t options = { .kind = o->kind, .scope = o->scope, .start_ns = start_ns };
        if (o->traceparent != NULL) {
            assert_int_equal(uspan_context_parse(&parent, o->traceparent, o->tracestate), USPAN_OK);
            options.parent = &parent;
        }
        uspan_t s =
            uspan_start_with(t, o->child ? handles[i - 1u] : USPAN_ROOT, o->name, strlen(o->name), &options);
        uspan_view_t view;
        assert_int_equal(uspan_read(t, s, &view), USPAN_OK);
        handles[i] = s;
        memcpy(o->trace_id, view.trace_id, 16);
        memcpy(o->span_id, view.span_id, 8);
        memset(o->parent_id, 0, 8);
        o->flags = 0x103u;
        if (o->child) {
            assert_memory_equal(o->trace_id, spans[i - 1u].trace_id, 16);
            memcpy(o->parent_id, spans[i - 1u].span_id, 8);
            o->flags = 0x100u | (spans[i - 1u].flags & 0xFFu);
        } else if (o->traceparent != NULL) {
            assert_memory_equal(o->trace_id, parent.trace_id, 16);
            memcpy(o->parent_id, parent.span_id, 8);
            o->flags = 0x300u | parent.flags;
        }
        o->start_unix_ns = w->unix_ns + start_ns;
        for (size_t n = 0; n < o->attr_count; n++) {
            assert_int_equal(uspan_set_all(t, s, &o->attrs[n], 1), USPAN_OK);
        }
        uspan_set_limits(t, &(uspan_limits_t){ .attrs = (uint16_t)o->attr_count,
                                               .events = (uint16_t)o->event_count,
                                               .links = (uint16_t)o->link_count });
        for (size_t n = 0; n < o->dropped_attrs; n++) {
            assert_int_equal(uspan_set_int(t, s, USPAN_KEY("too.many"), 1), USPAN_ERR_FULL);
        }
        for (size_t n = 0; n < o->event_count; n++) {
            const oracle_event_t *e = &o->events[n];
            const uspan_attr_t *asked = with_dropped(e->attrs, e->attr_count, e->dropped);
            assert_int_equal(uspan_event_n(t, s, e->name, strlen(e->name), start_ns + e->after_ns, asked,
                                           e->attr_count + e->dropped),
                             e->dropped > 0u ? USPAN_TRUNCATED : USPAN_OK);
        }
        for (size_t n = 0; n < o->dropped_events; n++) {
            assert_int_equal(uspan_event(t, s, "too many"), USPAN_ERR_FULL);
        }
        for (size_t n = 0; n < o->link_count; n++) {
            const oracle_link_t *l = &o->links[n];
            uspan_context_t context;
            assert_int_equal(uspan_context_parse(&context, l->traceparent, l->tracestate), USPAN_OK);
            context.remote = !l->local;
            const uspan_attr_t *asked = with_dropped(l->attrs, l->attr_count, l->dropped);
            assert_int_equal(
                uspan_add_link(t, s, &(uspan_link_t){ &context, asked, l->attr_count + l->dropped }),
                l->dropped > 0u ? USPAN_TRUNCATED : USPAN_OK);
        }
        for (size_t n = 0; n < o->dropped_links; n++) {
            uspan_context_t context;
            assert_int_equal(uspan_context_of(t, s, &context), USPAN_OK);
            assert_int_equal(uspan_add_link(t, s, &(uspan_link_t){ &context, NULL, 0 }), USPAN_ERR_FULL);
        }
        uspan_set_limits(t, NULL);
        assert_int_equal(uspan_set_status(t, s, o->status, o->message), USPAN_OK);
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(uspan_end_at(t, handles[i], base_ns + spans[i].start_after_ns + spans[i].lasts_ns),
                         USPAN_OK);
    }
}

static uint8_t *expected, *got;

/* Freeze, read in reads of `step` bytes, compare with nanopb. */
static void compare(world_t *w, const oracle_request_t *request, size_t step)
{
    uspan_tracer_t *t = &w->tracer;
    uspan_batch_t *batch = &t->out.dests[0].batch;
    size_t expected_len = oracle_encode(request, expected, OUT_BYTES);
    assert_int_equal(uspan_size_request(t, batch, 0), expected_len);
    assert_int_equal(batch->body_len, expected_len);
    static uspan_otlp_t o;
    uspan_otlp_begin(&o, t, batch, 0);
    size_t len = 0;
    for (size_t n = step; n == step; len += n) {
        assert_true(len + step <= OUT_BYTES);
        n = uspan_otlp_read(&o, got + len, step);
    }
    assert_int_equal(len, expected_len);
    for (size_t i = 0; i < len; i++) {
        if (got[i] != expected[i]) {
            print_error("first difference at byte %zu of %zu\n", i, len);
            assert_int_equal(got[i], expected[i]);
        }
    }
}

static void check(world_t *w, oracle_span_t *spans, size_t count, const uspan_attr_t *drops,
                  size_t drop_count)
{
    const oracle_request_t request = { resource, resource_count, USPAN_SCHEMA_URL, spans,
                                       count,    drops,          drop_count };
    static const size_t steps[] = { 1, 2, 7, 31, 100, 135, 136, 137, 1400, OUT_BYTES / 2u };
    assert_true(uspan_batch_build(&w->tracer, 0));
    assert_int_equal(w->tracer.out.dests[0].batch.count, count);
    for (size_t i = 0; i < COUNT(steps); i++) {
        compare(w, &request, steps[i]);
    }
    uspan_batch_delivered(&w->tracer, 0, 0);
    uspan_stats_t stats;
    uspan_stats(&w->tracer, 0, &stats);
    assert_int_equal(stats.blocks_live, 0);
}

static void record_and_check(world_t *w, oracle_span_t *spans, size_t count)
{
    begin(w);
    record(w, spans, count);
    check(w, spans, count, NULL, 0);
}

/* ---- the table ------------------------------------------------------------------------------------------- */

static void test_each_span_of_the_table_equals_nanopb(void **state)
{
    for (size_t i = 0; i < COUNT(table); i++) {
        if (!table[i].child) { /* those are exported with their parents */
            size_t n = 1;
            while (i + n < COUNT(table) && table[i + n].child) {
                n++;
            }
            record_and_check(*state, &table[i], n);
        }
    }
}

static void test_all_spans_in_several_scopes_equal_nanopb(void **state)
{
    world_t *w = *state;
    /* Two tracestates are stored at a time. The third is dropped and counted, which is not tested here. */
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_true(table[i].tracestate == NULL || table[i].tracestate == long_state ||
                    strcmp(table[i].tracestate, "k=v") == 0);
    }
    record_and_check(w, LIST(table));
}

static void test_time_that_never_came_is_marked(void **state)
{
    world_t *w = *state;
    static uspan_attr_t marked[COUNT(few) + 1u];
    for (int again = 0; again < 2; again++) {
        oracle_span_t spans[] = {
            { .name = "unsynced",
              .scope = &scopes[0],
              .attrs = few,
              .attr_count = COUNT(few),
              .events = events,
              .event_count = COUNT(events) },
            { .name = "bare", .scope = &scopes[0], .lasts_ns = 5 },
        };
        begin(w);
        w->unix_ns = 0u;
        assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
        const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces" };
        assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
        record(w, spans, COUNT(spans));
        assert_false(uspan_batch_build(&w->tracer, 0)); /* the batch exists already */
        uspan_clock_give_up(&w->tracer);
        memcpy(marked, few, sizeof few);
        marked[COUNT(few)] = (uspan_attr_t)USPAN_ATTR_BOOL(USPAN_KEY("uspan.time.unsynced"), true);
        spans[0].attrs = marked;
        spans[0].attr_count = COUNT(marked);
        spans[1].attrs = &marked[COUNT(few)];
        spans[1].attr_count = 1;
        spans[0].start_unix_ns += (uint64_t)USPAN_UNSYNCED_BASE_S * 1000000000u;
        spans[1].start_unix_ns += (uint64_t)USPAN_UNSYNCED_BASE_S * 1000000000u;
        if (again != 0) { /* time that passes between sizing and reading does not change the encoded bytes */
            assert_true(uspan_batch_build(&w->tracer, 0));
            uspan_set_unix_time(&w->tracer, 1700000000000000000u);
            assert_true(uspan_batch_split(&w->tracer, 0));
            uspan_queue_release(&w->tracer, 0);
            w->tracer.out.dests[0].batch.limit = 0;
        }
        check(w, spans, COUNT(spans), NULL, 0);
    }
}

static void test_what_is_lost_stands_on_the_first_scope(void **state)
{
    world_t *w = *state;
    oracle_span_t spans[] = { { .name = "one", .scope = &scopes[1] },
                              { .name = "two", .scope = &scopes[0] } };
    begin(w);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(uspan_start(&w->tracer, USPAN_NULL, "child of nothing").id, 0);
    }
    uspan_t many[USPAN_SPANS_MAX];
    for (size_t i = 0; i < USPAN_SPANS_MAX; i++) {
        many[i] = uspan_start(&w->tracer, USPAN_ROOT, "many");
        assert_int_not_equal(many[i].id, 0);
    }
    assert_int_equal(uspan_start(&w->tracer, USPAN_ROOT, "one too many").id, 0);
    for (size_t i = 0; i < USPAN_SPANS_MAX; i++) {
        uspan_end(&w->tracer, many[i]);
    }
    assert_true(uspan_batch_build(&w->tracer, 0));
    uspan_batch_dropped(&w->tracer, 0, USPAN_DROP_REFUSED);
    record(w, spans, 2);
    const uspan_attr_t drops[] = {
        USPAN_ATTR_INT(USPAN_KEY("uspan.dropped.pool_full"), 1),
        USPAN_ATTR_INT(USPAN_KEY("uspan.dropped.parent_dropped"), 200),
        USPAN_ATTR_INT(USPAN_KEY("uspan.dropped.refused"), USPAN_SPANS_MAX),
    };
    check(w, spans, 2, LIST(drops));
}

/* ---- lengths of one, two and three bytes ----------------------------------------------------------------- */

static const size_t lengths[] = { 0,     1,     7,     8,     9,     31,    32,    33,    63,    64,    65,
                                  95,    96,    97,    100,   105,   110,   115,   120,   121,   122,   123,
                                  124,   125,   126,   127,   128,   129,   130,   131,   132,   255,   256,
                                  16300, 16340, 16350, 16360, 16370, 16375, 16376, 16377, 16378, 16379, 16380,
                                  16381, 16382, 16383, 16384, 16385, 16386, 65000 };

static void test_values_of_every_length_equal_nanopb(void **state)
{
    static char text[65001];
    static const uspan_type_t kinds[] = { USPAN_TYPE_TEXT, USPAN_TYPE_STATIC, USPAN_TYPE_BYTES,
                                          USPAN_TYPE_BOOLS };
    static bool flags[65001];
    memset(text, 'x', 65000);
    for (size_t i = 0; i < 65000u; i += 3u) {
        flags[i] = true;
    }
    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (size_t i = 0; i < COUNT(lengths); i++) {
            uspan_attr_t attr = { USPAN_KEY("k"), kinds[k], (uint32_t)lengths[i], { .text = text } };
            if (kinds[k] == USPAN_TYPE_BOOLS) {
                attr.v.bools = flags;
            }
            const oracle_event_t event = { "e", 0, &attr, 1, 0 };
            const oracle_link_t link = { PARENT, "k=v", false, &attr, 1, 0 };
            oracle_span_t span = { .name = "lengths",
                                   .scope = &scopes[0],
                                   .attrs = &attr,
                                   .attr_count = 1,
                                   .events = &event,
                                   .event_count = 1,
                                   .links = &link,
                                   .link_count = 1 };
            begin(*state);
            record(*state, &span, 1);
            const oracle_request_t request = {
                resource, resource_count, USPAN_SCHEMA_URL, &span, 1, NULL, 0
            };
            world_t *w = *state;
            assert_true(uspan_batch_build(&w->tracer, 0));
            compare(w, &request, 137);
            compare(w, &request, OUT_BYTES / 2u);
            uspan_batch_delivered(&w->tracer, 0, 0);
        }
    }
}

static void test_arrays_of_every_length_equal_nanopb(void **state)
{
    static int64_t numbers[8125];
    static double reals[8125];
    static const char *words[8125];
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < COUNT(numbers); i++) {
        numbers[i] = (int64_t)(((uint64_t)1 << i % 64u) - i % 3u);
        reals[i] = (double)i;
        words[i] = letters + i % 37u;
    }
    static const uint32_t counts[] = { 1,  2,  3,  4,  5,  10, 11,   12,   13,   14,   15,
                                       16, 31, 32, 33, 63, 64, 1365, 1489, 1490, 1638, 3200 };
    for (size_t i = 0; i < COUNT(counts); i++) {
        const uspan_attr_t attrs[] = {
            { USPAN_KEY("i"), USPAN_TYPE_INTS, counts[i], { .ints = numbers } },
            { USPAN_KEY("d"), USPAN_TYPE_DOUBLES, counts[i], { .doubles = reals } },
            { USPAN_KEY("t"), USPAN_TYPE_TEXTS, counts[i], { .texts = words } },
        };
        oracle_span_t span = {
            .name = "arrays", .scope = &scopes[0], .attrs = attrs, .attr_count = COUNT(attrs)
        };
        record_and_check(*state, &span, 1);
    }
}

static void test_keys_names_and_messages_of_every_length_equal_nanopb(void **state)
{
    static char text[256];
    for (unsigned len = 1; len <= 255u; len++) {
        memset(text, 'k', sizeof text);
        text[len] = '\0';
        const uspan_key_t key = { text, (uint8_t)len, 0, (uint16_t)len };
        const uspan_attr_t attrs[] = {
            { &key, USPAN_TYPE_TEXTS, (uint32_t)COUNT(texts), { .texts = texts } }
        };
        const uspan_attr_t near[] = { USPAN_ATTR_TEXT(&key, "nearby") };
        const oracle_event_t event = { text, 9, near, 1, 0 };
        const oracle_link_t link = { PARENT, NULL, false, attrs, 1, 0 };
        oracle_span_t span = { .name = "keys",
                               .scope = &scopes[0],
                               .attrs = attrs,
                               .attr_count = 1,
                               .events = &event,
                               .event_count = 1,
                               .links = &link,
                               .link_count = 1,
                               .status = USPAN_STATUS_ERROR,
                               .message = text };
        record_and_check(*state, &span, 1);
    }
}

/* ---- resource -------------------------------------------------------------------------------------------- */

static const uspan_attr_t typed[] = {
    USPAN_ATTR_INT(&key_host_cores, 0),
    USPAN_ATTR_DOUBLE(&key_host_volts, 3.3),
    USPAN_ATTR_BOOL(&key_host_battery, false),
    USPAN_ATTR_TEXT(&key_host_name, "bed-7"),
    USPAN_ATTR_TEXT_N(&key_host_tag, "abcdef", 3),
    USPAN_ATTR_STATIC(&key_service_version, "from the table: not taken, it stands above"),
    USPAN_ATTR_INT(&key_host_cores, 7),
};

static void test_resource_texts_are_decoded(void **state)
{
    world_t *w = *state;
    static const char list[] =
        "plain=text, spaced = a%20b "
        ",full=%C3%A9%2C%3D%25,twice=1,host.name=other,empty=,twice=%32%30,service.name=x";
    oracle_span_t span = { .name = "r", .scope = &scopes[0] };
    begin(w);
    const uspan_resource_t r = { "greenhouse", "2.1", "serial 9", list, LIST(typed) };
    assert_int_equal(uspan_set_resource(&w->tracer, &r), USPAN_OK);
    resource_count = 0;
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("service.name"), "greenhouse"));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("service.version"), "2.1"));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("service.instance.id"), "serial 9"));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("telemetry.sdk.name"), "uspan"));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("telemetry.sdk.language"), "c"));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("telemetry.sdk.version"), USPAN_VERSION));
    for (size_t i = 0; i < 5u; i++) {
        add_resource(typed[i]);
    }
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("plain"), "text"));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("spaced"), "a b"));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("full"), "é,=%"));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("empty"), ""));
    add_resource((uspan_attr_t)USPAN_ATTR_STATIC(USPAN_KEY("twice"), "20"));
    record(w, &span, 1);
    check(w, &span, 1, NULL, 0);
}

static int set_up(void **state)
{
    expected = malloc(OUT_BYTES);
    got = malloc(OUT_BYTES);
    return world_setup(state);
}

static int tear_down(void **state)
{
    free(expected);
    free(got);
    return world_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_span_of_the_table_equals_nanopb, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_spans_in_several_scopes_equal_nanopb, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time_that_never_came_is_marked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_lost_stands_on_the_first_scope, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values_of_every_length_equal_nanopb, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arrays_of_every_length_equal_nanopb, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys_names_and_messages_of_every_length_equal_nanopb, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_resource_texts_are_decoded, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
