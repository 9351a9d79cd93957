/* tls_words.h: what failed, in words. */
#ifndef USPAN_TLS_WORDS_H
#define USPAN_TLS_WORDS_H

#include "tls_inside.h"

/* What an mbedTLS error in a handshake, send or recv means: the result for the core, and words in *why,
 * static or of *tls. */
uspan_err_t uspan_tls_explain(uspan_tls_t *tls, int error, const char **why);
/* Words for MBEDTLS_X509_BADCERT_* and BADCRL_* flags, the most telling one's. */
const char *uspan_tls_check_words(uint32_t flags);
/* True where an mbedTLS error means that its heap is used up. */
bool uspan_tls_no_memory(int error);
/* True where an error comes from the peer or from what it sent, and not from the network or from this
 * device. */
bool uspan_tls_is_by_peer(int error);

#endif
