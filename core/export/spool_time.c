/* spool_time.c: corrects the times of records that were stored before Unix time was known. Called while a
 * record is read for a request. Invariant: only times near BASE_NS and their mark change, and
 * no length does. */
#include "export/spool_time.h"
#if USPAN_SPOOL
#include <string.h>
#include "export/protobuf.h"
#include "export/spool_scan.h"
#include "trace/clock.h"

/* A time that was stored without Unix time is this number plus the time since boot. No real time is so. */
#define BASE_NS ((uint64_t)USPAN_UNSYNCED_BASE_S * 1000000000u)
#define UPTIME_NS ((uint64_t)1 << 57)             /* 4.5 years */
#define MARK_BYTES (USPAN_SPOOL_FIELD_BYTES - 2u) /* attribute uspan.time.unsynced = true */
#define SPANS USPAN_TAG(2u, USPAN_WIRE_BYTES)     /* first in ScopeSpans' own field, then in it */
#define ATTRIBUTE USPAN_TAG(9u, USPAN_WIRE_BYTES)
#define EVENT USPAN_TAG(11u, USPAN_WIRE_BYTES)

USPAN_STATIC_ASSERT(BASE_NS + UPTIME_NS <= (uint64_t)USPAN_DATE_MIN_S * 1000000000u,
                    "USPAN_SPOOL: USPAN_UNSYNCED_BASE_S at least 4.6 years before USPAN_DATE_MIN_S");

uint64_t uspan_spool_shift(const uspan_tracer_t *t, const uspan_spool_t *spool, uint32_t boot)
{
    const uspan_epoch_t *e = &t->trace.epochs[t->trace.epoch];
    bool is_mine = boot == spool->log.boot && e->state == USPAN_EPOCH_KNOWN;
#if USPAN_KEEP
    is_mine = is_mine && spool->resource == 0u;
#endif
    return is_mine ? (uint64_t)e->offset_ns - BASE_NS : 0u;
}

uint32_t uspan_spool_correct(uspan_spool_reader_t *r, uint8_t *field)
{
    static const uint8_t mark[] = "\x19\x0a\x13uspan.time.unsynced\x12\x02\x10";
    const unsigned type = field[0] & 7u;
    r->plain = 0u;
    if (type == USPAN_WIRE_FIXED64) { /* start, end, or the time of an event */
        const uint64_t time = uspan_spool_word(field + 1) | (uint64_t)uspan_spool_word(field + 5) << 32;
        if (time - BASE_NS < UPTIME_NS) {
            (void)uspan_put_fixed64(field + 1, time + r->shift_ns);
        }
        return 9u;
    }
    if (type == USPAN_WIRE_FIXED32) { /* the flags, whose tag has two bytes */
        return 6u;
    }
    uint32_t used = 1u;
    uint32_t len = 0u;
    for (unsigned shift = 0; shift < 28u; shift += 7u) {
        len |= (uint32_t)(field[used] & 0x7Fu) << shift;
        if (field[used++] < 0x80u) {
            break;
        }
    }
    if (field[0] == ATTRIBUTE && memcmp(field + 1, mark, sizeof mark - 1u) == 0) {
        field[1u + MARK_BYTES] = 0u;
        return 2u + MARK_BYTES;
    }
    if (type == USPAN_WIRE_BYTES && field[0] != EVENT && (field[0] != SPANS || ++r->entered > 2u)) {
        r->plain = (uint16_t)len;
    }
    return used;
}
#endif
