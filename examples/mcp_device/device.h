/* device.h: a device that is an MCP server over a byte stream. Each message is a line. A host (main.c) and a
 * board (boards/common/serve.c) use the same code. */
#ifndef DEVICE_H
#define DEVICE_H

#include "uspan/mcp.h"

#define DEVICE_LINE_BYTES 4096

/* Sends a line of len bytes, with its line break. line is valid only during the call. */
typedef void device_send_t(const char *line, size_t len);
/* Handle a message of the client. line ends in 0 and has fewer than DEVICE_LINE_BYTES bytes. */
void device_receive(uspan_tracer_t *t, uspan_mcp_t *mcp, const char *line, device_send_t *send);

#endif
