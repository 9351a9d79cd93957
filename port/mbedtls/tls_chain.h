/* tls_chain.h: the chain of certificates of a handshake: its dates, and other chains if mbedTLS's first
 * choice is not valid. */
#ifndef USPAN_TLS_CHAIN_H
#define USPAN_TLS_CHAIN_H

#include "tls_inside.h"

/* Register this file as the check of each handshake's chain. */
void uspan_tls_chain_watch(uspan_tls_t *tls);
/* Begin a handshake: forget the last chain, and move anchors that are valid now to the front. */
void uspan_tls_chain_begin(uspan_tls_t *tls);
/* Compare the dates of the open connection's chain with the time. dates_settled: the time was known, so one
 * check is enough.
 * Returns NULL, or what is wrong. */
const char *uspan_tls_chain_recheck(uspan_tls_t *tls);

#endif
