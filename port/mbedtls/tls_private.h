/* tls_private.h: what the files of this port tell one another. */
#ifndef USPAN_TLS_PRIVATE_H
#define USPAN_TLS_PRIVATE_H

#define USPAN_INSIDE /* config.h */
#include "uspan_mbedtls.h"

#ifndef MBEDTLS_PRIVATE /* 2.28 has no private members */
#define MBEDTLS_PRIVATE(member) member
#endif

/* True where the open connection's version is TLS 1.3. */
static inline bool uspan_tls_is_1_3(const uspan_tls_t *tls)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_ssl_get_version_number(&tls->ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
#else
    (void)tls;
    return false;
#endif
}

/* Read keys and certificates into conf, once there is entropy. USPAN_ERR_CONFIG: there is none, or
 * something cannot be used; the next open tries anew. */
uspan_err_t uspan_tls_configure(uspan_tls_t *tls);
/* Wipe and free what configure made. */
void uspan_tls_unconfigure(uspan_tls_t *tls);
/* Give mbedTLS its static heap, once. */
void uspan_tls_heap_init(void);

/* What an mbedTLS error in a handshake, send or recv means: the result for the core, and words in *why. */
uspan_err_t uspan_tls_explain(const uspan_tls_t *tls, int error, const char **why);
/* Words for MBEDTLS_X509_BADCERT_* and BADCRL_* flags, the most telling one's. */
const char *uspan_tls_check_words(uint32_t flags);
/* True where an mbedTLS error means that its heap is used up. */
bool uspan_tls_no_memory(int error);

/* Have mbedTLS show the certificates of each handshake's chain to tls_time.c. */
void uspan_tls_dates_watch(uspan_tls_t *tls);
/* A handshake begins: no chain was seen. */
void uspan_tls_dates_begin(uspan_tls_t *tls);
/* True unless the time, as far as it is known, is outside of these. */
bool uspan_tls_dates_hold(const uspan_tls_t *tls, const uspan_tls_dates_t *dates);
/* Hold the open connection's chain against the time; dates_settled: that was the present one, so once is
 * enough.
 * Returns NULL, or what is wrong. */
const char *uspan_tls_dates_recheck(uspan_tls_t *tls);

/* tls_psk.c, whose head says what for. */
#if USPAN_TLS_PSK_KE > 0
/* True where s is of a peer at this port of its host, though its session was forgotten. */
bool uspan_tls_psk_knows(const uspan_tls_session_t *s, uint16_t port);
/* s is of another peer from here on; it got a session; its sessions have been resumed often enough. */
void uspan_tls_psk_begin(uspan_tls_session_t *s, uint16_t port);
void uspan_tls_psk_got(const uspan_tls_t *tls, uspan_tls_session_t *s);
bool uspan_tls_psk_enough(const uspan_tls_session_t *s);
/* An open() begins; what a handshake with tls->session offers. */
void uspan_tls_psk_reset(uspan_tls_t *tls);
void uspan_tls_psk_choose(uspan_tls_t *tls);
/* How it ended. failed: true where another one is to follow at once; given_up: where the session is not to be
 * used again. */
bool uspan_tls_psk_failed(uspan_tls_t *tls, int error);
bool uspan_tls_psk_given_up(uspan_tls_t *tls);
void uspan_tls_psk_done(uspan_tls_t *tls);
#else
#define uspan_tls_psk_knows(s, port) false
#define uspan_tls_psk_begin(s, port) ((void)0)
#define uspan_tls_psk_got(tls, s) ((void)0)
#define uspan_tls_psk_enough(s) false
#define uspan_tls_psk_reset(tls) ((void)0)
#define uspan_tls_psk_choose(tls) ((void)0)
#define uspan_tls_psk_failed(tls, error) false
#define uspan_tls_psk_given_up(tls) false
#define uspan_tls_psk_done(tls) ((void)0)
#endif

#endif
