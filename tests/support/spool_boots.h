/* spool_boots.h: a device with a spool in a model of flash: its boots, its spans, its time. For tests of the
 * spool. */
#ifndef SPOOL_BOOTS_H
#define SPOOL_BOOTS_H

#include "uspan/spool.h"
#include "delivery.h"
#include "flash_model.h"
#include "otlp.pb.h"

static flash_model_t flash;
static uspan_spool_t spool;

/* A boot of a firmware of that version. The flash keeps its content. */
static void boot_device(world_t *w, const char *version)
{
    world_reset_with_collector(w);
    const uspan_resource_t resource = { .service_name = "device", .service_version = version };
    assert_int_equal(uspan_set_resource(&w->tracer, &resource), USPAN_OK);
    uspan_err_t err;
    while ((err = uspan_spool_mount(&w->tracer, 0u, &spool, &flash.storage)) == USPAN_ERR_AGAIN) {
    }
    assert_int_equal(err, USPAN_OK);
}

static inline void begin(world_t *w)
{
    flash_init(&flash, 4096u, 8u, 8u, 0xFFu);
    boot_device(w, "1.0");
}

static inline void record_numbered(world_t *w, unsigned n)
{
    char name[16];
    snprintf(name, sizeof name, "span %u", n);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, name);
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("app.text"), "a text of some length, as attributes have it");
    (void)uspan_event(&w->tracer, s, "an event");
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
}

static void run_ms(world_t *w, uint32_t ms)
{
    const uint64_t end = w->now_ns + (uint64_t)ms * MS;
    while (w->now_ns < end) {
        uint32_t wait_ms = 0;
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, wait_ms < 100u ? wait_ms : 100u);
        w->now_ns += wait_ms == 0u ? 1000u : 0u;
    }
}

#endif
