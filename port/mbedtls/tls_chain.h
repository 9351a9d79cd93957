/* tls_chain.h: the chain of certificates that a handshake shows: its dates, and other chains where mbedTLS's
 * first choice does not hold. */
#ifndef USPAN_TLS_CHAIN_H
#define USPAN_TLS_CHAIN_H

#include "tls_inside.h"

/* Have mbedTLS show the certificates of each handshake's chain to this file. */
void uspan_tls_chain_watch(uspan_tls_t *tls);
/* A handshake begins: no chain was seen. Anchors that are valid now come first. */
void uspan_tls_chain_begin(uspan_tls_t *tls);
/* Hold the open connection's chain against the time; dates_settled: that was the present one, so once is
 * enough.
 * Returns NULL, or what is wrong. */
const char *uspan_tls_chain_recheck(uspan_tls_t *tls);

#endif
