/* crash.h: reasons of a reset, and the description of a crash by its handler. Included by keep.h. */
#ifndef USPAN_CRASH_H
#define USPAN_CRASH_H

#include <stdint.h>
#include "config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Why the device was reset: the values of uspan.reset.reason. Those up to LOCKUP are crashes. */
typedef enum uspan_reset {
    USPAN_RESET_UNKNOWN = 0,
    USPAN_RESET_HARD_FAULT,
    USPAN_RESET_WATCHDOG,
    USPAN_RESET_TASK_WATCHDOG,
    USPAN_RESET_ASSERT,
    USPAN_RESET_LOCKUP,
    USPAN_RESET_SOFTWARE,
    USPAN_RESET_PIN,
    USPAN_RESET_BROWNOUT, /* after these two, memory cannot be trusted and is discarded without reading it */
    USPAN_RESET_POWER_ON
} uspan_reset_t;

/* A crash, as described by its handler. */
#define USPAN_CRASH_REGS_MAX 8u
typedef struct uspan_crash {
    uspan_reset_t reason;
    uint32_t reg_count; /* up to USPAN_CRASH_REGS_MAX */
    uint64_t now_ns;    /* monotonic, as uspan_now(); 0: unknown, and the latest recorded time is used */
    struct uspan_crash_reg {
        char name[8]; /* "pc", "cfsr"; ASCII, ends with a 0 if shorter than 8 */
        uintptr_t value;
    } regs[USPAN_CRASH_REGS_MAX];
} uspan_crash_t;

#if USPAN_KEEP
/* Private: what a reader after a reset needs. core/trace/keep.h explains the terms. Small fields are first:
 * Thumb code needs two bytes less to reach them there. */
typedef struct uspan_keep {
    uint8_t mounted;    /* 1: slots hold spans from before the reset */
    uint8_t reason;     /* uspan_reset_t */
    uint8_t has_broken; /* 1: a span was open; broken describes it */
    uint8_t own;        /* index in resources: the one of this boot */
    uint8_t build_id_len;
    uint16_t lost, cut; /* spans discarded; texts that waited for the rest of a character */
    uint32_t crashed;   /* 1: crash is set */
    uint32_t magic;     /* set if the header is complete */
    uint32_t config_id;
    uintptr_t self; /* address of the tracer */
    uspan_crash_t crash;
    struct uspan_kept_context { /* the fields of a context without tracestate, in their order */
        uint8_t trace_id[16], span_id[8], flags, remote, epoch, epoch_serial;
        uint16_t tracestate_len; /* 0 */
    } broken;
    uint8_t build_id[20];
    /* one bit per block, set if a span holds the block */
    uint8_t owned[(USPAN_TEXT_BYTES / USPAN_BLOCK_BYTES + 7u) / 8u];
    struct uspan_kept_resource {
        uint32_t sum; /* checksum of the following fields */
        uint16_t len, unused;
        uint8_t bytes[USPAN_KEEP_RESOURCE_BYTES]; /* attributes of OTLP's Resource, encoded */
    } resources[4];       /* one for each epoch (USPAN_EPOCHS_MAX), which may be from different boots */
    uint32_t sum, sealed; /* sum: of all from block_next up to here, and more */
} uspan_keep_t;
#endif

#ifdef __cplusplus
}
#endif
#endif
