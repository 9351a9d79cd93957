/* test_spool_scan.c: what is found in a log, compared with what was appended. A storage that is busy, or that
 * fails for a short time, changes nothing.
 * uspan-config: USPAN_SPOOL=1 */
#include <string.h>
#include "cmocka_all.h"
#include "export/spool_log.h"
#include "flash_model.h"

#define SECTORS 6u
#define BOOTS 14u
#define RECORDS_MAX 600u
#define TRIES 3u /* reads of the same bytes before the scan counts them as unreadable */

/* What was appended. `erased` is how often its sector had been erased then. */
typedef struct record {
    uint32_t boot;
    uint16_t sector, erased;
    uint8_t life; /* which start of the device */
} record_t;

static flash_model_t flash;
static uspan_spool_storage_t storage; /* the flash, with faults in reads */
static record_t records[RECORDS_MAX];
static uspan_spool_log_t log_;
static unsigned reads, fault_at, fault_count;
static int fault_result;

static int read_with_faults(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    return reads++ - fault_at < fault_count ? fault_result : flash.storage.read(ctx, address, out, len);
}

static void set_fault(unsigned at, unsigned count, int result)
{
    reads = 0u;
    fault_at = at;
    fault_count = count;
    fault_result = result;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* Record n has its own bytes and its own length, from 0 on. */
static uint16_t length_of(uint32_t number)
{
    return (uint16_t)(number * 7u % 90u);
}

typedef struct seeds {
    uint32_t record, boot;
} seeds_t;

static int give(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n)
{
    const seeds_t *seeds = ctx;
    const uint32_t seed = type == USPAN_SPOOL_BOOT ? seeds->boot : seeds->record;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(seed * 31u + at + i);
    }
    return 0;
}

static void append(uint8_t life)
{
    const uint32_t number = log_.next[0];
    seeds_t seeds = { number, life };
    const uspan_spool_input_t in = {
        .type = USPAN_SPOOL_SPAN, .len = length_of(number), .boot_len = 20u, .source = give, .ctx = &seeds
    };
    int result = USPAN_SPOOL_BUSY;
    for (unsigned n = 0; n < 100u && result == USPAN_SPOOL_BUSY; n++) {
        const uint32_t erases = flash.erases, programmed = flash.programmed;
        result = uspan_spool_log_append(&log_, &in);
        assert_in_range(flash.erases - erases, 0, 1);
        assert_true(flash.erases == erases || flash.programmed == programmed); /* an erase takes long */
    }
    assert_int_equal(result, 0);
    assert_int_equal(log_.next[0], number + 1u);
    records[number] = (record_t){ log_.boot, log_.sector, flash.erased_times[log_.sector], life };
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void assert_bytes(uint32_t address, uint32_t seed, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        assert_int_equal(flash.bytes[address + i], (uint8_t)(seed * 31u + i));
    }
}

/* The BOOT record has the number of the boot, and what that boot gave. */
static void assert_boot(const uspan_spool_log_t *log, const record_t *of)
{
    uspan_spool_record_t r;
    int result;
    while ((result = uspan_spool_log_find_boot(log, of->boot, &r)) == USPAN_SPOOL_BUSY) {
    }
    assert_int_equal(result, 0);
    assert_int_equal(r.type, USPAN_SPOOL_BOOT);
    assert_int_equal(r.len, 24);
    assert_int_equal(flash.bytes[r.address] | flash.bytes[r.address + 1u] << 8, of->boot);
    assert_bytes(r.address + 4u, of->life, 20u);
}

/* Read the log as a new boot does. Each record whose sector was not erased is found once, in order, with its
 * bytes and its boot. If may_miss is set, some records may be missing. Returns the number of busy calls. */
static unsigned scan(bool may_miss)
{
    uspan_spool_log_t log;
    unsigned busy = 0;
    int result;
    while ((result = uspan_spool_log_mount(&log, &storage)) == USPAN_SPOOL_BUSY) {
        busy++;
    }
    assert_int_equal(result, 0);
    if (!may_miss) {
        assert_int_equal(log.next[0], log_.next[0]);
        assert_int_equal(log.sequence, log_.sequence);
    }
    uspan_spool_place_t place = log.done[0];
    uspan_spool_record_t r;
    uint32_t next = 0;
    for (unsigned calls = 0; result != USPAN_SPOOL_NONE; calls++) {
        assert_true(calls < 2u * RECORDS_MAX);
        const uspan_spool_place_t before = place;
        result = uspan_spool_log_next(&log, &place, &r);
        if (result == USPAN_SPOOL_BUSY) {
            assert_int_equal(place.number, before.number);
            busy++;
        } else if (result == USPAN_SPOOL_GAP) {
            assert_true(r.number > place.number);
            place.number = r.number;
        } else if (result == 0) {
            while (next < r.number) {
                const record_t *missing = &records[next++];
                assert_true(may_miss || missing->erased != flash.erased_times[missing->sector]);
            }
            const record_t *of = &records[next++];
            assert_int_equal(place.number, next);
            assert_int_equal(r.len, length_of(r.number));
            assert_int_equal(r.address / flash.storage.sector_bytes, of->sector);
            assert_bytes(r.address, r.number, r.len);
            assert_int_equal(r.boot, of->boot);
            if (!may_miss) {
                assert_boot(&log, of);
            }
        }
    }
    if (!may_miss) {
        assert_int_equal(next, log_.next[0]);
    }
    return busy;
}

/* ---- tests --------------------------------------------------------------------------------------------- */

/* Short lives use a part of a sector, and long ones all sectors. Calls `check` after each n-th life. */
static void live(void (*check)(void), unsigned nth)
{
    static const uint8_t lengths[BOOTS] = { 1, 3, 70, 2, 1, 20, 40, 1, 1, 1, 1, 90, 15, 30 };
    flash_init(&flash, 1024u, SECTORS, 8u, 0xFFu);
    storage = flash.storage;
    storage.read = read_with_faults;
    set_fault(0u, 0u, 0);
    for (uint8_t life = 0; life < BOOTS; life++) {
        int mounted = uspan_spool_log_mount(&log_, &storage);
        assert_int_equal(mounted, 0);
        for (unsigned n = 0; n < lengths[life]; n++) {
            append(life);
        }
        if ((life + 1u) % nth == 0u) {
            check();
        }
    }
}

static void check_whole(void)
{
    assert_int_equal(scan(false), 0);
}

static void test_what_was_appended_is_found_with_its_boot(void **state)
{
    (void)state;
    live(check_whole, 1u);
}

/* Make reads busy, or fail: first each one of the first 60 reads, then fewer and fewer of the later ones. */
static void check_faults(unsigned count, int result, bool may_miss)
{
    set_fault(0u, 0u, 0);
    (void)scan(false);
    const unsigned all = reads;
    for (unsigned at = 0; at < all; at += 1u + at / 60u) {
        set_fault(at, count, result);
        const unsigned busy = scan(may_miss);
        assert_true(result < 0 ? busy == 0u : busy <= count);
    }
    set_fault(0u, 0u, 0);
}

static void check_busy(void)
{
    check_faults(1u, 1, false);
    check_faults(TRIES, 1, false);
}

static void test_a_busy_storage_is_asked_again_and_nothing_is_missed(void **state)
{
    (void)state;
    live(check_busy, 3u);
}

static void check_short_failures(void)
{
    check_faults(1u, -1, false);
    check_faults(TRIES - 1u, -1, false);
}

static void test_a_read_that_fails_twice_changes_nothing(void **state)
{
    (void)state;
    live(check_short_failures, 3u);
}

static void check_long_failures(void)
{
    check_faults(TRIES, -1, true);
    check_faults(40u, -1, true);
}

static void test_unreadable_bytes_hide_records_and_alter_none(void **state)
{
    (void)state;
    live(check_long_failures, 3u);
}

/* Each rule for a storage alone: a value just inside of it, and one just outside. */
static void test_each_rule_for_a_storage_counts_alone(void **state)
{
    static const struct {
        uint32_t sector_bytes;
        uint16_t sector_count;
        uint8_t unit_bytes;
        bool good;
    } rows[] = {
        { 64u, 4u, 16u, true },  { 60u, 4u, 4u, false },       { 48u, 4u, 16u, false },
        { 64u, 3u, 16u, false }, { 72u, 4u, 16u, false },      { 80u, 4u, 16u, true },
        { 72u, 4u, 8u, true },   { 64u, 4u, 32u, false },      { 64u, 4u, 3u, false },
        { 66u, 4u, 2u, false },  { 68u, 4u, 1u, true },        { 67u, 4u, 1u, false },
        { 64u, 4u, 0u, false },  { 0x40000000u, 4u, 16u, false }, { 0x10000u, 0xFFFFu, 16u, true },
        { 0x10020u, 0xFFFFu, 16u, false },
    };
    (void)state;
    for (unsigned n = 0; n < COUNT(rows); n++) {
        uspan_spool_storage_t s = flash.storage;
        s.sector_bytes = rows[n].sector_bytes;
        s.sector_count = rows[n].sector_count;
        s.unit_bytes = rows[n].unit_bytes;
        s.read = read_with_faults; /* a good storage is busy, a bad one is not read */
        set_fault(0u, UINT32_MAX, 1);
        const int want = rows[n].good ? 1 : USPAN_ERR_ARG;
        if (uspan_spool_log_mount(&log_, &s) != want) {
            fail_msg("row %u", n);
        }
    }
    for (unsigned missing = 0; missing < 3u; missing++) {
        uspan_spool_storage_t s = flash.storage;
        s.read = missing == 0u ? NULL : s.read;
        s.program = missing == 1u ? NULL : s.program;
        s.erase = missing == 2u ? NULL : s.erase;
        assert_int_equal(uspan_spool_log_mount(&log_, &s), USPAN_ERR_ARG);
    }
    assert_int_equal(uspan_spool_log_mount(&log_, NULL), USPAN_ERR_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_appended_is_found_with_its_boot),
        cmocka_unit_test(test_a_busy_storage_is_asked_again_and_nothing_is_missed),
        cmocka_unit_test(test_a_read_that_fails_twice_changes_nothing),
        cmocka_unit_test(test_unreadable_bytes_hide_records_and_alter_none),
        cmocka_unit_test(test_each_rule_for_a_storage_counts_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
