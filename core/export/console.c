/* console.c: prints a span as one line of at most LINE_BYTES. Invariant: control characters become spaces,
 * and text is cut between two characters. */
#include "trace/internal.h"
#include "uspan/read.h"
#include <string.h>
#include "export/number_text.h"
#include "trace/utf8.h"

#define LINE_BYTES 200u
#define VALUE_BYTES 40u /* of one text; a prompt must leave room for other values */
#define TRACE_BYTES 4u
#define MORE "..."

/* Print the index-th of a list of words, each ended by a 0. */
static void put_word(uspan_window_t *w, const char *words, unsigned index)
{
    for (; index > 0u; index--) {
        words += strlen(words) + 1u;
    }
    uspan_window_text(w, words);
}

/* Print a text of len bytes. `text` holds its first VALUE_BYTES + 1 bytes. */
static void put_text(uspan_window_t *w, const char *text, size_t len)
{
    uspan_window_put(w, text, uspan_utf8_cut(text, len, VALUE_BYTES));
    uspan_window_text(w, len > VALUE_BYTES ? MORE : "");
}

static void put_attr(uspan_window_t *w, uspan_tracer_t *t, uspan_t s, unsigned index, const uspan_value_t *v)
{
    uspan_window_text(w, " ");
    uspan_window_put(w, v->key->text, v->key->len);
    uspan_window_text(w, "=");
    if (v->type == USPAN_TYPE_TEXT) {
        char text[VALUE_BYTES + 1u];
        (void)uspan_read_text(t, s, USPAN_OF_SPAN, index, 0u, text, sizeof text);
        put_text(w, text, v->len);
    } else if (!uspan_print_scalar(w, v)) { /* for bytes or an array, the number of elements */
        uspan_window_text(w, "[");
        uspan_print_u64(w, v->len);
        uspan_window_text(w, "]");
    }
}

static uspan_err_t print_span(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    static const char kinds[] = "\0internal\0server\0client\0producer\0consumer";
    static const char states[] = "unset\0ok\0error";
    const uspan_console_t *c = ctx;
    char line[LINE_BYTES + 1u];
    char text[VALUE_BYTES + 1u];
    uspan_window_t w = { .out = (uint8_t *)line, .cap = LINE_BYTES };
    uspan_view_t view;
    uspan_value_t v;
    if (uspan_read(t, s, &view) != USPAN_OK) {
        return USPAN_ERR_STALE;
    }
    uspan_print_hex(&w, view.trace_id, TRACE_BYTES);
    uspan_window_text(&w, " ");
    uspan_window_put(&w, view.name, view.name_len);
    uspan_window_text(&w, " ");
    uint64_t us = (view.end_ns - view.start_ns) / 1000u;
    uspan_print_u64(&w, us / 1000u);
    unsigned rest = (unsigned)(us % 1000u);
    text[0] = '.';
    text[1] = (char)('0' + rest / 100u);
    text[2] = (char)('0' + rest / 10u % 10u);
    text[3] = (char)('0' + rest % 10u);
    uspan_window_put(&w, text, 4u);
    uspan_window_text(&w, " ms ");
    put_word(&w, kinds, view.kind);
    uspan_window_text(&w, " ");
    put_word(&w, states, view.status);
    size_t len = uspan_read_status_message(t, s, text, sizeof text);
    if (len > 0u) {
        uspan_window_text(&w, ": ");
        put_text(&w, text, len);
    }
    for (unsigned i = 0; w.at < LINE_BYTES && uspan_read_attr(t, s, USPAN_OF_SPAN, i, &v) == USPAN_OK; i++) {
        put_attr(&w, t, s, i, &v);
    }
    len = w.at;
    if (len > LINE_BYTES) {
        len = uspan_utf8_cut(line, LINE_BYTES, LINE_BYTES - sizeof MORE + 1u);
        memcpy(line + len, MORE, sizeof MORE - 1u);
        len += sizeof MORE - 1u;
    }
    for (size_t i = 0; i < len; i++) {
        line[i] = (uint8_t)line[i] < ' ' || line[i] == 0x7F ? ' ' : line[i];
    }
    line[len] = '\0';
    c->write(c->ctx, line);
    return USPAN_OK;
}

void uspan_console_init(uspan_console_t *c, void (*write)(void *ctx, const char *line), void *ctx)
{
    c->sink = (uspan_sink_t){ c, print_span };
    c->write = write;
    c->ctx = ctx;
}
