/* headers.h: whether requests have headers of the application's. The lists are read by uspan/pairs.h. */
#ifndef USPAN_EXPORT_HEADERS_H
#define USPAN_EXPORT_HEADERS_H

#include "trace/ascii.h"
#include "trace/internal.h"
#include "uspan/pairs.h"

/* Whether requests may have headers of the application's, credentials included. Else what reads and judges
 * them is out. */
#if USPAN_RUNTIME_SETTINGS || defined(USPAN_HEADERS) || defined(USPAN_BASIC_USER) ||        \
    defined(USPAN_BASIC_AUTH) || defined(USPAN_HEADERS_2) || defined(USPAN_BASIC_USER_2) || \
    defined(USPAN_BASIC_AUTH_2)
#define USPAN_WITH_HEADERS 1
#else
#define USPAN_WITH_HEADERS 0
#endif

/* What is wrong with one header, words without its value: a name that is not an RFC 9110 token; a value that
 * decodes to a control character (header injection) or has a broken "%"; Host, Content-Length, Content-Type,
 * Transfer-Encoding, Connection, Expect (uspan sets these, or they would change the
 * message's framing or reach the wrong reader). NULL: it is sent. */
const char *uspan_header_wrong(const uspan_pair_t *pair);
/* True where it is secret: authorization or cookie, or a name that contains key, token or secret; any
 * case. */
bool uspan_header_is_secret(const uspan_pair_t *pair);
/* The next header of a list that is good. False: no more. */
bool uspan_header_next(const char *list, size_t *pos, uspan_pair_t *out);

/* What is wrong with one resource attribute of a list, NULL: nothing. A value of more than 255 bytes is none:
 * its value_len is cut, so that whole characters are left. */
const char *uspan_attribute_wrong(uspan_pair_t *pair);
#define USPAN_RESOURCE_KEY_MAX 64u
#define USPAN_RESOURCE_VALUE_MAX 255u

#endif
