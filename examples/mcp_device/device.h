/* device.h: a device that is an MCP server over a byte stream. Each message is a line. A host (main.c) and a
 * board (boards/common/serve.c) use the same code. */
#ifndef DEVICE_H
#define DEVICE_H

#include "uspan/mcp.h"

#define DEVICE_LINE_BYTES 4096

/* Sends a line of len bytes, with its line break, to the client. line is valid only during the call. */
typedef void device_send_t(const char *line, size_t len);

/* Start a session on a connection. t and peer must stay valid until device_close(). */
void device_open(uspan_tracer_t *t, const uspan_mcp_peer_t *peer, device_send_t *way_back);
/* Answer a message. line ends in 0 and has fewer than DEVICE_LINE_BYTES bytes. */
void device_receive(const char *line);
void device_close(void);

#endif
