/* port.h: the two interfaces that a platform implements: the port (clock, lock, random bytes, log) and a
 * transport (a byte stream to the collector). Both structs are const, must stay valid as long as the tracer,
 * and have no NULL function: uspan_init() and uspan_export_to() check this. A target that lacks a part uses a
 * stub from port_none.h, so the gap is visible in its source. */
#ifndef USPAN_PORT_H
#define USPAN_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config.h"
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
    void *ctx;    /* first argument of each call. The core never reads it */
    /* Keep out every task and ISR that calls uspan. The core never nests it and holds it for a bounded number
     * of instructions. Returns the argument for unlock. Context: task, ISR. Must not block for long. */
    uint32_t (*lock)(void *ctx);
    void (*unlock)(void *ctx, uint32_t state);
    /* Nanoseconds since boot. Never steps back, never tears on a 32-bit core. Context: task, ISR. */
    uint64_t (*mono_ns)(void *ctx);
    /* Unix time in nanoseconds to *out, or USPAN_ERR_AGAIN while it is unknown (then *out is not changed). A
     * clock that was never set may be reported as it is: uspan ignores it, see uspan_unix_is_plausible().
     * Context: the exporting task. Never blocks. */
    uspan_err_t (*unix_ns)(void *ctx, uint64_t *out);
    /* Write len random bytes that seed the core's generator, or return USPAN_ERR_AGAIN and write none. len is
     * at most 32. Context: the exporting task and uspan_init(). Must not block. */
    uspan_err_t (*random)(void *ctx, uint8_t *out, size_t len);
    /* A value that identifies the calling task while it exists (handle, thread id). Any constant on bare
     * metal. Context: task. */
    uintptr_t (*task)(void *ctx);
    /* Log one line of text without a newline. The core limits the rate and passes no secrets. The port adds a
     * prefix such as "uspan warning: ". Context: task. Must not call uspan. */
    void (*log)(void *ctx, uspan_level_t level, const char *text);
} uspan_port_t;

/* The peer to connect to. Valid only during the call to open(). uspan passes the same peer to every open()
 * call until the connection is open, has failed, or close() was called. */
typedef struct uspan_peer {
    const char *host; /* DNS name or address literal without brackets; ends in 0 */
    uint16_t port;
    /* The last exchange with this peer ended without an answer, for example because TLS failed. If the name
     * has several addresses, begin with another one. */
    bool has_failed;
} uspan_peer_t;

/* transport.flags */
#define USPAN_TRANSPORT_SECURE \
    1u /* encrypts, and verifies chain and host name unless an INSECURE macro says otherwise */
#define USPAN_TRANSPORT_PROXY 2u /* uspan_proxy_init()'s own: ctx is its uspan_proxy_t */

/* A byte stream to a peer. Transports can be stacked: TLS is a transport over another transport. One
 * connection at a time. Context of every call: the exporting task. No call may block. */
typedef struct uspan_transport {
    uint32_t abi;   /* USPAN_TRANSPORT_ABI */
    uint32_t flags; /* USPAN_TRANSPORT_SECURE or 0 */
    void *ctx;
    /* Start connecting, or continue. Returns USPAN_ERR_AGAIN while connecting, then USPAN_OK. The core keeps
     * the deadline. USPAN_ERR_IO: failed, a later attempt may succeed. USPAN_ERR_TRUST: certificate or host
     * name refused. USPAN_ERR_CONFIG: own certificate, key or random bytes unusable. After one of these three
     * the core calls close(). */
    uspan_err_t (*open)(void *ctx, const uspan_peer_t *peer);
    /* Returns the number of bytes sent or received. 0: none, and the core offers the same bytes again.
     * USPAN_ERR_CLOSED: the peer closed cleanly. Another uspan_err_t: the connection is lost, and the core
     * calls close(). buf belongs to the core and is valid only during the call. len >= 1. */
    int32_t (*send)(void *ctx, const uint8_t *buf, size_t len);
    int32_t (*recv)(void *ctx, uint8_t *buf, size_t len);
    /* Close the connection and free its resources before returning. uspan may call it twice, or before
     * open(). */
    void (*close)(void *ctx);
    /* Text of the last failure without secrets ("certificate expired"), or "". Static. */
    const char *(*last_error_text)(void *ctx);
} uspan_transport_t;

#ifdef __cplusplus
}
#endif
#endif
