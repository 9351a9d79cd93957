/* tools.c: a tool is a function from arguments to a result, both JSON; each runs in a span. The greenhouse
 * is acted: put your sensors and valves where the values come from. */
#include "tools.h"
#include <stdio.h>
#include "uspan/genai.h"

/* Writes the result. Returns NULL, or the type of what went wrong; out is then a message for people. */
typedef const char *(*tool_fn)(uspan_tracer_t *t, const cJSON *arguments, char *out, size_t cap);

static int number_of(const cJSON *arguments, const char *name)
{
    const cJSON *number = cJSON_GetObjectItem(arguments, name);
    return cJSON_IsNumber(number) ? number->valueint : -1;
}

static const char *read_soil(uspan_tracer_t *t, const cJSON *arguments, char *out, size_t cap)
{
    int bed = number_of(arguments, "bed");
    (void)t;
    if (bed < 1 || bed > 4) {
        (void)snprintf(out, cap, "there are beds 1 to 4");
        return "no_such_bed";
    }
    (void)snprintf(out, cap, "{\"bed\":%d,\"moisture_percent\":%d}", bed, bed == 3 ? 12 : 41);
    return NULL;
}

static const char *set_valve(uspan_tracer_t *t, const cJSON *arguments, char *out, size_t cap)
{
    int bed = number_of(arguments, "bed"), seconds = number_of(arguments, "seconds");
    (void)t;
    if (bed == 4) {
        (void)snprintf(out, cap, "the valve of bed 4 did not move");
        return "valve_stuck";
    }
    if (seconds < 1 || seconds > 600) {
        (void)snprintf(out, cap, "seconds: 1 to 600");
        return "out_of_range";
    }
    (void)snprintf(out, cap, "{\"bed\":%d,\"watered_s\":%d}", bed, seconds);
    return NULL;
}

static const char *read_clock(uspan_tracer_t *t, const cJSON *arguments, char *out, size_t cap)
{
    uint64_t unix_ns = 0;
    (void)arguments;
    if (uspan_unix_now(t, &unix_ns) != USPAN_OK) {
        (void)snprintf(out, cap, "this device does not know the time yet");
        return "no_time";
    }
    (void)snprintf(out, cap, "{\"unix_s\":%lu}", (unsigned long)(unix_ns / 1000000000u));
    return NULL;
}

static const struct {
    const char *name, *description, *parameters;
    tool_fn run;
} tools[] = {
    { "read_soil", "Moisture of a bed",
      "{\"type\":\"object\",\"properties\":{\"bed\":{\"type\":\"integer\"}},\"required\":[\"bed\"]}",
      read_soil },
    { "set_valve", "Water a bed for some seconds",
      "{\"type\":\"object\",\"properties\":{\"bed\":{\"type\":\"integer\"},\"seconds\":{\"type\":\"integer\"}"
      "},"
      "\"required\":[\"bed\",\"seconds\"]}",
      set_valve },
    { "read_clock", "Seconds since 1970", "{\"type\":\"object\",\"properties\":{}}", read_clock },
};
enum { TOOL_COUNT = sizeof tools / sizeof tools[0] };

cJSON *tools_definitions(void)
{
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; i < TOOL_COUNT; i++) {
        cJSON *tool = cJSON_CreateObject();
        cJSON *function = cJSON_AddObjectToObject(tool, "function");
        (void)cJSON_AddStringToObject(tool, "type", "function");
        (void)cJSON_AddStringToObject(function, "name", tools[i].name);
        (void)cJSON_AddStringToObject(function, "description", tools[i].description);
        (void)cJSON_AddRawToObject(function, "parameters", tools[i].parameters);
        (void)cJSON_AddItemToArray(all, tool);
    }
    return all;
}

static const char *run(uspan_tracer_t *t, const tool_call_t *call, char *out, size_t cap)
{
    for (int i = 0; i < TOOL_COUNT; i++) {
        if (strcmp(tools[i].name, call->name) == 0) {
            cJSON *arguments = cJSON_Parse(call->arguments);
            const char *error = tools[i].run(t, arguments, out, cap);
            cJSON_Delete(arguments);
            return error;
        }
    }
    (void)snprintf(out, cap, "there is no such tool");
    return "no_such_tool";
}

void tools_run(uspan_tracer_t *t, uspan_t agent, const tool_call_t *call, char *out, size_t cap)
{
    uspan_t span = uspan_tool_begin(t, agent, call->name, call->id);
    char what[96];
    uspan_set_str(t, span, &uspan_key_tool_call_arguments, call->arguments);
    const char *error = run(t, call, out, cap);
    if (error == NULL) {
        uspan_set_str(t, span, &uspan_key_tool_call_result, out);
        uspan_end(t, span);
        return;
    }
    (void)snprintf(what, sizeof what, "%s", out);
    uspan_fail(t, span, error, what);
    (void)snprintf(out, cap, "{\"error\":\"%s\"}", what);
}
