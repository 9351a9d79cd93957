/* test_spool_faults.c: each call of a spool's storage fails once, twice in a row, or from then on, or the
 * storage is busy. In each case the counts balance, no lock is held, no span is lost without a count, and
 * later operations work.
 * uspan-config: USPAN_SPOOL=1 */
#include "uspan/spool.h"
#include "delivery.h"
#include "flash_model.h"
#include "otlp.pb.h"

typedef enum fault { FAULT_ONCE, FAULT_TWICE, FAULT_FROM, FAULT_BUSY, FAULT_COUNT } fault_t;

static flash_model_t flash;
static uspan_spool_t spool;
static uspan_spool_storage_t storage; /* the flash, with faults */
static fault_t fault;
static unsigned calls, fault_at;

/* The result of a call that is not made. 0: it is made. */
static int interfere(void)
{
    const unsigned n = calls++;
    switch (fault) {
    case FAULT_ONCE:
        return n == fault_at ? -1 : 0;
    case FAULT_TWICE:
        return n == fault_at || n == fault_at + 1u ? -1 : 0;
    case FAULT_FROM:
        return n >= fault_at ? -1 : 0;
    default:
        return n >= fault_at && n < fault_at + 3u ? 1 : 0;
    }
}

static int read_flash(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    const int result = interfere();
    return result != 0 ? result : flash.storage.read(ctx, address, out, len);
}

static int program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    const int result = interfere();
    return result != 0 ? result : flash.storage.program(ctx, address, data, len);
}

static int erase(void *ctx, uint32_t sector)
{
    const int result = interfere();
    return result != 0 ? result : flash.storage.erase(ctx, sector);
}

/* It is never busy. */
static int sync_flash(void *ctx)
{
    const int result = fault == FAULT_BUSY ? 0 : interfere();
    return result != 0 ? result : flash.storage.sync(ctx);
}

/* False: the storage cannot be mounted. */
static bool boot_device(world_t *w)
{
    world_reset_with_collector(w);
    uspan_err_t err;
    do {
        err = uspan_spool_mount(&w->tracer, 0u, &spool, &storage);
    } while (err == USPAN_ERR_AGAIN);
    return err == USPAN_OK;
}

static void run_ms(world_t *w, uint32_t ms)
{
    const uint64_t end = w->now_ns + (uint64_t)ms * MS;
    while (w->now_ns < end) {
        uint32_t wait_ms = 0;
        (void)world_poll(w, &wait_ms);
        w->now_ns += wait_ms == 0u ? 1000u : 0u;
        world_advance_ms(w, wait_ms < 200u ? wait_ms : 200u);
    }
}

/* An outage, a reset, a working link, and a stop. Returns the number of stored spans. Adds to *arrived. */
static void live(world_t *w, unsigned *arrived)
{
    assert_true(boot_device(w));
    w->open_error = USPAN_ERR_IO;
    record_many(w, 4u);
    run_ms(w, 8000u);
    record_many(w, 2u);
    for (unsigned n = 0; n < 1000u && uspan_spool_all(&w->tracer) == USPAN_ERR_AGAIN; n++) {
        world_assert_balanced(w);
    }
    const unsigned kept = stats_of(w, 0).queued; /* the storage failed: they are lost with the RAM */
    assert_true(boot_device(w));
    record_many(w, 3u);
    run_ms(w, 4000u);
    uspan_shutdown(&w->tracer, 500u);
    run_ms(w, 2000u);
    assert_true(uspan_stopped(&w->tracer));
    for (unsigned i = 0; i < w->request_count; i++) {
        *arrived += body_of(w, i).len > 0u ? view_span_count(body_of(w, i)) : 0u;
    }
    const uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.spool_records, s.replayed + s.spool_lost + s.spool_waiting);
    *arrived += kept;
}

static void test_each_call_fails(void **state)
{
    world_t *w = *state;
    unsigned cases = 0;
    for (unsigned kind = 0; kind < FAULT_COUNT; kind++) {
        bool hit = true;
        for (fault_at = 0u; hit; fault_at += kind == FAULT_FROM ? 5u : 1u) {
            flash_init(&flash, 1024u, 5u, 8u, 0xFFu);
            flash_cache(&flash);
            storage = flash.storage;
            storage.read = read_flash;
            storage.program = program;
            storage.erase = erase;
            storage.sync = sync_flash;
            fault = (fault_t)kind;
            calls = 0u;
            unsigned arrived = 0;
            live(w, &arrived);
            hit = calls > fault_at;
            cases++;
            /* The storage works again. */
            fault = FAULT_ONCE;
            calls = UINT32_MAX / 2u;
            assert_true(boot_device(w));
            record_many(w, 1u);
            run_ms(w, 20000u);
            for (unsigned i = 0; i < w->request_count; i++) {
                arrived += body_of(w, i).len > 0u ? view_span_count(body_of(w, i)) : 0u;
            }
            const uspan_stats_t s = stats_of(w, 0);
            assert_int_equal(s.delivered, 1);
            assert_int_equal(s.spool_waiting, 0);
            assert_int_equal(s.spool_records, s.replayed + s.spool_lost);
            if (kind != FAULT_FROM && arrived < 10u) {
                fail_msg("kind %u at %u: %u of 10 spans", kind, fault_at, arrived);
            }
        }
    }
    printf("%u cases\n", cases);
    assert_true(cases > 1000u);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_call_fails) };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
