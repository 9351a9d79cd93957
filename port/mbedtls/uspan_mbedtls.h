/* uspan_mbedtls.h: TLS as a transport over another transport, with mbedTLS. 3.6 is tested, 2.28 is only
 * compiled, and 4 is not tested. The server's chain and host name are always verified, unless the library is
 * built with USPAN_INSECURE_NO_VERIFY 1. uspan compares the dates of certificates with the Unix time that it
 * knows (the tracer's, or the port's), whether or not mbedTLS is built with MBEDTLS_HAVE_TIME_DATE. It does
 * not call time(). While the time is unknown or before USPAN_TLS_FLOOR_S, uspan refuses certificates that had
 * expired at USPAN_TLS_FLOOR_S, and does not check when validity begins. When the time becomes known, uspan
 * checks an open connection before its next request, and a session before it resumes it. A board therefore
 * needs no time to connect. Without any time it accepts certificates that expired after its build. */
#ifndef USPAN_MBEDTLS_H
#define USPAN_MBEDTLS_H

#include "uspan/uspan.h"

#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_MAJOR < 4
#include <mbedtls/ctr_drbg.h>
#endif
#if defined(MBEDTLS_X509_CRL_PARSE_C)
#include <mbedtls/x509_crl.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* 1: no certificate is verified. Use it only while bringing up a board: without verification, anyone on the
 * network path can read and change the data. */
#ifndef USPAN_INSECURE_NO_VERIFY
#define USPAN_INSECURE_NO_VERIFY 0
#endif
/* Static buffer that becomes mbedTLS's heap, bytes. 0: mbedTLS's own calloc. Needs
 * MBEDTLS_MEMORY_BUFFER_ALLOC_C. The application must not set mbedTLS's allocator then. RAM: itself. */
#ifndef USPAN_TLS_HEAP_BYTES
#define USPAN_TLS_HEAP_BYTES 0
#endif
/* 1: elliptic-curve steps of a TLS 1.2 handshake are cut into pieces of USPAN_TLS_ECP_OPS. Needs
 * MBEDTLS_ECP_RESTARTABLE. mbedTLS does not cut those of 1.3, which is then offered only if max_version or
 * min_version asks for it. */
#ifndef USPAN_TLS_RESTARTABLE
#define USPAN_TLS_RESTARTABLE 0
#endif
/* Basic operations in one piece (mbedtls_ecp_set_max_ops); a P-256 multiplication has some 3,300. 1..10,000.
 * */
#ifndef USPAN_TLS_ECP_OPS
#define USPAN_TLS_ECP_OPS 250
#endif
/* 1: this client can have a certificate of its own (mutual TLS). 0: leave its code out of the build, about
 * 2 KB of flash. */
#ifndef USPAN_TLS_OWN_CERT
#define USPAN_TLS_OWN_CERT 1
#endif
/* open() continues with the next handshake step only if less than this time has passed, microseconds. 0: one
 * step in each call. */
#ifndef USPAN_TLS_STEP_US
#define USPAN_TLS_STEP_US 1000
#endif
/* Unix time, seconds. A certificate that expired before it is refused whatever the clock says, and a clock
 * that says less is ignored. 0: the day before tls_time.c was compiled (__DATE__). 0..4294967294. */
#ifndef USPAN_TLS_FLOOR_S
#define USPAN_TLS_FLOOR_S 0
#endif
/* Number of servers whose session is remembered for a short handshake. 1..8. RAM: sizeof(mbedtls_ssl_session)
 * + USPAN_HOST_BYTES each, and a ticket of some 200 B (and the peer's certificate, unless mbedTLS is built
 * without keeping it) of mbedTLS's heap. */
#ifndef USPAN_TLS_SESSIONS
#define USPAN_TLS_SESSIONS USPAN_DESTINATIONS_MAX
#endif
/* Reconnects in a row, in TLS 1.3, that a ticket may make without a new key exchange (psk_ke, RFC 8446 §2.2)
 * if the server agrees, which few do by default. They are much cheaper (tests/bench/README.md), and have no
 * forward secrecy: anyone who recorded them and gets the server's ticket key, or this client's memory, can
 * read them. The handshake after them is a full one. If the server refuses, a hello with a key exchange
 * follows. After two refusals in a row it is not tried again. 0: never. 0..255. Needs
 * MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ENABLED. RAM: 12 B a session. */
#ifndef USPAN_TLS_PSK_KE
#define USPAN_TLS_PSK_KE 0
#endif
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_INSECURE_NO_VERIFY), "USPAN_INSECURE_NO_VERIFY: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_TLS_RESTARTABLE), "USPAN_TLS_RESTARTABLE: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_TLS_OWN_CERT), "USPAN_TLS_OWN_CERT: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_TLS_SESSIONS >= 1 && USPAN_TLS_SESSIONS <= 8, "USPAN_TLS_SESSIONS: 1..8");
USPAN_STATIC_ASSERT(USPAN_TLS_PSK_KE >= 0 && USPAN_TLS_PSK_KE <= 255, "USPAN_TLS_PSK_KE: 0..255");

/* A certificate, a list of them, a key or a revocation list. It is DER, or PEM whose len includes a closing
 * 0, or the name of a file if mbedTLS is built with MBEDTLS_FS_IO. DER certificates are used in place,
 * without a copy. */
typedef struct uspan_tls_blob {
    const void *data;
    size_t len;
    const char *file;
} uspan_tls_blob_t;

#define USPAN_TLS_1_2 12
#define USPAN_TLS_1_3 13

/* Options. Blobs must stay valid until uspan_tls_free(), or until they are replaced and the connection that
 * used them is closed. */
typedef struct uspan_tls_options {
    const uspan_port_t *port; /* entropy, clock, log */
    /* Source of the Unix time for certificate dates (uspan_unix_now(): from the application, the port or a
     * collector's Date). NULL: the port only. */
    uspan_tracer_t *tracer;
    const uspan_tls_blob_t *anchors;
    size_t anchor_count;
    uspan_tls_blob_t revoked; /* revocation list of the anchors; all zero: none */
    uspan_tls_blob_t cert,
        key; /* of this client, for mutual TLS; the key must have no password; all zero: none */
    int min_version, max_version; /* USPAN_TLS_*; 0: all versions that mbedTLS was built with */
    /* 512, 1024, 2048 or 4096: request records of at most this many bytes from the peer, so that small record
     * buffers are enough. At most the smaller of MBEDTLS_SSL_IN_CONTENT_LEN and _OUT_CONTENT_LEN. Only with
     * max_version USPAN_TLS_1_2, because some peers refuse it in a hello that offers 1.3. Before mbedTLS
     * 3.6.3 it must not be below the size of the peer's certificate chain. 0: no request. */
    uint16_t max_fragment;
} uspan_tls_options_t;

/* Time in which all certificates of a chain are valid, in Unix seconds. */
typedef struct uspan_tls_dates {
    uint32_t from_s, until_s; /* both inclusive; until UINT32_MAX: no end */
} uspan_tls_dates_t;

/* One peer: its name and port, its last session, and other data about it. */
typedef struct uspan_tls_session {
    char host[USPAN_HOST_BYTES];
    uint16_t peer_port; /* the peer of this slot, also without a session */
    uint16_t port;      /* the same if there is a session; 0: none */
    bool no_pss;        /* its hello omits RSA-PSS, which this mbedTLS refuses in TLS 1.2 */
    bool no_1_3;        /* its hello offers 1.2 only: in 1.3 it changed its keys before it answered */
    uspan_tls_dates_t dates;
    mbedtls_ssl_session session;
#if USPAN_TLS_PSK_KE > 0
    uint8_t resumed;  /* number of resumptions in a row */
    uint8_t refusals; /* weighted number of refusals of psk_ke in a row */
    bool has_ticket;  /* it has a ticket of 1.3 */
    uint32_t since_s; /* when the ticket arrived, by the port's clock */
#endif
} uspan_tls_session_t;

/* One TLS client. Static, owned by the caller. The fields are private to tls.c, but psk_ke and psk_ke_refused
 * may be read. */
typedef struct uspan_tls {
    const uspan_transport_t *under;
    uspan_tls_options_t options;
    uint8_t state;
    bool configured, stale, seeded;
    /* of this connection: certificates were shown; they were checked with a known time */
    bool chain_seen, dates_settled;
    bool is_named;        /* the handshake has the name that the certificate must contain */
    bool asked;           /* the peer requested a certificate that this client does not have */
    bool send_broke;      /* sending failed, but received data can still be read */
    bool unanswered;      /* nothing was received since the last bytes were sent */
    bool says_again;      /* this open() has sent a hello before, to the same address */
    uint8_t retried;      /* kinds of hello that this open() has tried */
    uint8_t session_next; /* slot that is replaced next */
    uint16_t peer_port;
    char code[32];        /* buffer for a text with a number, used by why */
    uint32_t chain_flags; /* MBEDTLS_X509_BADCERT_* of the chain that is being checked */
    const mbedtls_x509_crt *chain_above, *chain_wrong, *chain_below;
    int error;
    const char *why;
    uspan_tls_dates_t dates;
    /* bytes passed to send() that are in the unfinished record: the core offers them again */
    size_t write_len;
    size_t unsent;                /* bytes that mbedTLS last tried to send */
    uspan_tls_session_t *session; /* of the present peer */
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt anchors, cert;
    mbedtls_pk_context key;
#if defined(MBEDTLS_X509_CRL_PARSE_C)
    mbedtls_x509_crl revoked;
#endif
#if MBEDTLS_VERSION_MAJOR < 4
    mbedtls_ctr_drbg_context rng;
#endif
    uspan_tls_session_t sessions[USPAN_TLS_SESSIONS];
#if USPAN_TLS_PSK_KE > 0
    uint32_t psk_ke, psk_ke_refused; /* connections without a new key exchange; failed attempts */
    bool psk_only, psk_tried; /* this handshake offers nothing else; an earlier one of this open() did */
#endif
} uspan_tls_t;

#if USPAN_ENABLED
/* Set up *tls on top of the transport `under`, and write its transport to *out. *tls, under and *out must
 * stay valid as long as the tracer. *options is copied, but the memory it points to must stay valid.
 * Certificates are read at the next open(), and last_error_text() says what is wrong with them.
 *   tls_size  sizeof *tls in the application
 * Returns: USPAN_OK; USPAN_ERR_ARG: a pointer is NULL, there is no anchor, a version or fragment size is not
 * valid, or the library was built with other USPAN_* options or another mbedTLS configuration. Nothing is
 * written then. Context: one task, before use. */
USPAN_CHECK uspan_err_t uspan_tls_init_sized(uspan_tls_t *tls, const uspan_transport_t *under,
                                             const uspan_tls_options_t *options, uspan_transport_t *out,
                                             size_t tls_size);
USPAN_CHECK static inline uspan_err_t uspan_tls_init(uspan_tls_t *tls, const uspan_transport_t *under,
                                                     const uspan_tls_options_t *options,
                                                     uspan_transport_t *out)
{
    return uspan_tls_init_sized(tls, under, options, out, sizeof(uspan_tls_t));
}
/* Replace the anchors, or the own certificate and key (all zero: none). They are used from the next connect
 * on. What mbedTLS stores of the old ones, including the key, is wiped at once, or at close() if a connection
 * still uses it. Stored sessions are discarded, so that no connection that the old anchors allowed is
 * resumed. The blobs must stay valid as those of the options. Returns: USPAN_OK; USPAN_ERR_ARG: nothing
 * changed. Context: the exporting task. */
uspan_err_t uspan_tls_set_anchors(uspan_tls_t *tls, const uspan_tls_blob_t *anchors, size_t anchor_count,
                                  const uspan_tls_blob_t *revoked);
uspan_err_t uspan_tls_set_own(uspan_tls_t *tls, const uspan_tls_blob_t *cert, const uspan_tls_blob_t *key);
/* Close, wipe and free everything. uspan_tls_init() may be called again. Context: the exporting task. */
void uspan_tls_free(uspan_tls_t *tls);

/* Returns mbedTLS's code of the last failure. 0: none. Context: the exporting task. */
int uspan_tls_error(const uspan_tls_t *tls);
/* Returns the most bytes of USPAN_TLS_HEAP_BYTES that were in use at one time. 0 without that heap or without
 * MBEDTLS_MEMORY_DEBUG. Context: the exporting task. */
size_t uspan_tls_heap_peak(void);

#else /* USPAN_ENABLED 0: there is no TLS. The transport is never called, and nothing of mbedTLS is linked */
static inline uspan_err_t uspan_tls_init(uspan_tls_t *tls, const uspan_transport_t *under,
                                         const uspan_tls_options_t *options, uspan_transport_t *out)
{
    (void)tls, (void)under, (void)options;
    memset(out, 0, sizeof(*out));
    return USPAN_OK;
}
static inline uspan_err_t uspan_tls_set_anchors(uspan_tls_t *tls, const uspan_tls_blob_t *anchors,
                                                size_t anchor_count, const uspan_tls_blob_t *revoked)
{
    (void)tls, (void)anchors, (void)anchor_count, (void)revoked;
    return USPAN_OK;
}
static inline uspan_err_t uspan_tls_set_own(uspan_tls_t *tls, const uspan_tls_blob_t *cert,
                                            const uspan_tls_blob_t *key)
{
    (void)tls, (void)cert, (void)key;
    return USPAN_OK;
}
static inline void uspan_tls_free(uspan_tls_t *tls)
{
    (void)tls;
}
static inline int uspan_tls_error(const uspan_tls_t *tls)
{
    (void)tls;
    return 0;
}
static inline size_t uspan_tls_heap_peak(void)
{
    return 0u;
}
#endif

#ifdef __cplusplus
}
#endif
#endif
