/* collector.h: an OTLP collector in the same thread as the device: OpenSSL over non-blocking loopback sockets, HTTP/1.1
 * with keep-alive. It files what each request brought, by decoding. */
#ifndef USPAN_TEST_COLLECTOR_H
#define USPAN_TEST_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SPANS_MAX 8192u
#define COLLECTOR_FDS 8u

typedef struct collector {
    uint16_t port;
    bool dies;        /* crashes when the next request is whole, before its answer; once */
    bool crashed;
    bool never_reads; /* accepts, and lets everything lie */
    uint8_t ca[1024]; /* the trust anchor, DER */
    size_t ca_len;
    FILE *bodies; /* each new body goes there: length as 4 bytes big-endian, and the bytes; NULL: none does */
    /* what came */
    unsigned sessions[2], resumed; /* handshakes that were finished: with TLS 1.2, with 1.3; by a ticket, of both */
    unsigned connections, requests, repeated, spans, unique, strange;
    uint64_t dropped; /* as the scopes of the requests tell: uspan.dropped.* */
    uint8_t seen[SPANS_MAX]; /* by the number in the span's name */
} collector_t;
extern collector_t collector;

/* Certificates and a context, once; then it listens. */
void collector_start(void);
/* From now on TLS 1.3 only, or 1.2 only. */
void collector_speak(bool tls13);
/* Reset all connections and stop listening; come back on the same port. */
void collector_crash(void);
void collector_return(void);
void collector_stop(void);
/* Whatever can be done now. True: something was. */
bool collector_step(void);
/* The sockets of its connections. */
unsigned collector_fds(int out[COLLECTOR_FDS]);

#endif
