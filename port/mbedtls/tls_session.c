/* tls_session.c: stores sessions, one slot for each peer. Invariant: a session is stored only after a
 * handshake that verified the peer, with the dates of its chain. It is removed if anchors change, an open()
 * with it fails, or its dates have expired. Other knowledge of the peer stays in the slot. */
#include "tls_session.h"
#include "tls_psk.h"
#include "tls_time.h"

void uspan_tls_session_forget(uspan_tls_session_t *s)
{
    if (s != NULL && s->port != 0u) {
        mbedtls_ssl_session_free(&s->session);
        mbedtls_ssl_session_init(&s->session);
        s->port = 0;
    }
}

void uspan_tls_session_forget_all(uspan_tls_t *tls)
{
    for (size_t i = 0; i < USPAN_TLS_SESSIONS; i++) {
        uspan_tls_session_forget(&tls->sessions[i]);
    }
}

static uspan_tls_session_t *find(uspan_tls_t *tls, const uspan_peer_t *peer)
{
    size_t size = strlen(peer->host) + 1u;
    for (size_t i = 0; i < USPAN_TLS_SESSIONS && size <= sizeof(tls->sessions[i].host); i++) {
        uspan_tls_session_t *s = &tls->sessions[i];
        if (s->peer_port == peer->port && memcmp(s->host, peer->host, size) == 0) {
            return s; /* memcmp(), because strcmp() would be linked for this only */
        }
    }
    return NULL;
}

uspan_tls_session_t *uspan_tls_session_slot(uspan_tls_t *tls, const uspan_peer_t *peer)
{
    size_t len = strlen(peer->host);
    uspan_tls_session_t *s = find(tls, peer);
    if (s == NULL && len < sizeof(s->host)) {
        s = &tls->sessions[tls->session_next];
        tls->session_next = (uint8_t)((tls->session_next + 1u) % USPAN_TLS_SESSIONS);
        uspan_tls_session_forget(s);
        memcpy(s->host, peer->host, len + 1u);
        s->peer_port = peer->port;
        s->no_pss = s->no_1_3 = false;
        uspan_tls_psk_begin(s);
    }
    return s;
}

void uspan_tls_session_remember(uspan_tls_t *tls, uint16_t port)
{
    uspan_tls_session_t *s = tls->session;
    if (s == NULL) {
        return;
    }
    uspan_tls_session_forget(s);
    s->port = port;
    s->dates = tls->dates;
    if (mbedtls_ssl_get_session(&tls->ssl, &s->session) != 0) {
        uspan_tls_session_forget(s); /* no memory for the session, so the next handshake is a full one */
    }
    uspan_tls_psk_got(tls, s);
}

bool uspan_tls_session_is_usable(const uspan_tls_t *tls, const uspan_tls_session_t *s)
{
    return s->port != 0u && !uspan_tls_psk_enough(s) && uspan_tls_dates_hold(tls, &s->dates);
}
