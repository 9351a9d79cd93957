/* crash.h: after a fatal error a board seals the tracer and restarts. With USPAN_KEEP 0 this is left out of
 * the build. */
#ifndef USPAN_BOARDS_CRASH_H
#define USPAN_BOARDS_CRASH_H

#include "uspan/keep.h"

#if USPAN_KEEP
/* Symbols of the linker script: read-only memory of the image, and the note with its build id. */
extern const uint8_t fixed_low[], fixed_high[], build_id_low[], build_id_high[];

/* Call uspan_keep_mount() with the data of the board. Prints what was found. Returns: as that function. */
uspan_err_t crash_mount(uspan_tracer_t *tracer);
/* Pass the registers to uspan, seal the tracer, and restart.
 *   regs   USPAN_CRASH_REGS_MAX are used at most
 * Context: any, also a fault handler. */
__attribute__((noreturn)) void crash_end(uspan_reset_t reason, const struct uspan_crash_reg *regs,
                                         unsigned count);
/* Like crash_end(), for a failed assertion. Call it at the assertion. */
__attribute__((noreturn, noinline)) void crash_assert(const char *what);

/* Prepare the crash of the demo that the setting crash=tool, assert or hang asks for. Only the first boot
 * crashes. */
void crash_arm(uspan_tracer_t *tracer);
/* Call this while spans are being sent. With crash=hang it does not return. */
void crash_while_exporting(void);

/* ---- functions of a board ------------------------------------------------------------------------------ */

/* Restart the machine without clearing RAM. */
__attribute__((noreturn)) void board_restart(void);
/* Execute an instruction that faults. */
void board_fault(void);
/* Start and feed the watchdog. On boards without one they do nothing. */
void board_watchdog_start(void);
void board_watchdog_feed(void);
#endif

#endif
