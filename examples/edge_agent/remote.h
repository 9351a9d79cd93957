/* remote.h: uses tools on an MCP server. Each message is a line on any byte stream. The server continues the
 * agent's trace. There is one server, and one request at a time. */
#ifndef EDGE_REMOTE_H
#define EDGE_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include "uspan/mcp.h"

#ifndef EDGE_MCP
#define EDGE_MCP 0 /* 1: tools.c first tries the server of remote_use() */
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
/* Returns true if there is a server with that tool. The first call initialises the session and gets the list
 * of tools, with spans below `agent`. */
bool remote_has(uspan_t agent, const char *name);
/* Run a tool on the server. The execute_tool span `tool` gets the result or the error, and stays open. Writes
 * the JSON for the model to out. */
void remote_run(uspan_t tool, const char *name, const char *arguments, char *out, size_t size);

#endif
