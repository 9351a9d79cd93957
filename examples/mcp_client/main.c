/* main.c: an agent whose tools are on an MCP server. mcp_client SERVER [argument ...] starts the server. Each
 * message is a line on a pipe. The server continues the trace, because uspan_mcp_meta() writes the context
 * into each request. The span of the tool, which the agent starts itself, gets the attributes of the MCP
 * call. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include "uspan/mcp.h"
#include "uspan/message.h"
#include "uspan_posix_tls.h"

#define LINE_BYTES 4096
#define HELLO                                                                                       \
    "\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{\"name\":\"gardener\"," \
    "\"version\":\"1\"}"

static uspan_tracer_t tracer;
static uspan_mcp_t mcp;
static FILE *to_server, *from_server;

/* Start the server as a child process with pipes to its stdin and stdout. Returns its process id, or -1. */
static pid_t start_server(char **command)
{
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0) {
        return -1;
    }
    pid_t server = fork();
    if (server == 0) {
        if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0) {
            _exit(127);
        }
        (void)close(in[1]);
        (void)close(out[0]);
        (void)execvp(command[0], command);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    to_server = fdopen(in[1], "w");
    from_server = fdopen(out[0], "r");
    return to_server != NULL && from_server != NULL ? server : -1;
}

/* Send a request of that span with these members of params, and read until its answer. Returns false if there
 * is none. */
static bool exchange(uspan_t s, const char *method, const char *id, const char *members)
{
    static char line[LINE_BYTES];
    char meta[USPAN_MCP_META_MAX(0)];
    uspan_mcp_meta(&mcp, s, NULL, meta, sizeof meta);
    const char *comma = members[0] != '\0' && meta[0] != '\0' ? "," : "";
    (void)fprintf(to_server, "{\"jsonrpc\":\"2.0\",%s%s%s\"method\":\"%s\",\"params\":{%s%s%s}}\n",
                  id != NULL ? "\"id\":" : "", id != NULL ? id : "", id != NULL ? "," : "", method, members,
                  comma, meta);
    (void)fflush(to_server);
    do { /* until the answer arrives. Other messages of the server are skipped */
        if (id != NULL && fgets(line, sizeof line, from_server) == NULL) {
            (void)fprintf(stderr, "mcp_client: the server ended without an answer to %s\n", method);
            uspan_fail(&tracer, s, USPAN_ERROR_RESET, "the server is gone");
            return false;
        }
    } while (id != NULL && !uspan_mcp_result(&mcp, line, strlen(line)));
    return true;
}

static bool request(uspan_t parent, const char *method, const char *id, const char *members)
{
    uspan_t s = uspan_mcp_call(&mcp, parent, method, NULL, id);
    bool answered = exchange(s, method, id, members);
    if (id == NULL) {
        uspan_end(&tracer, s);
    }
    return answered;
}

/* Run a tool that the model has called. */
static bool run_tool(uspan_t agent, const char *name, const char *id, const char *arguments)
{
    char members[256];
    uspan_t tool = uspan_tool_begin(&tracer, agent, name, id);
    uspan_set_json(&tracer, tool, &uspan_key_tool_call_arguments, arguments);
    (void)snprintf(members, sizeof members, "\"name\":\"%s\",\"arguments\":%s", name, arguments);
    bool answered = exchange(uspan_mcp_call(&mcp, tool, "tools/call", name, id), "tools/call", id, members);
    uspan_tool_end(&tracer, tool, NULL);
    return answered;
}

int main(int argc, char **argv)
{
    static const uspan_mcp_peer_t peer = { .transport = "pipe" };
    if (argc < 2) {
        (void)fprintf(stderr, "usage: mcp_client SERVER [argument ...]\n");
        return 2;
    }
    pid_t server = start_server(argv + 1);
    if (server < 0) {
        perror("mcp_client: the MCP server is not started: pipe or fork failed");
        return 2;
    }
    if (uspan_posix_start(&tracer, &(uspan_posix_options_t){ .secure = &uspan_posix_mbedtls }) != USPAN_OK) {
        return 2; /* the log says which setting is unusable */
    }
    uspan_mcp_open(&mcp, &tracer, &peer);
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    bool done = request(agent, "initialize", "1", HELLO) &&
                request(agent, "notifications/initialized", NULL, "") &&
                request(agent, "tools/list", "2", "") && run_tool(agent, "read_soil", "3", "{\"bed\":3}") &&
                run_tool(agent, "open_valve", "4", "{\"bed\":3}");
    uspan_end(&tracer, agent);
    uspan_mcp_close(&mcp, "connection_reset");
    (void)fclose(to_server);
    (void)fclose(from_server);
    (void)waitpid(server, NULL, 0);
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK && done ? 0 : 1;
}
