/* tls.c: TLS as a transport over a transport: connect, move bytes, close, resume.
 * Invariant: ssl holds memory in HANDSHAKE, OPEN and DEAD only; conf is never changed in those states, but
 * for the key exchanges that it offers, before the first step. A session is remembered only after a handshake
 * that verified the peer, with the dates of the chain that it showed, and forgotten when anchors change, an
 * open fails with it or its dates are over. */
#include "tls_private.h"

#include <mbedtls/net_sockets.h>
#include <mbedtls/platform_util.h>

enum { IDLE, CONNECTING, HANDSHAKE, OPEN, DEAD };

#define TICKETS_MAX 8u /* read in one call: a peer that sends session tickets for ever must not keep us */

static int send_under(void *ctx, const unsigned char *buf, size_t len)
{
    uspan_tls_t *tls = ctx;
    int32_t moved = tls->under->send(tls->under->ctx, buf, len);
    tls->unsent = moved > 0 ? len - (size_t)moved : len;
    return moved > 0 ? (int)moved : moved == 0 ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int recv_under(void *ctx, unsigned char *buf, size_t len)
{
    uspan_tls_t *tls = ctx;
    int32_t moved = tls->under->recv(tls->under->ctx, buf, len);
    if (moved == USPAN_ERR_CLOSED) {
        return 0; /* what mbedTLS takes for the end of the stream */
    }
    return moved > 0 ? (int)moved : moved == 0 ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_RECV_FAILED;
}

static bool would_block(int error)
{
    return error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE ||
           error == MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS || error == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS;
}

static uspan_err_t fail(uspan_tls_t *tls, int error)
{
    tls->state = DEAD;
    tls->error = error;
    return uspan_tls_explain(tls, error, &tls->why);
}

/* ---- sessions ------------------------------------------------------------------------------------------ */

static void forget(uspan_tls_session_t *s)
{
    if (s != NULL && s->port != 0u) {
        mbedtls_ssl_session_free(&s->session);
        mbedtls_ssl_session_init(&s->session);
        s->port = 0;
    }
}

static void forget_all(uspan_tls_t *tls)
{
    for (size_t i = 0; i < USPAN_TLS_SESSIONS; i++) {
        forget(&tls->sessions[i]);
    }
}

static uspan_tls_session_t *find_session(uspan_tls_t *tls, const uspan_peer_t *peer)
{
    size_t size = strlen(peer->host) + 1u;
    for (size_t i = 0; i < USPAN_TLS_SESSIONS && size <= sizeof(tls->sessions[i].host); i++) {
        uspan_tls_session_t *s = &tls->sessions[i];
        bool is_port = s->port == peer->port || uspan_tls_psk_knows(s, peer->port);
        if (is_port && memcmp(s->host, peer->host, size) == 0) { /* else strcmp() is linked for this alone */
            return s;
        }
    }
    return NULL;
}

/* The slot that a session of this peer would go to; its port is 0 until one is there. NULL: the name is too
 * long. */
static uspan_tls_session_t *slot_for(uspan_tls_t *tls, const uspan_peer_t *peer)
{
    size_t len = strlen(peer->host);
    uspan_tls_session_t *s = find_session(tls, peer);
    if (s == NULL && len < sizeof(s->host)) {
        s = &tls->sessions[tls->session_next];
        tls->session_next = (uint8_t)((tls->session_next + 1u) % USPAN_TLS_SESSIONS);
        forget(s);
        memcpy(s->host, peer->host, len + 1u);
        uspan_tls_psk_begin(s, peer->port);
    }
    return s;
}

static void remember(uspan_tls_t *tls, uint16_t port)
{
    uspan_tls_session_t *s = tls->session;
    if (s == NULL) {
        return;
    }
    forget(s);
    s->port = port;
    s->dates = tls->dates;
    if (mbedtls_ssl_get_session(&tls->ssl, &s->session) != 0) {
        forget(s); /* no memory for it: the next handshake is a full one */
    }
    uspan_tls_psk_got(tls, s);
}

/* ---- open ---------------------------------------------------------------------------------------------- */

static uspan_err_t begin_handshake(uspan_tls_t *tls, const uspan_peer_t *peer)
{
    tls->state = HANDSHAKE;
    int error = mbedtls_ssl_setup(&tls->ssl, &tls->conf);
    if (error == 0) {
        error = mbedtls_ssl_set_hostname(&tls->ssl, peer->host); /* for SNI and the certificate's check */
    }
    if (error != 0) {
        return fail(tls, error);
    }
    mbedtls_ssl_set_bio(&tls->ssl, tls, send_under, recv_under, NULL);
    uspan_tls_dates_begin(tls);
    tls->session = slot_for(tls, peer);
    if (tls->session != NULL && tls->session->port != 0u &&
        (uspan_tls_psk_enough(tls->session) || !uspan_tls_dates_hold(tls, &tls->session->dates) ||
         mbedtls_ssl_set_session(&tls->ssl, &tls->session->session) != 0)) {
        forget(tls->session);
    }
    uspan_tls_psk_choose(tls);
    return USPAN_OK;
}

/* Nothing of the connection stays. */
static void drop(uspan_tls_t *tls)
{
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_init(&tls->ssl);
    tls->under->close(tls->under->ctx);
}

static uspan_err_t handshake_failed(uspan_tls_t *tls, int error)
{
    if (uspan_tls_psk_failed(tls, error)) { /* at once, and in other words */
        drop(tls);
        tls->state = CONNECTING;
        return USPAN_ERR_AGAIN;
    }
    forget(tls->session);
    return fail(tls, error);
}

static bool handshake_over(uspan_tls_t *tls)
{
#if MBEDTLS_VERSION_MAJOR < 3
    return tls->ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER;
#else
    return mbedtls_ssl_is_handshake_over(&tls->ssl) != 0;
#endif
}

/* One step, and further ones while little time has passed: some take a microsecond, some are a whole
 * signature. */
static uspan_err_t step(uspan_tls_t *tls, const uspan_peer_t *peer)
{
    const uspan_port_t *port = tls->options.port;
    uint64_t began_ns = port->mono_ns(port->ctx);
    do {
        int error = mbedtls_ssl_handshake_step(&tls->ssl);
        if (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE) {
            return USPAN_ERR_AGAIN;
        }
        if (error != 0 && !would_block(error)) {
            return handshake_failed(tls, error);
        }
        if (handshake_over(tls)) {
            tls->state = OPEN;
            if (!tls->chain_seen && tls->session != NULL && tls->session->port != 0u) {
                tls->dates = tls->session->dates; /* resumed: of the chain that was shown then */
            }
            if (!uspan_tls_is_1_3(tls)) {
                remember(tls, peer->port); /* in 1.3 the ticket comes later, with recv */
            }
            uspan_tls_psk_done(tls);
            return USPAN_OK;
        }
    } while (port->mono_ns(port->ctx) - began_ns < (uint64_t)USPAN_TLS_STEP_US * 1000u);
    return USPAN_ERR_AGAIN;
}

static uspan_err_t open_tls(void *ctx, const uspan_peer_t *peer)
{
    uspan_tls_t *tls = ctx;
    uspan_err_t err;
    switch (tls->state) {
    case IDLE:
        tls->error = 0;
        tls->why = "";
        tls->write_len = 0;
        tls->unsent = 0;
        tls->session = NULL;
        uspan_tls_psk_reset(tls);
        err = uspan_tls_configure(tls);
        if (err != USPAN_OK) {
            return err;
        }
        tls->why = "";
        tls->state = CONNECTING;
        /* fall through */
    case CONNECTING:
        err = tls->under->open(tls->under->ctx, peer);
        if (err == USPAN_ERR_AGAIN) {
            return err;
        }
        if (err != USPAN_OK) {
            tls->state = DEAD;
            tls->why = tls->under->why(tls->under->ctx);
            return err;
        }
        err = begin_handshake(tls, peer);
        if (err != USPAN_OK) {
            return err;
        }
        tls->peer_port = peer->port;
        /* fall through */
    case HANDSHAKE:
        return step(tls, peer);
    case OPEN:
        return USPAN_OK;
    default:
        return USPAN_ERR_IO;
    }
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

/* In 1.3 a ticket may come between any two records, and mbedTLS tells of it in a write too: it is taken, and
 * the call goes on. */
static bool took_ticket(uspan_tls_t *tls, int result)
{
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
    if (result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        remember(tls, tls->peer_port);
        return true;
    }
#endif
    (void)tls;
    (void)result;
    return false;
}

/* mbedtls_ssl_write(), which takes a record under way for a new one when a ticket's handshake step, in a read
 * or a write, has sent its rest. */
static int write_record(uspan_tls_t *tls, const uint8_t *buf, size_t len)
{
    int moved = mbedtls_ssl_get_max_out_record_payload(&tls->ssl);
    if (moved > 0 && len > (size_t)moved) {
        len = (size_t)moved;
    }
    if (tls->write_len > 0u) {
        len = tls->write_len;
    }
    moved = tls->write_len > 0u && tls->unsent == 0u ? (int)len : mbedtls_ssl_write(&tls->ssl, buf, len);
    if (moved > 0) {
        tls->write_len = 0;
    } else if (tls->write_len == 0u && tls->unsent > 0u) {
        tls->write_len = len;
    }
    return moved;
}

static int32_t send_tls(void *ctx, const uint8_t *buf, size_t len)
{
    uspan_tls_t *tls = ctx;
    if (tls->state != OPEN) {
        tls->why = tls->state == DEAD ? tls->why : "not connected";
        return USPAN_ERR_IO;
    }
    const char *wrong = tls->dates_settled ? NULL : uspan_tls_dates_recheck(tls);
    if (wrong != NULL) {
        forget(tls->session);
        tls->state = DEAD;
        tls->error = MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
        tls->why = wrong;
        return USPAN_ERR_TRUST;
    }
    if (tls->write_len > 0u && len < tls->write_len) {
        return USPAN_ERR_ARG; /* the record with those bytes is under way already */
    }
    int moved;
    unsigned tickets = 0;
    do {
        moved = write_record(tls, buf, len);
    } while (took_ticket(tls, moved) && ++tickets < TICKETS_MAX);
    if (tickets == TICKETS_MAX) {
        return 0;
    }
    if (moved > 0) {
        return (int32_t)moved;
    }
    return would_block(moved) ? 0 : fail(tls, moved);
}

static int32_t recv_tls(void *ctx, uint8_t *buf, size_t len)
{
    uspan_tls_t *tls = ctx;
    if (tls->state != OPEN) {
        tls->why = tls->state == DEAD ? tls->why : "not connected";
        return USPAN_ERR_IO;
    }
    int moved;
    unsigned tickets = 0;
    do {
        moved = mbedtls_ssl_read(&tls->ssl, buf, len < INT32_MAX ? len : INT32_MAX);
    } while (took_ticket(tls, moved) && ++tickets < TICKETS_MAX);
    if (tickets == TICKETS_MAX) {
        return 0;
    }
    if (moved > 0) {
        return (int32_t)moved;
    }
    if (moved == 0) {
        moved = MBEDTLS_ERR_SSL_CONN_EOF; /* cut off, perhaps by an attacker */
    }
    return would_block(moved) ? 0 : fail(tls, moved);
}

static void close_tls(void *ctx)
{
    uspan_tls_t *tls = ctx;
    if (tls->state == OPEN) {
        (void)mbedtls_ssl_close_notify(&tls->ssl); /* once: close never waits */
    }
    if (tls->state == HANDSHAKE && uspan_tls_psk_given_up(tls)) {
        forget(tls->session);
    }
    if (tls->state != IDLE) {
        drop(tls);
        tls->state = IDLE;
    }
    if (tls->stale) {
        uspan_tls_unconfigure(tls);
    }
}

static const char *why_tls(void *ctx)
{
    const uspan_tls_t *tls = ctx;
#if USPAN_INSECURE_NO_VERIFY
    if (tls->why[0] == 0) {
        return "USPAN_INSECURE_NO_VERIFY: the peer is not verified";
    }
#endif
    return tls->why;
}

/* ---- public -------------------------------------------------------------------------------------------- */

static bool are_anchors(const uspan_tls_blob_t *anchors, size_t count)
{
    for (size_t i = 0; anchors != NULL && i < count; i++) {
        if (anchors[i].file == NULL && (anchors[i].data == NULL || anchors[i].len == 0u)) {
            return false;
        }
    }
    return anchors != NULL && count > 0u;
}

static bool is_version(int version)
{
    return version == 0 || version == USPAN_TLS_1_2 || version == USPAN_TLS_1_3;
}

static bool is_fragment(uint16_t bytes)
{
    return bytes == 0u || bytes == 512u || bytes == 1024u || bytes == 2048u || bytes == 4096u;
}

uspan_err_t uspan_tls_init(uspan_tls_t *tls, const uspan_transport_t *under,
                           const uspan_tls_options_t *options, uspan_transport_t *out)
{
    if (tls == NULL || under == NULL || under->abi != USPAN_TRANSPORT_ABI || options == NULL || out == NULL ||
        options->port == NULL || options->port->abi != USPAN_PORT_ABI) {
        return USPAN_ERR_ARG;
    }
    if (!are_anchors(options->anchors, options->anchor_count) && !USPAN_INSECURE_NO_VERIFY) {
        return USPAN_ERR_ARG;
    }
    if (!is_version(options->min_version) || !is_version(options->max_version) ||
        !is_fragment(options->max_fragment)) {
        return USPAN_ERR_ARG;
    }
    uspan_tls_heap_init();
    memset(tls, 0, sizeof(*tls));
    tls->under = under;
    tls->options = *options;
    tls->why = "";
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_ssl_config_init(&tls->conf);
    mbedtls_x509_crt_init(&tls->anchors);
    mbedtls_x509_crt_init(&tls->cert);
    mbedtls_pk_init(&tls->key);
#if defined(MBEDTLS_X509_CRL_PARSE_C)
    mbedtls_x509_crl_init(&tls->revoked);
#endif
#if MBEDTLS_VERSION_MAJOR < 4
    mbedtls_ctr_drbg_init(&tls->rng);
#endif
    for (size_t i = 0; i < USPAN_TLS_SESSIONS; i++) {
        mbedtls_ssl_session_init(&tls->sessions[i].session);
    }
#if USPAN_INSECURE_NO_VERIFY
    options->port->log(
        options->port->ctx, USPAN_LEVEL_WARN,
        "USPAN_INSECURE_NO_VERIFY: TLS peers are not verified; anybody on the way can read and change");
#endif
    *out = (uspan_transport_t){
        .abi = USPAN_TRANSPORT_ABI,
        .flags = USPAN_TRANSPORT_SECURE,
        .ctx = tls,
        .open = open_tls,
        .send = send_tls,
        .recv = recv_tls,
        .close = close_tls,
        .why = why_tls,
    };
    return USPAN_OK;
}

/* The next open reads certificates and keys anew. */
static void make_stale(uspan_tls_t *tls)
{
    forget_all(tls);
    tls->session = NULL; /* of a connection under way: it was made with the old ones */
    if (tls->state == IDLE) {
        uspan_tls_unconfigure(tls);
    } else {
        tls->stale = true;
    }
}

uspan_err_t uspan_tls_set_anchors(uspan_tls_t *tls, const uspan_tls_blob_t *anchors, size_t anchor_count,
                                  const uspan_tls_blob_t *revoked)
{
    if (tls == NULL || !are_anchors(anchors, anchor_count)) {
        return USPAN_ERR_ARG;
    }
    tls->options.anchors = anchors;
    tls->options.anchor_count = anchor_count;
    tls->options.revoked = revoked != NULL ? *revoked : (uspan_tls_blob_t){ 0 };
    make_stale(tls);
    return USPAN_OK;
}

uspan_err_t uspan_tls_set_own(uspan_tls_t *tls, const uspan_tls_blob_t *cert, const uspan_tls_blob_t *key)
{
    if (tls == NULL || cert == NULL || key == NULL) {
        return USPAN_ERR_ARG;
    }
    tls->options.cert = *cert;
    tls->options.key = *key;
    make_stale(tls);
    return USPAN_OK;
}

void uspan_tls_free(uspan_tls_t *tls)
{
    if (tls == NULL || tls->under == NULL) {
        return;
    }
    close_tls(tls);
    forget_all(tls);
    uspan_tls_unconfigure(tls);
#if MBEDTLS_VERSION_MAJOR < 4
    mbedtls_ctr_drbg_free(&tls->rng);
#endif
    mbedtls_platform_zeroize(tls, sizeof(*tls));
    tls->why = "";
}

int uspan_tls_error(const uspan_tls_t *tls)
{
    return tls->error;
}
