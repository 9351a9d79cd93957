/* tls_lacks.h: which algorithm of a certificate this mbedTLS was built without. */
#ifndef USPAN_TLS_LACKS_H
#define USPAN_TLS_LACKS_H

#include "tls_inside.h"

/* Words that name the first algorithm that stands in these bytes (a certificate in DER, or a message that
 * holds some) and that the build lacks, with mbedTLS's option for it. NULL: none is known to lack. */
const char *uspan_tls_lacks(const unsigned char *bytes, size_t len);
/* The same by mbedTLS's error alone, where no bytes can be had: the kind of algorithm. NULL: another
 * error. */
const char *uspan_tls_lacks_kind(int error);

#endif
