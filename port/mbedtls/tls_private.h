/* tls_private.h: what the files of this port tell one another. */
#ifndef USPAN_TLS_PRIVATE_H
#define USPAN_TLS_PRIVATE_H

#define USPAN_INSIDE /* config.h */
#include "uspan_mbedtls.h"

#ifndef MBEDTLS_PRIVATE /* 2.28 has no private members */
#define MBEDTLS_PRIVATE(member) member
#endif

/* Read keys and certificates into conf, after entropy is there. USPAN_ERR_AGAIN: no entropy yet.
 * USPAN_ERR_CONFIG. */
uspan_err_t uspan_tls_configure(uspan_tls_t *tls);
/* Wipe and free what configure made. */
void uspan_tls_unconfigure(uspan_tls_t *tls);
/* Give mbedTLS its static heap, once. */
void uspan_tls_heap_init(void);

/* What an mbedTLS error in a handshake, send or recv means: the result for the core, and words in *why. */
uspan_err_t uspan_tls_explain(const uspan_tls_t *tls, int error, const char **why);
/* True where an mbedTLS error means that its heap is used up. */
bool uspan_tls_no_memory(int error);

#endif
