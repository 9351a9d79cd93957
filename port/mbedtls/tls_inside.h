/* tls_inside.h: reads parts of mbedTLS's structures for which mbedTLS has no function. It includes no other
 * file of the port. */
#ifndef USPAN_TLS_INSIDE_H
#define USPAN_TLS_INSIDE_H

#define USPAN_INTERNAL /* config.h */
#include "uspan_mbedtls.h"

#ifndef MBEDTLS_PRIVATE /* 2.28 has no private members */
#define MBEDTLS_PRIVATE(member) member
#endif

/* 1: a hello can offer TLS 1.3 and 1.2 together, and RSA in both. Only such a hello meets Mbed-TLS issue
 * 10668. */
#if MBEDTLS_VERSION_MAJOR >= 3 && defined(MBEDTLS_SSL_PROTO_TLS1_3) && defined(MBEDTLS_SSL_PROTO_TLS1_2) && \
    defined(MBEDTLS_X509_RSASSA_PSS_SUPPORT)
#define USPAN_TLS_HAS_PSS_FAULT 1
#else
#define USPAN_TLS_HAS_PSS_FAULT 0
#endif

/* Returns true if the open connection uses TLS 1.3. */
static inline bool uspan_tls_is_1_3(const uspan_tls_t *tls)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_ssl_get_version_number(&tls->ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
#else
    (void)tls;
    return false;
#endif
}

/* Returns the state of the handshake, MBEDTLS_SSL_*. */
static inline int uspan_tls_state(const uspan_tls_t *tls)
{
    return tls->ssl.MBEDTLS_PRIVATE(state);
}

/* 1: built with both versions, so that one can replace the other. */
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && defined(MBEDTLS_SSL_PROTO_TLS1_2) && MBEDTLS_VERSION_MAJOR >= 3
#define USPAN_TLS_HAS_BOTH 1
#else
#define USPAN_TLS_HAS_BOTH 0
#endif

/* Returns the description of the peer's last alert, which is still in the record buffer. */
static inline uint8_t uspan_tls_alert(const uspan_tls_t *tls)
{
    const unsigned char *alert = tls->ssl.MBEDTLS_PRIVATE(in_msg);
    return alert != NULL ? alert[1] : 0u;
}

/* Returns the handshake message that was read last, and its length in *len. */
static inline const unsigned char *uspan_tls_message(const uspan_tls_t *tls, size_t *len)
{
    const unsigned char *message = tls->ssl.MBEDTLS_PRIVATE(in_msg);
    *len = message != NULL ? tls->ssl.MBEDTLS_PRIVATE(in_hslen) : 0u;
    return message;
}

#endif
