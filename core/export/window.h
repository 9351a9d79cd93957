/* window.h: writes text that is rendered again from its start for each piece. Private to core. */
#ifndef USPAN_EXPORT_WINDOW_H
#define USPAN_EXPORT_WINDOW_H

#include <string.h>
#include "trace/internal.h"
#include "trace/lock.h"

/* A window onto a text that is rendered from its start each time. Bytes before `from` are skipped, and those
 * beyond cap are not kept. A small buffer is therefore enough for any text, and rendering needs no state. at:
 * bytes rendered so far. */
typedef struct uspan_window {
    uint8_t *out;
    size_t from, cap, at;
} uspan_window_t;

void uspan_window_put(uspan_window_t *w, const void *data, size_t len);
/* Write a text. The compiler knows the length of a literal if it inlines this. */
USPAN_INLINE_FAST void uspan_window_text(uspan_window_t *w, const char *text);
#if !USPAN_OPTIMIZE_SIZE || defined(USPAN_IN_WINDOW)
USPAN_INLINE_FAST void uspan_window_text(uspan_window_t *w, const char *text)
{
    uspan_window_put(w, text, strlen(text));
}
#endif
void uspan_window_char(uspan_window_t *w, char c);
void uspan_window_number(uspan_window_t *w, uint32_t n);
/* Write a text, then a number. */
void uspan_window_labelled(uspan_window_t *w, const char *label, uint32_t n);
/* Write base64 (RFC 4648 §4) of "user:pass". */
void uspan_window_basic(uspan_window_t *w, const char *user, const char *pass);

/* Write base64 of single bytes: group starts as USPAN_BASE64_BEGIN, each call returns the next one, and the
 * last function ends the text. */
#define USPAN_BASE64_BEGIN 1u
uint32_t uspan_window_base64(uspan_window_t *w, uint32_t group, unsigned byte);
void uspan_window_base64_end(uspan_window_t *w, uint32_t group);

#endif
