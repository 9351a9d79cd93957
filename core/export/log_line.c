/* log_line.c: writes lines to the port's log, at most one per second. Suppressed lines are counted, and the
 * next line gives their number. */
#include "export/log_line.h"
#include "export/export_state.h"
#include "export/window.h"
#include "export/poll_time.h"
#include "trace/pool.h"
#include "trace/trace.h"
#include "trace/utf8.h"

#define LINE_BYTES 240u

/* Write one line: "host:port: what, HTTP status: detail". All parts but `what` are optional. If the last
 * exchange of the target had a response, the text of that replaces the detail. The port adds a prefix that
 * names uspan. */
static void write_line(uspan_tracer_t *t, uspan_level_t level, const char *what, const char *detail,
                       const uspan_target_t *target)
{
    uspan_export_part_t *x = uspan_export_state(t);
    uint64_t now = uspan_now(t);
    if (now < x->log_after_ns) {
        x->log_suppressed++;
        return;
    }
    char line[LINE_BYTES];
    uspan_window_t w = { .out = (uint8_t *)line, .cap = sizeof line };
    if (target != NULL) {
        uspan_window_text(&w, target->url.host);
        uspan_window_labelled(&w, ":", target->url.port);
        uspan_window_text(&w, ": ");
    }
    uspan_window_text(&w, what);
    if (target != NULL && target->last_error == 0) {
        uspan_window_labelled(&w, USPAN_WORDS(", HTTP ", " "), target->last_status);
        detail = target->said;
    }
    if (detail != NULL && detail[0] != '\0') {
        uspan_window_text(&w, ": ");
        uspan_window_text(&w, detail);
    }
    if (x->log_suppressed > 0u) {
        uspan_window_labelled(&w, USPAN_WORDS(" (suppressed: ", " ("), x->log_suppressed);
        uspan_window_text(&w, ")");
    }
    size_t len = uspan_utf8_cut(line, w.at, sizeof line - 1u); /* it reads the byte after the cut */
    line[len] = '\0';
    x->log_after_ns = now + USPAN_NS_PER_S;
    x->log_suppressed = 0u;
    t->trace.port->log(t->trace.port->ctx, level, line);
}

void uspan_log_line(uspan_tracer_t *t, uspan_level_t level, const char *what, const char *detail)
{
    write_line(t, level, what, detail, NULL);
}

void uspan_log_target(uspan_tracer_t *t, const uspan_target_t *target, const char *what)
{
    write_line(t, USPAN_LEVEL_WARN, what, target->why, target);
}

void uspan_log_setting(uspan_tracer_t *t, uspan_level_t level, const char *what, const char *detail)
{
    uint64_t after_ns = uspan_export_state(t)->log_after_ns;
    uspan_export_state(t)->log_after_ns = 0u;
    uspan_log_line(t, level, what, detail);
    uspan_export_state(t)->log_after_ns = after_ns;
}

void uspan_wipe(void *secret, size_t len)
{
    for (volatile uint8_t *c = secret; len > 0u; len--) {
        *c++ = 0; /* volatile: the compiler must not remove the write */
    }
}

void uspan_named_text(char *out, size_t cap, const char *key, size_t key_len, const char *why)
{
    uspan_window_t w = { .out = (uint8_t *)out, .cap = cap - 1u };
    uspan_window_put(&w, key_len > 0u ? key : "an entry", key_len > 40u ? 40u : key_len > 0u ? key_len : 8u);
    uspan_window_text(&w, ": ");
    uspan_window_text(&w, why);
    out[w.at < w.cap ? w.at : w.cap] = '\0';
}
