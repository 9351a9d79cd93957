/* tls_words.h: texts for errors of mbedTLS. */
#ifndef USPAN_TLS_WORDS_H
#define USPAN_TLS_WORDS_H

#include "tls_inside.h"

/* Translate an mbedTLS error of a handshake, send or recv: returns the result for the core, and sets *why to
 * a text, static or in *tls. */
uspan_err_t uspan_tls_explain(uspan_tls_t *tls, int error, const char **why);
/* The text for MBEDTLS_X509_BADCERT_* and BADCRL_* flags: that of the most specific one. */
const char *uspan_tls_check_words(uint32_t flags);
/* True if an mbedTLS error means that its heap is exhausted. */
bool uspan_tls_no_memory(int error);
/* True if an error was caused by the peer or by its data, and not by the network or by this device. */
bool uspan_tls_is_by_peer(int error);

#endif
