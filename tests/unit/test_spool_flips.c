/* test_spool_flips.c: bits of a written log change. After a reboot, each record that was written is
 * delivered, or it is counted as lost. Records that are not damaged are delivered, also from a damaged sector.
 * uspan-config: USPAN_SPOOL=1 */
#include <string.h>
#include "cmocka_all.h"
#include "export/spool_log.h"
#include "flash_model.h"

#define SECTORS 6u
#define SECTOR_BYTES 1024u
#define RECORDS_MAX 200u
#define HEAD_BYTES 4u

static flash_model_t flash, damaged;
static uspan_spool_log_t log_;
static uint32_t starts[RECORDS_MAX]; /* address of the head of each record */
static uint32_t random_state = 1u;

static uint32_t random_below(uint32_t end)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % end;
}

/* A record of a span has more than 54 bytes. */
static uint16_t length_of(uint32_t number)
{
    return (uint16_t)(60u + number * 37u % 120u);
}

static int give(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n)
{
    (void)type;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(*(const uint32_t *)ctx * 31u + (at + i) * 7u);
    }
    return 0;
}

static void append(uspan_spool_log_t *log, unsigned type)
{
    uint32_t number = log->next[0];
    const uspan_spool_input_t in = { .type = type,
                                     .len = type == USPAN_SPOOL_DONE ? USPAN_SPOOL_DONE_BYTES
                                                                     : length_of(number),
                                     .boot_len = 40u,
                                     .source = give,
                                     .ctx = &number };
    int result;
    while ((result = uspan_spool_log_append(log, &in)) == USPAN_SPOOL_BUSY) {
    }
    assert_int_equal(result, 0);
}

/* Write a log of some boots. The last one delivers none. */
static void write_log(uint8_t unit, uint8_t erased, unsigned records)
{
    flash_init(&flash, SECTOR_BYTES, SECTORS, unit, erased);
    for (unsigned boot = 0; boot < 3u; boot++) {
        assert_int_equal(uspan_spool_log_mount(&log_, &flash.storage), 0);
        for (unsigned n = 0; n < records; n++) {
            const uint32_t number = log_.next[0];
            append(&log_, USPAN_SPOOL_SPAN);
            starts[number] = log_.sector * SECTOR_BYTES + log_.offset -
                             (uint32_t)((length_of(number) + 8u + unit - 1u) / unit * unit);
            if (boot < 2u && n % 5u == 4u) {
                uspan_spool_record_t r;
                uspan_spool_place_t place = log_.done[0];
                assert_int_equal(uspan_spool_log_next(&log_, &place, &r), 0);
                uspan_spool_log_settle(&log_, &place, 0u);
                append(&log_, USPAN_SPOOL_DONE);
            }
        }
    }
}

typedef struct found {
    uint32_t next, delivered, lost;
} found_t;

/* Read the log as a new boot does. Each record that is delivered is as it was written. */
static found_t read_log(void)
{
    uspan_spool_log_t log;
    found_t found = { 0 };
    assert_int_equal(uspan_spool_log_mount(&log, &damaged.storage), 0);
    found.next = log.next[0];
    uspan_spool_place_t place = log.done[0];
    uspan_spool_record_t r;
    int result;
    while ((result = uspan_spool_log_next(&log, &place, &r)) != USPAN_SPOOL_NONE) {
        if (result == USPAN_SPOOL_GAP) {
            assert_in_range(r.number - place.number, 1, RECORDS_MAX);
            found.lost += r.number - place.number;
            place.number = r.number;
            continue;
        }
        bool same = false;
        for (uint32_t n = 0; n < log_.next[0] && !same; n++) {
            same = starts[n] + HEAD_BYTES == r.address &&
                   memcmp(damaged.bytes + r.address, flash.bytes + r.address, r.len) == 0;
        }
        assert_true(same);
        found.delivered++;
    }
    assert_int_equal(found.delivered + found.lost, found.next - log.done[0].number);
    return found;
}

static void flip(uint32_t bit)
{
    damaged.bytes[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
}

/* Returns the record whose head has that byte, or none. */
static uint32_t head_at(uint32_t address)
{
    uint32_t n = 0;
    while (n < log_.next[0] && address - starts[n] >= HEAD_BYTES) {
        n++;
    }
    return n;
}

/* Returns true if the byte is before the first record of its sector, in the header or in a BOOT record. */
static bool is_before_records(uint32_t address)
{
    bool before = true;
    for (uint32_t n = 0; n < log_.next[0]; n++) {
        before = before && (starts[n] / SECTOR_BYTES != address / SECTOR_BYTES || starts[n] > address);
    }
    return before;
}

/* Returns true if the damaged record is the last one, and its head or its last byte is as in a torn one. */
static bool is_like_torn(uint32_t bit, uint32_t last)
{
    const uint32_t end = starts[last] + HEAD_BYTES + length_of(last) + 3u;
    const uint8_t flipped = bit / 8u == end ? (uint8_t)(1u << bit % 8u) : 0u;
    return head_at(bit / 8u) == last || (bit / 8u >= starts[last] && bit / 8u <= end &&
                                         (flash.bytes[end] ^ flipped) == flash.storage.erased);
}

static void check_each_flip(uint8_t unit, uint8_t erased, unsigned records, uint32_t step)
{
    write_log(unit, erased, records);
    flash_copy(&damaged, &flash);
    const found_t whole = read_log();
    assert_int_equal(whole.next, log_.next[0]);
    assert_int_equal(whole.lost, 0);
    const uint32_t last = whole.next - 1u;
    for (uint32_t bit = random_below(step); bit < 8u * SECTORS * SECTOR_BYTES; bit += step) {
        const uint32_t address = bit / 8u;
        flip(bit);
        const found_t found = read_log();
        flip(bit);
        if (is_like_torn(bit, last)) {
            assert_in_range(found.next, last, last + 1u);
        } else if (is_before_records(address)) {
            /* A BOOT record whose head is damaged may be counted too. */
            assert_in_range(found.next, whole.next, whole.next + 1u);
        } else if (found.next != whole.next || found.lost > 1u) {
            fail_msg("unit %u erased %u records %u bit %u of byte 0x%x: next %u of %u, lost %u", unit, erased,
                     records, bit % 8u, address, found.next, whole.next, found.lost);
        }
    }
}

static void test_each_record_is_delivered_or_counted_after_a_flip(void **state)
{
    static const uint8_t units[] = { 1u, 4u, 8u, 16u };
    (void)state;
    for (unsigned n = 0; n < COUNT(units); n++) {
        for (unsigned records = 1; records < 12u; records++) {
            check_each_flip(units[n], n % 2u == 0u ? 0xFFu : 0u, records, 607u);
        }
    }
    check_each_flip(8u, 0xFFu, 7u, 37u);
}

/* Many flips, none of them in a head or before the records. */
static void test_many_damaged_records_are_counted_one_by_one(void **state)
{
    (void)state;
    write_log(4u, 0xFFu, 9u);
    const uint32_t written = log_.next[0];
    unsigned damages = 0;
    for (unsigned round = 0; round < 1000u; round++) {
        flash_copy(&damaged, &flash);
        for (unsigned n = random_below(40u); n > 0u; n--) {
            const uint32_t number = random_below(written);
            const uint32_t at = random_below(length_of(number)) + HEAD_BYTES;
            flip(8u * (starts[number] + at) + random_below(8u));
        }
        const found_t found = read_log();
        assert_int_equal(found.next, written);
        damages += found.lost;
    }
    assert_true(damages > 1000u);
}

/* The boots after the damage count the same. */
static void test_the_count_of_lost_records_stays(void **state)
{
    (void)state;
    write_log(8u, 0xFFu, 6u);
    const uint32_t written = log_.next[0];
    for (uint32_t n = 0; n < 7u; n++) {
        flash_copy(&damaged, &flash);
        /* the last: in the header of the newest sector */
        flip(8u * (n < 6u ? starts[written - 1u - n] + 20u : log_.sector * SECTOR_BYTES + 9u));
        uspan_spool_log_t log;
        for (uint32_t boots = 0; boots < 3u; boots++) {
            assert_int_equal(uspan_spool_log_mount(&log, &damaged.storage), 0);
            assert_int_equal(log.next[0], written + boots);
            append(&log, USPAN_SPOOL_SPAN);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_record_is_delivered_or_counted_after_a_flip),
        cmocka_unit_test(test_many_damaged_records_are_counted_one_by_one),
        cmocka_unit_test(test_the_count_of_lost_records_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
