/* headers.h: reads the application's HTTP headers. The public list functions are in uspan/pairs.h. */
#ifndef USPAN_EXPORT_HEADERS_H
#define USPAN_EXPORT_HEADERS_H

#include "trace/ascii.h"
#include "trace/internal.h"
#include "uspan/pairs.h"

/* 1: requests may have headers of the application, including credentials. 0: the code that reads and checks
 * them is left out of the build. */
#if USPAN_RUNTIME_SETTINGS || defined(USPAN_HEADERS) || defined(USPAN_BASIC_USER) ||        \
    defined(USPAN_BASIC_AUTH) || defined(USPAN_HEADERS_2) || defined(USPAN_BASIC_USER_2) || \
    defined(USPAN_BASIC_AUTH_2)
#define USPAN_WITH_HEADERS 1
#else
#define USPAN_WITH_HEADERS 0
#endif

/* Returns what is wrong with one header, a text without its value: a name that is not an RFC 9110 token; a
 * value that decodes to a control character (header injection) or has a broken "%"; Host, Content-Length,
 * Content-Type, Transfer-Encoding, Connection, Expect (uspan sets these, or they would change the end of the
 * message or its receiver). NULL: the header is sent. */
const char *uspan_header_wrong(const uspan_pair_t *pair);
/* Returns true if the header is secret: authorization or cookie, or a name that contains key, token or
 * secret, in any case. */
bool uspan_header_is_secret(const uspan_pair_t *pair);
/* Read the next correct header of a list. Returns false at the end. */
bool uspan_header_next(const char *list, size_t *pos, uspan_pair_t *out);

/* Returns what is wrong with one resource attribute of a list, or NULL. A value above 255 bytes is correct,
 * but its value_len is cut at a character. */
const char *uspan_attribute_wrong(uspan_pair_t *pair);
#define USPAN_RESOURCE_KEY_MAX 64u
#define USPAN_RESOURCE_VALUE_MAX 255u

#endif
