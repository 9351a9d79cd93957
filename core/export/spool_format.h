/* spool_format.h: the records that the spool's log writes and reads. Private to core. A record has a head
 * (length of the data, type, check), the data and a checksum, padded to complete units. A sector starts with
 * a record of type SECTOR. All numbers are little-endian. If destinations share the log, each is a reader
 * with numbers of its own, and the type of a span has a bit for each reader that it waits for. */
#ifndef USPAN_EXPORT_SPOOL_FORMAT_H
#define USPAN_EXPORT_SPOOL_FORMAT_H

#include "uspan/spool.h"

/* Results in addition to 0 and errors. */
#define USPAN_SPOOL_BUSY 1 /* call again with the same arguments */
#define USPAN_SPOOL_GAP 2  /* records are missing: removed for newer ones, or lost by broken flash */
#define USPAN_SPOOL_NONE 3 /* there is no record */

typedef enum uspan_spool_type {
    /* the header of a sector, format 2. A log for another number of readers has another type there. */
    USPAN_SPOOL_SECTOR = 0x61 + 8 * (USPAN_SPOOL_READERS - 1),
    USPAN_SPOOL_BOOT = 0x62,  /* the boot's number, then what the caller says about it */
    USPAN_SPOOL_SPAN = 0x63,  /* has a number, the first 0 */
    USPAN_SPOOL_DONE = 0x64,  /* records before a number have their result */
    USPAN_SPOOL_SHARED = 0x80 /* a span in a shared log. Its lower bits are the readers */
} uspan_spool_type_t;

/* A record that was found complete. */
typedef struct uspan_spool_record {
    uint32_t number;  /* of a span, for the reader; for a gap the first number after it */
    uint32_t boot;    /* number of the boot that wrote it */
    uint32_t address; /* address of its data */
    uint16_t len;
    uint8_t type;
} uspan_spool_record_t;

#define USPAN_SPOOL_HEAD_BYTES 4u /* length, type, check */
#define USPAN_SPOOL_SUM_BYTES 4u
#define USPAN_SPOOL_BOOT_BYTES 4u /* data of a BOOT record before what the caller says: the boot's number */
/* data of a DONE record: the first fields of uspan_spool_header_t */
#define USPAN_SPOOL_DONE_BYTES (4u + 8u * USPAN_SPOOL_READERS)
#define USPAN_SPOOL_HEADER_BYTES (8u + 12u * USPAN_SPOOL_READERS) /* data of a sector's header, as below */
#define USPAN_SPOOL_AHEAD 3u /* number of sectors, from the one being opened on, that may be reused soon */

/* The words of a header, as in uspan_spool_log_t. */
typedef struct uspan_spool_header {
    uint32_t boot;
    uint32_t done[USPAN_SPOOL_READERS], lost[USPAN_SPOOL_READERS]; /* when the record was written */
    uint32_t sequence;
    uint32_t first[USPAN_SPOOL_READERS]; /* number of the first record */
} uspan_spool_header_t;
_Static_assert(sizeof(uspan_spool_header_t) == USPAN_SPOOL_HEADER_BYTES &&
                   offsetof(uspan_spool_log_t, done) - offsetof(uspan_spool_log_t, boot) ==
                       USPAN_SPOOL_HEADER_BYTES,
               "a header is its fields");

/* The reader that is served. */
static inline unsigned uspan_spool_reader_of(const uspan_spool_log_t *log)
{
#if USPAN_SPOOL_READERS > 1
    return log->reader;
#else
    (void)log;
    return 0u;
#endif
}

/* Returns true if a record of that type is a span for the reader. */
static inline bool uspan_spool_is_for(unsigned type, unsigned reader)
{
    return USPAN_SPOOL_READERS == 1 ? type == USPAN_SPOOL_SPAN
                                    : (type & 0xF0u) == USPAN_SPOOL_SHARED && (type >> reader & 1u) != 0u;
}

/* Count a record of that type. */
static inline void uspan_spool_count(uint32_t next[USPAN_SPOOL_READERS], unsigned type)
{
    for (unsigned reader = 0; reader < USPAN_SPOOL_READERS; reader++) {
        next[reader] += uspan_spool_is_for(type, reader);
    }
}

/* Record numbers wrap around. */
static inline bool uspan_spool_is_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static inline uint32_t uspan_spool_padded(const uspan_spool_log_t *log, uint32_t len)
{
    const uint32_t unit = log->storage->unit_bytes; /* a power of two, because it divides USPAN_SPOOL_UNIT */
    return (len + USPAN_SPOOL_HEAD_BYTES + USPAN_SPOOL_SUM_BYTES + unit - 1u) & (0u - unit);
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
