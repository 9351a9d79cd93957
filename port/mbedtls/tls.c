/* tls.c: TLS as a transport over another transport: connect, move bytes, close, resume. Invariant: ssl holds
 * memory in HANDSHAKE, OPEN and DEAD only. In these states conf is not changed, except the key exchanges and
 * signatures that it offers, before the first step. If the peer refuses a handshake, open() repeats it with
 * another hello, each kind of hello once. */
#include "tls_chain.h"
#include "tls_config.h"
#include "tls_handshake.h"
#include "tls_psk.h"
#include "tls_session.h"
#include "tls_words.h"

#include <mbedtls/net_sockets.h>
#include <mbedtls/platform_util.h>

enum { IDLE, CONNECTING, HANDSHAKE, OPEN, DEAD };

#define TICKETS_MAX 8u /* records read in one call, so that endless session tickets do not block the caller */

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

/* ---- open ---------------------------------------------------------------------------------------------- */

/* Free everything of the connection. */
static void drop(uspan_tls_t *tls)
{
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_init(&tls->ssl);
    tls->under->close(tls->under->ctx);
}

static uspan_err_t handshake_failed(uspan_tls_t *tls, int error)
{
    if (uspan_tls_psk_failed(tls, error) || uspan_tls_handshake_has_other_words(tls, error)) {
        drop(tls);
        tls->says_again = true;
        tls->state = CONNECTING;
        return USPAN_ERR_AGAIN;
    }
    uspan_tls_session_forget(tls->session);
    return fail(tls, error);
}

/* Do one step, and more while little time has passed. Some steps take a microsecond, some compute a
 * signature. */
static uspan_err_t step(uspan_tls_t *tls, const uspan_peer_t *peer)
{
    const uspan_port_t *port = tls->options.port;
    uint64_t began_ns = port->mono_ns(port->ctx);
    do {
        int error = uspan_tls_handshake_step(tls, peer);
        if (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE) {
            return USPAN_ERR_AGAIN;
        }
        if (error != 0 && !would_block(error)) {
            return handshake_failed(tls, error);
        }
        if (uspan_tls_handshake_is_over(tls)) {
            tls->state = OPEN;
            if (!tls->chain_seen && tls->session != NULL && tls->session->port != 0u) {
                /* resumed: the dates of the chain of the earlier handshake */
                tls->dates = tls->session->dates;
            }
            if (!uspan_tls_is_1_3(tls)) {
                uspan_tls_session_remember(tls, peer->port); /* in 1.3 the ticket arrives later, in recv */
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
    uspan_peer_t same = *peer;
    uspan_err_t err;
    switch (tls->state) {
    case IDLE:
        tls->error = 0;
        tls->why = "";
        tls->write_len = 0;
        tls->unsent = 0;
        tls->retried = 0;
        tls->send_broke = tls->unanswered = tls->says_again = false;
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
        same.has_failed = peer->has_failed && !tls->says_again;
        err = tls->under->open(tls->under->ctx, &same);
        if (err == USPAN_ERR_AGAIN) {
            return err;
        }
        if (err != USPAN_OK) {
            tls->state = DEAD;
            tls->why = tls->under->last_error_text(tls->under->ctx);
            return err;
        }
        tls->state = HANDSHAKE;
        int error = uspan_tls_handshake_begin(tls, peer);
        if (error != 0) {
            return fail(tls, error);
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

/* In 1.3 a ticket may arrive between any two records. mbedTLS reports it in a write too. It is stored, and
 * the call continues. */
static bool took_ticket(uspan_tls_t *tls, int result)
{
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
    if (result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        uspan_tls_session_remember(tls, tls->peer_port);
        return true;
    }
#endif
    (void)tls;
    (void)result;
    return false;
}

/* Call mbedtls_ssl_write(). It takes an unfinished record for a new one if the handshake step of a ticket, in
 * a read or a write, has sent the rest of the record. */
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
    if (tls->state != OPEN || tls->send_broke) {
        tls->why = tls->state == IDLE ? "not connected" : tls->why;
        return USPAN_ERR_IO;
    }
    const char *wrong = tls->dates_settled ? NULL : uspan_tls_chain_recheck(tls);
    if (wrong != NULL) {
        uspan_tls_session_forget(tls->session);
        tls->state = DEAD;
        tls->error = MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
        tls->why = wrong;
        return USPAN_ERR_TRUST;
    }
    if (tls->write_len > 0u && len < tls->write_len) {
        return USPAN_ERR_ARG; /* a record with these bytes is being sent */
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
        tls->unanswered = true;
        return (int32_t)moved;
    }
    if (moved == MBEDTLS_ERR_NET_SEND_FAILED) { /* a response or an alert may have arrived before */
        tls->error = moved;
        tls->send_broke = true;
        return uspan_tls_explain(tls, moved, &tls->why);
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
        tls->asked = false; /* the peer continues without a client certificate */
        tls->unanswered = false;
        return (int32_t)moved;
    }
    if (moved == 0) {
        moved = MBEDTLS_ERR_SSL_CONN_EOF; /* cut off, perhaps by an attacker */
    }
    if (would_block(moved)) {
        return 0;
    }
    uspan_tls_handshake_note_break(tls, moved);
    return fail(tls, moved);
}

static void close_tls(void *ctx)
{
    uspan_tls_t *tls = ctx;
    if (tls->state == OPEN && !tls->send_broke) {
        (void)mbedtls_ssl_close_notify(&tls->ssl); /* once, because close() must not wait */
    }
    if (tls->state == HANDSHAKE && uspan_tls_psk_given_up(tls)) {
        uspan_tls_session_forget(tls->session);
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

uspan_err_t uspan_tls_init_sized(uspan_tls_t *tls, const uspan_transport_t *under,
                                 const uspan_tls_options_t *options, uspan_transport_t *out, size_t tls_size)
{
    if (tls_size != sizeof(*tls) || tls == NULL || under == NULL || under->abi != USPAN_TRANSPORT_ABI ||
        options == NULL || out == NULL || options->port == NULL || options->port->abi != USPAN_PORT_ABI) {
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
    options->port->log(options->port->ctx, USPAN_LEVEL_WARN,
                       "TLS certificates are NOT verified (USPAN_INSECURE_NO_VERIFY 1): the connection can "
                       "be read and changed");
#endif
    *out = (uspan_transport_t){
        .abi = USPAN_TRANSPORT_ABI,
        .flags = USPAN_TRANSPORT_SECURE,
        .ctx = tls,
        .open = open_tls,
        .send = send_tls,
        .recv = recv_tls,
        .close = close_tls,
        .last_error_text = why_tls,
    };
    return USPAN_OK;
}

/* The next open() reads certificates and keys again. */
static void make_stale(uspan_tls_t *tls)
{
    uspan_tls_session_forget_all(tls);
    tls->session = NULL; /* an open connection uses the old ones */
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
    uspan_tls_session_forget_all(tls);
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
