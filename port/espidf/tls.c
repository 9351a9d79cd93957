/* tls.c: a transport over esp-tls, which also opens the TCP connection.
 * Invariant: tls is not NULL exactly in OPENING and OPEN. No byte is sent before the peer is verified. */
#include "uspan_espidf.h"

#include "esp_idf_version.h"
#include "esp_log.h"
#include "esp_tls.h"
#include "mbedtls/ssl.h"
#ifdef CONFIG_IDF_TARGET_LINUX
#include <signal.h>
#endif

enum { CLOSED, OPENING, OPEN };

/* esp-tls waits at most this time for a connection. 0 would wait without end. */
#define STEP_MS 10

/* esp-tls connects to one address of a name: that of IPv4, if there is one. ESP-IDF 5.0 has no other way, and
 * 5.1 not in all releases. */
#define HAS_FAMILY (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0))

/* Bits of mbedTLS's verification result, which esp-tls passes on unchanged. */
#define EXPIRED 0x01
#define REVOKED 0x02
#define OTHER_NAME 0x04
#define NOT_TRUSTED 0x08
#define IN_FUTURE 0x0200

static const char *words_of_flags(int flags)
{
    return (flags & EXPIRED) != 0       ? "certificate expired, or this clock is wrong"
           : (flags & IN_FUTURE) != 0   ? "certificate not yet valid, or this clock is wrong"
           : (flags & REVOKED) != 0     ? "certificate revoked"
           : (flags & OTHER_NAME) != 0  ? "certificate is for a different host name"
           : (flags & NOT_TRUSTED) != 0 ? "certificate not signed by a trusted CA"
                                        : "certificate refused";
}

static const char *words_of_error(esp_err_t err)
{
    switch (err) {
    case ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME:
        return "host name not found, or the name server does not answer";
    case ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET:
        return "no free socket";
    case ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST:
    case ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT:
        return "connection refused, or host unreachable";
    case ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED:
    case ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED:
    case ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED:
        return "own certificate, key or CA cannot be read";
    default:
        return "TLS handshake failed: esp-tls's log has the reason";
    }
}

/* Returns the bits of mbedTLS's verification result for the peer's certificate, or 0. If a handshake fails,
 * esp-tls of ESP-IDF 5 and 6 loses them, because the certificate is not yet that of the session. The TLS
 * context still has them. */
static int flags_of_context(esp_tls_t *tls)
{
    const mbedtls_ssl_context *ssl = esp_tls_get_ssl_context(tls);
    uint32_t flags = ssl != NULL ? mbedtls_ssl_get_verify_result(ssl) : UINT32_MAX;
    return flags != UINT32_MAX ? (int)flags : 0;
}

/* Find out why esp-tls failed. Returns USPAN_ERR_TRUST if the peer's certificate was refused,
 * USPAN_ERR_CONFIG if a certificate or key of this device cannot be read, and USPAN_ERR_IO otherwise. */
static uspan_err_t explain_open(uspan_espidf_tls_t *t)
{
    esp_tls_error_handle_t errors = NULL;
    int code = 0, flags = 0;
    esp_err_t err = ESP_FAIL;
    if (esp_tls_get_error_handle(t->tls, &errors) == ESP_OK) {
        err = esp_tls_get_and_clear_last_error(errors, &code, &flags);
    }
    if (flags == 0 && err == ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED) {
        flags = flags_of_context(t->tls);
    }
    if (flags != 0) {
        t->why = words_of_flags(flags);
        return USPAN_ERR_TRUST;
    }
    t->why = words_of_error(err);
    return err == ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED || err == ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED ||
                   err == ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED
               ? USPAN_ERR_CONFIG
               : USPAN_ERR_IO;
}

static void close_tls(void *ctx)
{
    uspan_espidf_tls_t *t = ctx;
    if (t->tls != NULL) {
        (void)esp_tls_conn_destroy(t->tls);
        t->tls = NULL;
    }
    t->state = CLOSED;
}

static uspan_err_t open_tls(void *ctx, const uspan_peer_t *peer)
{
    uspan_espidf_tls_t *t = ctx;
    const uspan_espidf_tls_options_t *o = &t->options;
    if (t->state == OPEN) {
        return USPAN_OK;
    }
    if (t->state == CLOSED) {
        t->why = "";
        t->is_six = t->is_six != (HAS_FAMILY && peer->has_failed);
        t->tls = esp_tls_init();
        if (t->tls == NULL) {
            t->why = "no memory left for esp-tls";
            return USPAN_ERR_IO;
        }
        t->state = OPENING;
    }
    const esp_tls_cfg_t cfg = {
        .cacert_buf = o->ca,
        .cacert_bytes = o->ca_bytes,
        .clientcert_buf = o->cert,
        .clientcert_bytes = o->cert_bytes,
        .clientkey_buf = o->key,
        .clientkey_bytes = o->key_bytes,
        .crt_bundle_attach = o->bundle,
        .non_block = true,
        .timeout_ms = STEP_MS,
#if HAS_FAMILY
        .addr_family = t->is_six ? ESP_TLS_AF_INET6 : ESP_TLS_AF_UNSPEC,
#endif
    };
    int done = esp_tls_conn_new_async(peer->host, (int)strlen(peer->host), peer->port, &cfg, t->tls);
    if (done == 0) {
        return USPAN_ERR_AGAIN;
    }
    if (done < 0) {
        uspan_err_t err = explain_open(t);
        close_tls(t);
        return err == USPAN_ERR_IO && t->is_six && peer->has_failed
                   ? USPAN_ERR_AGAIN /* no IPv6: the next call tries the first family again */
                   : err;
    }
    t->state = OPEN;
    return USPAN_OK;
}

/* Convert a negative result of esp_tls_conn_read() or esp_tls_conn_write(). */
static int32_t explain(uspan_espidf_tls_t *t, ssize_t n)
{
    if (n == ESP_TLS_ERR_SSL_WANT_READ || n == ESP_TLS_ERR_SSL_WANT_WRITE || n == ESP_TLS_ERR_SSL_TIMEOUT) {
        return 0;
    }
    t->why = "connection lost";
    return USPAN_ERR_IO;
}

static int32_t send_tls(void *ctx, const uint8_t *buf, size_t len)
{
    uspan_espidf_tls_t *t = ctx;
    if (t->state != OPEN) {
        return USPAN_ERR_IO;
    }
    ssize_t n = esp_tls_conn_write(t->tls, buf, len);
    return n >= 0 ? (int32_t)n : explain(t, n);
}

static int32_t recv_tls(void *ctx, uint8_t *buf, size_t len)
{
    uspan_espidf_tls_t *t = ctx;
    if (t->state != OPEN) {
        return USPAN_ERR_IO;
    }
    ssize_t n = esp_tls_conn_read(t->tls, buf, len);
    /* 0 is the end of the stream. -0x7880 is MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, which esp-tls passes on. */
    if (n == 0 || n == -0x7880) {
        return USPAN_ERR_CLOSED;
    }
    return n > 0 ? (int32_t)n : explain(t, n);
}

static const char *why_tls(void *ctx)
{
    const uspan_espidf_tls_t *t = ctx;
    return t->why;
}

uspan_err_t uspan_espidf_tls_init(uspan_espidf_tls_t *t, const uspan_espidf_tls_options_t *options,
                                  uspan_transport_t *out)
{
    if (t == NULL || options == NULL || out == NULL) {
        return USPAN_ERR_ARG;
    }
    if (options->bundle == NULL && options->ca == NULL) {
        return USPAN_ERR_CONFIG;
    }
#ifndef CONFIG_MBEDTLS_HAVE_TIME_DATE /* ESP-IDF does not set it by default */
    ESP_LOGW("uspan", "certificates never expire: this build does not check their dates. Set "
                      "CONFIG_MBEDTLS_HAVE_TIME_DATE=y where the clock is set before the first connection");
#endif
#ifdef CONFIG_IDF_TARGET_LINUX /* esp-tls writes to refused sockets, and SIGPIPE would end the program */
    (void)signal(SIGPIPE, SIG_IGN);
#endif
    memset(t, 0, sizeof *t);
    t->options = *options;
    t->why = "";
    *out = (uspan_transport_t){
        .abi = USPAN_TRANSPORT_ABI,
        .flags = USPAN_TRANSPORT_SECURE,
        .ctx = t,
        .open = open_tls,
        .send = send_tls,
        .recv = recv_tls,
        .close = close_tls,
        .last_error_text = why_tls,
    };
    return USPAN_OK;
}
