/* tls_config.h: prepares a connection before its handshake. */
#ifndef USPAN_TLS_CONFIG_H
#define USPAN_TLS_CONFIG_H

#include "tls_inside.h"

/* Read keys and certificates into conf, when entropy is available. USPAN_ERR_CONFIG: it is not, or a setting
 * cannot be used. The next open() tries again. */
uspan_err_t uspan_tls_configure(uspan_tls_t *tls);
/* Wipe and free everything that uspan_tls_configure() allocated. */
void uspan_tls_unconfigure(uspan_tls_t *tls);
/* Give mbedTLS its static heap, once. */
void uspan_tls_heap_init(void);
/* The signatures that the next hello offers. without_pss: omit those that mbedTLS refuses in TLS 1.2 after a
 * hello that offered 1.3. */
#if USPAN_TLS_HAS_PSS_FAULT
void uspan_tls_offer_signatures(uspan_tls_t *tls, bool without_pss);
#else
#define uspan_tls_offer_signatures(tls, without_pss) ((void)(without_pss))
#endif

/* The highest version that the next hello offers: 1.2, or the one of the options. */
#if USPAN_TLS_HAS_BOTH
void uspan_tls_offer_version(uspan_tls_t *tls, bool only_1_2);
#else
#define uspan_tls_offer_version(tls, only_1_2) ((void)(only_1_2))
#endif

#endif
