/* keep.h: keeps spans over a reset. The tracer is in memory that a reset does not clear. The next boot checks
 * what was recorded, takes it over and sends it first. Needs USPAN_KEEP 1. With 0, uspan_keep_mount() only
 * calls uspan_init(), and uspan_keep_crash() does nothing.
 *
 *     static USPAN_KEPT uspan_tracer_t tracer;              // in .noinit.uspan, which is not loaded
 *     uspan_keep_mount(&tracer, &port, &options, &report);  // in place of uspan_init()
 *     uspan_keep_crash(&tracer, &crash);                    // in the fault, assert or watchdog handler
 *
 * uspan defines no handler, does not read or clear hardware flags, and does not reset the device. The
 * application passes the reason of the reset. A write-back data cache loses its newest lines at a reset. */
#ifndef USPAN_KEEP_H
#define USPAN_KEEP_H

#include "uspan.h"
#include "keep_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Put a tracer into memory that is not cleared at a reset. On hosts it is an ordinary section. */
#define USPAN_KEPT __attribute__((section(".noinit.uspan")))

#if USPAN_ENABLED && USPAN_KEEP
/* Start a tracer like uspan_init(), with the spans that it held before the reset. Every part of a span is
 * checked before the span is taken over. A span that was open ends with status Error, `error.type` and
 * `uspan.reset.reason`. After a crash, the innermost open span gets an event `app.crash` with `app.crash.id`,
 * `app.build_id` and `uspan.crash.registers`. The next root span gets `uspan.reset.reason`, `uspan.keep.lost`
 * if spans were lost, and a link to that innermost span, with `app.crash.id`.
 * Kept spans go to each destination that is added before they are sent. A destination that received them
 * before the reset receives them again. They are sent with the resource of the boot that recorded them, up to
 * USPAN_KEEP_RESOURCE_BYTES. If that resource is damaged or was incomplete at the reset, they get the
 * resource of this boot. They keep their own clock offset. If Unix time was unknown before the reset, uspan
 * computes their times when Unix time becomes known, as if the reset took no time.
 *   options  read during the call only. The memory that fixed[] describes must stay valid
 *   report   out, what was found; NULL is allowed
 * Returns: as uspan_init(). A reset during the call loses nothing. Bound: about 12,000 instructions for the
 * default pools. Context: one task, before all other calls. Spec: OpenTelemetry semantic conventions,
 * app.crash. */
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
