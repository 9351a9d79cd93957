/* tls_lacks.h: which algorithm of a certificate this mbedTLS was built without. */
#ifndef USPAN_TLS_LACKS_H
#define USPAN_TLS_LACKS_H

#include "tls_inside.h"

/* Find the first algorithm in these bytes (a certificate in DER, or a message that contains some) that the
 * build lacks. Returns a text with mbedTLS's option for it. NULL: none is missing, as far as is known. */
const char *uspan_tls_lacks(const unsigned char *bytes, size_t len);
/* Like the function above, but from mbedTLS's error alone, if no bytes are available: names the kind of
 * algorithm. NULL: another error. */
const char *uspan_tls_lacks_kind(int error);

#endif
