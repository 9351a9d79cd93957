/* spool.h: spans that wait in flash while they cannot be delivered (USPAN_SPOOL 1). The application hands
 * over a storage: a partition that is uspan's alone. uspan touches nothing else. */
#ifndef USPAN_SPOOL_H
#define USPAN_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Flash, or what behaves like it. Const, outlives the spool. Each function returns 0: done; below 0: failed;
 * 1: busy, the same call is made again later. Context of each: the exporting task. None waits for another
 * task. An address counts from the storage's first byte. */
typedef struct uspan_spool_storage {
    void *ctx;
    uint32_t sector_bytes; /* what one erase erases; a multiple of unit_bytes */
    uint16_t sector_count; /* 4 and more */
    uint8_t unit_bytes;    /* what is programmed at once; divides USPAN_SPOOL_UNIT */
    uint8_t erased;        /* what an erased byte reads as: 0xFF for most flash */
    /* Any address and length. Busy only while an erase or a program is under way. */
    int (*read)(void *ctx, uint32_t address, uint8_t *out, uint32_t len);
    /* Whole units, at most USPAN_SPOOL_UNIT bytes. Each unit is programmed once after an erase. Data is valid
     * during the call only. */
    int (*program)(void *ctx, uint32_t address, const uint8_t *data, uint32_t len);
    int (*erase)(void *ctx, uint32_t sector);
    /* For files: make durable what was programmed, at the end of each record. Never busy. Such a storage
     * vouches for its bytes, and an erase makes durable what came before it. NULL, for flash: each program is
     * durable when it returns, and uspan reads it back. */
    int (*sync)(void *ctx);
} uspan_spool_storage_t;

/* A place between two records, and the number of the record behind it. */
typedef struct uspan_spool_place {
    uint32_t number;
    uint32_t offset; /* in the sector; 0: its header comes first */
    uint16_t sector;
    uint16_t unused;
} uspan_spool_place_t;

/* The log's state. Private: fields may change in any version. */
typedef struct uspan_spool_log {
    const uspan_spool_storage_t *storage;
    uspan_spool_place_t done; /* the records before it are settled */
    uint32_t lost;            /* of them, those that were never delivered */
    uint32_t next;            /* number of the next record */
    uint32_t sequence;        /* number of the sector that was opened or tried last */
    uint32_t boot;            /* number of the first sector of this boot */
    uint32_t offset;          /* in the sector: the record that is written */
    uint32_t crc;             /* of its bytes so far */
    uint16_t at;              /* bytes of it that are programmed */
    uint16_t sector;
    uint8_t step;  /* enum step of spool_log.c */
    uint8_t flags; /* enum flags of spool_log.c */
    uint8_t fails; /* sectors that failed since a record was written */
    uint8_t fill;  /* bytes of unit that wait to be programmed */
    uint8_t unit[USPAN_SPOOL_UNIT];
} uspan_spool_log_t;

/* The spool of a tracer: static, of the application. Private: fields may change in any version. */
typedef struct uspan_spool {
    uspan_spool_log_t log;
    uspan_spool_place_t place; /* of the batch under way: where reading stands */
    uint32_t at;               /* bytes of its body that were read */
    uint32_t inner;            /* bytes of ResourceSpans in it */
    uint32_t boot_address;     /* its resource */
    uint32_t address;          /* the record that is read, from here on */
    uint16_t left;             /* bytes of it that are left */
    uint16_t boot_len;
    uint16_t count; /* its records; 0: none is under way */
    uint16_t limit; /* records in a batch after a 413; 0: no limit */
    uint16_t wipe;  /* sectors that are still to be erased */
    uint8_t dest;
    uint8_t flags; /* enum flags of spool.c */
    bool erasing;  /* the storage is busy with a sector of wipe: nothing else may be asked */
#if USPAN_KEEP
    uint8_t resource; /* of the records that are written, as an epoch has it */
#endif
} uspan_spool_t;

#if USPAN_SPOOL
/* Give a destination a spool. Spans that it cannot deliver go to the storage: while it cannot be reached, for
 * those whose batch is due; while the pool runs full and nothing can leave; when the tracer stops. They are
 * sent again, oldest first, when the link is back, also after a reset and with new firmware, under the
 * resource of the firmware that wrote them. When the storage is full, the oldest give way and are counted.
 *   t        after uspan_export_to(), before the first uspan_poll()
 *   spool    static; zeroed here
 *   storage  uspan's alone; it outlives the tracer
 * Returns: USPAN_OK; USPAN_ERR_AGAIN: the storage is busy, call again; USPAN_ERR_ARG: no such destination, or
 * a geometry that cannot be used. Nothing is written before the first span is stored. Context: the exporting
 * task. Bound: the header of each sector and one sector are read. */
USPAN_CHECK uspan_err_t uspan_spool_mount(uspan_tracer_t *t, unsigned dest, uspan_spool_t *spool,
                                          const uspan_spool_storage_t *storage);
/* Store all spans that have ended, one step a call: before deep sleep, or when power is about to fail. A
 * request under way is given up; its spans are stored too, and may arrive twice.
 * Returns: USPAN_OK: nothing waits in RAM; USPAN_ERR_AGAIN: call again; USPAN_ERR_IO: the storage failed, the
 * rest waits in RAM; USPAN_ERR_ARG: no spool. Context: the exporting task. Never blocks. Bound: one erase, or
 * one span. */
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
