/* log_line.h: the log line, its texts, and wiping of secrets. Private to core. */
#ifndef USPAN_EXPORT_LOG_LINE_H
#define USPAN_EXPORT_LOG_LINE_H

#include "trace/internal.h"

/* A text, or a code if flash is short. */
#if USPAN_MESSAGE_TEXTS
#define USPAN_WORDS(text, code) text
#else
#define USPAN_WORDS(text, code) code
#endif

/* Write one line to the port's log. At most one per second is written. The others are counted, and the next
 * line gives their number. */
void uspan_log_line(uspan_tracer_t *t, uspan_level_t level, const char *what, const char *detail);
/* Like uspan_log_line(), but without a rate limit: for warnings about settings, which no server can cause. */
void uspan_log_setting(uspan_tracer_t *t, uspan_level_t level, const char *what, const char *detail);
/* "key: why" to out[cap], for a log line: at most 40 bytes of the key. */
void uspan_named_text(char *out, size_t cap, const char *key, size_t key_len, const char *why);
/* Like uspan_log_line(), as a warning about a server and its last exchange: "host:port: what, HTTP status:
 * text of the response", or "host:port: what: text of the transport". */
void uspan_log_target(uspan_tracer_t *t, const uspan_target_t *target, const char *what);
/* Overwrite a secret. */
void uspan_wipe(void *secret, size_t len);

#endif
