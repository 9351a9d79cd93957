/* keep_types.h: options and report of uspan_keep_mount(), and uspan_keep_crash() for crash handlers. Included
 * by keep.h. */
#ifndef USPAN_KEEP_TYPES_H
#define USPAN_KEEP_TYPES_H

#include "types.h"
#include "crash.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Memory from low up to high, without high itself. */
typedef struct uspan_keep_range {
    const void *low, *high;
} uspan_keep_range_t;

typedef struct uspan_keep_options {
    uspan_reset_t reason; /* as the hardware reports it; UNKNOWN if it reports none */
    /* Identifies this image: the linker's build id (-Wl,--build-id) or a hash. Up to 20 bytes are used.
     * Without it no span is taken over. */
    const uint8_t *build_id;
    size_t build_id_len;
    /* Read-only memory of this image. Keys, static texts and scopes of kept spans must be there. A span with
     * another scope is discarded. An attribute with another key or static text is dropped and counted. */
    uspan_keep_range_t fixed[2];
} uspan_keep_options_t;

/* What a mount found. */
typedef enum uspan_kept {
    USPAN_KEPT_NOTHING = 0, /* no tracer was there */
    USPAN_KEPT_TAKEN,       /* spans were taken over, or there were none */
    USPAN_KEPT_UNREAD,      /* discarded: power-on or brown-out */
    USPAN_KEPT_OTHER,       /* discarded: another image, other options, another address, or no build id */
    USPAN_KEPT_ALTERED      /* discarded: sealed by uspan_keep_crash(), and altered since */
} uspan_kept_t;
typedef struct uspan_keep_report {
    uspan_kept_t found;
    uspan_reset_t reason; /* of the crash call, if there was one, else of the options */
    uint16_t ended, open; /* spans taken over that had ended; that were open and were ended with an error */
    uint16_t lost; /* spans discarded because a check failed; for ALTERED, all spans that seemed to exist */
} uspan_keep_report_t;

#if USPAN_ENABLED && USPAN_KEEP
/* Store the crash before the device is reset, and seal all that is recorded with a checksum. The next boot
 * then knows whether memory was altered in between. The first call counts, also if another one interrupts it.
 * Record nothing after it. The call ignores a tracer that was not mounted. It takes no lock, calls no port
 * function and allocates nothing. Bound: two instructions per byte of the pools, 25,000 for the default
 * pools. Feed the watchdog before the call. Stack: below 64 bytes. Context: any, also NMI and fault
 * handlers. */
void uspan_keep_crash(uspan_tracer_t *t, const uspan_crash_t *crash);
#endif

#ifdef __cplusplus
}
#endif
#endif
