/* test_spool_cuts.c: the log of the spool on a strict flash: power fails at each program and erase, torn at
 * each byte or with a wrong last bit, twice in a row, with good and bad sectors. No durable record is lost for
 * any reader, and no record appears that was not written for it, or that it had.
 * uspan-config: USPAN_SPOOL=1
 *
 * The log writes once. Before each operation of the flash the test copies all state. Power fails in the copy,
 * and the copy boots. SPOOL_ROUNDS in the environment makes the run that many times longer, with other
 * lengths. */
#include "export/spool_log.h"
#include "../../core/export/spool_log.c" /* compiled as this file is */
#include "../../core/export/spool_scan.c"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "flash_model.h"

#define SERIALS_MAX 512u

/* The state of a record, as far as its writer knows. */
typedef enum fate {
    FATE_NONE = 0,
    FATE_WRITING, /* it may be there */
    FATE_DURABLE, /* it must be there */
    FATE_GONE,    /* the erase of its sector was started: it may be there */
    FATE_SETTLING,
    FATE_SETTLED /* it must not be there */
} fate_t;

typedef struct world {
    flash_model_t flash;
    uspan_spool_log_t log;
    uint32_t serials, boots;
    uint32_t sector; /* of the last program */
    unsigned salt;
    uint8_t fate[USPAN_SPOOL_READERS][SERIALS_MAX];
    uint8_t boot[SERIALS_MAX];
    uint16_t where[SERIALS_MAX];
} world_t;

static unsigned long cuts, second_cuts;
static unsigned depth;
static world_t worlds[3];

/* ---- contents ------------------------------------------------------------------------------------------ */

static uint16_t length_of(const world_t *w, uint32_t serial)
{
    /* Made of 16-byte units, all alike: bytes of an earlier use are where the next use would write. */
    const uint32_t n = serial * 37u + w->salt;
    return (uint16_t)(w->flash.storage.unit_bytes == 16u ? 9u + n % 8u : 8u + n % 50u);
}

/* Of two readers, the second one is never served. */
static bool is_one_dead(const world_t *w)
{
    return USPAN_SPOOL_READERS > 1 && w->salt % 2u == 1u;
}

/* The readers of a record, as bits. Runs of records are for one of them only, so that sectors are too. A dead
 * one has the first records only, so that all sectors are the other one's in the end. */
static unsigned readers_of(const world_t *w, uint32_t serial)
{
    static const uint8_t readers[] = { 3u, 1u, 3u, 3u, 2u, 3u, 1u, 2u };
    const bool is_run = serial / 64u % 2u == 1u;
    return USPAN_SPOOL_READERS == 1 || (is_one_dead(w) && serial > 10u)
               ? 1u
               : readers[is_run ? serial / 8u % 8u : serial % 8u];
}

static unsigned type_for(unsigned readers)
{
    return USPAN_SPOOL_READERS == 1 ? (unsigned)USPAN_SPOOL_SPAN : (unsigned)USPAN_SPOOL_SHARED | readers;
}

static void set_fate(world_t *w, uint32_t serial, fate_t fate)
{
    for (unsigned reader = 0; reader < USPAN_SPOOL_READERS; reader++) {
        if ((readers_of(w, serial) >> reader & 1u) != 0u) {
            w->fate[reader][serial] = (uint8_t)fate;
        }
    }
}

static void serve(world_t *w, unsigned reader)
{
#if USPAN_SPOOL_READERS > 1
    w->log.reader = (uint8_t)reader;
#else
    (void)w;
    (void)reader;
#endif
}

static uint8_t byte_of(uint32_t serial, uint32_t at)
{
    return at < 4u ? (uint8_t)(serial >> 8u * at) : (uint8_t)(serial * 31u + at * 7u);
}

/* The record of the newest serial, or the BOOT record of the newest boot. */
static int give(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n)
{
    const world_t *w = ctx;
    const uint32_t serial = type == USPAN_SPOOL_BOOT ? w->boots + 1000u : w->serials - 1u;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = byte_of(serial, at + i);
    }
    return 0;
}

static uint16_t boot_length(uint32_t boot)
{
    return (uint16_t)(6u + boot % 17u);
}

/* ---- the writer ---------------------------------------------------------------------------------------- */

static void boot(world_t *w)
{
    int result = uspan_spool_log_mount(&w->log, &w->flash.storage);
    assert_int_equal(result, 0);
    w->boots++;
}

static void append(world_t *w)
{
    uint32_t serial = w->serials++;
    assert_true(serial < SERIALS_MAX);
    uspan_spool_input_t in = { .type = type_for(readers_of(w, serial)),
                               .len = length_of(w, serial),
                               .boot_len = boot_length(w->boots),
                               .source = give,
                               .ctx = w };
    set_fate(w, serial, FATE_WRITING);
    w->boot[serial] = (uint8_t)w->boots;
    int result;
    do {
        result = uspan_spool_log_append(&w->log, &in);
    } while (result == USPAN_SPOOL_BUSY);
    assert_int_equal(result, 0);
    set_fate(w, serial, FATE_DURABLE);
    w->where[serial] = (uint16_t)w->sector;
}

/* The next record, after gaps. False: there is none. */
static bool next(world_t *w, uspan_spool_place_t *place, uspan_spool_record_t *r, uint32_t *gaps)
{
    int result;
    while ((result = uspan_spool_log_next(&w->log, place, r)) == USPAN_SPOOL_GAP) {
        assert_true(r->number - place->number < 5000u);
        *gaps += r->number - place->number;
        place->number = r->number;
    }
    assert_true(result == 0 || result == USPAN_SPOOL_NONE);
    return result == 0;
}

static uint32_t serial_of(world_t *w, const uspan_spool_record_t *r)
{
    uint8_t b[4];
    assert_true(r->len >= 8u);
    assert_int_equal(w->flash.storage.read(&w->flash, r->address, b, 4u), 0);
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Deliver this number of the reader's oldest records. */
static void settle(world_t *w, unsigned reader, unsigned count)
{
    serve(w, reader);
    uspan_spool_place_t place = w->log.done[reader];
    uspan_spool_record_t r;
    uint32_t gaps = 0;
    const uspan_spool_input_t in = { .type = USPAN_SPOOL_DONE,
                                     .len = USPAN_SPOOL_DONE_BYTES,
                                     .boot_len = boot_length(w->boots),
                                     .source = give,
                                     .ctx = w };
    uint32_t settling[16];
    unsigned n = 0;
    while (n < count && next(w, &place, &r, &gaps)) {
        settling[n] = serial_of(w, &r);
        w->fate[reader][settling[n++]] = FATE_SETTLING;
    }
    int result;
    uspan_spool_log_settle(&w->log, &place, gaps);
    do {
        result = uspan_spool_log_append(&w->log, &in);
    } while (result == USPAN_SPOOL_BUSY);
    assert_int_equal(result, 0);
    while (n > 0u) {
        w->fate[reader][settling[--n]] = FATE_SETTLED;
    }
}

/* Deliver all, and erase what was delivered. */
static void wipe(world_t *w)
{
    for (unsigned reader = 0; reader < USPAN_SPOOL_READERS; reader++) {
        while (w->log.next[reader] != w->log.done[reader].number) {
            settle(w, reader, 16u);
        }
    }
    assert_true(uspan_spool_log_is_done(&w->log));
    uspan_spool_log_renew(&w->log);
    settle(w, 0u, 0u);
    for (uint32_t n = w->flash.storage.sector_count - 1u; n > 0u; n--) {
        while (uspan_spool_log_wipe(&w->log, n) == USPAN_SPOOL_BUSY) {
        }
    }
}

/* ---- the checks ---------------------------------------------------------------------------------------- */

static void check_boot(world_t *w, const uspan_spool_record_t *r, uint32_t serial)
{
    uspan_spool_record_t found;
    assert_int_equal(uspan_spool_log_find_boot(&w->log, r->boot, &found), 0);
    const uint32_t written = w->boot[serial];
    assert_int_equal(found.len, boot_length(written) + 4u);
    bool same = true;
    for (uint32_t i = 4; i < found.len; i++) {
        same = same && w->flash.bytes[found.address + i] == byte_of(written + 1000u, i - 4u);
    }
    assert_true(same);
}

/* All durable records of the reader are there, in order, and nothing else. */
static void judge_reader(world_t *w, unsigned reader)
{
    static uint8_t seen[SERIALS_MAX];
    const uint8_t *const fate = w->fate[reader];
    serve(w, reader);
    uspan_spool_place_t place = w->log.done[reader];
    uspan_spool_record_t r;
    uint32_t gaps = 0, count = 0, last = 0;
    memset(seen, 0, w->serials);
    while (next(w, &place, &r, &gaps)) {
        const uint32_t serial = serial_of(w, &r);
        assert_true(serial < w->serials && fate[serial] != FATE_NONE && fate[serial] != FATE_SETTLED);
        assert_true(count == 0u || serial > last);
        assert_int_equal(r.len, length_of(w, serial));
        bool same = true;
        for (uint32_t i = 0; i < r.len; i++) {
            same = same && w->flash.bytes[r.address + i] == byte_of(serial, i);
        }
        assert_true(same);
        /* A sector that cannot be erased keeps its records, but the BOOT record is not always in another
         * one. */
        const bool is_kept = w->flash.bad == FLASH_ERASE_FAILS && w->where[serial] == w->flash.bad_sector;
        if (!is_kept && (count == 0u || w->boot[serial] != w->boot[last])) {
            check_boot(w, &r, serial);
        }
        seen[serial] = 1u;
        last = serial;
        count++;
    }
    assert_int_equal(w->log.next[reader] - w->log.done[reader].number, count + gaps);
    for (uint32_t serial = 0; serial < w->serials; serial++) {
        assert_true(fate[serial] != FATE_DURABLE || seen[serial] != 0u);
    }
}

static void judge(world_t *w)
{
    for (unsigned reader = 0; reader < USPAN_SPOOL_READERS; reader++) {
        judge_reader(w, reader);
    }
}

/* ---- power fails --------------------------------------------------------------------------------------- */

static void before(flash_model_t *f, uint32_t address, const uint8_t *data, uint32_t len);

/* What a device does after a power failure: it boots, records and delivers. All is correct at each boot. */
static void go_on(world_t *w, bool again)
{
    boot(w);
    judge(w);
    w->flash.before = before;
    w->flash.before_ctx = again ? w : NULL;
    for (unsigned i = 0; i < 3u; i++) {
        append(w);
    }
    settle(w, depth % USPAN_SPOOL_READERS, 2u);
    append(w);
    boot(w);
    judge(w);
}

static void cut(world_t *from, uint32_t address, const uint8_t *data, uint32_t len, unsigned how)
{
    world_t *w = &worlds[depth + 1u];
    memcpy(w, from, offsetof(world_t, flash));
    flash_copy(&w->flash, &from->flash);
    memcpy((char *)w + offsetof(world_t, log), (const char *)from + offsetof(world_t, log),
           sizeof *w - offsetof(world_t, log));
    if (how == 0u) {
        /* just before */
    } else if (len > 0u) {
        flash_cut_program(&w->flash, address, data, len, how - 1u < len ? how - 1u : len);
        if (how > len + 1u) { /* the last bits were programmed weakly */
            w->flash.bytes[address + len - 1u - how % 4u % len] ^= (uint8_t)(1u << cuts % 8u);
        }
    } else {
        flash_cut_erase(&w->flash, address, how - 1u);
    }
    flash_forget(&w->flash);
    cuts++;
    second_cuts += depth;
    depth++;
    go_on(w, depth == 1u && (cuts - second_cuts) % 97u == 0u);
    depth--;
}

static void before(flash_model_t *f, uint32_t address, const uint8_t *data, uint32_t len)
{
    world_t *w = &worlds[depth];
    const uint32_t sector = address / f->storage.sector_bytes;
    w->sector = sector;
    if (len == 0u) { /* the oldest records are dropped */
        uint32_t newest = 0;
        for (uint32_t n = 0; n < USPAN_SPOOL_READERS * w->serials; n++) {
            uint8_t *fate = &w->fate[n % USPAN_SPOOL_READERS][n / USPAN_SPOOL_READERS];
            if (*fate == FATE_DURABLE && w->where[n / USPAN_SPOOL_READERS] == sector) {
                *fate = FATE_GONE;
                newest = n;
            }
        }
        for (uint32_t n = 0; n < newest && f->bad == FLASH_GOOD; n++) {
            assert_true(w->fate[n % USPAN_SPOOL_READERS][n / USPAN_SPOOL_READERS] != FATE_DURABLE);
        }
    }
    if (f->before_ctx != NULL && depth < 2u) {
        const unsigned ways = len > 0u ? len + 4u : 5u;
        const unsigned step = depth == 0u || len == 0u ? 1u : 7u;
        for (unsigned how = 0; how < ways; how += step) {
            cut(w, address, data, len, how);
        }
    }
}

static const struct geometry {
    uint32_t sector_bytes;
    uint16_t sectors;
    uint8_t unit, erased;
    unsigned busy;
    bool cached;
} geometries[] = { { 256u, 4u, 1u, 0xFFu, 0u, false },
                   { 384u, 5u, 4u, 0xFFu, 0u, false },
                   { 512u, 6u, 8u, 0x00u, 2u, false },
                   { 320u, 8u, 16u, 0xFFu, 0u, false },
                   { 384u, 4u, 1u, 0x00u, 0u, true } }; /* files of a file system */

static void sweep(const struct geometry *g, flash_bad_t bad, uint32_t bad_from, unsigned salt)
{
    world_t *w = &worlds[0];
    memset(w, 0, sizeof *w);
    flash_init(&w->flash, g->sector_bytes, g->sectors, g->unit, g->erased);
    w->flash.busy = g->busy;
    if (g->cached) {
        flash_cache(&w->flash);
    }
    w->flash.bad = bad;
    w->flash.bad_sector = 1u;
    w->flash.bad_from = bad_from;
    w->salt = salt;
    w->flash.before = before;
    w->flash.before_ctx = w;
    for (unsigned i = 0; i < 11u * g->sectors; i++) {
        if (i % 11u == 0u) {
            boot(w);
            judge(w);
        }
        append(w);
        if (i % 9u == 8u) {
            settle(w, 0u, 3u);
        }
        if (USPAN_SPOOL_READERS > 1 && !is_one_dead(w) && i % 14u == 9u) {
            settle(w, USPAN_SPOOL_READERS - 1u, 2u);
        }
        if (i % 16u == 15u && !is_one_dead(w)) {
            wipe(w);
        }
    }
    w->flash.before_ctx = NULL;
    boot(w);
    judge(w);
}

static void test_cuts(void **state)
{
    (void)state;
    const char *text = getenv("SPOOL_ROUNDS");
    const unsigned rounds = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 1u;
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned g = 0; g < sizeof geometries / sizeof geometries[0]; g++) {
            for (unsigned bad = 0; bad < FLASH_BAD_COUNT; bad++) {
                if (geometries[g].cached && (bad == FLASH_PROGRAM_LIES || bad == FLASH_ERASE_LIES)) {
                    continue; /* its sync() guarantees that its bytes are stored */
                }
                /* Bad from the start, while it is written, or when it is full. */
                const uint32_t from = (g + bad + round) % 3u * 20u + round;
                sweep(&geometries[g], (flash_bad_t)bad, from, round * 11u + g);
            }
        }
    }
    printf("%lu cuts, of them %lu second ones\n", cuts, second_cuts);
    assert_true(cuts >= 130000u);
}

/* ---- wear ---------------------------------------------------------------------------------------------- */

static void test_5000_durable_records_cost_400_erases(void **state)
{
    (void)state;
    world_t *w = &worlds[0];
    memset(w, 0, sizeof *w);
    flash_init(&w->flash, 4096u, 16u, 4u, 0xFFu);
    boot(w);
    uspan_spool_input_t in = {
        .type = type_for(1u), .len = 300u, .boot_len = 200u, .source = give, .ctx = w
    };
    for (w->serials = 1; w->serials <= 5000u; w->serials++) {
        int result;
        do {
            result = uspan_spool_log_append(&w->log, &in);
        } while (result == USPAN_SPOOL_BUSY);
        assert_int_equal(result, 0);
    }
    unsigned least = UINT16_MAX, most = 0;
    for (unsigned s = 0; s < 16u; s++) {
        least = w->flash.erased_times[s] < least ? w->flash.erased_times[s] : least;
        most = w->flash.erased_times[s] > most ? w->flash.erased_times[s] : most;
    }
    printf("%u erases, %u bytes programmed\n", (unsigned)w->flash.erases, (unsigned)w->flash.programmed);
    assert_true(w->flash.erases <= 400u);
    assert_true(most - least <= 1u);
    /* The newest records stay. The others are counted. */
    boot(w);
    uspan_spool_place_t place = w->log.done[0];
    uspan_spool_record_t r;
    uint32_t gaps = 0, count = 0;
    while (next(w, &place, &r, &gaps)) {
        assert_int_equal(serial_of(w, &r), gaps + count);
        count++;
    }
    assert_int_equal(gaps + count, 5000u);
    assert_true(count >= 13u * 14u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_5000_durable_records_cost_400_erases),
        cmocka_unit_test(test_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
