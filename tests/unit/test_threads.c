/* test_threads.c: eight threads record, and append to spans that they share. Another thread exports to a sink
 * that reads spans and to a collector. The counts balance and no text is mixed up. For ThreadSanitizer, build
 * with -DUSPAN_SANITIZE=thread.
 * uspan-config: USPAN_DESTINATIONS_MAX=2 USPAN_SPANS_MAX=64 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=1024 USPAN_TASKS_MAX=8 */
#include "uspan/genai.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "uspan/read.h"
#include "uspan_posix.h"
#include "world.h"

#define THREADS 8u
#define TURNS 3000u
#define TOKEN "<\xE2\x82\xAC\xF0\x9F\x8C\xB1\xC3\xA4>"

static world_t *world;
static atomic_uint shared; /* handle of the span that all threads append to */
static atomic_bool recorded;
static atomic_uint torn, read_spans;
static atomic_ulong started;

static const uspan_key_t key_text = USPAN_KEY_INIT("text"), key_bytes = USPAN_KEY_INIT("bytes"), key_number = USPAN_KEY_INIT("n");

static uspan_t start(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    atomic_fetch_add(&started, 1u);
    return uspan_start(t, parent, name);
}

static uspan_t shared_span(void)
{
    return USPAN_HANDLE(atomic_load(&shared));
}

/* What each destination received, set by the exporting thread. */
static atomic_uint had[2];

/* Whether each destination received spans while others were recorded, however slow its thread is. */
static bool both_had_some(void)
{
    return atomic_load(&had[0]) > 100u && atomic_load(&had[1]) > 100u;
}

static void *record(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;
    uspan_tracer_t *t = &world->tracer;
    for (unsigned i = 0; i < TURNS || (i < 100u * TURNS && !both_had_some()); i++) {
        uspan_t common = shared_span();
        uspan_t agent = start(t, i % 3u == 0u ? common : USPAN_ROOT, "agent");
        uspan_t before = uspan_enter(t, agent);
        uspan_t child = start(t, USPAN_CURRENT, "child");
        (void)uspan_set_int(t, common, &key_number, i);
        (void)uspan_append_str(t, common, &key_text, TOKEN);
        (void)uspan_append_str(t, agent, &key_text, TOKEN);
        (void)uspan_append_bytes(t, common, &key_bytes, TOKEN, sizeof TOKEN - 1u);
        (void)uspan_set_str(t, child, &key_text, i % 2u == 0u ? TOKEN TOKEN TOKEN TOKEN TOKEN TOKEN TOKEN TOKEN : TOKEN);
        (void)uspan_set_str(t, common, USPAN_KEY("replaced"), i % 2u == 0u ? TOKEN TOKEN TOKEN TOKEN TOKEN TOKEN : TOKEN);
        const uspan_attr_t attr = USPAN_ATTR_TEXT(&key_text, TOKEN TOKEN);
        (void)uspan_event_n(t, common, "event", 5, 0, &attr, 1);
        uspan_context_t c;
        (void)uspan_context_of(t, common, &c);
        const uspan_link_t link = { .context = &c };
        (void)uspan_add_link(t, child, &link);
        (void)uspan_set_status(t, common, USPAN_STATUS_ERROR, "a message that is replaced again and again");
        (void)uspan_set_name(t, common, i % 2u == 0u ? "one name" : "another, longer name");
        (void)uspan_end(t, child);
        (void)uspan_record_error(t, agent, "timeout", "late");
        (void)uspan_end(t, agent);
        uspan_leave(t, before);
        if (i % 16u == me) { /* one thread starts the next span for all, and ends the one still written to */
            (void)uspan_end(t, USPAN_HANDLE(atomic_exchange(&shared, start(t, USPAN_ROOT, "shared").id)));
        }
        if (i % 50u == 10u + me) {
            uspan_set_content(t, i % 4u != 0u);
            uspan_set_sampler(t, (uspan_sampler_t){ .bound = USPAN_SAMPLE_RATIO(0.9), .parent_based = true });
            uspan_flush(t);
        }
        if (i >= TURNS) { /* a lock may be unfair: the exporting thread has waited until now */
            (void)nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
        } else if (i % 8u == 0u) {
            (void)sched_yield();
        }
    }
    return NULL;
}

/* A text of complete tokens, except for a truncated end. */
static bool whole(const char *text, size_t len)
{
    size_t token = sizeof TOKEN - 1u;
    for (size_t at = 0; at < len; at += token) {
        size_t n = len - at < token ? len - at : token;
        if (memcmp(text + at, TOKEN, n) != 0) {
            return false;
        }
    }
    return true;
}

static uspan_err_t look(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    uspan_view_t view;
    uspan_value_t value;
    unsigned index;
    char text[USPAN_VALUE_MAX];
    static const char *const keys[] = { "text", "replaced", "bytes" };
    if (uspan_read(t, s, &view) != USPAN_OK || !view.ended || view.end_ns < view.start_ns) {
        atomic_fetch_add(&torn, 1u);
    }
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        if (uspan_find_attr(t, s, USPAN_OF_SPAN, keys[k], &value, &index) == USPAN_OK) {
            size_t n = uspan_read_text(t, s, USPAN_OF_SPAN, index, 0, text, sizeof text);
            atomic_fetch_add(&torn, n != value.len || !whole(text, n));
        }
    }
    atomic_fetch_add(&read_spans, 1u);
    return USPAN_OK;
}

static void *export(void *arg)
{
    (void)arg;
    uspan_tracer_t *t = &world->tracer;
    for (;;) {
        bool last = atomic_load(&recorded);
        uint32_t wait_ms;
        if (last) {
            uspan_flush(t);
        }
        assert_true(uspan_poll(t, &wait_ms) <= USPAN_OK);
        if (last && uspan_flushed(t)) {
            return NULL;
        }
        if (wait_ms != 0u) {
            (void)sched_yield();
        }
        for (unsigned d = 0; d < 2u; d++) { /* the counts balance at every moment */
            uspan_stats_t s;
            uspan_stats(t, d, &s);
            uint64_t sum = s.delivered + s.rejected + s.queued + s.open + s.unsampled;
            for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
                sum += s.dropped[c];
            }
            atomic_fetch_add(&torn, s.started != sum);
            atomic_store(&had[d], (unsigned)s.delivered);
        }
        /* read a span while threads write to it */
        uspan_view_t view;
        uspan_value_t value;
        unsigned index;
        char text[USPAN_VALUE_MAX];
        uspan_t common = shared_span();
        (void)uspan_read(t, common, &view);
        if (uspan_find_attr(t, common, USPAN_OF_SPAN, "replaced", &value, &index) == USPAN_OK) {
            size_t n = uspan_read_text(t, common, USPAN_OF_SPAN, index, 0, text, sizeof text);
            atomic_fetch_add(&torn, !whole(text, n));
        }
        world->request_count = 0; /* free what was sent */
        if (world->sent_len > WORLD_SENT_MAX / 2u && world->request_at == world->sent_len) {
            world->sent_len = world->request_at = 0;
        }
    }
}

static void test_eight_threads_record_while_one_exports_and_nothing_is_torn_or_lost(void **state)
{
    world = *state;
    static const uspan_sink_t sink = { NULL, look };
    static const uspan_collector_t collector = { .endpoint = "http://collector:4318/v1/traces" };
    uspan_tracer_t *t = &world->tracer;
    assert_int_equal(uspan_init(t, uspan_posix_port()), USPAN_OK);
    assert_int_equal(uspan_export_to_sink(t, 0u, &sink), USPAN_OK);
    assert_int_equal(uspan_export_to(t, 1u, &world->transport, &collector), USPAN_OK);
    atomic_store(&shared, start(t, USPAN_ROOT, "shared").id);
    pthread_t threads[THREADS], exporter;
    assert_int_equal(pthread_create(&exporter, NULL, export, NULL), 0);
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, record, (void *)i), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    (void)uspan_end(t, shared_span());
    atomic_store(&recorded, true);
    assert_int_equal(pthread_join(exporter, NULL), 0);

    assert_int_equal(atomic_load(&torn), 0);
    assert_true(atomic_load(&read_spans) > 100u);
    for (unsigned d = 0; d < 2u; d++) {
        uspan_stats_t s;
        uspan_stats(t, d, &s);
        uint64_t dropped = 0;
        for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
            dropped += s.dropped[c];
        }
        assert_int_equal(s.started, atomic_load(&started));
        assert_int_equal(s.open, 0);
        assert_int_equal(s.queued, 0);
        assert_int_equal(s.started, s.delivered + s.rejected + s.unsampled + dropped);
        assert_true(s.delivered > 100u);
        assert_int_equal(s.blocks_live, 0);
        assert_int_equal(s.tasks_dropped, 0);
        if (d == 0u) {
            assert_int_equal(s.delivered, atomic_load(&read_spans));
        }
    }
    assert_int_equal(t->trace.slots_live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_eight_threads_record_while_one_exports_and_nothing_is_torn_or_lost, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
