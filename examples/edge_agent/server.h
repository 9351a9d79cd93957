/* server.h: runs an MCP server as a child process, on hosts. */
#ifndef EDGE_SERVER_H
#define EDGE_SERVER_H

#include "remote.h"

/* Start it with a shell command. timeout_ms limits the wait for each of its lines. Returns NULL if it cannot
 * start. The stream is valid until server_stop(). */
const remote_stream_t *server_start(const char *command, uint32_t timeout_ms);
/* Close its input and wait for its end, at most timeout_ms. Then kill it. Does nothing without a
 * server. */
void server_stop(void);

#endif
