/* collector.h: an OTLP collector in the same thread as the device: OpenSSL over non-blocking loopback
 * sockets, HTTP/1.1 with keep-alive. It decodes each request and stores its content. */
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
    bool dies;        /* crashes when the next request is complete, before its response; once */
    bool crashed;
    bool never_reads; /* accepts connections and reads nothing */
    uint8_t ca[1024]; /* the trust anchor, DER */
    size_t ca_len;
    FILE *bodies; /* receives each new body: length as 4 bytes big-endian, then the bytes; NULL: off */
    /* what was received */
    unsigned sessions[2], resumed; /* completed handshakes: with TLS 1.2, with 1.3; resumed ones of both */
    unsigned connections, requests, repeated, spans, unique, strange;
    uint64_t dropped; /* from the scopes of the requests: uspan.dropped.* */
    uint8_t seen[SPANS_MAX]; /* by the number in the span's name */
} collector_t;
extern collector_t collector;

/* Make certificates and a context, once. Then listen. */
void collector_start(void);
/* From now on accept only TLS 1.3, or only 1.2. */
void collector_speak(bool tls13);
/* Reset all connections and stop listening. Later, listen again on the same port. */
void collector_crash(void);
void collector_return(void);
void collector_stop(void);
/* Do everything that can be done now. True: something was done. */
bool collector_step(void);
/* The sockets of its connections. */
unsigned collector_fds(int out[COLLECTOR_FDS]);

#endif
