/* spool.h: stores spans in flash while they cannot be delivered (USPAN_SPOOL 1). The application provides the
 * storage, a partition that only uspan uses. uspan accesses no other flash. */
#ifndef USPAN_SPOOL_H
#define USPAN_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The storage: flash, or memory that behaves like it. Const. It must stay valid as long as the spool. Each
 * function returns 0: done; below 0: failed; 1: busy, and uspan makes the same call again later. Context of
 * each: the exporting task. No function may wait for another task. An address is an offset in bytes from the
 * start of the storage. */
typedef struct uspan_spool_storage {
    void *ctx;
    uint32_t sector_bytes; /* bytes that one erase clears; a multiple of unit_bytes */
    uint16_t sector_count; /* 4 or more */
    uint8_t unit_bytes;    /* bytes that are programmed at once; divides USPAN_SPOOL_UNIT */
    uint8_t erased;        /* value of an erased byte: 0xFF for most flash */
    /* Read len bytes at any address. It may return 1 (busy) only while an erase or a program operation is
     * running. */
    int (*read)(void *ctx, uint32_t address, uint8_t *out, uint32_t len);
    /* Program complete units, at most USPAN_SPOOL_UNIT bytes. uspan programs each unit once after an erase.
     * data is valid only during the call. */
    int (*program)(void *ctx, uint32_t address, const uint8_t *data, uint32_t len);
    int (*erase)(void *ctx, uint32_t sector);
    /* For files: make durable what was programmed, at the end of each record. Never busy. Such a storage
     * vouches for its bytes, and an erase makes durable what came before it. NULL, for flash: each program is
     * durable when it returns, and uspan reads it back. */
    int (*sync)(void *ctx);
} uspan_spool_storage_t;

/* The destinations that share a log. Each is a reader with its own position and numbers of records. */
#if USPAN_SPOOL_EACH == 2
#define USPAN_SPOOL_READERS USPAN_DESTINATIONS_MAX
#else
#define USPAN_SPOOL_READERS 1
#endif

/* A position between two records, and the number of the reader's record after it. */
typedef struct uspan_spool_place {
    uint32_t number;
    uint32_t offset; /* in the sector; 0: the sector's header comes next */
    uint16_t sector;
    uint16_t unused;
} uspan_spool_place_t;

/* The log's state. Private: fields may change in any version. Small fields are first: Thumb code needs two
 * bytes less to reach them there. */
typedef struct uspan_spool_log {
    uint8_t step;  /* enum step of spool_log.c */
    uint8_t flags; /* enum flags of spool_log.c */
    uint8_t fails; /* sectors that failed since a record was written */
    uint8_t fill;  /* bytes of unit that wait to be programmed */
    uint16_t at;   /* bytes of the record that are programmed */
    uint16_t sector;
    const uspan_spool_storage_t *storage;
    uint32_t offset; /* in the sector, of the record that is being written */
    uint32_t crc;    /* of its bytes so far */
    /* The words that records of the log's own begin with: a BOOT record with the first, a DONE record with
     * those up to lost, a sector's header with all of them. */
    uint32_t boot;                         /* number of the first sector of this boot */
    uint32_t settled[USPAN_SPOOL_READERS]; /* number of done, when a record is written */
    uint32_t lost[USPAN_SPOOL_READERS];    /* how many of those before done were never delivered */
    uint32_t sequence;                     /* number of the sector that was opened or tried last */
    uint32_t next[USPAN_SPOOL_READERS];    /* number of the next record; in a header, of the first one */
    uspan_spool_place_t done[USPAN_SPOOL_READERS]; /* the reader's records before it have their result */
#if USPAN_SPOOL_READERS > 1
    uint8_t reader;                             /* the one that is served */
    uint16_t boot_sectors[USPAN_SPOOL_READERS]; /* of resources that are being sent */
#endif
    uint8_t unit[USPAN_SPOOL_UNIT];
} uspan_spool_log_t;

/* What a destination has read of its spool. Private: fields may change in any version. */
typedef struct uspan_spool_reader {
    uint8_t turn;    /* 1: it is the turn of spans of RAM */
    uint8_t entered; /* messages of the record that were entered */
    uint16_t plain;  /* bytes of the record that are sent as they are; 0: a field begins */
    uint16_t left;   /* bytes of it that were not read yet */
    uint16_t boot_len;
    uint16_t count;            /* records of the batch; 0: there is no batch */
    uint16_t limit;            /* records in a batch after a 413; 0: no limit */
    uspan_spool_place_t place; /* of the batch that is being sent: the next record to read */
    uint32_t at;               /* bytes of its body that were read */
    uint32_t inner;            /* bytes of ResourceSpans in the body */
    uint32_t boot_address;     /* address of its resource */
    uint32_t address;          /* of the record that is being read, from here on */
    uint64_t shift_ns;         /* added to times that were stored without Unix time; 0: they stay */
} uspan_spool_reader_t;

/* The spool of a tracer. It must be static. Private: fields may change in any version. */
typedef struct uspan_spool {
    uint8_t dest;    /* of several that share it, the one that is served */
    uint8_t flags;   /* USPAN_SPOOL_* of spool_replay.h */
    uint8_t writing; /* destinations, as bits, whose first span is being written */
    bool erasing;    /* the storage is busy with a sector of wipe, so no other call may be made */
#if USPAN_KEEP
    uint8_t resource; /* resource of the records that are being written, numbered as in an epoch */
#endif
    uint16_t wipe; /* sectors that are still to be erased */
    uspan_spool_reader_t readers[USPAN_SPOOL_READERS];
    uspan_spool_log_t log;
} uspan_spool_t;

#if USPAN_SPOOL
/* Give a destination a spool. Only one destination can have one, or each with USPAN_SPOOL_EACH 1. Each
 * spool then has its own position and counters, and its own storage, which can be a part of a flash
 * (port/flash/uspan_spool_part.h). With USPAN_SPOOL_EACH 2, destinations can share one: call this for
 * each of them with the same spool and storage. A span that several of them miss is then stored once.
 * Each has its own position and counters, and what all have is erased. uspan stores spans that it cannot
 * deliver: spans of a due batch while the destination cannot be reached, spans of a full pool that cannot
 * be sent, and all spans when the tracer stops. uspan sends them when the link is back, oldest first,
 * also after a reset and with new firmware. They keep the resource of the firmware that recorded them.
 * When the storage is full, the oldest records are removed and counted.
 *   t        after uspan_export_to(), before the first uspan_poll()
 *   spool    static. The first call for it sets it to zero
 *   storage  used by uspan only. It must stay valid as long as the tracer
 * Returns: USPAN_OK; USPAN_ERR_AGAIN: the storage is busy, call again; USPAN_ERR_ARG: no such destination,
 * the geometry cannot be used, or the spool is mounted with another storage; USPAN_ERR_REFUSED: the storage
 * has spans of a spool for another number of readers (USPAN_SPOOL_EACH 2), or of another format. uspan does
 * not change it. Erase it to use it. uspan writes nothing before it stores the first span. Context: the
 * exporting task. Bound: reads the header of each sector twice, one sector, and those whose header is
 * damaged. */
USPAN_CHECK uspan_err_t uspan_spool_mount(uspan_tracer_t *t, unsigned dest, uspan_spool_t *spool,
                                          const uspan_spool_storage_t *storage);
/* Store all spans that have ended and wait for a destination with a spool, one step per call. Call it before
 * deep sleep, or if power is about to fail. uspan gives up a request that is being sent and stores its spans
 * too. They may be delivered twice.
 * Returns: USPAN_OK: no such span waits in RAM; USPAN_ERR_AGAIN: call again; USPAN_ERR_IO: a storage failed,
 * and its spans wait in RAM; USPAN_ERR_ARG: there is no spool. Context: the exporting task. Never blocks.
 * Bound: one erase or one span of each spool. */
USPAN_CHECK uspan_err_t uspan_spool_all(uspan_tracer_t *t);
#endif

#ifdef __cplusplus
}
#endif
#if !USPAN_ENABLED && USPAN_SPOOL /* no span is stored */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

#define uspan_spool_mount uspan_off_spool_mount
static inline uspan_err_t uspan_spool_mount(uspan_tracer_t *t, unsigned dest, uspan_spool_t *spool,
                                            const uspan_spool_storage_t *storage)
{
    return USPAN_OK;
}
#define uspan_spool_all uspan_off_spool_all
static inline uspan_err_t uspan_spool_all(uspan_tracer_t *t)
{
    return USPAN_OK;
}

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#endif
