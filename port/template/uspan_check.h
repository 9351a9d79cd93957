/* uspan_check.h: functions that check a port and say what is wrong with each duty. They work with any port.
 * They are not meant for a product. */
#ifndef USPAN_CHECK_H
#define USPAN_CHECK_H

#include "uspan/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each returns NULL if the duty is done, otherwise a text that says what is wrong. Each returns within a
 * second, or after some million reads if the clock has stopped. Context: task, with interrupts on. */
const char *uspan_check_clock(const uspan_port_t *port);
const char *uspan_check_lock(const uspan_port_t *port);
const char *uspan_check_entropy(const uspan_port_t *port);
/* Also returns "" if the port has no time, which is allowed. */
const char *uspan_check_time(const uspan_port_t *port);

/* Connect, send an HTTP request, wait for the first byte, and close twice. Do all of this two times. Then
 * connect to a port of the same host on which no server listens.
 *   peer     a plain HTTP server, or one with TLS if the transport is TLS. Any response will do
 *   refuses  a port of the same host on which no server listens; 0: leave this out
 *   turn     lets the stack work for a moment, if nothing else does (poll of a main loop); NULL: none
 * Returns: NULL, or a text that says what is wrong. last_error_text() of the transport has details. Each wait
 * is limited to half a minute. Context: the exporting task, before uspan_export_to(). */
const char *uspan_check_transport(const uspan_port_t *port, const uspan_transport_t *transport,
                                  const uspan_peer_t *peer, uint16_t refuses, void (*turn)(void));

/* Check clock, lock, entropy and time, and log a line for each. Returns the number of failed checks. Context
 * is that of the checks above. */
unsigned uspan_check_port(const uspan_port_t *port);

#ifdef __cplusplus
}
#endif
#endif
