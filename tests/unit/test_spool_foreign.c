/* test_spool_foreign.c: a storage with a spool for another number of readers is refused and not changed. One
 * of another geometry delivers whole records only, and with more sectors all of them.
 * uspan-config: USPAN_SPOOL=1 */
#include <string.h>
#include "cmocka_all.h"
#include "export/spool_log.h"
#include "flash_model.h"

static flash_model_t flash, before;
static uspan_spool_log_t log_;

static int give(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n)
{
    (void)type;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(*(const uint32_t *)ctx * 31u + (at + i) * 7u);
    }
    return 0;
}

static void append(uspan_spool_log_t *log)
{
    uint32_t number = log->next[0];
    const uspan_spool_input_t in = {
        .type = USPAN_SPOOL_SPAN, .len = 100u, .boot_len = 40u, .source = give, .ctx = &number
    };
    int result;
    while ((result = uspan_spool_log_append(log, &in)) == USPAN_SPOOL_BUSY) {
    }
    assert_int_equal(result, 0);
}

static void write_log(uint32_t records)
{
    flash_init(&flash, 1024u, 8u, 8u, 0xFFu);
    assert_int_equal(uspan_spool_log_mount(&log_, &flash.storage), 0);
    while (records-- > 0u) {
        append(&log_);
    }
}

/* The header of a sector as firmware for other readers writes it. */
static void put_header(uint32_t sector, uint8_t readers)
{
    const uint8_t type = (uint8_t)(0x61u + 8u * (readers - 1u));
    const uint32_t len = 8u + 12u * readers;
    uint8_t *const at = flash.bytes + sector * flash.storage.sector_bytes;
    memset(at, 0, len + 8u);
    at[0] = (uint8_t)len;
    at[2] = type;
    at[3] = (uint8_t) ~(len + type);
    const uint32_t sum = uspan_spool_crc(type, at, 4u + len);
    for (unsigned i = 0; i < 4u; i++) {
        at[4u + len + i] = (uint8_t)(sum >> 8u * i);
    }
}

static void test_another_number_of_readers_is_refused(void **state)
{
    (void)state;
    for (uint8_t readers = 1; readers <= 4u; readers++) {
        for (uint32_t sector = 0; sector < 8u; sector++) {
            flash_init(&flash, 1024u, 8u, 8u, 0xFFu);
            put_header(sector, readers);
            flash_copy(&before, &flash);
            const int mounted = uspan_spool_log_mount(&log_, &flash.storage);
            assert_int_equal(mounted, readers == USPAN_SPOOL_READERS ? 0 : USPAN_ERR_REFUSED);
            assert_int_equal(flash.operations, 0);
            assert_memory_equal(flash.bytes, before.bytes, 8u * 1024u);
            flash.bytes[sector * 1024u + 9u] ^= 1u; /* this is no header, of whatever format */
            assert_int_equal(uspan_spool_log_mount(&log_, &flash.storage), 0);
        }
    }
}

/* Returns how many records the log has had, by its own count. */
static uint32_t read_log(uint32_t sector_bytes, uint16_t sectors)
{
    flash.storage.sector_bytes = sector_bytes;
    flash.storage.sector_count = sectors;
    assert_int_equal(uspan_spool_log_mount(&log_, &flash.storage), 0);
    uspan_spool_place_t place = log_.done[0];
    uspan_spool_record_t r;
    uint32_t count = 0;
    int result;
    while ((result = uspan_spool_log_next(&log_, &place, &r)) != USPAN_SPOOL_NONE) {
        if (result == USPAN_SPOOL_GAP) {
            count += r.number - place.number;
            place.number = r.number;
            continue;
        }
        count++;
        assert_int_equal(r.len, 100);
        const uint32_t first = flash.bytes[r.address];
        for (uint32_t i = 0; i < r.len; i++) {
            assert_int_equal(flash.bytes[r.address + i], (uint8_t)(first + 7u * i));
        }
    }
    assert_int_equal(count, log_.next[0] - log_.done[0].number);
    return log_.next[0];
}

static void test_more_sectors_keep_all_records(void **state)
{
    (void)state;
    for (uint32_t records = 1; records < 120u; records += 7u) {
        write_log(records);
        assert_int_equal(read_log(1024u, 16u), records);
        append(&log_);
        assert_int_equal(read_log(1024u, 16u), records + 1u);
    }
}

static void test_other_sectors_deliver_whole_records_only(void **state)
{
    static const struct {
        uint32_t sector_bytes;
        uint16_t sectors;
    } rows[] = { { 2048u, 4u }, { 512u, 16u }, { 1024u, 4u }, { 256u, 32u }, { 1536u, 5u } };
    (void)state;
    for (unsigned n = 0; n < COUNT(rows); n++) {
        for (uint32_t records = 1; records < 120u; records += 7u) {
            write_log(records);
            const uint32_t next = read_log(rows[n].sector_bytes, rows[n].sectors);
            assert_in_range(next, 0, records);
            flash.bad =
                FLASH_ERASE_LIES; /* the model does not know which bytes an erase of this size clears */
            flash.bad_sector = UINT32_MAX;
            append(&log_);
            assert_int_equal(read_log(rows[n].sector_bytes, rows[n].sectors), next + 1u);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_number_of_readers_is_refused),
        cmocka_unit_test(test_more_sectors_keep_all_records),
        cmocka_unit_test(test_other_sectors_deliver_whole_records_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
