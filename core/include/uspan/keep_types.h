/* keep_types.h: what a mount of kept memory is told and what it found, and the call of a crash's handler.
 * keep.h brings it in. */
#ifndef USPAN_KEEP_TYPES_H
#define USPAN_KEEP_TYPES_H

#include "types.h"
#include "crash.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Memory from low up to, but without, high. */
typedef struct uspan_keep_range {
    const void *low, *high;
} uspan_keep_range_t;

typedef struct uspan_keep_options {
    uspan_reset_t reason; /* as the hardware tells it; UNKNOWN where it tells nothing */
    /* What tells this image from others: the linker's build id (-Wl,--build-id), or a hash. Up to 20 bytes
     * count. None: nothing is taken over. */
    const uint8_t *build_id;
    size_t build_id_len;
    /* Read-only memory of this image. Keys, static texts and scopes of kept spans must lie there. A span with
     * another scope is not trusted; an attribute with another key or static text is left out and counted. */
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
    uint16_t ended, open; /* spans taken over: had ended; were open, and are ended with an error */
    uint16_t lost; /* spans that could not be trusted, discarded; ALTERED: all that seemed to be there */
} uspan_keep_report_t;

#if USPAN_ENABLED && USPAN_KEEP
/* The device is about to be reset. Store the crash, and seal all that is recorded with a sum, so that the
 * next boot knows whether memory was altered meanwhile. The first call counts. Nothing may be recorded
 * after it. A tracer that was never mounted is left alone. Takes no lock, calls no port, allocates
 * nothing. Bound: two instructions a byte of the pools, 25,000 for the default ones: feed the watchdog
 * before. Stack: below 64 bytes. Context: any, NMI and fault handlers too. */
void uspan_keep_crash(uspan_tracer_t *t, const uspan_crash_t *crash);
#endif

#ifdef __cplusplus
}
#endif
#endif
