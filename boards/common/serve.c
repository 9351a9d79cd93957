/* serve.c: the MCP server of examples/mcp_device on a board. Messages arrive over the serial line, and spans
 * are sent over the network. main.c calls agent_turn().
 * Invariant: a message is handled completely. If it does not fit into DEVICE_LINE_BYTES, it is not handled.
 * Setting at run time: messages=N, after which a turn ends. Without it a turn never ends. */
#include "agent.h"
#include "board.h"
#include "device.h"
#include "uspan/export.h"

#define IDLE_MS 2u /* between two polls of the line, because a byte does not end the core's sleep */

static bool may_export(void *ctx)
{
    (void)ctx;
    return ip_is_up();
}

static void reply(const char *line, size_t len)
{
    board_serial_write((const uint8_t *)line, len);
}

void agent_turn(uspan_tracer_t *t, void (*wait)(uint32_t ms))
{
    static const uspan_gate_t gate = { NULL, may_export };
    static const uspan_mcp_peer_t peer = { .transport = "pipe" };
    static uspan_mcp_t mcp;
    static char line[DEVICE_LINE_BYTES];
    const char *messages = board_option("messages");
    uint32_t left = messages != NULL ? number_of(messages) : UINT32_MAX;
    size_t len = 0;
    uint8_t byte;
    uspan_set_gate(t, &gate);
    board_serial_start();
    uspan_mcp_open(&mcp, t, &peer);
    put_line("MCP: serving");
    while (left > 0u) {
        if (!board_serial_read(&byte)) {
            wait(IDLE_MS);
        } else if (byte != '\n') {
            line[len] = (char)byte;
            len += len < sizeof line - 1u ? 1u : 0u;
        } else {
            line[len] = '\0';
            if (len < sizeof line - 1u) {
                device_receive(t, &mcp, line, reply);
            } else {
                put_line("MCP: a message is too long");
            }
            left -= messages != NULL ? 1u : 0u;
            len = 0u;
        }
    }
    uspan_mcp_close(&mcp, "connection_reset");
}
