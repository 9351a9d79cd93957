/* greenhouse.c: an agent of a firmware. It asks a model, decides, and uses a tool. It does not depend on the
 * destination of its spans. */
#include "greenhouse.h"
#include <string.h>
#include "uspan/genai.h"

static const uspan_key_t bed_key = USPAN_KEY_INIT("greenhouse.bed");
static const uspan_key_t seconds_key = USPAN_KEY_INIT("greenhouse.seconds");

static bool use_valve(const greenhouse_t *g, uspan_t agent, int bed, int seconds)
{
    uspan_t tool = uspan_tool_begin(g->tracer, agent, "open_valve", "call_1");
    uspan_set_int(g->tracer, tool, &seconds_key, seconds);
    if (!g->open_valve(bed, seconds)) {
        uspan_fail(g->tracer, tool, "valve_stuck", "the valve did not move");
        return false;
    }
    uspan_end(g->tracer, tool);
    return true;
}

bool greenhouse_water(const greenhouse_t *g, int bed)
{
    uspan_t agent = uspan_agent_begin(g->tracer, USPAN_ROOT, "greenhouse");
    uspan_set_int(g->tracer, agent, &bed_key, bed);

    uspan_t chat = uspan_chat_begin(g->tracer, agent, "dashscope", "qwen-max");
    const char *answer = g->ask_model("Is the bed dry?");
    if (answer == NULL) {
        uspan_fail(g->tracer, chat, "timeout", "no answer");
        uspan_fail(g->tracer, agent, "timeout", "the model did not answer");
        return false;
    }
    uspan_set_str(g->tracer, chat, &uspan_key_output_messages, answer);
    uspan_set_token_pair(g->tracer, chat, 9, 1);
    uspan_end(g->tracer, chat);

    bool done = strcmp(answer, "yes") != 0 || use_valve(g, agent, bed, 30);
    if (done) {
        uspan_end(g->tracer, agent);
    } else {
        uspan_fail(g->tracer, agent, "valve_stuck", "watering failed");
    }
    return done;
}
