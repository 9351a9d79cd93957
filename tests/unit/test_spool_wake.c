/* test_spool_wake.c: records that turn out to be lost are finished in flash at once. uspan_poll() returns a
 * short wait for that, although there is nothing to send.
 * uspan-config: USPAN_SPOOL=1 */
#include "export/spool_log.h"
#include "spool_boots.h"

/* A span whose record takes most of a sector, so that each request carries one. */
static void record_long(world_t *w)
{
    char text[2200];
    memset(text, 'x', sizeof text);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "long");
    assert_int_equal(uspan_set_str_n(&w->tracer, s, USPAN_KEY("app.long"), text, sizeof text), USPAN_OK);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
}

static void test_lost_records_are_finished_at_once(void **state)
{
    world_t *w = *state;
    begin(w);
    w->open_error = USPAN_ERR_IO;
    for (unsigned n = 0; n < 3u; n++) {
        record_long(w);
        run_ms(w, 10000u);
    }
    assert_int_equal(stats_of(w, 0).spooled, 3);
    w->open_error = USPAN_OK;
    uint32_t wait_ms = 0;
    for (unsigned n = 0; stats_of(w, 0).replayed == 0u; n++) {
        assert_true(n < 10000u);
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, wait_ms < 100u ? wait_ms : 100u);
    }
    /* The BOOT record breaks. Its address follows from the format: it is behind the header of a sector. */
    uspan_spool_record_t r;
    assert_int_equal(uspan_spool_log_find_boot(&spool.log, spool.log.boot, &r), 0);
    flash.bytes[r.address] ^= 1u;
    uint32_t waited_ms = 0;
    for (unsigned n = 0; stats_of(w, 0).spool_lost < 2u || spool.flags != 0u; n++) {
        assert_true(n < 1000u);
        (void)world_poll(w, &wait_ms);
        wait_ms = wait_ms == 0u ? 1u : wait_ms;
        waited_ms += wait_ms; /* as a device that sleeps until then */
        assert_true(waited_ms < 1000u);
        world_advance_ms(w, wait_ms);
    }
    uspan_spool_log_t log; /* as the next boot finds it */
    assert_int_equal(uspan_spool_log_mount(&log, &flash.storage), 0);
    assert_int_equal(log.done[0].number, 3);
    assert_int_equal(log.lost[0], 2);
    world_assert_balanced(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_lost_records_are_finished_at_once) };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
