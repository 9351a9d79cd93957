/* pairs.h: read "key=value,key=value" lists, as in OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS.
 * A port uses it to check settings before it hands them over. These functions are the same if USPAN_ENABLED
 * is 0. They need no tracer, keep no pointer and take no lock. */
#ifndef USPAN_PAIRS_H
#define USPAN_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include "err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One pair. Both texts point into the list, are still percent-encoded, and have no white space around them.
 * They end with their length, not with a 0. */
typedef struct uspan_pair {
    const char *key, *value;
    size_t key_len, value_len; /* bytes */
} uspan_pair_t;

/* Read the next pair of a list. The first '=' ends the key. Empty members are skipped.
 *   text   ends with 0; NULL: an empty list. Must stay valid as long as *out is used
 *   pos    in and out, bytes from the start of text; 0 before the first call
 *   out    valid only after USPAN_OK
 * Returns: USPAN_OK; USPAN_ERR_CLOSED: the list has ended; USPAN_ERR_ARG: a member without '=' or with an
 * empty key. *pos is then past that member, and the next call reads the next one.
 * Context: task, ISR. Linear in the length of the member. */
uspan_err_t uspan_pair_next(const char *text, size_t *pos, uspan_pair_t *out);

/* Decode the next byte of a percent-encoded text.
 *   text, len   as in uspan_pair_t
 *   at          in and out, bytes from the start of text; 0 before the first call
 * Returns: 0..255: the byte; -1: the text has ended; -2: "%" without two hexadecimal digits.
 * Context: task, ISR. */
int uspan_pair_byte(const char *text, size_t len, size_t *at);

/* Check a list of HTTP headers. These are wrong: a member without '='; a name that is not a token of RFC
 * 9110; a value that decodes to a control character (it could add headers) or has a broken "%"; Host,
 * Content-Length, Content-Type, Transfer-Encoding, Connection and Expect, which uspan sets itself or which
 * would change where the request ends.
 *   text     ends with 0; NULL: an empty list
 *   secret   out, set to true if a member of a correct list holds a secret: its name is Authorization, or has
 *            "key", "token" or "secret" in it, in any case. Else *secret is not written
 * Returns: NULL if the list is correct; else what is wrong, a static text that repeats nothing of the list.
 * Context: task. */
const char *uspan_headers_check(const char *text, bool *secret);

/* One entry of "key=value,key=value" as uspan reads it. The texts point into the list. */
typedef enum { USPAN_LIST_HEADERS, USPAN_LIST_RESOURCE } uspan_list_kind_t;
typedef struct uspan_list_entry {
    const char *key, *value; /* without white space around them; the value is still percent-encoded */
    size_t key_len, value_len;
    /* NULL: uspan uses the entry. Otherwise a static text that says why not, without any part of the value */
    const char *wrong;
    bool is_cut;       /* a resource value exceeds 255 bytes; value_len is the length that is kept */
} uspan_list_entry_t;
/* Step through such a list, to find entries that uspan does not use. For ports that read settings from
 * elsewhere.
 *   list   ends in 0; NULL: an empty list. Must stay valid as long as *out is used
 *   pos    in and out, bytes from the start of list; 0 before the first call
 * Returns: true: *out is the next entry; false: there are no more. Context: task. */
bool uspan_list_next(const char *list, uspan_list_kind_t kind, size_t *pos, uspan_list_entry_t *out);
/* Check an endpoint. Returns: NULL if it can be used; otherwise a static text that says what is wrong and how
 * to correct it. Context: task. */
const char *uspan_endpoint_wrong(const char *endpoint);

#ifdef __cplusplus
}
#endif
#endif
