/* mcp_count.c: counts what could not be read, kept or matched. Called by mcp_message.c and mcp_span.c.
 * Invariant: a counter is logged when it becomes 1, 2, 4 and so on. */
#include "wire/mcp_internal.h"

void uspan_mcp_count(uspan_mcp_t *m, uint32_t *counter, const char *what)
{
    uint32_t count = ++*counter;
    if ((count & (count - 1u)) == 0u) {
        m->t->trace.port->log(m->t->trace.port->ctx, USPAN_LEVEL_WARN, what);
    }
}

void uspan_mcp_count_unread(uspan_mcp_t *m)
{
    uspan_mcp_count(m, &m->unread, USPAN_MCP_WORDS("malformed, or above USPAN_MCP_HOLD_BYTES"));
}
