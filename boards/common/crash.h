/* crash.h: what a board does when something is wrong for good: it seals the tracer and restarts. With
 * USPAN_KEEP 0 there is none of it. */
#ifndef USPAN_BOARDS_CRASH_H
#define USPAN_BOARDS_CRASH_H

#include "uspan/keep.h"

#if USPAN_KEEP
/* What the linker script says: read-only memory of the image, and its build id's note. */
extern const uint8_t fixed_low[], fixed_high[], build_id_low[], build_id_high[];

/* uspan_keep_mount() with what the board knows. Tells on the console what was found. */
uspan_err_t crash_mount(uspan_tracer_t *tracer);
/* Hand the registers over, seal, restart. regs: up to USPAN_CRASH_REGS_MAX. Context: any, fault handlers
 * too. */
__attribute__((noreturn)) void crash_end(uspan_reset_t reason, const struct uspan_crash_reg *regs,
                                         unsigned count);
/* The same for an assertion that failed, called where it did. */
__attribute__((noreturn, noinline)) void crash_assert(const char *what);

/* For the demo, on the first boot alone, by the setting crash=tool, assert or hang. */
void crash_arm(uspan_tracer_t *tracer);
/* Called while spans are being sent: hangs, where that is the setting. */
void crash_while_exporting(void);

/* ---- a board's duties ---------------------------------------------------------------------------------- */

/* Restart the machine; RAM stays. */
__attribute__((noreturn)) void board_restart(void);
/* An instruction that faults. */
void board_fault(void);
/* The watchdog: begin, and go on. Boards without one do nothing. */
void board_watchdog_start(void);
void board_watchdog_feed(void);
#endif

#endif
