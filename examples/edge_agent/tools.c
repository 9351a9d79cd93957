/* tools.c: runs tools. A tool is a function from arguments to a result, both JSON, and has a span. The
 * greenhouse is simulated. Replace the constants by your sensors and valves. */
#include "tools.h"
#include "remote.h"
#include "scan.h"
#include "text.h"
#include "uspan/genai.h"

typedef struct tool {
    uspan_tracer_t *t;
    scan_t arguments;
    char *out; /* "" at first */
    size_t size;
} tool_t;

/* Writes the result to out. Returns NULL, or the type of an error. out is then a message for people. */
typedef const char *(*tool_fn)(const tool_t *tool);

static const char *fail(const tool_t *tool, const char *type, const char *message)
{
    tool->out[0] = '\0';
    (void)text_add(tool->out, tool->size, message);
    return type;
}

static void tell(const tool_t *tool, const char *name, unsigned long n)
{
    (void)(text_add(tool->out, tool->size, tool->out[0] == '\0' ? "{\"" : ",\"") &&
           text_add(tool->out, tool->size, name) && text_add(tool->out, tool->size, "\":") &&
           text_add_number(tool->out, tool->size, n));
}

static const char *done(const tool_t *tool)
{
    return text_add(tool->out, tool->size, "}") ? NULL : fail(tool, "too_long", "no room for the result");
}

static const char *read_soil(const tool_t *tool)
{
    long bed = scan_number(scan_find(tool->arguments, "bed"));
    if (bed < 1 || bed > 4) {
        return fail(tool, "no_such_bed", "there are beds 1 to 4");
    }
    tell(tool, "bed", (unsigned long)bed);
    tell(tool, "moisture_percent", bed == 3 ? 12u : 41u);
    return done(tool);
}

static const char *set_valve(const tool_t *tool)
{
    long bed = scan_number(scan_find(tool->arguments, "bed"));
    long seconds = scan_number(scan_find(tool->arguments, "seconds"));
    if (bed < 1 || bed > 4) {
        return fail(tool, "no_such_bed", "there are beds 1 to 4");
    }
    if (bed == 4) {
        return fail(tool, "valve_stuck", "the valve of bed 4 did not move");
    }
    if (seconds < 1 || seconds > 600) {
        return fail(tool, "out_of_range", "seconds: 1 to 600");
    }
    tell(tool, "bed", (unsigned long)bed);
    tell(tool, "watered_s", (unsigned long)seconds);
    return done(tool);
}

static const char *read_clock(const tool_t *tool)
{
    uint64_t unix_ns = 0;
    if (uspan_unix_now(tool->t, &unix_ns) != USPAN_OK) {
        return fail(tool, "no_time", "this device does not know the time yet");
    }
    tell(tool, "unix_s", (unsigned long)(unix_ns / 1000000000u));
    return done(tool);
}

static const struct {
    const char *name;
    tool_fn run;
} tools[] = {
    { "read_soil", read_soil },
    { "set_valve", set_valve },
    { "read_clock", read_clock },
};
enum { TOOL_COUNT = sizeof tools / sizeof tools[0] };

static const char *run(const tool_t *tool, const char *name)
{
    for (int i = 0; i < TOOL_COUNT; i++) {
        if (strcmp(tools[i].name, name) == 0) {
            return tools[i].run(tool);
        }
    }
    return fail(tool, "no_such_tool", "there is no such tool");
}

/* Send a call or a result to Studio, which shows it in the conversation. */
static void push(uspan_tracer_t *t, bool is_result, const char *id, const char *name, const char *text)
{
#if USPAN_STUDIO
    uspan_studio_message(
        t, &(uspan_studio_message_t){ .kind = is_result ? USPAN_STUDIO_RESULT : USPAN_STUDIO_CALL,
                                      .text = text,
                                      .tool = name,
                                      .call_id = id });
#else
    (void)t, (void)is_result, (void)id, (void)name, (void)text;
#endif
}

void tools_run(uspan_tracer_t *t, uspan_t agent, const char *id, const char *name, const char *arguments,
               char *out, size_t size)
{
    const tool_t tool = { t, scan_document(arguments), out, size };
    uspan_t span = uspan_tool_begin(t, agent, name, id);
    uspan_set_str(t, span, &uspan_key_tool_call_arguments, arguments);
    out[0] = '\0';
    push(t, false, id, name, arguments);
#if EDGE_MCP
    if (remote_has(agent, name)) {
        remote_run(span, name, arguments, out, size);
        push(t, true, id, name, out);
        uspan_end(t, span);
        return;
    }
#endif
    const char *error = run(&tool, name);
    if (error == NULL) {
        push(t, true, id, name, out);
        uspan_set_str(t, span, &uspan_key_tool_call_result, out);
        uspan_end(t, span);
        return;
    }
    uspan_fail(t, span, error, out);
    out[0] = '\0';
    (void)(text_add(out, size, "{\"error\":\"") && text_add(out, size, error) && text_add(out, size, "\"}"));
    push(t, true, id, name, out);
}
