/* tls_handshake.h: one handshake with mbedTLS over the transport below. */
#ifndef USPAN_TLS_HANDSHAKE_H
#define USPAN_TLS_HANDSHAKE_H

#include "tls_inside.h"

/* Prepare a hello from what is known of this peer. Returns 0, or mbedTLS's error. */
int uspan_tls_handshake_begin(uspan_tls_t *tls, const uspan_peer_t *peer);
/* Do one step. Returns the result of mbedtls_ssl_handshake_step(). */
int uspan_tls_handshake_step(uspan_tls_t *tls, const uspan_peer_t *peer);
bool uspan_tls_handshake_is_over(uspan_tls_t *tls);
/* True if another hello may succeed after the one that failed: without the session, whose version the peer
 * may not support any more, or with other signatures. The caller then connects again immediately. */
bool uspan_tls_handshake_has_other_words(uspan_tls_t *tls, int error);
/* A connection failed. Record what the next hello to this peer should change. */
void uspan_tls_handshake_note_break(uspan_tls_t *tls, int error);

#endif
