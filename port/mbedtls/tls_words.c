/* tls_words.c: turns mbedTLS's error numbers into texts that say what to do. No text contains data of the
 * peer. */
#include "tls_words.h"
#include "tls_lacks.h"

#include <mbedtls/net_sockets.h>

#if MBEDTLS_VERSION_MAJOR < 3
#define BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE
#define BAD_VERSION MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#else
#define BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_CERTIFICATE
#define BAD_VERSION MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
#endif

/* Alerts of RFC 8446 §6 that show a cause. With USPAN_MESSAGE_TEXTS 1 they have texts. */
#if USPAN_MESSAGE_TEXTS
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
#if MBEDTLS_VERSION_MAJOR < 4 && !defined(MBEDTLS_RSA_C)
#define NO_RSA ", and this mbedTLS lacks RSA: MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED"
#elif MBEDTLS_VERSION_MAJOR < 4 && !defined(MBEDTLS_ECP_DP_SECP384R1_ENABLED)
#define NO_RSA ", and this mbedTLS lacks P-384: MBEDTLS_ECP_DP_SECP384R1_ENABLED"
#else
#define NO_RSA ""
#endif
#if !defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define NO_VERSION ", and this mbedTLS lacks TLS 1.3: MBEDTLS_SSL_PROTO_TLS1_3"
#elif !defined(MBEDTLS_SSL_PROTO_TLS1_2)
#define NO_VERSION ", and this mbedTLS lacks TLS 1.2: MBEDTLS_SSL_PROTO_TLS1_2"
#else
#define NO_VERSION ""
#endif
static const struct {
    uint8_t alert;
    int8_t err;
#if USPAN_MESSAGE_TEXTS
    const char *why;
#endif
} alerts[] = {
    SAY(10, USPAN_ERR_IO, "server alert: unexpected message"),
    SAY(20, USPAN_ERR_IO, "server alert: a record was damaged on the way"),
    SAY(22, USPAN_ERR_IO, "server alert: a record is too long"),
    SAY(40, USPAN_ERR_IO, "server alert: handshake failure (no common cipher)" NO_RSA),
    SAY(42, USPAN_ERR_CONFIG, "server alert: bad certificate (it refused the client's)"),
    SAY(43, USPAN_ERR_CONFIG, "server alert: unsupported certificate (it refused the client's)"),
    SAY(44, USPAN_ERR_CONFIG, "server alert: client certificate revoked"),
    SAY(45, USPAN_ERR_CONFIG, "server alert: client certificate expired"),
    SAY(46, USPAN_ERR_CONFIG, "server alert: client certificate not accepted"),
    SAY(48, USPAN_ERR_CONFIG, "server alert: client certificate is from an unknown CA"),
    SAY(47, USPAN_ERR_IO, "server alert: illegal parameter"),
    SAY(49, USPAN_ERR_CONFIG, "server alert: access denied"),
    SAY(50, USPAN_ERR_IO, "server alert: it could not decode a message"),
    SAY(51, USPAN_ERR_CONFIG, "server alert: the client's signature is wrong"),
    SAY(70, USPAN_ERR_CONFIG, "server alert: no common TLS version" NO_VERSION),
    SAY(71, USPAN_ERR_CONFIG, "server alert: insufficient security"),
    SAY(80, USPAN_ERR_IO, "server alert: internal error"),
    SAY(90, USPAN_ERR_IO, "server alert: user canceled"),
    SAY(109, USPAN_ERR_IO, "server alert: missing extension"),
    SAY(110, USPAN_ERR_CONFIG,
        "server alert: unsupported extension (max_fragment offered together with TLS 1.3?)"),
    SAY(112, USPAN_ERR_CONFIG, "server alert: unknown host name (SNI)"),
    SAY(120, USPAN_ERR_CONFIG, "server alert: no common application protocol"),
};
#define ALERT_CERTIFICATE_REQUIRED 116u

static const char why_asked[] =
    "the server asks for a client certificate, and none is set: cert and key of the TLS options";

/* Checks of a certificate, the most specific first, because several may have failed. */
static const struct {
    uint32_t flag;
    const char *why;
} checks[] = {
    { MBEDTLS_X509_BADCERT_REVOKED, "certificate revoked" },
    { MBEDTLS_X509_BADCERT_EXPIRED, "certificate expired, or this clock is wrong" },
    { MBEDTLS_X509_BADCERT_FUTURE, "certificate not yet valid, or this clock is wrong" },
    { MBEDTLS_X509_BADCERT_NOT_TRUSTED, "certificate not signed by a trusted CA" },
    { MBEDTLS_X509_BADCERT_CN_MISMATCH, "certificate is for a different host name" },
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

/* Errors of mbedTLS with a known cause. This is a list and not a switch, because some have the same number in
 * some versions. */
static const struct {
    int error;
    int8_t err;
    const char *why;
} errors[] = {
    { MBEDTLS_ERR_SSL_CONN_EOF, USPAN_ERR_IO, "peer closed the connection without close_notify" },
    { MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, USPAN_ERR_CLOSED, "closed by peer" },
    { MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED, USPAN_ERR_CONFIG, "no trust anchor" },
    { MBEDTLS_ERR_SSL_INVALID_RECORD, USPAN_ERR_IO,
      "not TLS (http:// port?), or above MBEDTLS_SSL_IN_CONTENT_LEN" },
    { MBEDTLS_ERR_SSL_INVALID_MAC, USPAN_ERR_IO, "a TLS record was damaged on the way" },
    { MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL, USPAN_ERR_CONFIG,
      "MBEDTLS_SSL_IN_CONTENT_LEN or _OUT_CONTENT_LEN too small" },
    { BAD_VERSION, USPAN_ERR_CONFIG, "no common TLS version" },
    { MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE, USPAN_ERR_CONFIG,
      "mbedTLS lacks something; before 3.6.3, handshake messages in several records: is max_fragment below "
      "the chain?" },
#if USPAN_MESSAGE_TEXTS && MBEDTLS_VERSION_MAJOR >= 3
    { MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, USPAN_ERR_IO,
      "peer chose something that was not offered (-0x6600): a fault of its TLS library, or of mbedTLS" },
    { MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, USPAN_ERR_IO,
      "no common cipher, or a wrong signature in the handshake (-0x6E00)" },
    { MBEDTLS_ERR_SSL_DECODE_ERROR, USPAN_ERR_IO, "peer's handshake message cannot be decoded (-0x7300)" },
    { MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION, USPAN_ERR_IO, "peer answered what was not asked (-0x7500)" },
    { MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, USPAN_ERR_IO, "unexpected TLS message (-0x7700): no TLS server?" },
    { MBEDTLS_ERR_SSL_INTERNAL_ERROR, USPAN_ERR_IO, "mbedTLS's internal error (-0x6C00)" },
    { MBEDTLS_ERR_SSL_BAD_INPUT_DATA, USPAN_ERR_IO, "mbedTLS was called wrongly (-0x7100)" },
    { MBEDTLS_ERR_SSL_BAD_CONFIG, USPAN_ERR_CONFIG, "mbedTLS's configuration contradicts itself (-0x5E80)" },
    { MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_UNEXPECTED_TAG, USPAN_ERR_TRUST,
      "a critical extension of the peer's certificates is one that mbedTLS lacks: name constraints?" },
    { MBEDTLS_ERR_SSL_COUNTER_WRAPPING, USPAN_ERR_IO, "too many records on one connection (-0x6B80)" },
#endif
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

bool uspan_tls_is_by_peer(int error)
{
    return error != MBEDTLS_ERR_NET_SEND_FAILED && error != MBEDTLS_ERR_NET_RECV_FAILED &&
           !uspan_tls_no_memory(error);
}

/* Write a number for which there is no text: decimal or 16 bits of hexadecimal. */
static const char *put_number(uspan_tls_t *tls, const char *words, unsigned number, bool is_hex)
{
    size_t len = strlen(words);
    memcpy(tls->code, words, len);
    unsigned base = is_hex ? 16u : 10u, weight = is_hex ? 4096u : 100u;
    for (; weight > 0u; weight /= base) {
        tls->code[len++] = "0123456789ABCDEF"[number / weight % base];
    }
    tls->code[len] = 0;
    return tls->code;
}

static uspan_err_t explain_alert(uspan_tls_t *tls, const char **why)
{
    uint8_t alert = uspan_tls_alert(tls);
    if (alert == ALERT_CERTIFICATE_REQUIRED || (tls->asked && alert >= 40u && alert <= 49u)) {
        *why = why_asked;
        return USPAN_ERR_CONFIG;
    }
    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
        if (alerts[i].alert == alert) {
#if USPAN_MESSAGE_TEXTS
            *why = alerts[i].why;
#else
            *why = put_number(tls, "server alert ", alert, false);
#endif
            return (uspan_err_t)alerts[i].err;
        }
    }
    *why = put_number(tls, "server alert ", alert, false);
    return USPAN_ERR_IO;
}

/* Returns a text about the certificates of the current message if the build lacks one of their algorithms. */
static const char *find_lack(const uspan_tls_t *tls)
{
    size_t len = 0;
    const unsigned char *message = uspan_tls_message(tls, &len);
    return len > 0u && message[0] == MBEDTLS_SSL_HS_CERTIFICATE ? uspan_tls_lacks(message, len) : NULL;
}

static uspan_err_t explain_certificate(const uspan_tls_t *tls, const char *otherwise, const char **why)
{
    const char *lack = find_lack(tls);
    *why = lack != NULL ? lack : otherwise;
    return USPAN_ERR_TRUST;
}

uspan_err_t uspan_tls_explain(uspan_tls_t *tls, int error, const char **why)
{
    if (error == MBEDTLS_ERR_NET_SEND_FAILED || error == MBEDTLS_ERR_NET_RECV_FAILED ||
        error == MBEDTLS_ERR_SSL_CONN_EOF) {
        if (tls->asked) { /* the peer then closed the connection, perhaps before its alert was read */
            *why = why_asked;
            return USPAN_ERR_IO;
        }
    }
    if (error == MBEDTLS_ERR_NET_SEND_FAILED || error == MBEDTLS_ERR_NET_RECV_FAILED) {
        *why = tls->under->last_error_text(tls->under->ctx);
        return USPAN_ERR_IO;
    }
    if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ||
        error == BAD_CERTIFICATE) { /* the second one for its key usage */
        uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
        const uint32_t signature = MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_BAD_MD |
                                   MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY;
        *why = uspan_tls_check_words(flags);
        return flags == UINT32_MAX || (flags & signature) != 0u ? explain_certificate(tls, *why, why)
                                                                : USPAN_ERR_TRUST;
    }
    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        return explain_alert(tls, why);
    }
    if (uspan_tls_no_memory(error)) {
        *why = "mbedTLS heap exhausted: raise USPAN_TLS_HEAP_BYTES";
        return USPAN_ERR_IO;
    }
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_MAJOR >= 3
    if (error == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE && uspan_tls_is_1_3(tls) &&
        uspan_tls_state(tls) == MBEDTLS_SSL_HANDSHAKE_OVER) {
        *why = "peer changed its keys (TLS 1.3 KeyUpdate), which mbedTLS cannot: a new connection follows";
        return USPAN_ERR_IO;
    }
#endif
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].error == error) {
            *why = errors[i].why;
            return (uspan_err_t)errors[i].err;
        }
    }
    const char *kind = uspan_tls_lacks_kind(error);
    unsigned high = (unsigned)-error & 0xFF80u;
    if (kind != NULL || (high >= 0x2080u && high <= 0x2F80u)) { /* the range of X.509 */
        return explain_certificate(tls, kind != NULL ? kind : "peer's certificate cannot be read", why);
    }
    *why = put_number(tls, "TLS failed: mbedTLS -0x", (unsigned)-error & 0xFFFFu, true);
    return USPAN_ERR_IO;
}
