/* tls_session.h: what is remembered of each peer: its last session, and what its hello must leave out. */
#ifndef USPAN_TLS_SESSION_H
#define USPAN_TLS_SESSION_H

#include "tls_inside.h"

void uspan_tls_session_forget(uspan_tls_session_t *s);
void uspan_tls_session_forget_all(uspan_tls_t *tls);
/* The slot of this peer; its port is 0 until a session is there. NULL: the name is too long. */
uspan_tls_session_t *uspan_tls_session_slot(uspan_tls_t *tls, const uspan_peer_t *peer);
/* Keep the open connection's session. */
void uspan_tls_session_remember(uspan_tls_t *tls, uint16_t port);
/* True where s has a session that can be offered now. */
bool uspan_tls_session_is_usable(const uspan_tls_t *tls, const uspan_tls_session_t *s);

#endif
