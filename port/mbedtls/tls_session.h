/* tls_session.h: data stored for each peer: its last session, and what its hello must omit. */
#ifndef USPAN_TLS_SESSION_H
#define USPAN_TLS_SESSION_H

#include "tls_inside.h"

void uspan_tls_session_forget(uspan_tls_session_t *s);
void uspan_tls_session_forget_all(uspan_tls_t *tls);
/* Find the slot of this peer. Its port is 0 while it has no session. NULL: the name is too long. */
uspan_tls_session_t *uspan_tls_session_slot(uspan_tls_t *tls, const uspan_peer_t *peer);
/* Store the open connection's session. */
void uspan_tls_session_remember(uspan_tls_t *tls, uint16_t port);
/* True if s has a session that can be offered now. */
bool uspan_tls_session_is_usable(const uspan_tls_t *tls, const uspan_tls_session_t *s);

#endif
