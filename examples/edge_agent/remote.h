/* remote.h: tools on an MCP server, a message a line over any byte stream. A tool that the server has runs
 * there, and the server continues the agent's trace. One server, one request at a time. */
#ifndef EDGE_REMOTE_H
#define EDGE_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include "uspan/mcp.h"

#ifndef EDGE_MCP
#define EDGE_MCP 0 /* 1: tools.c asks the server of remote_use() first */
#endif

typedef struct remote_stream {
    uspan_mcp_peer_t peer;
    /* Send a line. Returns false if the server is gone. */
    bool (*send)(const char *line);
    /* Wait for a line, for a limited time. Returns NULL, or the type of an error: USPAN_ERROR_TIMEOUT,
     * USPAN_ERROR_RESET if the server is gone. */
    const char *(*receive)(char *line, size_t size);
} remote_stream_t;

/* Name the server. stream must stay valid. Nothing is sent yet. */
void remote_use(uspan_tracer_t *t, const remote_stream_t *stream);
/* Whether there is a server with that tool. The first call greets it and asks for its tools, below
 * `agent`. */
bool remote_has(uspan_t agent, const char *name);
/* Run a tool there. The execute_tool span `tool` gets the result or the error. It stays open. Writes what the
 * model is to read to out, as JSON. */
void remote_run(uspan_t tool, const char *name, const char *arguments, char *out, size_t size);

#endif
