/* spool_two.h: a device with two destinations, each with a spool in its part of one flash, or both with one
 * spool (USPAN_SPOOL_EACH 2). Counts which spans arrive where, and cuts the power. For tests. */
#ifndef SPOOL_TWO_H
#define SPOOL_TWO_H

#include <setjmp.h>
#include "uspan/spool.h"
#include "../../port/flash/uspan_spool_part.h"
#include "far_peer.h"
#include "flash_model.h"
#include "otlp.pb.h"

#define SECTORS 8u
#define NUMBERS_MAX 4096u

static flash_model_t flash;
#if USPAN_SPOOL_EACH == 1
static uspan_spool_part_t parts[2];
#endif
static uspan_spool_t spools[2]; /* if they share one, the first */
static far_peer_t peers[2];
static uint8_t received[2][NUMBERS_MAX]; /* how often each span arrived */
static unsigned next_number, boots;
static jmp_buf power_cut;

#define TEXT "a text of some length, as attributes have it"

static bool has_text(view_t span)
{
    const size_t len = sizeof TEXT - 1u;
    for (size_t at = 0; at + len <= span.len; at++) {
        if (memcmp(span.at + at, TEXT, len) == 0) {
            return true;
        }
    }
    return false;
}

/* Each request has a resource, which has the name of the device. */
static void check_resource(view_t body)
{
    view_t v, name;
    if (body.len == 0u) { /* a request for the time */
        return;
    }
    assert_true(view_get(body, uspan_otlp_ExportTraceServiceRequest_resource_spans_tag, 0, &v));
    assert_true(view_get(v, uspan_otlp_ResourceSpans_resource_tag, 0, &v));
    assert_true(view_get(v, uspan_otlp_Resource_attributes_tag, 0, &v));
    assert_true(view_get(v, uspan_otlp_KeyValue_key_tag, 0, &name));
    assert_int_equal(name.len, 12);
    assert_memory_equal(name.at, "service.name", 12);
}

static void count_spans(far_peer_t *p, view_t body)
{
    check_resource(body);
    for (unsigned n = 0; body.len > 0u && n < view_span_count(body); n++) {
        char name[32] = "";
        unsigned number;
        view_t v;
        assert_true(view_get(view_span(body, n), uspan_otlp_Span_name_tag, 0, &v));
        memcpy(name, v.at, v.len < sizeof name ? v.len : sizeof name - 1u);
        assert_int_equal(sscanf(name, "span %u", &number), 1);
        assert_true(number < next_number && has_text(view_span(body, n)));
        received[p - peers][number]++;
    }
}

/* A boot. The flash keeps its content. */
static void boot_device(world_t *w)
{
    static char version[16]; /* uspan refers to it until the next boot */
    static const char *const endpoints[] = { "http://one:4318/v1/traces", "http://two:4318/v1/traces" };
    world_reset(w);
    snprintf(version, sizeof version, "%u", ++boots);
    const uspan_resource_t resource = { .service_name = "device", .service_version = version };
    assert_int_equal(uspan_set_resource(&w->tracer, &resource), USPAN_OK);
    for (unsigned d = 0; d < 2u; d++) {
        const far_mode_t mode = peers[d].mode;
        far_init(&peers[d], w);
        peers[d].mode = mode;
        peers[d].on_body = count_spans;
        const uspan_collector_t c = { .endpoint = endpoints[d] };
        assert_int_equal(uspan_export_to(&w->tracer, d, &peers[d].transport, &c), USPAN_OK);
#if USPAN_SPOOL_EACH == 1
        uspan_spool_part_init(&parts[d], &flash.storage, (uint16_t)(d * SECTORS), SECTORS);
        assert_int_equal(uspan_spool_mount(&w->tracer, d, &spools[d], &parts[d].storage), USPAN_OK);
#else
        assert_int_equal(uspan_spool_mount(&w->tracer, d, &spools[0], &flash.storage), USPAN_OK);
#endif
    }
}

static void begin(world_t *w, far_mode_t one, far_mode_t two)
{
    flash_init(&flash, 2048u, USPAN_SPOOL_EACH == 1 ? 2u * SECTORS : SECTORS, 8u, 0xFFu);
    memset(received, 0, sizeof received);
    next_number = boots = 0;
    peers[0].mode = one;
    peers[1].mode = two;
    boot_device(w);
}

static void record_next(world_t *w)
{
    char name[16];
    assert_true(next_number < NUMBERS_MAX);
    snprintf(name, sizeof name, "span %u", next_number++);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, name);
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("app.text"), TEXT);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
}

static void run_ms(world_t *w, uint32_t ms)
{
    far_run(w, w->now_ns + (uint64_t)ms * MS, 50u);
}

static void record_for(world_t *w, unsigned count, uint32_t ms)
{
    for (unsigned n = 0; n < count; n++) {
        record_next(w);
        run_ms(w, ms);
    }
}

static void assert_accounts(world_t *w)
{
    for (unsigned d = 0; d < 2u; d++) {
        const uspan_stats_t s = stats_of(w, d);
        assert_int_equal(s.spool_records, s.replayed + s.spool_lost + s.spool_waiting);
    }
    world_assert_balanced(w);
}

/* Spans of an interrupted request may arrive twice. */
static void assert_received(unsigned d, unsigned from, unsigned to, unsigned most)
{
    for (unsigned n = from; n < to; n++) {
        assert_in_range(received[d][n], 1u, most);
    }
}

static void assert_received_once(unsigned d, unsigned from, unsigned to)
{
    assert_received(d, from, to, 1u);
}

/* ---- sleep --------------------------------------------------------------------------------------------- */

/* Ten spans are being sent to both, which do not answer, when the device must sleep. */
static void store_all_before_sleep(world_t *w)
{
    uspan_err_t err;
    unsigned steps = 0;
    for (unsigned n = 0; n < 10u; n++) {
        record_next(w);
    }
    run_ms(w, 6000u); /* both requests are under way */
    while ((err = uspan_spool_all(&w->tracer)) == USPAN_ERR_AGAIN) {
        assert_true(++steps < 1000u);
        world_assert_balanced(w);
    }
    assert_int_equal(err, USPAN_OK);
}

static void deliver_after_sleep(world_t *w)
{
    peers[0].mode = peers[1].mode = FAR_GOOD;
    boot_device(w);
    run_ms(w, 30000u);
    assert_received(0u, 0u, 10u, 2u);
    assert_received(1u, 0u, 10u, 2u);
}

/* ---- power cuts ---------------------------------------------------------------------------------------- */

static uint32_t cut_in, cut_random;

static uint32_t draw(void)
{
    cut_random = cut_random * 1664525u + 1013904223u;
    return cut_random >> 8;
}

static void cut_power(flash_model_t *f, uint32_t address, const uint8_t *data, uint32_t len)
{
    if (cut_in > 0u && --cut_in == 0u) {
        if (len > 0u) {
            flash_cut_program(f, address, data, len, draw() % (len + 1u));
        } else {
            flash_cut_erase(f, address, draw() % 4u);
        }
        longjmp(power_cut, 1);
    }
}

/* A device whose power fails often, while each destination comes and goes. A span that a destination had, or
 * that was durable for it, arrives there, unless that spool counted it as lost. */
static void live_with_power_cuts(world_t *w, uint32_t seed)
{
    static volatile uint8_t must[2][NUMBERS_MAX];
    volatile unsigned cuts = 0;
    begin(w, FAR_REFUSES, FAR_GOOD);
    memset((uint8_t *)must, 0, sizeof must);
    cut_random = seed;
    flash.before = cut_power;
    for (volatile unsigned round = 0; round < 150u; round++) {
        const volatile unsigned from = next_number;
        peers[0].mode = draw() % 3u == 0u ? FAR_GOOD : FAR_REFUSES;
        peers[1].mode = draw() % 3u == 0u ? FAR_REFUSES : FAR_GOOD;
        cut_in = 1u + draw() % 90u;
        if (setjmp(power_cut) == 0) {
            record_for(w, 3u + draw() % 20u, 1500u);
            run_ms(w, draw() % 20000u);
        } else {
            cuts++;
        }
        for (unsigned d = 0; d < 2u; d++) {
            const uspan_stats_t s = stats_of(w, d);
            for (unsigned n = 0; n < s.delivered + s.spooled; n++) {
                must[d][from + n] = 1u; /* they leave the queue in the order of their ends */
            }
        }
        cut_in = 0u;
        boot_device(w);
        assert_accounts(w);
    }
    peers[0].mode = peers[1].mode = FAR_GOOD;
    run_ms(w, 300000u);
    assert_true(cuts > 50u);
    for (unsigned d = 0; d < 2u; d++) {
        const uspan_stats_t s = stats_of(w, d);
        unsigned missing = 0;
        for (unsigned n = 0; n < next_number; n++) {
            missing += must[d][n] != 0u && received[d][n] == 0u;
        }
        assert_int_equal(s.spool_waiting, 0);
        assert_true(missing <= s.spool_lost);
    }
    assert_accounts(w);
    flash.before = NULL;
}

static int free_peers(void **state)
{
    far_free(&peers[0]);
    far_free(&peers[1]);
    return world_teardown(state);
}

#endif
