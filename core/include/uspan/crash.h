/* crash.h: why a device was reset, and a crash as its handler saw it. keep.h brings it in. */
#ifndef USPAN_CRASH_H
#define USPAN_CRASH_H

#include <stdint.h>
#include "config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Why the device was reset, the values of uspan.reset.reason. Those up to LOCKUP are crashes. */
typedef enum uspan_reset {
    USPAN_RESET_UNKNOWN = 0,
    USPAN_RESET_HARD_FAULT,
    USPAN_RESET_WATCHDOG,
    USPAN_RESET_TASK_WATCHDOG,
    USPAN_RESET_ASSERT,
    USPAN_RESET_LOCKUP,
    USPAN_RESET_SOFTWARE,
    USPAN_RESET_PIN,
    USPAN_RESET_BROWNOUT, /* these two: memory cannot be trusted, what is there is discarded unread */
    USPAN_RESET_POWER_ON
} uspan_reset_t;

/* A crash, as its handler saw it. */
#define USPAN_CRASH_REGS_MAX 8u
typedef struct uspan_crash {
    uspan_reset_t reason;
    uint32_t reg_count; /* up to USPAN_CRASH_REGS_MAX */
    uint64_t now_ns; /* monotonic, as uspan_now(); 0: not known, the time of what was recorded last counts */
    struct uspan_crash_reg {
        char name[8]; /* "pc", "cfsr"; ASCII, closed by a 0 if shorter than 8 */
        uintptr_t value;
    } regs[USPAN_CRASH_REGS_MAX];
} uspan_crash_t;

#if USPAN_KEEP
/* Private: what a reader after a reset needs. Fields in the words of core/trace/keep.h. */
typedef struct uspan_keep {
    uint32_t magic; /* of a header that is complete */
    uint32_t config_id;
    uintptr_t self; /* where the tracer was */
    uint8_t build_id[20];
    uint8_t owned[(USPAN_TEXT_BYTES / USPAN_BLOCK_BYTES + 7u) / 8u]; /* bit of each block that a span holds */
    uint8_t mounted;    /* 1: slots hold spans of before the reset */
    uint8_t reason;     /* uspan_reset_t */
    uint8_t has_broken; /* 1: a span was open; the next two are its own */
    uint8_t broken_flags;
    uint8_t broken[24]; /* ids of trace and span */
    uint16_t lost, cut; /* spans not trusted; texts that waited for the rest of a character */
    uint8_t own;        /* of resources: that of this boot */
    uint8_t build_id_len;
    uint32_t crashed;   /* crash is set */
    uspan_crash_t crash;
    struct uspan_kept_resource {
        uint32_t sum; /* of what follows */
        uint16_t len, unused;
        uint8_t bytes[USPAN_KEEP_RESOURCE_BYTES]; /* attributes of OTLP's Resource, encoded */
    } resources[4];                               /* each epoch may be of another boot: USPAN_EPOCHS_MAX */
    uint32_t sum, sealed; /* sum: of what stands above from block_next on, and more */
} uspan_keep_t;
#endif

#ifdef __cplusplus
}
#endif
#endif
