/* crash.c: handles crashes of a board, and causes those of the demo.
 * Invariant: functions that run in a fault handler take no lock of uspan and do not return. */
#include "crash.h"

#include "board.h"
#include "port.h"
#include "uspan/read.h"

#include <string.h>

#if USPAN_KEEP
#define NOTE_HEAD 16u /* bytes before the build id in its note: three sizes and "GNU" */

static uspan_tracer_t *tracer;
static uspan_reset_t hangs; /* of the demo: HARD_FAULT in a tool, ASSERT in a chat, WATCHDOG in an export */
static bool is_first;

uspan_err_t crash_mount(uspan_tracer_t *mounted)
{
    const uspan_keep_options_t options = {
        .build_id = build_id_low + NOTE_HEAD,
        .build_id_len = (size_t)(build_id_high - build_id_low) - NOTE_HEAD,
        .fixed = { { fixed_low, fixed_high } },
    };
    uspan_keep_report_t report;
    uspan_err_t err = uspan_keep_mount(mounted, &board_port, &options, &report);
    tracer = mounted;
    is_first = err == USPAN_OK && report.found == USPAN_KEPT_NOTHING;
    if (err == USPAN_OK && !is_first) {
        put_text("kept over a reset: ended ");
        put_number(report.ended);
        put_text(" open ");
        put_number(report.open);
        put_text(" lost ");
        put_number(report.lost);
        put_text("\n");
    }
    return err;
}

void crash_end(uspan_reset_t reason, const struct uspan_crash_reg *regs, unsigned count)
{
    uspan_crash_t crash = { .reason = reason, .now_ns = board_mono_ns() };
    for (; crash.reg_count < count && crash.reg_count < USPAN_CRASH_REGS_MAX; crash.reg_count++) {
        crash.regs[crash.reg_count] = regs[crash.reg_count];
    }
    uspan_keep_crash(tracer, &crash);
    put_line(reason == USPAN_RESET_HARD_FAULT ? "hard fault: restarts"
             : reason == USPAN_RESET_WATCHDOG ? "watchdog: restarts"
                                              : "assertion failed: restarts");
    board_restart();
}

void crash_assert(const char *what)
{
    const struct uspan_crash_reg reg = { "lr", (uintptr_t)__builtin_return_address(0) };
    put_line(what);
    crash_end(USPAN_RESET_ASSERT, &reg, 1u);
}

/* ---- the demo ------------------------------------------------------------------------------------------ */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void see_start(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    uspan_view_t view;
    (void)ctx;
    if (uspan_read(t, s, &view) != USPAN_OK) {
        return;
    }
    if (hangs == USPAN_RESET_HARD_FAULT && begins(view.name, "execute_tool")) {
        board_fault();
    } else if (hangs == USPAN_RESET_ASSERT && begins(view.name, "chat")) {
        crash_assert("the model's answer is not what it has to be");
    }
}

void crash_arm(uspan_tracer_t *t)
{
    static uspan_processor_t processor = { .on_start = see_start };
    const char *how = is_first ? board_option("crash") : NULL;
    if (how == NULL) {
        return;
    }
    hangs = begins(how, "tool")     ? USPAN_RESET_HARD_FAULT
            : begins(how, "assert") ? USPAN_RESET_ASSERT
                                    : USPAN_RESET_WATCHDOG;
    (void)uspan_add_processor(t, &processor);
}

void crash_while_exporting(void)
{
    while (hangs == USPAN_RESET_WATCHDOG) {
    }
}
#endif
