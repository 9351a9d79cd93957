/* tls_psk.h: tickets of TLS 1.3 without a key exchange. See tls_psk.c. */
#ifndef USPAN_TLS_PSK_H
#define USPAN_TLS_PSK_H

#include "tls_inside.h"

#if USPAN_TLS_PSK_KE > 0
/* Call it if s is used for another peer. */
void uspan_tls_psk_begin(uspan_tls_session_t *s);
/* Call it after s received a session. */
void uspan_tls_psk_got(const uspan_tls_t *tls, uspan_tls_session_t *s);
/* Returns true if sessions of s were resumed often enough. */
bool uspan_tls_psk_enough(const uspan_tls_session_t *s);
/* Call it at the start of an open(). */
void uspan_tls_psk_reset(uspan_tls_t *tls);
/* Choose what a handshake with tls->session offers. */
void uspan_tls_psk_choose(uspan_tls_t *tls);
/* Call it after a failed handshake. Returns true if another handshake must follow at once. */
bool uspan_tls_psk_failed(uspan_tls_t *tls, int error);
/* Call it after a handshake that was given up. Returns true if the session must not be used again. */
bool uspan_tls_psk_given_up(uspan_tls_t *tls);
/* Call it after a successful handshake. */
void uspan_tls_psk_done(uspan_tls_t *tls);
#else
#define uspan_tls_psk_begin(s) ((void)0)
#define uspan_tls_psk_got(tls, s) ((void)0)
#define uspan_tls_psk_enough(s) false
#define uspan_tls_psk_reset(tls) ((void)0)
#define uspan_tls_psk_choose(tls) ((void)0)
#define uspan_tls_psk_failed(tls, error) false
#define uspan_tls_psk_given_up(tls) false
#define uspan_tls_psk_done(tls) ((void)0)
#endif

#endif
