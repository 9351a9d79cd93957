/* spool_format.h: the records that the spool's log writes and reads. Private to core. A record has a head
 * (length of the data, type, check), the data and a checksum, padded to complete units. A sector starts with
 * a record of type SECTOR. All numbers are little-endian. */
#ifndef USPAN_EXPORT_SPOOL_FORMAT_H
#define USPAN_EXPORT_SPOOL_FORMAT_H

#include "uspan/spool.h"

/* Results in addition to 0 and errors. */
#define USPAN_SPOOL_BUSY 1 /* call again with the same arguments */
#define USPAN_SPOOL_GAP 2  /* records are missing: removed for newer ones, or lost by broken flash */
#define USPAN_SPOOL_NONE 3 /* there is no record */

typedef enum uspan_spool_type {
    USPAN_SPOOL_SECTOR = 0x61, /* the header of a sector, format 2 */
    USPAN_SPOOL_BOOT,          /* the boot's number, then what the caller says about it */
    USPAN_SPOOL_SPAN,          /* has a number, the first 0 */
    USPAN_SPOOL_DONE           /* records before a number have their result */
} uspan_spool_type_t;

/* A record that was found complete. */
typedef struct uspan_spool_record {
    uint32_t number;  /* of a span; for a gap the first number after it */
    uint32_t boot;    /* number of the boot that wrote it */
    uint32_t address; /* address of its data */
    uint16_t len;
    uint8_t type;
} uspan_spool_record_t;

#define USPAN_SPOOL_HEAD_BYTES 4u /* length, type, check */
#define USPAN_SPOOL_SUM_BYTES 4u
#define USPAN_SPOOL_BOOT_BYTES 4u  /* data of a BOOT record before what the caller says: the boot's number */
#define USPAN_SPOOL_DONE_BYTES 12u /* data of a DONE record: the first fields of uspan_spool_header_t */
#define USPAN_SPOOL_HEADER_BYTES 20u /* data of a sector's header: see uspan_spool_header_t */
#define USPAN_SPOOL_AHEAD 3u /* number of sectors, from the one being opened on, that may be reused soon */

/* The words that records of the log's own begin with: a BOOT record with the first, a DONE record with three,
 * a header with all of them. */
typedef struct uspan_spool_header {
    uint32_t boot;
    uint32_t done, lost; /* their values when the record was written */
    uint32_t sequence;
    uint32_t first; /* number of the first record */
} uspan_spool_header_t;
_Static_assert(sizeof(uspan_spool_header_t) == USPAN_SPOOL_HEADER_BYTES, "a header is its fields");

/* Record numbers wrap around. */
static inline bool uspan_spool_is_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static inline uint32_t uspan_spool_padded(const uspan_spool_log_t *log, uint32_t len)
{
    const uint32_t unit = log->storage->unit_bytes;
    return (len + USPAN_SPOOL_HEAD_BYTES + USPAN_SPOOL_SUM_BYTES + unit - 1u) / unit * unit;
}

/* Returns the n-th sector after this one. */
static inline uint16_t uspan_spool_behind(const uspan_spool_log_t *log, uint32_t sector, uint32_t n)
{
    return (uint16_t)((sector + n) % log->storage->sector_count);
}

static inline uint8_t uspan_spool_check(const uint8_t head[USPAN_SPOOL_HEAD_BYTES])
{
    return (uint8_t) ~(head[0] + head[1] + head[2]);
}

static inline uint32_t uspan_spool_word(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

#endif
