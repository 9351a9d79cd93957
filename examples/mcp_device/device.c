/* device.c: an MCP server with two tools. Two calls of uspan, which get the request and the response, make a
 * span for each call of a tool, below the agent's span. The valve has a span below that. */
#include "device.h"
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define RESULT(it) "\"result\":{" it "}"
#define TEXT(it, bad) RESULT("\"content\":[{\"type\":\"text\",\"text\":\"" it "\"}],\"isError\":" bad)
#define REFUSED(code, why) "\"error\":{\"code\":" code ",\"message\":\"" why "\"}"
#define TOOL(name, what)                                                                        \
    "{\"name\":\"" name "\",\"description\":\"" what "\",\"inputSchema\":{\"type\":\"object\"," \
    "\"properties\":{\"bed\":{\"type\":\"integer\"}},\"required\":[\"bed\"]}}"

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool is(const cJSON *text, const char *wanted)
{
    return cJSON_IsString(text) && strcmp(text->valuestring, wanted) == 0;
}

/* Stands for the pin that moves the valve. The valve of bed 7 is stuck. */
static bool move_valve(uspan_tracer_t *t, uspan_t call, int bed)
{
    uspan_t s = uspan_start(t, call, "move valve");
    uspan_set_int(t, s, USPAN_KEY("garden.bed"), bed);
    if (bed == 7) {
        uspan_record_error(t, s, "valve_stuck", "the valve of bed 7 did not move");
    }
    uspan_end(t, s);
    return bed != 7;
}

/* Do what a request asks for. Returns its result or error, valid until the next call. */
static const char *work(uspan_tracer_t *t, uspan_t call, const cJSON *request)
{
    static char soil[96];
    const cJSON *method = member(request, "method"), *params = member(request, "params");
    const cJSON *tool = member(params, "name"), *bed = member(member(params, "arguments"), "bed");
    if (is(method, "initialize")) {
        return RESULT("\"protocolVersion\":\"2025-06-18\",\"capabilities\":{\"tools\":{}},"
                      "\"serverInfo\":{\"name\":\"greenhouse\",\"version\":\"1\"}");
    } else if (is(method, "tools/list")) {
        return RESULT("\"tools\":[" TOOL("read_soil", "Moisture of a bed, percent") "," TOOL(
            "open_valve", "Water a bed") "]");
    } else if (!is(method, "tools/call")) {
        return is(method, "ping") ? RESULT("") : REFUSED("-32601", "Method not found");
    } else if (!cJSON_IsNumber(bed)) {
        return REFUSED("-32602", "bed must be a number");
    } else if (is(tool, "open_valve")) {
        return move_valve(t, call, bed->valueint) ? TEXT("open", "false") : TEXT("stuck", "true");
    } else if (!is(tool, "read_soil")) {
        return REFUSED("-32602", "Unknown tool");
    }
    (void)snprintf(soil, sizeof soil, TEXT("%d %%", "false"), 12 + bed->valueint);
    return soil;
}

void device_receive(uspan_tracer_t *t, uspan_mcp_t *mcp, const char *line, device_send_t *send)
{
    static char out[DEVICE_LINE_BYTES];
    uspan_t call = uspan_mcp_request(mcp, line, strlen(line));
    cJSON *request = cJSON_Parse(line);
    char *id = cJSON_PrintUnformatted(member(request, "id"));
    if (id != NULL && cJSON_IsString(member(request, "method"))) { /* others have no answer */
        int n = snprintf(out, sizeof out, "{\"jsonrpc\":\"2.0\",\"id\":%s,%s}\n", id, work(t, call, request));
        if (n > 0 && (size_t)n < sizeof out) {
            uspan_mcp_response(mcp, out, (size_t)n);
            send(out, (size_t)n);
        }
    }
    cJSON_free(id);
    cJSON_Delete(request);
}
