/* remote.c: the client side of MCP for the agent's tools.
 * Invariant: each request has the context of its span in _meta, so that the server's spans are below it. */
#include "remote.h"
#include <string.h>
#include "scan.h"
#include "text.h"
#include "uspan/genai.h"

#define LINE_BYTES 2048
#define TOOLS_BYTES 1024
#define LINES_MAX 100u /* other lines after which an answer counts as missing */
#define HELLO                                                                                       \
    "\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{\"name\":\"gardener\"," \
    "\"version\":\"1\"}"

static uspan_tracer_t *tracer;
static uspan_mcp_t mcp;
static const remote_stream_t *stream; /* NULL: there is no server, or it has failed */
static bool is_greeted;
static char line[LINE_BYTES], tools[TOOLS_BYTES]; /* the last message, and the result of tools/list */
static unsigned long last_id;

void remote_use(uspan_tracer_t *t, const remote_stream_t *s)
{
    tracer = t;
    stream = s;
    uspan_mcp_open(&mcp, t, &s->peer);
}

static bool add(const char *text)
{
    return text_add(line, sizeof line, text);
}

/* Send the request of that span, and read until its answer is in `line`. id NULL: send a notification.
 * more: members of params. Returns NULL, or the type of an error. */
static const char *exchange(uspan_t s, const char *method, const char *id, const char *more,
                            const char *arguments)
{
    char meta[USPAN_MCP_META_MAX(0)];
    (void)uspan_mcp_meta(&mcp, s, NULL, meta, sizeof meta);
    line[0] = '\0';
    bool is_sent = add("{\"jsonrpc\":\"2.0\"") && (id == NULL || (add(",\"id\":") && add(id))) &&
                   add(",\"method\":\"") && add(method) && add("\",\"params\":{") && add(meta) &&
                   (meta[0] == '\0' || more[0] == '\0' || add(",")) && add(more) && add(arguments) &&
                   add("}}\n") && stream->send(line);
    const char *error = is_sent ? NULL : USPAN_ERROR_RESET;
    for (unsigned lines = 0; error == NULL && id != NULL; lines++) {
        error = lines < LINES_MAX ? stream->receive(line, sizeof line) : USPAN_ERROR_TIMEOUT;
        if (error == NULL && uspan_mcp_result(&mcp, line, strlen(line))) {
            break; /* other messages of the server are skipped */
        }
    }
    return error;
}

static bool request(uspan_t agent, const char *method, const char *id, const char *more)
{
    uspan_t s = uspan_mcp_call(&mcp, agent, method, NULL, id);
    const char *error = exchange(s, method, id, more, "");
    if (error != NULL) {
        (void)uspan_fail(tracer, s, error, "no answer of the MCP server");
        return false;
    }
    if (id == NULL) {
        (void)uspan_end(tracer, s);
    }
    return true;
}

static bool copy(scan_t value, char *out, size_t size)
{
    out[0] = '\0';
    return value.from != NULL && text_add_n(out, size, value.from, (size_t)(value.to - value.from));
}

/* Initialise the session and get the list of tools. A server that does not answer is not used any more. */
static void greet(uspan_t agent)
{
    is_greeted = true;
    last_id = 2;
    if (!request(agent, "initialize", "1", HELLO) || !request(agent, "notifications/initialized", NULL, "") ||
        !request(agent, "tools/list", "2", "") ||
        !copy(scan_find(scan_document(line), "tools"), tools, sizeof tools)) {
        stream = NULL;
    }
}

bool remote_has(uspan_t agent, const char *name)
{
    char found[64];
    if (stream != NULL && !is_greeted) {
        greet(agent);
    }
    if (stream == NULL) {
        return false;
    }
    scan_t in = scan_document(tools);
    for (scan_t value = scan_find(in, "name"); value.from != NULL; value = scan_find(in, "name")) {
        if (scan_text(value, found, sizeof found) && strcmp(found, name) == 0) {
            return true;
        }
        in.from = value.to;
    }
    return false;
}

void remote_run(uspan_t tool, const char *name, const char *arguments, char *out, size_t size)
{
    char id[12] = "", more[96] = "\"name\":\"";
    (void)text_add_number(id, sizeof id, ++last_id);
    bool is_named = text_add(more, sizeof more, name) && text_add(more, sizeof more, "\",\"arguments\":");
    uspan_t s = uspan_mcp_call(&mcp, tool, "tools/call", name, id);
    const char *error = is_named
                            ? exchange(s, "tools/call", id, more, arguments[0] != '\0' ? arguments : "{}")
                            : USPAN_ERROR_RESET;
    if (error != NULL) {
        (void)uspan_record_error(tracer, s, error, "no answer of the MCP server");
        (void)(text_add(out, size, "{\"error\":\"") && text_add(out, size, error) &&
               text_add(out, size, "\"}"));
        stream = NULL;
        return;
    }
    scan_t answer = scan_document(line);
    if (!copy(scan_find(answer, "content"), out, size) && !copy(scan_find(answer, "error"), out, size)) {
        (void)text_add(out, size, "{\"error\":\"too_long\"}");
    }
}
