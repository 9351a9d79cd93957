/* device.c: an MCP server with two tools. Two calls of uspan, which get the request and the response, make a
 * span for each call of a tool, below the agent's span. The valve has a span below that. */
#include "device.h"
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define BED "{\"type\":\"object\",\"properties\":{\"bed\":{\"type\":\"integer\"}},\"required\":[\"bed\"]}"
#define TOOLS                                                                   \
    "{\"tools\":[{\"name\":\"read_soil\",\"description\":\"Moisture of a bed, " \
    "percent\",\"inputSchema\":" BED                                            \
    "},{\"name\":\"open_valve\",\"description\":\"Water a bed\",\"inputSchema\":" BED "}]}"
#define INITIALIZED                                                                                        \
    "{\"protocolVersion\":\"%s\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"greenhouse\"," \
    "\"version\":\"1\"}}"

static uspan_tracer_t *tracer;
static uspan_mcp_t mcp;
static device_send_t *send;

void device_open(uspan_tracer_t *t, const uspan_mcp_peer_t *peer, device_send_t *way_back)
{
    tracer = t;
    send = way_back;
    uspan_mcp_open(&mcp, t, peer);
}

void device_close(void)
{
    uspan_mcp_close(&mcp, "connection_reset");
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text != NULL ? text : "";
}

/* Send the answer, and end the span with it. */
static void answer(const cJSON *id, const char *kind, const char *value)
{
    static char line[DEVICE_LINE_BYTES];
    char *printed = cJSON_PrintUnformatted(id);
    int len =
        snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"%s\":%s}\n", printed, kind, value);
    if (printed != NULL && len > 0 && (size_t)len < sizeof line) {
        uspan_mcp_response(&mcp, line, (size_t)len);
        send(line, (size_t)len);
    }
    cJSON_free(printed);
}

/* Stands for the pin that moves the valve. */
static bool move_valve(uspan_t call, int bed)
{
    uspan_t s = uspan_start(tracer, call, "move valve");
    uspan_set_int(tracer, s, USPAN_KEY("garden.bed"), bed);
    if (bed == 7) {
        uspan_fail(tracer, s, "valve_stuck", "the valve of bed 7 did not move");
        return false;
    }
    uspan_end(tracer, s);
    return true;
}

static void call_tool(const cJSON *id, const cJSON *params, uspan_t call)
{
    const char *name = text_of(params, "name");
    const cJSON *bed =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(params, "arguments"), "bed");
    if (!cJSON_IsNumber(bed)) {
        answer(id, "error", "{\"code\":-32602,\"message\":\"bed must be a number\"}");
    } else if (strcmp(name, "read_soil") == 0) {
        char result[128];
        (void)snprintf(result, sizeof result,
                       "{\"content\":[{\"type\":\"text\",\"text\":\"%d %%\"}],\"isError\":false}",
                       12 + bed->valueint);
        answer(id, "result", result);
    } else if (strcmp(name, "open_valve") == 0) {
        bool moved = move_valve(call, bed->valueint);
        answer(id, "result",
               moved ? "{\"content\":[{\"type\":\"text\",\"text\":\"open\"}],\"isError\":false}"
                     : "{\"content\":[{\"type\":\"text\",\"text\":\"stuck\"}],\"isError\":true}");
    } else {
        answer(id, "error", "{\"code\":-32602,\"message\":\"Unknown tool\"}");
    }
}

void device_receive(const char *line)
{
    uspan_t call = uspan_mcp_request(&mcp, line, strlen(line));
    cJSON *message = cJSON_Parse(line);
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(message, "id");
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(message, "params");
    const char *method = text_of(message, "method");
    if (id == NULL || method[0] == '\0') {
        /* a notification or no request, so there is no answer */
    } else if (strcmp(method, "initialize") == 0) {
        char result[256];
        const char *version = text_of(params, "protocolVersion");
        (void)snprintf(result, sizeof result, INITIALIZED, strlen(version) == 10u ? version : "2025-06-18");
        answer(id, "result", result);
    } else if (strcmp(method, "tools/list") == 0) {
        answer(id, "result", TOOLS);
    } else if (strcmp(method, "tools/call") == 0) {
        call_tool(id, params, call);
    } else if (strcmp(method, "ping") == 0) {
        answer(id, "result", "{}");
    } else {
        answer(id, "error", "{\"code\":-32601,\"message\":\"Method not found\"}");
    }
    cJSON_Delete(message);
}
