/* port.h: the interfaces that a platform implements: clock, lock, entropy; and a byte stream to the
 * collector. Both are const, outlive the tracer, and have no NULL function: uspan_init() and
 * uspan_export_to() check. A target that lacks a part names a stub from port_none.h, so the gap shows in its
 * source. */
#ifndef USPAN_PORT_H
#define USPAN_PORT_H

#include <stddef.h>
#include <stdint.h>
#include "err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define USPAN_PORT_ABI 1u
#define USPAN_TRANSPORT_ABI 1u

typedef enum uspan_level {
    USPAN_LEVEL_ERROR = 1,
    USPAN_LEVEL_WARN = 2,
    USPAN_LEVEL_INFO = 3,
    USPAN_LEVEL_DEBUG = 4
} uspan_level_t;

typedef struct uspan_port {
    uint32_t abi; /* USPAN_PORT_ABI */
    void *ctx;    /* first argument of each call; the core never looks inside */
    /* Keep out every task and ISR that calls uspan. The core never nests it and holds it for a bounded number
     * of instructions. Returns what unlock wants back. Context: task, ISR. Never blocks for long. */
    uint32_t (*lock)(void *ctx);
    void (*unlock)(void *ctx, uint32_t state);
    /* Nanoseconds since boot; never steps back, never tears on a 32-bit core. Context: task, ISR. */
    uint64_t (*mono_ns)(void *ctx);
    /* Unix time in nanoseconds to *out, or USPAN_ERR_AGAIN while it is unknown (then *out is left alone).
     * Context: the exporting task. Never blocks. */
    uspan_err_t (*unix_ns)(void *ctx, uint64_t *out);
    /* Fill len bytes of entropy, or USPAN_ERR_AGAIN and write none; seeds the core's generator. Len is at
     * most 32.
     * Context: the exporting task and uspan_init(). Never blocks. */
    uspan_err_t (*random)(void *ctx, uint8_t *out, size_t len);
    /* A value that names the calling task while it lives (handle, thread id); any constant on bare metal.
     * Context: task. */
    uintptr_t (*task)(void *ctx);
    /* One line of text, no newline, no secrets, rate-limited by the core. Context: task. Must not call
     * uspan. */
    void (*log)(void *ctx, uspan_level_t level, const char *text);
} uspan_port_t;

/* Whom to connect to. Valid during open(); the same in each call until that is over or close() was called. */
typedef struct uspan_peer {
    const char *host; /* DNS name or address literal without brackets; ends in 0 */
    uint16_t port;
} uspan_peer_t;

/* transport.flags */
#define USPAN_TRANSPORT_SECURE \
    1u /* encrypts, and verifies chain and host name unless an INSECURE macro says otherwise */

/* A byte stream to a peer. Stacked: TLS is a transport over a transport. One connection at a time.
 * Context of every call: the exporting task. None blocks. */
typedef struct uspan_transport {
    uint32_t abi;   /* USPAN_TRANSPORT_ABI */
    uint32_t flags; /* USPAN_TRANSPORT_SECURE or 0 */
    void *ctx;
    /* Start connecting, or go on: USPAN_ERR_AGAIN until USPAN_OK; the core keeps the deadline and repeats the
     * same peer. USPAN_ERR_IO: failed, trying again later may help. USPAN_ERR_TRUST: certificate or host name
     * refused. USPAN_ERR_CONFIG: own certificate, key or entropy unusable. After any of the three, close is
     * next. */
    uspan_err_t (*open)(void *ctx, const uspan_peer_t *peer);
    /* > 0: bytes moved. 0: none moved, the same bytes are offered again. USPAN_ERR_CLOSED: clean end. Another
     * uspan_err_t: dead; close is next. buf is the core's, valid during the call only. len >= 1. */
    int32_t (*send)(void *ctx, const uint8_t *buf, size_t len);
    int32_t (*recv)(void *ctx, uint8_t *buf, size_t len);
    /* Gives everything back at once. May be called twice, and before open. */
    void (*close)(void *ctx);
    /* What failed last, in words without secrets ("certificate expired"), "" for nothing. Static lifetime. */
    const char *(*why)(void *ctx);
} uspan_transport_t;

#ifdef __cplusplus
}
#endif
#endif
