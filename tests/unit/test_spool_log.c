/* test_spool_log.c: records that an earlier use of a sector left there do not count as records of this use. A
 * record may fill what a sector has beside its header and a boot.
 * uspan-config: USPAN_SPOOL=1 */
#include <string.h>
#include "cmocka_all.h"
#include "export/spool_log.h"
#include "flash_model.h"

#define SECTORS 5u

#define RECORD_BYTES 64u /* with header and checksum */

static flash_model_t flash;

/* Each record has the same bytes. A record of an earlier use differs only in its sector's number. */
static int give(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n)
{
    (void)ctx;
    (void)type;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(at + i + 1u);
    }
    return 0;
}

static void append(uspan_spool_log_t *log)
{
    const uspan_spool_input_t in = {
        .type = USPAN_SPOOL_SPAN, .len = RECORD_BYTES - 8u, .boot_len = 20u, .source = give
    };
    int result = USPAN_SPOOL_BUSY;
    for (unsigned n = 0; n < 100u && result == USPAN_SPOOL_BUSY; n++) {
        result = uspan_spool_log_append(log, &in);
    }
    assert_int_equal(result, 0);
}

/* The log as a new boot finds it. */
static uint32_t next_number(void)
{
    uspan_spool_log_t log;
    assert_int_equal(uspan_spool_log_mount(&log, &flash.storage), 0);
    return log.next[0];
}

static void test_what_an_earlier_use_left_does_not_count(void **state)
{
    (void)state;
    uspan_spool_log_t log;
    flash_init(&flash, 1024u, SECTORS, 8u, 0xFFu);
    const uspan_spool_storage_t *s = &flash.storage;
    assert_int_equal(uspan_spool_log_mount(&log, s), 0);
    unsigned tried = 0;
    for (unsigned n = 0; n < 200u; n++) {
        append(&log);
        const uint32_t from = log.offset, bytes = s->sector_bytes - from;
        if (log.sequence <= SECTORS || bytes < RECORD_BYTES) {
            continue;
        }
        /* An interrupted erase can leave records of an earlier use after the present ones. The next sector
         * has such records. */
        uint8_t *const rest = flash.bytes + log.sector * s->sector_bytes + from;
        uint8_t was[1024];
        memcpy(was, rest, bytes);
        memcpy(rest, flash.bytes + (log.sector + 1u) % SECTORS * s->sector_bytes + from, bytes);
        assert_int_not_equal(memcmp(was, rest, bytes), 0);
        assert_int_equal(next_number(), log.next[0]);
        memcpy(rest, was, bytes);
        tried++;
    }
    assert_true(tried > 50u);
}

static uint32_t padded(uint32_t len)
{
    return (len + 8u + 7u) / 8u * 8u; /* with header and checksum, in units of 8 bytes */
}

/* The record, its boot and the header of a sector fill it to the last byte at most. */
static void test_a_record_is_as_long_as_an_empty_sector_allows(void **state)
{
    (void)state;
    unsigned refused = 0;
    for (uint32_t boot_len = 0; boot_len < 40u; boot_len++) {
        for (uint32_t len = 860; len < 1000u; len++) {
            uspan_spool_log_t log;
            flash_init(&flash, 1024u, SECTORS, 8u, 0xFFu);
            assert_int_equal(uspan_spool_log_mount(&log, &flash.storage), 0);
            const uspan_spool_input_t in = {
                .type = USPAN_SPOOL_SPAN, .len = len, .boot_len = boot_len, .source = give
            };
            int result = USPAN_SPOOL_BUSY;
            for (unsigned n = 0; n < 100u && result == USPAN_SPOOL_BUSY; n++) {
                result = uspan_spool_log_append(&log, &in);
            }
            const bool fits =
                padded(USPAN_SPOOL_HEADER_BYTES) + padded(boot_len + USPAN_SPOOL_BOOT_BYTES) + padded(len) <=
                1024u;
            assert_int_equal(result, fits ? 0 : USPAN_ERR_FULL);
            assert_int_equal(next_number(), fits ? 1 : 0);
            refused += !fits;
        }
    }
    assert_in_range(refused, 100u, 40u * 140u - 100u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_earlier_use_left_does_not_count),
        cmocka_unit_test(test_a_record_is_as_long_as_an_empty_sector_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
