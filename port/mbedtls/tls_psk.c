/* tls_psk.c: reconnects in TLS 1.3 with a ticket only, without a new key exchange: USPAN_TLS_PSK_KE.
 * Invariant: at most USPAN_TLS_PSK_KE resumptions follow each other without a full handshake, unless the peer
 * is barred from this. A handshake that offers nothing else is the first of its open(). */
#include "tls_psk.h"

#if USPAN_TLS_PSK_KE > 0
#include "tls_words.h"

#define BARRED 8u  /* sum of weights at which the peer is not tried again */
#define REFUSED 4u /* weight of a refusal by the peer */
#define FAILED 1u  /* weight of a broken or timed-out connection, which may have other causes */

static uint32_t seconds(const uspan_tls_t *tls)
{
    return (uint32_t)(tls->options.port->mono_ns(tls->options.port->ctx) / 1000000000u);
}

void uspan_tls_psk_begin(uspan_tls_session_t *s)
{
    s->refusals = 0;
}

void uspan_tls_psk_got(const uspan_tls_t *tls, uspan_tls_session_t *s)
{
    s->since_s = seconds(tls);
    s->has_ticket = uspan_tls_is_1_3(tls);
}

bool uspan_tls_psk_enough(const uspan_tls_session_t *s)
{
    return s->resumed >= USPAN_TLS_PSK_KE && s->refusals < BARRED;
}

void uspan_tls_psk_reset(uspan_tls_t *tls)
{
    tls->psk_tried = false;
}

/* mbedTLS omits a ticket that is too old from its hello, which would then offer nothing. */
static bool is_fresh(const uspan_tls_t *tls, const uspan_tls_session_t *s)
{
    return seconds(tls) - s->since_s + 1u < s->session.MBEDTLS_PRIVATE(ticket_lifetime);
}

/* A hello with a ticket only has no key share, which saves computing one. It names no groups either, so that
 * the peer cannot request a share (RFC 8446 §9.2) but only refuse. */
void uspan_tls_psk_choose(uspan_tls_t *tls)
{
    uspan_tls_session_t *s = tls->session;
    int modes = MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL;
    tls->psk_only = false;
    if (s != NULL && s->refusals < BARRED) {
        /* a ticket is valid for the modes that its hello offered */
        modes = MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_ALL;
        if (s->port != 0u && s->has_ticket && !tls->psk_tried && is_fresh(tls, s)) {
            tls->psk_only = tls->psk_tried = true;
            modes = MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK;
        }
    }
    mbedtls_ssl_conf_tls13_key_exchange_modes(&tls->conf, modes);
}

static bool note(uspan_tls_t *tls, unsigned weight)
{
    bool was_psk_only = tls->psk_only;
    if (was_psk_only) {
        tls->psk_only = false;
        tls->psk_ke_refused++;
        if (tls->session != NULL) { /* otherwise the anchors were changed meanwhile */
            tls->session->refusals = (uint8_t)(tls->session->refusals + weight);
        }
    }
    return was_psk_only;
}

bool uspan_tls_psk_failed(uspan_tls_t *tls, int error)
{
    bool by_peer = uspan_tls_is_by_peer(error);
    return note(tls, by_peer ? REFUSED : FAILED) && by_peer;
}

/* The deadline of the handshake has passed. A device on the path may drop such a hello. */
bool uspan_tls_psk_given_up(uspan_tls_t *tls)
{
    return note(tls, FAILED);
}

void uspan_tls_psk_done(uspan_tls_t *tls)
{
    uspan_tls_session_t *s = tls->session;
    if (s == NULL) {
        return;
    }
    bool is_full = tls->chain_seen || s->port == 0u;
    s->resumed = is_full ? 0u : (uint8_t)(s->resumed + 1u);
    if (tls->psk_only) {
        tls->psk_only = false;
        tls->psk_ke++;
        s->refusals = 0;
    } else if (tls->psk_tried && !is_full) {
        s->refusals = BARRED; /* the ticket was accepted with a key exchange, so it was not the cause */
    }
}
#endif
