/* tls_handshake.c: runs a handshake step by step, and chooses another hello if the peer refuses it.
 * Invariant: each kind of hello is tried once in an open(), so an open() ends. */
#include "tls_handshake.h"
#include "tls_chain.h"
#include "tls_config.h"
#include "tls_psk.h"
#include "tls_session.h"
#include "tls_words.h"

#include <mbedtls/net_sockets.h>

#define KEY_UPDATE 24 /* RFC 8446 §4; mbedTLS has no constant for it */

#define NO_SESSION 1u /* bits of retried: kinds of hello that this open() has sent */
#define NO_PSS 2u
#define BACK_TO_1_3 4u

static int send_under(void *ctx, const unsigned char *buf, size_t len)
{
    uspan_tls_t *tls = ctx;
    if (tls->send_broke) {
        return (int)len; /* discarded: mbedTLS continues to read only when it has nothing to send */
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

/* Returns true for digits and dots, or a colon: an address, not a name. */
static bool is_address(const char *host)
{
    return strchr(host, ':') != NULL || strspn(host, "0123456789.") == strlen(host);
}

/* Set the name for SNI and for the check of the certificate. A dot at its end is for DNS only. mbedTLS copies
 * the name. */
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
    int error = mbedtls_ssl_setup(&tls->ssl, &tls->conf); /* it reads the highest version from conf */
    tls->is_named =
        !is_address(peer->host); /* an address must not be in SNI (RFC 6066 §3), so step() sets it later */
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

/* Returns true once in an open() for each of these. */
static bool try_once(uspan_tls_t *tls, uint8_t what)
{
    bool first = (tls->retried & what) == 0u;
    tls->retried |= what;
    return first;
}

/* mbedTLS 3.6.6 refuses a signature that it offered. The refusal comes with the key exchange of TLS 1.2, so
 * the version is not 1.3. A server with an RSA certificate cannot answer a hello without that signature in
 * 1.3. Therefore no one on the path can use this to force a 1.3 server down to 1.2. */
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
        s->no_1_3 = false; /* the peer does not support 1.2 */
        return true;
    }
    if (is_pss_fault(tls, error) && try_once(tls, NO_PSS)) {
        if (s != NULL) {
            s->no_pss = true;
        }
        return true;
    }
    if (s != NULL && s->no_pss && (tls->retried & NO_PSS) == 0u &&
        !tls->chain_seen) { /* the limit belonged to another peer */
        s->no_pss = false;
        return true;
    }
    return false;
}

/* In 1.3 mbedTLS cannot follow if the peer changes its keys between a request and its response. Such a peer
 * would do so each time, and no response would be read. TLS 1.2 has no such message. It was encrypted, so no
 * one on the path can use this to force a peer down to 1.2. */
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
    if (state == MBEDTLS_SSL_SERVER_CERTIFICATE && !tls->is_named) { /* the hello was sent */
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
