/* headers.h: "key=value,key=value" lists with percent-encoded values (OTEL_EXPORTER_OTLP_HEADERS,
 * OTEL_RESOURCE_ATTRIBUTES), read in place. */
#ifndef USPAN_EXPORT_HEADERS_H
#define USPAN_EXPORT_HEADERS_H

#include "trace/ascii.h"
#include "trace/inside.h"

/* Whether requests may have headers of the application's, credentials included. Else what reads and judges
 * them is out. */
#if USPAN_RUNTIME_SETTINGS || defined(USPAN_HEADERS) || defined(USPAN_BASIC_USER) ||        \
    defined(USPAN_BASIC_AUTH) || defined(USPAN_HEADERS_2) || defined(USPAN_BASIC_USER_2) || \
    defined(USPAN_BASIC_AUTH_2)
#define USPAN_WITH_HEADERS 1
#else
#define USPAN_WITH_HEADERS 0
#endif

/* One pair, still encoded, white space around key and value trimmed. Split at the first '='. */
typedef struct uspan_pair {
    const char *key, *value;
    size_t key_len, value_len;
} uspan_pair_t;

/* Step through a list: *pos starts at 0. Empty members are skipped.
 * Returns: USPAN_OK; USPAN_ERR_CLOSED at the end; USPAN_ERR_ARG: a member without '=' or with an empty key
 * (*pos is past it, *out means nothing). */
uspan_err_t uspan_pair_next(const char *text, size_t *pos, uspan_pair_t *out);
/* Decode one byte of a percent-encoded value at *at and move on. Returns 0..255; -1 at the end; -2: broken
 * "%". */
static inline int uspan_pair_byte(const char *value, size_t len, size_t *at)
{
    return uspan_percent_byte(value, len, at);
}

/* Judge a header list. NULL: good; else why not, static: a member without '='; a name
 * that is not an RFC 9110 token; a value that decodes to a control character (header injection) or has a
 * broken "%"; Host, Content-Length, Content-Type, Transfer-Encoding, Connection, Expect (uspan sets these, or
 * they would change the message's framing).
 * *secret becomes true where a member of a good list is secret: authorization, or a name that contains key,
 * token or secret; any case. */
const char *uspan_headers_check(const char *text, bool *secret);

#endif
