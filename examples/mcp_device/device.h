/* device.h: a device that is an MCP server over a byte stream, a message a line. The same on a host (main.c)
 * and on a board (boards/common/serve.c). */
#ifndef DEVICE_H
#define DEVICE_H

#include "uspan/mcp.h"

#define DEVICE_LINE_BYTES 4096

/* Takes a line of len bytes that goes back, with its line break. line is valid during the call. */
typedef void device_send_t(const char *line, size_t len);

/* Begin with a connection. t and peer must stay valid until device_close(). */
void device_open(uspan_tracer_t *t, const uspan_mcp_peer_t *peer, device_send_t *way_back);
/* Answer a message. line ends in 0 and has less than DEVICE_LINE_BYTES. */
void device_receive(const char *line);
void device_close(void);

#endif
