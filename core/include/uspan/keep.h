/* keep.h: spans survive a reset. The tracer lies in memory that a reset leaves alone. The next boot takes
 * over what was recorded, after it has checked all of it, and sends it first. Needs USPAN_KEEP 1; with 0
 * the calls below are uspan_init() and nothing.
 *
 *     static USPAN_KEPT uspan_tracer_t tracer;              // in .noinit.uspan, which is not loaded
 *     uspan_keep_mount(&tracer, &port, &options, &report);  // in place of uspan_init()
 *     uspan_keep_crash(&tracer, &crash); // of crash.h, in the fault, assert or watchdog handler
 *
 * uspan defines no handler, reads and clears no flag of the hardware, and resets nothing: the application
 * tells it the reason. A data cache that writes back loses its newest lines at a reset. */
#ifndef USPAN_KEEP_H
#define USPAN_KEEP_H

#include "uspan.h"
#include "keep_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Places a tracer. On hosts it is an ordinary section. */
#define USPAN_KEPT __attribute__((section(".noinit.uspan")))

#if USPAN_ENABLED && USPAN_KEEP
/* Start a tracer as uspan_init() does, with the spans that it held before the reset. Each span that is taken
 * over was checked in all its parts. One that was open ends with status Error, `error.type` and
 * `uspan.reset.reason`. The innermost of them has an event `app.crash` after a crash, with `app.crash.id`,
 * `app.build_id` and `uspan.crash.registers`. The next root span has `uspan.reset.reason`, `uspan.keep.lost`
 * where spans were lost, and a link to that innermost span, with `app.crash.id`.
 * Kept spans go to each destination that is added before they are sent; one that had them already gets them
 * again. They travel under the resource that their own boot had set, as far as USPAN_KEEP_RESOURCE_BYTES go;
 * if it was altered, or being set when the reset came, under this boot's. Their times keep their own offset.
 * If Unix time was not known before the reset, it is computed when it is known: the reset itself counts as no
 * time.
 *   options  read during the call only, but for fixed[], whose memory stays
 *   report   what was found; NULL is allowed
 * Returns: as uspan_init(). A reset during the call loses nothing. Bound: about 12,000 instructions for the
 * default pools. Context: one task, before all else. Spec: OpenTelemetry semantic conventions, app.crash. */
USPAN_CHECK uspan_err_t uspan_keep_mount_sized(uspan_tracer_t *t, const uspan_port_t *port,
                                               const uspan_keep_options_t *options,
                                               uspan_keep_report_t *report, size_t tracer_size,
                                               uint32_t config_id);
#define uspan_keep_mount(t, port, options, report) \
    uspan_keep_mount_sized((t), (port), (options), (report), sizeof(uspan_tracer_t), USPAN_CONFIG_ID)
#else
static inline uspan_err_t uspan_keep_mount(uspan_tracer_t *t, const uspan_port_t *port,
                                           const uspan_keep_options_t *options, uspan_keep_report_t *report)
{
    (void)options;
    if (report != NULL) {
        memset(report, 0, sizeof *report);
    }
    return uspan_init(t, port);
}
static inline void uspan_keep_crash(uspan_tracer_t *t, const uspan_crash_t *crash)
{
    (void)t;
    (void)crash;
}
#endif

#ifdef __cplusplus
}
#endif
#endif
