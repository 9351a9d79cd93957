/* uspan_check.h: runs on a new port, step by step, and says what is wrong with a duty and where to look.
 * Any port may be checked; nothing here belongs into a product. */
#ifndef USPAN_CHECK_H
#define USPAN_CHECK_H

#include "uspan/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each returns NULL where the duty is done, else words. Context: task, with interrupts on; each returns
 * within a second, or when the clock stands still after some million reads. */
const char *uspan_check_clock(const uspan_port_t *port);
const char *uspan_check_lock(const uspan_port_t *port);
const char *uspan_check_entropy(const uspan_port_t *port);
/* No time at all is fine: "" is returned then. */
const char *uspan_check_time(const uspan_port_t *port);

/* Connects, sends an HTTP request, waits for a first byte, closes, and closes again; all of it twice; then
 * the same host with a port where nobody listens.
 *   peer     plain HTTP server (any answer will do), or one with TLS where transport is TLS
 *   refuses  a port of the same host where nobody listens; 0: leave that out
 *   turn     lets the stack work for a moment where nothing else does (a main loop's poll); NULL: none
 * Returns NULL, or words; the transport's own why() says the rest. Each wait is bounded by half a minute. */
const char *uspan_check_transport(const uspan_port_t *port, const uspan_transport_t *transport,
                                  const uspan_peer_t *peer, uint16_t refuses, void (*turn)(void));

/* Clock, lock, entropy and time, each told in a line of the log. Returns how many are wrong. */
unsigned uspan_check_port(const uspan_port_t *port);

#ifdef __cplusplus
}
#endif
#endif
