/* spool.c: a spool in files of the real littlefs, in RAM that behaves like NOR flash, whose power fails.
 * Invariant: a record whose append returned is complete after each power failure. No record is there that was
 * not written.
 *   spool cuts      a power failure at each program and erase of the flash, and a second one while mounting
 *   spool erases    erases for 5,000 records of 300 bytes, each durable, in 16 files of 4 KB */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include "export/spool_log.h"
#include "uspan_spool_lfs.h"

#define BLOCK 4096u
#define BLOCKS 48u
#define CACHE 256u
#define FAIL(...) (fprintf(stderr, __VA_ARGS__), exit(1))

static uint8_t flash[BLOCKS * BLOCK];
static unsigned long erases, programs, cut_in;
static jmp_buf no_power;

static int nor_read(const struct lfs_config *c, lfs_block_t block, lfs_off_t off, void *out, lfs_size_t size)
{
    (void)c;
    memcpy(out, flash + block * BLOCK + off, size);
    return 0;
}

/* Half of the bytes are stored when the power fails. */
static lfs_size_t before_the_cut(lfs_size_t size)
{
    return cut_in == 1u ? size / 2u : size;
}

static void cut(void)
{
    if (cut_in > 0u && --cut_in == 0u) {
        longjmp(no_power, 1);
    }
}

static int nor_program(const struct lfs_config *c, lfs_block_t block, lfs_off_t off, const void *data,
                       lfs_size_t size)
{
    (void)c;
    const uint8_t *bytes = data;
    for (lfs_size_t i = 0; i < before_the_cut(size); i++) {
        flash[block * BLOCK + off + i] &= bytes[i];
    }
    programs++;
    cut();
    return 0;
}

static int nor_erase(const struct lfs_config *c, lfs_block_t block)
{
    (void)c;
    memset(flash + block * BLOCK, 0xFF, before_the_cut(BLOCK));
    erases++;
    cut();
    return 0;
}

static int nor_sync(const struct lfs_config *c)
{
    (void)c;
    return 0;
}

static uint8_t read_buffer[CACHE], program_buffer[CACHE], file_buffer[CACHE], lookahead[16];
static const struct lfs_config config = { .read = nor_read,
                                          .prog = nor_program,
                                          .erase = nor_erase,
                                          .sync = nor_sync,
                                          .read_size = 16,
                                          .prog_size = 16,
                                          .block_size = BLOCK,
                                          .block_count = BLOCKS,
                                          .block_cycles = 500,
                                          .cache_size = CACHE,
                                          .lookahead_size = sizeof lookahead,
                                          .read_buffer = read_buffer,
                                          .prog_buffer = program_buffer,
                                          .lookahead_buffer = lookahead };
static lfs_t lfs;
static uspan_spool_lfs_t files;
static uspan_spool_log_t spool;
static uint32_t number; /* of the record that is being written */

static int give(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n)
{
    const uint32_t seed = type == USPAN_SPOOL_BOOT ? 9u : *(const uint32_t *)ctx;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(seed * 7u + at + i);
    }
    return 0;
}

static void begin(uint16_t sectors, bool format)
{
    memset(&lfs, 0, sizeof lfs);
    if (format &&
        (lfs_format(&lfs, &config) != 0 || lfs_mount(&lfs, &config) != 0 || lfs_mkdir(&lfs, "spool") != 0)) {
        FAIL("littlefs could not be made\n");
    } else if (!format && lfs_mount(&lfs, &config) != 0) {
        FAIL("littlefs does not mount\n");
    }
    const unsigned long before = programs;
    if (uspan_spool_lfs_init(&files, &lfs, "spool/s", file_buffer, 4096u, sectors, true) != USPAN_OK ||
        uspan_spool_log_mount(&spool, &files.storage) != 0) {
        FAIL("the spool does not mount\n");
    }
    if (programs != before) {
        FAIL("a mount of the spool wrote\n");
    }
}

static void append(void)
{
    const uspan_spool_input_t in = {
        .type = USPAN_SPOOL_SPAN, .len = 300u, .boot_len = 77u, .source = give, .ctx = &number
    };
    int result;
    while ((result = uspan_spool_log_append(&spool, &in)) == USPAN_SPOOL_BUSY) {
    }
    if (result != 0) {
        FAIL("record %u: append returned %d\n", (unsigned)number, result);
    }
    number++;
}

/* Check that every record from the oldest on is complete. Returns their number. *next: the number after the
 * last one. */
static unsigned check(uint32_t *next)
{
    uspan_spool_place_t place = spool.done[0];
    uspan_spool_record_t r;
    unsigned count = 0;
    int result;
    while ((result = uspan_spool_log_next(&spool, &place, &r)) != USPAN_SPOOL_NONE) {
        uint8_t bytes[300], want[300];
        if (result < 0) {
            FAIL("the spool cannot be read: %d\n", result);
        }
        if (result == USPAN_SPOOL_GAP) {
            place.number = r.number;
            continue;
        }
        uint32_t of = r.number;
        (void)give(&of, USPAN_SPOOL_SPAN, 0, want, sizeof want);
        if (r.len != sizeof bytes || files.storage.read(&files, r.address, bytes, sizeof bytes) != 0 ||
            memcmp(bytes, want, sizeof bytes) != 0) {
            FAIL("record %u is not what was written\n", (unsigned)r.number);
        }
        count++;
    }
    *next = place.number;
    return count;
}

/* Write forty records with a power failure at the n-th program or erase, then mount, where power may fail
 * too. Returns false if n exceeds the number of operations. */
static bool cut_at(unsigned long n, unsigned long second)
{
    memset(flash, 0xFF, sizeof flash);
    number = 0;
    begin(6u, true);
    volatile bool done = false;
    cut_in = n;
    if (setjmp(no_power) == 0) {
        while (number < 40u) {
            append();
        }
        cut_in = 0;
        done = true;
    }
    cut_in = second;
    if (setjmp(no_power) == 0) {
        begin(6u, false);
        append();
    }
    cut_in = 0;
    const uint32_t promised = number; /* complete when their call returned */
    begin(6u, false);
    uint32_t next;
    const unsigned count = check(&next);
    if (next < promised || next > promised + 1u || count < promised) {
        FAIL("cut %lu: %u of %u records, numbers to %u\n", n, count, (unsigned)promised, (unsigned)next);
    }
    number = next;
    append();
    if (check(&next) < count) {
        FAIL("cut %lu: records are gone\n", n);
    }
    return !done;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "erases") == 0) {
        memset(flash, 0xFF, sizeof flash);
        begin(16u, true);
        erases = programs = 0;
        while (number < 5000u) {
            append();
        }
        uint32_t next;
        const unsigned kept = check(&next);
        if (next != 5000u || kept < 100u) {
            FAIL("%u records are kept, numbers to %u\n", kept, (unsigned)next);
        }
        printf("%lu erases, %lu programs of at most %u bytes, %u records kept\n", erases, programs, CACHE,
               kept);
        return 0;
    }
    unsigned long cuts = 0;
    while (cut_at(cuts + 1u, cuts % 9u)) {
        cuts++;
    }
    printf("%lu power cuts\n", cuts);
    return cuts > 100u ? 0 : 1;
}
