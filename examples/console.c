/* console.c: prints each span as a line on the terminal, without a collector and without a network. */
#include <stdio.h>
#include "uspan/genai.h"
#include "uspan_posix.h"

static uspan_tracer_t tracer;

static void print_line(void *ctx, const char *line)
{
    (void)ctx;
    puts(line);
}

int main(void)
{
    static uspan_console_t console;
    uspan_console_init(&console, print_line, NULL);
    if (uspan_init(&tracer, uspan_posix_port()) != USPAN_OK ||
        uspan_export_to_sink(&tracer, 0, &console.sink) != USPAN_OK) {
        return 1;
    }
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "greenhouse");
    uspan_t chat = uspan_chat_begin(&tracer, agent, "dashscope", "qwen-max");
    uspan_set_token_pair(&tracer, chat, 412, 37);
    uspan_end(&tracer, chat);
    uspan_t tool = uspan_tool_begin(&tracer, agent, "open_valve", "call_1");
    uspan_fail(&tracer, tool, "valve_stuck", "the valve did not move");
    uspan_end(&tracer, agent);
    while (uspan_poll(&tracer, NULL) == USPAN_ERR_AGAIN) {
        /* until every ended span is printed. Firmware polls in its main loop or in a separate task */
    }
    return uspan_flushed(&tracer) ? 0 : 1;
}
