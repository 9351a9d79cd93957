/* tls_words.c: what failed, from mbedTLS's numbers to words that say what to do. No text holds anything of
 * the peer's. */
#include "tls_private.h"

#include <mbedtls/net_sockets.h>

#if MBEDTLS_VERSION_MAJOR < 3
#define BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE
#define BAD_VERSION MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#else
#define BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_CERTIFICATE
#define BAD_VERSION MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
#endif

/* Alerts of RFC 8446 §6 that tell a cause; in words where there is room for words. */
#if USPAN_TEXTS
#define SAY(alert, err, words) \
    {                          \
        alert, err, words      \
    }
#else
#define SAY(alert, err, words) \
    {                          \
        alert, err             \
    }
#endif
static const struct {
    uint8_t alert;
    int8_t err;
#if USPAN_TEXTS
    const char *why;
#endif
} alerts[] = {
    SAY(40, USPAN_ERR_IO,
        "peer's alert: handshake failure (no common cipher, or it wants a client certificate)"),
    SAY(42, USPAN_ERR_CONFIG, "peer's alert: bad certificate (it refused the client's)"),
    SAY(43, USPAN_ERR_CONFIG, "peer's alert: unsupported certificate (it refused the client's)"),
    SAY(44, USPAN_ERR_CONFIG, "peer's alert: client certificate revoked"),
    SAY(45, USPAN_ERR_CONFIG, "peer's alert: client certificate expired"),
    SAY(46, USPAN_ERR_CONFIG, "peer's alert: client certificate not accepted"),
    SAY(48, USPAN_ERR_CONFIG, "peer's alert: client certificate is of a CA that it does not know"),
    SAY(49, USPAN_ERR_CONFIG, "peer's alert: access denied"),
    SAY(51, USPAN_ERR_CONFIG, "peer's alert: the client's signature is wrong"),
    SAY(70, USPAN_ERR_CONFIG, "peer's alert: no common TLS version"),
    SAY(71, USPAN_ERR_CONFIG, "peer's alert: insufficient security"),
    SAY(80, USPAN_ERR_IO, "peer's alert: internal error"),
    SAY(110, USPAN_ERR_CONFIG,
        "peer's alert: unsupported extension (max_fragment offered together with TLS 1.3?)"),
    SAY(112, USPAN_ERR_CONFIG, "peer's alert: it does not serve this host name"),
    SAY(116, USPAN_ERR_CONFIG, "peer's alert: it requires a client certificate"),
};

/* Checks of a certificate, the most telling first: several may have failed at once. */
static const struct {
    uint32_t flag;
    const char *why;
} checks[] = {
    { MBEDTLS_X509_BADCERT_REVOKED, "certificate revoked" },
    { MBEDTLS_X509_BADCERT_EXPIRED, "certificate expired, or this clock is wrong" },
    { MBEDTLS_X509_BADCERT_FUTURE, "certificate not yet valid, or this clock is wrong" },
    { MBEDTLS_X509_BADCERT_NOT_TRUSTED, "certificate not signed by a trusted CA" },
    { MBEDTLS_X509_BADCERT_CN_MISMATCH, "certificate is for another host name" },
    { MBEDTLS_X509_BADCERT_KEY_USAGE, "certificate forbids this key usage" },
    { MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, "certificate is not for TLS servers" },
    { MBEDTLS_X509_BADCERT_NS_CERT_TYPE, "certificate is not for TLS servers" },
    { MBEDTLS_X509_BADCERT_BAD_MD, "certificate signed with a hash that is too weak" },
    { MBEDTLS_X509_BADCERT_BAD_PK, "certificate signed with an algorithm that is not accepted" },
    { MBEDTLS_X509_BADCERT_BAD_KEY, "certificate's key is too weak, or its curve is not accepted" },
    { MBEDTLS_X509_BADCERT_MISSING, "peer sent no certificate" },
    { MBEDTLS_X509_BADCRL_EXPIRED, "revocation list expired" },
    { MBEDTLS_X509_BADCRL_FUTURE, "revocation list not yet valid" },
    { MBEDTLS_X509_BADCRL_NOT_TRUSTED, "revocation list not signed by the CA" },
};

/* Errors of mbedTLS that tell a cause. A list and no switch: some share a number in some versions. */
static const struct {
    int error;
    int8_t err;
    const char *why;
} errors[] = {
    { MBEDTLS_ERR_SSL_CONN_EOF, USPAN_ERR_IO, "peer closed the connection without TLS's goodbye" },
    { MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, USPAN_ERR_CLOSED, "closed by peer" },
    { MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED, USPAN_ERR_CONFIG, "no trust anchor" },
    { MBEDTLS_ERR_SSL_INVALID_RECORD, USPAN_ERR_IO,
      "not a TLS record, or one larger than MBEDTLS_SSL_IN_CONTENT_LEN" },
    { MBEDTLS_ERR_SSL_INVALID_MAC, USPAN_ERR_IO, "a TLS record was damaged on the way" },
    { MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL, USPAN_ERR_CONFIG,
      "MBEDTLS_SSL_IN_CONTENT_LEN or _OUT_CONTENT_LEN too small" },
    { BAD_VERSION, USPAN_ERR_CONFIG, "no common TLS version" },
    { MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE, USPAN_ERR_CONFIG,
      "mbedTLS lacks something; before 3.6.3, handshake messages in several records: is max_fragment below "
      "the chain?" },
};

bool uspan_tls_no_memory(int error)
{
    unsigned low = (unsigned)-error & 0x7Fu, high = (unsigned)-error & 0xFF80u;
    return error == MBEDTLS_ERR_SSL_ALLOC_FAILED || error == -141 /* PSA_ERROR_INSUFFICIENT_MEMORY */ ||
           low == 0x10u /* MPI */ || low == 0x6Au /* ASN.1 */ || high == 0x2880u /* X.509 */ ||
           high == 0x3F80u /* PK */ || high == 0x4D80u /* ECP */ || high == 0x5180u /* MD */;
}

const char *uspan_tls_check_words(uint32_t flags)
{
    for (size_t i = 0; flags != UINT32_MAX && i < sizeof(checks) / sizeof(checks[0]); i++) {
        if ((flags & checks[i].flag) != 0u) {
            return checks[i].why;
        }
    }
    return "peer's certificate cannot be used";
}

static uspan_err_t explain_alert(const uspan_tls_t *tls, const char **why)
{
    /* The alert is still in the record buffer; mbedTLS has no call that tells it. */
    const unsigned char *alert = tls->ssl.MBEDTLS_PRIVATE(in_msg);
    *why = "peer's alert";
    for (size_t i = 0; alert != NULL && i < sizeof(alerts) / sizeof(alerts[0]); i++) {
        if (alerts[i].alert == alert[1]) {
#if USPAN_TEXTS
            *why = alerts[i].why;
#endif
            return (uspan_err_t)alerts[i].err;
        }
    }
    return USPAN_ERR_IO;
}

uspan_err_t uspan_tls_explain(const uspan_tls_t *tls, int error, const char **why)
{
    if (error == MBEDTLS_ERR_NET_SEND_FAILED || error == MBEDTLS_ERR_NET_RECV_FAILED) {
        *why = tls->under->why(tls->under->ctx);
        return USPAN_ERR_IO;
    }
    if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ||
        error == BAD_CERTIFICATE) { /* the second for its usage */
        *why = uspan_tls_check_words(mbedtls_ssl_get_verify_result(&tls->ssl));
        return USPAN_ERR_TRUST;
    }
    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        return explain_alert(tls, why);
    }
    if (uspan_tls_no_memory(error)) {
        *why = "mbedTLS's heap is used up";
        return USPAN_ERR_IO;
    }
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].error == error) {
            *why = errors[i].why;
            return (uspan_err_t)errors[i].err;
        }
    }
    unsigned high = (unsigned)-error & 0xFF80u;
    if (high >= 0x2080u && high <= 0x2F80u) { /* the range of X.509 */
        *why = "peer's certificate cannot be read";
        return USPAN_ERR_TRUST;
    }
    *why = "TLS failed; uspan_tls_error() has mbedTLS's code";
    return USPAN_ERR_IO;
}
