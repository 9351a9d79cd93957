/* tls_handshake.c: runs a handshake step by step, and chooses another hello if the peer refuses it.
 * Invariant: each kind of hello is tried once in an open(), so an open() ends. */
#include "tls_handshake.h"
#include "tls_chain.h"
#include "tls_config.h"
#include "tls_psk.h"
#include "tls_session.h"
#include "tls_words.h"

#include <mbedtls/net_sockets.h>

#define KEY_UPDATE 24 /* RFC 8446 §4; mbedTLS has no name for it */

#define NO_SESSION 1u /* bits of retried: kinds of hello that this open() has sent */
#define NO_PSS 2u
#define BACK_TO_1_3 4u

static int send_under(void *ctx, const unsigned char *buf, size_t len)
{
    uspan_tls_t *tls = ctx;
    if (tls->send_broke) {
        return (int)len; /* to nowhere: mbedTLS reads on only when it has nothing to send */
    }
    int32_t moved = tls->under->send(tls->under->ctx, buf, len);
    tls->unsent = moved > 0 ? len - (size_t)moved : len;
    return moved > 0 ? (int)moved : moved == 0 ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int recv_under(void *ctx, unsigned char *buf, size_t len)
{
    uspan_tls_t *tls = ctx;
    int32_t moved = tls->under->recv(tls->under->ctx, buf, len);
    if (moved == USPAN_ERR_CLOSED) {
        return 0; /* mbedTLS treats it as the end of the stream */
    }
    return moved > 0 ? (int)moved : moved == 0 ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_RECV_FAILED;
}

/* Digits and dots, or a colon: an address and no name. */
static bool is_address(const char *host)
{
    return strchr(host, ':') != NULL || strspn(host, "0123456789.") == strlen(host);
}

/* For SNI and for the check of the certificate. The dot of a fully qualified name is DNS's alone; mbedTLS has
 * copied the name. */
static int set_host(uspan_tls_t *tls, const char *host)
{
    int error = mbedtls_ssl_set_hostname(&tls->ssl, host);
    size_t len = strlen(host);
    if (error == 0 && len > 1u && host[len - 1u] == '.') {
        tls->ssl.MBEDTLS_PRIVATE(hostname)[len - 1u] = 0;
    }
    return error;
}

int uspan_tls_handshake_begin(uspan_tls_t *tls, const uspan_peer_t *peer)
{
    uspan_tls_session_t *s = tls->session = uspan_tls_session_slot(tls, peer);
    uspan_tls_offer_version(tls, s != NULL && s->no_1_3);
    int error = mbedtls_ssl_setup(&tls->ssl, &tls->conf); /* which takes the highest version from conf */
    tls->is_named =
        !is_address(peer->host); /* an address must not be in SNI (RFC 6066 §3): step() gives it */
    if (error == 0 && tls->is_named) {
        error = set_host(tls, peer->host);
    }
    if (error != 0) {
        return error;
    }
    mbedtls_ssl_set_bio(&tls->ssl, tls, send_under, recv_under, NULL);
    uspan_tls_chain_begin(tls);
    tls->asked = false;
    if (s != NULL &&
        (!uspan_tls_session_is_usable(tls, s) || mbedtls_ssl_set_session(&tls->ssl, &s->session) != 0)) {
        uspan_tls_session_forget(s);
    }
    uspan_tls_offer_signatures(tls, s != NULL ? s->no_pss : (tls->retried & NO_PSS) != 0u);
    uspan_tls_psk_choose(tls);
    return 0;
}

/* True, once in an open(), for each of these. */
static bool try_once(uspan_tls_t *tls, uint8_t what)
{
    bool first = (tls->retried & what) == 0u;
    tls->retried |= what;
    return first;
}

/* mbedTLS 3.6.6 refuses the signature that it offered. Its refusal comes with the key exchange of TLS 1.2, so
 * it is not one of 1.3. A hello without that signature cannot be answered in 1.3 by a server with an RSA
 * certificate: no one on the path can push a server of 1.3 down to 1.2 by this. */
static bool is_pss_fault(const uspan_tls_t *tls, int error)
{
#if USPAN_TLS_HAS_PSS_FAULT
    return error == MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER && !uspan_tls_is_1_3(tls) &&
           uspan_tls_state(tls) == MBEDTLS_SSL_SERVER_KEY_EXCHANGE;
#else
    (void)tls;
    (void)error;
    return false;
#endif
}

bool uspan_tls_handshake_has_other_words(uspan_tls_t *tls, int error)
{
    uspan_tls_session_t *s = tls->session;
    if (!uspan_tls_is_by_peer(error)) {
        return false;
    }
    if (s != NULL && s->port != 0u && !tls->chain_seen && try_once(tls, NO_SESSION)) {
        uspan_tls_session_forget(s);
        return true;
    }
    if (s != NULL && s->no_1_3 && !tls->chain_seen && try_once(tls, BACK_TO_1_3)) {
        s->no_1_3 = false; /* it knows no 1.2 */
        return true;
    }
    if (is_pss_fault(tls, error) && try_once(tls, NO_PSS)) {
        if (s != NULL) {
            s->no_pss = true;
        }
        return true;
    }
    if (s != NULL && s->no_pss && (tls->retried & NO_PSS) == 0u &&
        !tls->chain_seen) { /* it was another one's need */
        s->no_pss = false;
        return true;
    }
    return false;
}

/* A peer that changes its keys between a request and its answer, in 1.3, would do so the next time, and never
 * be heard: mbedTLS cannot follow. In 1.2 there is no such message. It came encrypted, so nobody on the way
 * can push a peer down to 1.2 by it. */
void uspan_tls_handshake_note_break(uspan_tls_t *tls, int error)
{
#if USPAN_TLS_HAS_BOTH
    size_t len = 0;
    const unsigned char *message = uspan_tls_message(tls, &len);
    uspan_tls_session_t *s = tls->session;
    if (error == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE && s != NULL && tls->unanswered &&
        tls->options.min_version != USPAN_TLS_1_3 && uspan_tls_is_1_3(tls) && len > 0u &&
        message[0] == KEY_UPDATE) {
        uspan_tls_session_forget(s);
        s->no_1_3 = true;
    }
#else
    (void)tls;
    (void)error;
#endif
}

/* Do one step of mbedTLS, and compare the state before and after it. */
int uspan_tls_handshake_step(uspan_tls_t *tls, const uspan_peer_t *peer)
{
    int state = uspan_tls_state(tls);
    if (state == MBEDTLS_SSL_SERVER_CERTIFICATE && !tls->is_named) { /* the hello is out */
        int error = set_host(tls, peer->host);
        if (error != 0) {
            return error;
        }
        tls->is_named = true;
    }
    int error = mbedtls_ssl_handshake_step(&tls->ssl);
    size_t len = 0;
    if (state == MBEDTLS_SSL_CERTIFICATE_REQUEST && error == 0 &&
        uspan_tls_message(tls, &len)[0] == MBEDTLS_SSL_HS_CERTIFICATE_REQUEST) {
        tls->asked = tls->options.cert.data == NULL && tls->options.cert.file == NULL;
    }
    return error;
}

bool uspan_tls_handshake_is_over(uspan_tls_t *tls)
{
#if MBEDTLS_VERSION_MAJOR < 3
    return tls->ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER;
#else
    return mbedtls_ssl_is_handshake_over(&tls->ssl) != 0;
#endif
}
