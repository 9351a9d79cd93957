/* test_keep_resource.c: spans that were kept over a reset, or stored in flash, are sent with the resource
 * of their own boot.
 * uspan-config: USPAN_KEEP=1 USPAN_SPOOL=1 */
#include "delivery.h"
#include "flash_model.h"
#include "keep_image.h"
#include "uspan/spool.h"

static flash_model_t flash;
static uspan_spool_t spool;

/* A boot with its own service instance. Its texts are in memory that the next boot overwrites. */
static void boot_instance(world_t *w, unsigned n)
{
    static char instance[16];
    sprintf(instance, "boot-%u", n);
    assert_int_equal(uspan_set_resource(&w->tracer, &(uspan_resource_t){ .service_version = "1.0", .instance_id = instance }),
                     USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 0, &w->transport,
                                     &(uspan_collector_t){ .endpoint = "http://collector/v1/traces" }),
                     USPAN_OK);
}

static void end_named(world_t *w, const char *format, unsigned n)
{
    char name[16];
    sprintf(name, format, n);
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, name));
}

/* Returns the service.instance.id of the last request that has the span, or "" if there is none. Counts
 * these requests. */
static const char *instance_of(world_t *w, const char *span, unsigned *arrivals)
{
    static char out[32];
    out[0] = '\0';
    *arrivals = 0;
    for (unsigned i = 0; i < w->request_count; i++) {
        const view_t body = body_of(w, i);
        view_t block, resource, value, text;
        for (unsigned n = 0; n < view_span_count(body); n++) {
            if (span_is_named(view_span(body, n), span)) {
                assert_true(view_get(body, 1u, 0u, &block) && view_get(block, 1u, 0u, &resource));
                assert_true(view_attr(resource, 1u, "service.name", &value));
                assert_true(view_attr(resource, 1u, "telemetry.sdk.name", &value));
                if (view_attr(resource, 1u, "service.instance.id", &value) && view_get(value, 1u, 0u, &text)) {
                    sprintf(out, "%.*s", (int)text.len, (const char *)text.at);
                }
                ++*arrivals;
            }
        }
    }
    return out;
}

/* Each boot records a span and is reset before uspan sends it. The last boot sends all spans. */
static void test_each_boot_s_spans_arrive_with_its_own_resource(void **state)
{
    world_t *w = *state;
    unsigned arrivals;
    world_reset(w);
    for (unsigned n = 0; n < 4u; n++) { /* one boot for each clock epoch */
        assert_int_equal(keep_mount(w, USPAN_RESET_SOFTWARE).found, n == 0u ? USPAN_KEPT_NOTHING : USPAN_KEPT_TAKEN);
        boot_instance(w, n);
        uspan_set_unix_time(&w->tracer, 1800000000000000000u + n * 60000000000u);
        end_named(w, "span %u", n);
    }
    world_drain(w);
    for (unsigned n = 0; n < 4u; n++) {
        char span[8], boot_name[8];
        sprintf(span, "span %u", n);
        sprintf(boot_name, "boot-%u", n);
        assert_string_equal(instance_of(w, span, &arrivals), boot_name);
        assert_int_equal(arrivals, 1);
    }
    assert_true(span_is_named(view_span(body_of(w, 0u), 0u), "span 0")); /* kept spans are sent first */
    /* The kept spans are delivered. Their epochs can now serve traces of this boot, with its own resource. */
    for (unsigned n = 4; n < 12u; n++) {
        world_advance_ms(w, 1000);
        uspan_t open = uspan_start(&w->tracer, USPAN_ROOT, "open"); /* the new clock offset needs an epoch */
        uspan_set_unix_time(&w->tracer, 1900000000000000000u + n * 60000000000u);
        end_named(w, "later %u", n);
        world_drain(w);
        uspan_end(&w->tracer, open);
        world_drain(w);
    }
    for (unsigned n = 4; n < 12u; n++) {
        char span[16];
        sprintf(span, "later %u", n);
        assert_string_equal(instance_of(w, span, &arrivals), "boot-3");
        assert_int_equal(arrivals, 1);
    }
}

static void test_a_resource_that_does_not_fit_keeps_what_comes_first(void **state)
{
    world_t *w = *state;
    unsigned arrivals;
    static char large[USPAN_KEEP_RESOURCE_BYTES + 16u];
    memset(large, 'v', sizeof large - 1u);
    memcpy(large, "a=", 2u);
    world_reset(w);
    (void)keep_mount(w, USPAN_RESET_SOFTWARE);
    boot_instance(w, 0u);
    assert_int_equal(uspan_set_resource(&w->tracer, &(uspan_resource_t){ .instance_id = "first", .attributes = "a=b" }),
                     USPAN_OK);
    memcpy(large + 200, ",b=", 3u); /* each text fits alone, both together do not */
    assert_int_equal(uspan_set_resource(&w->tracer, &(uspan_resource_t){ .instance_id = "first", .attributes = large }),
                     USPAN_TRUNCATED);
    end_named(w, "span %u", 0u);
    (void)keep_mount(w, USPAN_RESET_SOFTWARE);
    boot_instance(w, 1u);
    world_drain(w);
    assert_string_equal(instance_of(w, "span 0", &arrivals), "first");
}

/* An altered resource is not valid protobuf. The collector would refuse the request, and its spans would
 * be lost. */
static void test_an_altered_resource_is_not_sent(void **state)
{
    world_t *w = *state;
    unsigned arrivals;
    for (unsigned byte = 0; byte < 3u; byte++) {
        world_reset(w);
        memset(&w->tracer, 0, sizeof w->tracer);
        (void)keep_mount(w, USPAN_RESET_SOFTWARE);
        boot_instance(w, 0u);
        end_named(w, "span %u", 0u);
        struct uspan_kept_resource *r = &w->tracer.keep.resources[w->tracer.keep.own];
        *(byte == 0u ? &r->bytes[1] : byte == 1u ? &r->bytes[r->len - 1u] : (uint8_t *)&r->len + 1) ^= 4u;
        assert_int_equal(keep_mount(w, USPAN_RESET_SOFTWARE).found, USPAN_KEPT_TAKEN);
        boot_instance(w, 1u);
        world_drain(w);
        assert_string_equal(instance_of(w, "span 0", &arrivals), "boot-1");
        assert_int_equal(arrivals, 1);
    }
}

/* Kept memory is not trusted, so an epoch may name any boot. Its spans still arrive, with the resource of
 * some boot. */
static void test_an_epoch_of_any_boot_is_safe(void **state)
{
    world_t *w = *state;
    unsigned arrivals;
    for (unsigned named = 0; named < 256u; named++) {
        world_reset(w);
        memset(&w->tracer, 0, sizeof w->tracer);
        (void)keep_mount(w, USPAN_RESET_SOFTWARE);
        boot_instance(w, 0u);
        end_named(w, "span %u", 0u);
        for (unsigned e = 0; e < USPAN_EPOCHS_MAX; e++) {
            w->tracer.trace.epochs[e].resource = (uint8_t)named;
        }
        w->tracer.keep.own = (uint8_t)(named >= 128u ? named : w->tracer.keep.own);
        assert_int_equal(keep_mount(w, USPAN_RESET_SOFTWARE).found, USPAN_KEPT_TAKEN);
        boot_instance(w, 1u);
        world_drain(w);
        assert_string_equal(instance_of(w, "span 0", &arrivals), named <= 1u ? "boot-0" : "boot-1");
        assert_int_equal(arrivals, 1);
    }
}

/* ---- flash --------------------------------------------------------------------------------------------- */

/* Like boot_instance(), but with a spool. */
static void boot_with_spool(world_t *w, unsigned n)
{
    (void)keep_mount(w, USPAN_RESET_SOFTWARE);
    boot_instance(w, n);
    assert_int_equal(uspan_spool_mount(&w->tracer, 0u, &spool, &flash.storage), USPAN_OK);
}

static void store_all(world_t *w)
{
    uspan_err_t err;
    while ((err = uspan_spool_all(&w->tracer)) == USPAN_ERR_AGAIN) {
    }
    assert_int_equal(err, USPAN_OK);
}

static void test_kept_spans_are_stored_under_their_boot_s_resource(void **state)
{
    world_t *w = *state;
    static const char *const boots[] = { "boot-0", "boot-1", "boot-1", "boot-2" };
    flash_init(&flash, 4096u, 8u, 8u, 0xFFu);
    world_reset(w);
    boot_with_spool(w, 0u);
    end_named(w, "span %u", 0u);
    boot_with_spool(w, 1u);
    end_named(w, "span %u", 1u); /* recorded after the kept span */
    store_all(w);
    end_named(w, "span %u", 2u);
    boot_with_spool(w, 2u);
    store_all(w);
    end_named(w, "span %u", 3u);
    store_all(w);
    assert_int_equal(stats_of(w, 0).spool_waiting, 4);
    boot_with_spool(w, 3u);
    world_drain(w);
    for (unsigned n = 0; n < 1000u && stats_of(w, 0).spool_waiting > 0u; n++) {
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, 10u);
    }
    assert_int_equal(stats_of(w, 0).replayed, 4);
    for (unsigned n = 0; n < 4u; n++) {
        char span[8];
        unsigned arrivals;
        sprintf(span, "span %u", n);
        assert_string_equal(instance_of(w, span, &arrivals), boots[n]);
        assert_int_equal(arrivals, 1);
    }
}

/* The offset that this boot learns is that of its own clock. The clock of the kept spans was another one. */
static void test_a_stored_time_of_an_earlier_boot_stays_as_it_was_stored(void **state)
{
    world_t *w = *state;
    uint64_t times[2];
    for (unsigned knows = 0; knows < 2u; knows++) {
        flash_init(&flash, 4096u, 8u, 8u, 0xFFu);
        world_reset(w);
        memset(&w->tracer, 0, sizeof w->tracer);
        w->unix_ns = 0u;
        boot_with_spool(w, 0u);
        world_advance_ms(w, 5000u);
        end_named(w, "span %u", 0u);
        boot_with_spool(w, 1u);
        world_advance_ms(w, 7000u);
        store_all(w);
        assert_int_equal(stats_of(w, 0).spool_waiting, 1);
        if (knows == 1u) {
            uspan_set_unix_time(&w->tracer, 1800000000000000000u);
        } else {
            boot_with_spool(w, 2u); /* sends it without this boot's time */
            uspan_set_unix_time(&w->tracer, 1800000000000000000u);
        }
        for (unsigned n = 0; n < 3000u && stats_of(w, 0).spool_waiting > 0u; n++) {
            uint32_t wait_ms;
            (void)world_poll(w, &wait_ms);
            world_advance_ms(w, 10u);
        }
        assert_int_equal(stats_of(w, 0).replayed, 1);
        const view_t body = body_of(w, w->request_count - 1u);
        assert_true(span_is_named(view_span(body, 0u), "span 0"));
        times[knows] = view_number(view_span(body, 0u), 8u);
        view_t value;
        assert_true(view_attr(view_span(body, 0u), 9u, "uspan.time.unsynced", &value));
        assert_int_equal(view_number(value, 2u), 1);
    }
    assert_true(times[0] == times[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
        IN_WORLD(test_each_boot_s_spans_arrive_with_its_own_resource),
        IN_WORLD(test_a_resource_that_does_not_fit_keeps_what_comes_first),
        IN_WORLD(test_an_altered_resource_is_not_sent),
        IN_WORLD(test_an_epoch_of_any_boot_is_safe),
        IN_WORLD(test_a_stored_time_of_an_earlier_boot_stays_as_it_was_stored),
        IN_WORLD(test_kept_spans_are_stored_under_their_boot_s_resource),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
