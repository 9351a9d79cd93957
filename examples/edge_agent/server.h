/* server.h: an MCP server as a child of this process, on hosts. */
#ifndef EDGE_SERVER_H
#define EDGE_SERVER_H

#include "remote.h"

/* Start it by a line for the shell. Returns NULL if that fails; the stream is valid until server_stop(). */
const remote_stream_t *server_start(const char *command);
/* Close its input and wait for its end. Does nothing without a server. */
void server_stop(void);

#endif
