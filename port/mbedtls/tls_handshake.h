/* tls_handshake.h: one handshake with mbedTLS over the transport below. */
#ifndef USPAN_TLS_HANDSHAKE_H
#define USPAN_TLS_HANDSHAKE_H

#include "tls_inside.h"

/* Offer what is known of this peer. Returns 0, or mbedTLS's error. */
int uspan_tls_handshake_begin(uspan_tls_t *tls, const uspan_peer_t *peer);
/* One step. Returns what mbedtls_ssl_handshake_step() does. */
int uspan_tls_handshake_step(uspan_tls_t *tls, const uspan_peer_t *peer);
bool uspan_tls_handshake_is_over(uspan_tls_t *tls);
/* True where a hello in other words may do better than the one that failed: without the session, whose
 * version the peer may have given up; with other signatures. The caller connects anew, at once. */
bool uspan_tls_handshake_has_other_words(uspan_tls_t *tls, int error);
/* A connection broke. Notes what the next hello to this peer should say otherwise. */
void uspan_tls_handshake_note_break(uspan_tls_t *tls, int error);

#endif
