/* test_spool_shared.c: two destinations share one spool. A span that both miss is stored once. Each has its own
 * position and counters over resets, power cuts and a full spool. A dead one costs the other one nothing.
 * uspan-config: USPAN_SPOOL=1 USPAN_SPOOL_EACH=2 USPAN_DESTINATIONS_MAX=2 */
#include "export/export_state.h"
#include "export/spool_log.h"
#include "spool_two.h"

/* The number of records in flash, for any destination. */
static unsigned records_in_flash(void)
{
    uspan_spool_log_t log;
    uint32_t addresses[2][NUMBERS_MAX];
    unsigned counts[2] = { 0u, 0u }, both = 0u;
    assert_int_equal(uspan_spool_log_mount(&log, &flash.storage), 0);
    for (unsigned d = 0; d < 2u; d++) {
        uspan_spool_place_t place = log.done[d];
        uspan_spool_record_t r;
        log.reader = (uint8_t)d;
        while (uspan_spool_log_next(&log, &place, &r) == 0) {
            addresses[d][counts[d]++] = r.address;
        }
    }
    for (unsigned i = 0; i < counts[0]; i++) {
        for (unsigned k = 0; k < counts[1]; k++) {
            both += addresses[0][i] == addresses[1][k];
        }
    }
    return counts[0] + counts[1] - both;
}

static void test_a_span_that_both_miss_is_stored_once(void **state)
{
    world_t *w = *state;
    begin(w, FAR_REFUSES, FAR_NEVER_OPENS);
    record_for(w, 12u, 2000u);
    run_ms(w, 30000u);
    /* The destinations do not fail at the same moment, so the first ones are stored for each of them. */
    const unsigned first = records_in_flash();
    assert_in_range(first, 12u, 20u);
    record_for(w, 12u, 2000u);
    run_ms(w, 30000u);
    assert_int_equal(records_in_flash(), first + 12u);
    for (unsigned d = 0; d < 2u; d++) {
        assert_int_equal(stats_of(w, d).spooled, 24);
        assert_int_equal(stats_of(w, d).spool_waiting, 24);
    }
    assert_accounts(w);
    peers[0].mode = peers[1].mode = FAR_GOOD;
    boot_device(w);
    run_ms(w, 60000u);
    assert_received_once(0u, 0u, 24u);
    assert_received_once(1u, 0u, 24u);
    assert_int_equal(stats_of(w, 0).replayed, 24);
    assert_int_equal(stats_of(w, 1).replayed, 24);
    assert_accounts(w);
}

static void test_a_dead_one_costs_the_other_one_nothing(void **state)
{
    world_t *w = *state;
    for (unsigned dead = 0; dead < 2u; dead++) {
        begin(w, dead == 0u ? FAR_REFUSES : FAR_GOOD, dead == 1u ? FAR_REFUSES : FAR_GOOD);
        for (unsigned boot = 0; boot < 3u; boot++) { /* dead over several boots */
            record_for(w, 15u, 1000u);
            run_ms(w, 20000u);
            assert_received_once(1u - dead, 0u, 15u * (boot + 1u));
            assert_int_equal(stats_of(w, 1u - dead).delivered, 15);
            assert_int_equal(stats_of(w, 1u - dead).spool_records, 0);
            assert_int_equal(stats_of(w, dead).spool_waiting, 15u * (boot + 1u));
            assert_accounts(w);
            boot_device(w);
        }
        peers[dead].mode = FAR_GOOD;
        run_ms(w, 60000u);
        assert_received_once(0u, 0u, 45u);
        assert_received_once(1u, 0u, 45u);
        assert_int_equal(stats_of(w, dead).replayed, 45);
        assert_int_equal(stats_of(w, dead).spool_waiting, 0);
        assert_int_equal(stats_of(w, 1u - dead).replayed, 0);
        assert_accounts(w);
    }
}

static bool is_wiped(void)
{
    for (uint32_t at = 0; at + sizeof TEXT <= SECTORS * 2048u; at++) {
        if (memcmp(flash.bytes + at, TEXT, sizeof TEXT - 1u) == 0) {
            return false;
        }
    }
    return true;
}

/* What one has received is not sent to it again, also not after a reset. Content is erased when both have
 * it. */
static void test_each_has_its_own_position(void **state)
{
    world_t *w = *state;
    begin(w, FAR_REFUSES, FAR_REFUSES);
    record_for(w, 20u, 2000u);
    run_ms(w, 30000u);
    peers[1].mode = FAR_GOOD;
    boot_device(w);
    run_ms(w, 60000u);
    assert_received_once(1u, 0u, 20u);
    assert_false(is_wiped());
    for (unsigned boot = 0; boot < 3u; boot++) {
        record_for(w, 5u, 1000u); /* the working one receives them from RAM */
        run_ms(w, 30000u);
        assert_int_equal(stats_of(w, 1).spool_waiting, 0);
        assert_int_equal(stats_of(w, 1).replayed, 20);
        assert_int_equal(stats_of(w, 0).spool_waiting, 20u + 5u * (boot + 1u));
        assert_int_equal(stats_of(w, 0).replayed, 0);
        assert_accounts(w);
        boot_device(w);
    }
    peers[0].mode = FAR_GOOD;
    run_ms(w, 60000u);
    assert_received_once(0u, 0u, 35u);
    assert_received_once(1u, 0u, 35u);
    assert_true(is_wiped());
    assert_accounts(w);
}

static void test_a_full_spool_loses_what_is_oldest_for_each(void **state)
{
    world_t *w = *state;
    begin(w, FAR_REFUSES, FAR_REFUSES);
    record_for(w, 30u, 1000u);
    run_ms(w, 20000u);
    peers[1].mode = FAR_GOOD;
    boot_device(w);
    run_ms(w, 30000u);
    assert_received_once(1u, 0u, 30u);
    record_for(w, 400u, 500u);
    run_ms(w, 20000u);
    assert_received_once(1u, 0u, 430u);
    peers[0].mode = FAR_GOOD;
    boot_device(w);
    run_ms(w, 100000u);
    const uspan_stats_t s = stats_of(w, 0), other = stats_of(w, 1);
    assert_true(s.spool_lost > 30u && s.replayed > 40u);
    assert_int_equal(s.spool_records, 430);
    assert_int_equal(other.spool_lost, 0);
    assert_int_equal(other.replayed, 30);
    assert_received_once(0u, s.spool_lost, 430u);
    assert_received_once(1u, 0u, 430u);
    assert_accounts(w);
}

/* Both lost some, and each span that did not arrive is counted. */
static void assert_losses_are_counted(world_t *w)
{
    for (unsigned d = 0; d < 2u; d++) {
        const uspan_stats_t s = stats_of(w, d);
        unsigned missing = 0, dropped = 0;
        for (unsigned n = 0; n < next_number; n++) {
            missing += received[d][n] == 0u;
        }
        for (unsigned cause = 0; cause < USPAN_DROP_COUNT; cause++) {
            dropped += (unsigned)s.dropped[cause];
        }
        assert_true(s.spool_lost > 0u);
        assert_int_equal(s.spool_waiting, 0);
        assert_int_equal(missing, s.spool_lost + dropped);
    }
    assert_accounts(w);
}

/* A sector whose records one destination is sending slowly is needed for those of another one. The request
 * ends, and no other bytes are sent. Spans in RAM do not wait for it. */
static void test_records_that_are_being_sent_make_room(void **state)
{
    world_t *w = *state;
    begin(w, FAR_REFUSES, FAR_REFUSES);
    record_for(w, 60u, 500u);
    run_ms(w, 30000u);
    peers[1].mode = FAR_GOOD;
    boot_device(w);
    peers[1].rate = 100u; /* 40 s for a request */
    peers[1].buffer = 200u;
    record_for(w, 300u, 300u); /* for the first one: the spool becomes full */
    run_ms(w, 100000u);
    assert_true(stats_of(w, 1).replayed > 0u);
    peers[1].rate = 0u;
    peers[0].mode = FAR_GOOD;
    run_ms(w, 300000u);
    assert_losses_are_counted(w);
}

static void record_long(world_t *w)
{
    char name[16], text[1300];
    snprintf(name, sizeof name, "span %u", next_number++);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, name);
    memset(text, 'x', sizeof text);
    (void)uspan_set_str_n(&w->tracer, s, USPAN_KEY("app.long"), text, sizeof text);
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("app.text"), TEXT);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
}

/* As above, and the request has one record, of which a part was sent. */
static void test_a_record_that_is_being_sent_makes_room(void **state)
{
    world_t *w = *state;
    begin(w, FAR_REFUSES, FAR_REFUSES);
    flash.storage.sector_count = 5u;
    boot_device(w);
    record_long(w);
    run_ms(w, 20000u);
    peers[1].mode = FAR_GOOD;
    boot_device(w);
    peers[1].rate = 30u;
    peers[1].buffer = 200u;
    run_ms(w, 5000u);
    for (unsigned n = 0; n < 12u; n++) { /* each takes a sector */
        record_long(w);
        run_ms(w, 700u);
    }
    run_ms(w, 60000u);
    peers[1].rate = 0u;
    peers[0].mode = FAR_GOOD;
    run_ms(w, 200000u);
    assert_losses_are_counted(w);
}

/* Both have records up to some sector, and the first one needs more. The second one sends two records. */
static void begin_before_resource_moves(world_t *w, unsigned before)
{
    begin(w, FAR_REFUSES, FAR_REFUSES);
    flash.storage.sector_count = 5u;
    boot_device(w);
    for (unsigned n = 0; n < before; n++) { /* each takes a sector, and the first one has the BOOT record */
        record_long(w);
        run_ms(w, 8000u);
    }
    peers[1].mode = FAR_GOOD;
    run_ms(w, 60000u);
    assert_received_once(1u, 0u, before);
    peers[1].mode = FAR_REFUSES;
    record_for(w, 2u, 100u);
    run_ms(w, 40000u);
    assert_int_equal(stats_of(w, 1).spool_waiting, 2);
    uspan_dest(&w->tracer, 1u)->target.backoff.not_before_ns = 0u; /* it is tried again now */
}

static void end_after_resource_moves(world_t *w)
{
    for (unsigned n = 0; n < 3u; n++) {
        record_long(w);
        run_ms(w, 500u);
    }
    run_ms(w, 8000u); /* they are stored, and the second one still waits to connect, or for the answer */
    peers[1].mode = FAR_GOOD;
    run_ms(w, 60000u);
    peers[0].mode = FAR_GOOD;
    run_ms(w, 100000u);
    assert_received_once(1u, 0u, next_number);
    assert_int_equal(stats_of(w, 1).rejected, 0);
    assert_int_equal(stats_of(w, 1).spool_lost, 0);
    assert_accounts(w);
}

/* The BOOT record of the records that one destination is about to send is copied and erased, because the other
 * one needs its sector. No request has other bytes in its place. */
static void test_a_resource_that_is_being_sent_moves(void **state)
{
    world_t *w = *state;
    for (unsigned before = 1; before < 4u; before++) {
        begin_before_resource_moves(w, before);
        peers[1].mode = FAR_NEVER_OPENS;
        end_after_resource_moves(w);
        begin_before_resource_moves(w, before);
        spools[0].readers[1].limit = 1u; /* as after a 413, so that a record of the sector remains */
        peers[1].mode = FAR_SILENT;      /* it answers late */
        end_after_resource_moves(w);
    }
}

/* While the storage is busy with a record for one destination, the other one waits with its request. */
static void test_a_busy_storage_ends_no_request(void **state)
{
    world_t *w = *state;
    begin(w, FAR_REFUSES, FAR_REFUSES);
    record_for(w, 20u, 500u);
    run_ms(w, 30000u);
    peers[1].mode = FAR_NEVER_OPENS;
    boot_device(w);
    flash.busy = 200u; /* milliseconds for each unit, and some seconds for a record */
    record_for(w, 3u, 500u);
    run_ms(w, 6000u);
    assert_false(uspan_spool_log_rests(&spools[0].log)); /* it stores one for the first destination */
    peers[1].mode = FAR_GOOD;
    run_ms(w, 100000u);
    assert_received_once(1u, 0u, 23u);
    assert_int_equal(stats_of(w, 1).retries, 0);
    assert_int_equal(peers[1].connects, 1);
    assert_accounts(w);
}

/* The DONE record of another destination is being written. */
static bool is_noting(void)
{
    return (spools[0].log.at | spools[0].log.fill) != 0u && spools[0].writing == 0u;
}

/* A delivery to one destination ends while that to the other one is being noted in flash. Both are noted. */
static void test_a_busy_storage_notes_each_delivery(void **state)
{
    world_t *w = *state;
    unsigned overlaps = 0;
    for (unsigned n = 0; n < 40u; n++) {
        begin(w, FAR_REFUSES, FAR_GOOD);
        record_for(w, 25u, 100u);
        run_ms(w, 30000u);
        peers[1].mode = FAR_REFUSES;
        record_for(w, 20u, 100u);
        run_ms(w, 30000u);
        peers[0].mode = peers[1].mode =
            FAR_GOOD; /* three requests for the first one, one for the second one */
        boot_device(w);
        flash.busy = 40u; /* milliseconds for each unit */
        peers[1].delay_ns = n * MS;
        while (stats_of(w, 1).spool_waiting > 0u) {
            const bool was_noting = is_noting();
            run_ms(w, 1u);
            overlaps += was_noting && is_noting() && stats_of(w, 1).spool_waiting == 0u;
            peers[0].mode = stats_of(w, 0).spool_waiting <= 5u ? FAR_NEVER_TAKES : FAR_GOOD;
        }
        run_ms(w, 3000u);
        boot_device(w);
        run_ms(w, 60000u);
        assert_received_once(1u, 0u, 45u);
        assert_accounts(w);
    }
    assert_true(overlaps > 2u);
}

static unsigned reads;
static int (*read_flash)(void *ctx, uint32_t address, uint8_t *out, uint32_t len);

static int count_read(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    reads += spools[0].dest == 1u; /* for that one */
    return read_flash(ctx, address, out, len);
}

/* One that has all its records does not search those of the other one for its next record. */
static void test_records_of_the_other_one_are_passed(void **state)
{
    world_t *w = *state;
    unsigned cost[2];
    for (unsigned n = 0; n < 2u; n++) {
        begin(w, FAR_REFUSES, FAR_GOOD);
        record_for(w, n == 0u ? 1u : 110u, 1000u);
        run_ms(w, 20000u);
        peers[1].mode = FAR_REFUSES;
        record_for(w, 1u, 1000u);
        run_ms(w, 20000u);
        assert_int_equal(stats_of(w, 1).spool_waiting, 1);
        peers[1].mode = FAR_GOOD;
        read_flash = flash.storage.read;
        flash.storage.read = count_read;
        reads = 0u;
        run_ms(w, 100000u);
        cost[n] = reads;
        assert_int_equal(stats_of(w, 1).replayed, 1);
    }
    assert_true(cost[1] < cost[0] + 100u);
}

static void test_all_is_stored_for_both_before_sleep(void **state)
{
    begin(*state, FAR_SILENT, FAR_SILENT);
    store_all_before_sleep(*state);
    assert_int_equal(records_in_flash(), 10);
    deliver_after_sleep(*state);
}

static void test_a_storage_that_fails_costs_no_span(void **state)
{
    world_t *w = *state;
    begin(w, FAR_REFUSES, FAR_REFUSES);
    flash.storage.sector_count = 4u;
    boot_device(w);
    for (unsigned n = 0; n < 10u; n++) {
        record_next(w);
    }
    flash.bad = FLASH_ERASE_FAILS; /* of one sector; the others are used */
    flash.bad_sector = 0u;
    flash.bad_from = 0u;
    run_ms(w, 30000u);
    assert_int_equal(stats_of(w, 0).spooled, 10);
    assert_int_equal(stats_of(w, 1).spooled, 10);
    peers[0].mode = peers[1].mode = FAR_GOOD;
    run_ms(w, 60000u);
    assert_received_once(0u, 0u, 10u);
    assert_received_once(1u, 0u, 10u);
    assert_accounts(w);
}

static void test_mounts_of_one_spool_have_one_storage(void **state)
{
    world_t *w = *state;
    begin(w, FAR_GOOD, FAR_GOOD);
    uspan_spool_storage_t other = flash.storage;
    assert_int_equal(uspan_spool_mount(&w->tracer, 1u, &spools[0], &other), USPAN_ERR_ARG);
    assert_int_equal(uspan_spool_mount(&w->tracer, 1u, &spools[0], &flash.storage), USPAN_OK);
    assert_int_equal(uspan_spool_mount(&w->tracer, 2u, &spools[0], &flash.storage), USPAN_ERR_ARG);
}

/* The numbers of each reader and of sectors start just below the value after which they wrap. */
static void test_numbers_of_both_wrap(void **state)
{
    world_t *w = *state;
    begin(w, FAR_REFUSES, FAR_REFUSES);
    for (unsigned d = 0; d < 2u; d++) {
        spools[0].log.next[d] = spools[0].log.done[d].number = UINT32_MAX - 5u - 7u * d;
        spools[0].log.lost[d] = UINT32_MAX - d;
    }
    spools[0].log.sequence = UINT32_MAX - 1u;
    for (unsigned boot = 0; boot < 4u; boot++) {
        record_for(w, 10u, 1000u);
        run_ms(w, 20000u);
        assert_accounts(w);
        peers[1].mode = boot == 1u ? FAR_GOOD : FAR_REFUSES;
        boot_device(w);
        run_ms(w, 60000u);
    }
    peers[0].mode = peers[1].mode = FAR_GOOD;
    run_ms(w, 100000u);
    for (unsigned d = 0; d < 2u; d++) {
        assert_received_once(d, 0u, 40u);
        assert_int_equal(stats_of(w, d).spool_waiting, 0);
        assert_int_equal(stats_of(w, d).spool_records, 34u - 17u * d); /* 40 and 30 more */
        assert_int_equal(stats_of(w, d).spool_lost, UINT32_MAX - d);
    }
    assert_true(spools[0].log.sequence < 100u);
}

static void test_power_cuts_lose_nothing_of_either(void **state)
{
    const char *rounds = getenv("SPOOL_ROUNDS"); /* more of them by hand */
    const uint32_t lives = 10u * (rounds != NULL ? (uint32_t)strtoul(rounds, NULL, 10) : 1u);
    for (volatile uint32_t seed = 1; seed <= lives; seed++) {
        live_with_power_cuts(*state, 20261130u + seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_span_that_both_miss_is_stored_once),
        cmocka_unit_test(test_a_dead_one_costs_the_other_one_nothing),
        cmocka_unit_test(test_each_has_its_own_position),
        cmocka_unit_test(test_a_full_spool_loses_what_is_oldest_for_each),
        cmocka_unit_test(test_records_that_are_being_sent_make_room),
        cmocka_unit_test(test_a_record_that_is_being_sent_makes_room),
        cmocka_unit_test(test_a_resource_that_is_being_sent_moves),
        cmocka_unit_test(test_a_busy_storage_ends_no_request),
        cmocka_unit_test(test_a_busy_storage_notes_each_delivery),
        cmocka_unit_test(test_records_of_the_other_one_are_passed),
        cmocka_unit_test(test_all_is_stored_for_both_before_sleep),
        cmocka_unit_test(test_a_storage_that_fails_costs_no_span),
        cmocka_unit_test(test_mounts_of_one_spool_have_one_storage),
        cmocka_unit_test(test_numbers_of_both_wrap),
        cmocka_unit_test(test_power_cuts_lose_nothing_of_either),
    };
    return cmocka_run_group_tests(tests, world_setup, free_peers);
}
