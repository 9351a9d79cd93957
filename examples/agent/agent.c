/* agent.c: a traced agent of a garden. `make demo` runs it on the host or on a board. One turn formats the
 * prompt, asks the model, runs the two tools that it calls (the valve fails), and asks again. The model and
 * the tools are simulated, with realistic times. */
#include "agent.h"

#include "uspan/genai.h"

#define TEXT(role, content) \
    "{\"role\":\"" role "\",\"parts\":[{\"type\":\"text\",\"content\":\"" content "\"}]}"
#define CALL(id, name, arguments) \
    "{\"type\":\"tool_call\",\"id\":\"" id "\",\"name\":\"" name "\",\"arguments\":" arguments "}"
#define RESULT(id, response)                                                      \
    "{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\",\"id\":\"" id \
    "\",\"response\":" response "}]}"
#define QUESTION TEXT("user", AGENT_QUESTION)
#define CALLS \
    CALL("call_1", "read_soil", "{\"bed\":3}") "," CALL("call_2", "open_valve", "{\"bed\":3,\"seconds\":60}")
#define ASKED_FOR "{\"role\":\"assistant\",\"parts\":[" CALLS "]}"
#define RESULTS RESULT("call_1", "{\"moisture\":12}") "," RESULT("call_2", "{\"error\":\"valve_stuck\"}")

typedef struct answer {
    const char *id;
    const char *finish_reason;
    const char *messages; /* JSON */
    long input_tokens, output_tokens;
    uint32_t took_ms;
} answer_t;

static uspan_tracer_t *tracer;
static void (*wait_ms)(uint32_t ms);

/* ---- the calls that are traced ------------------------------------------------------------------------- */

static const char *format_prompt(uspan_t agent)
{
    uspan_t span = uspan_format_begin(tracer, agent, "dashscope");
    wait_ms(20);
    uspan_set_int(tracer, span, &uspan_key_format_count, 1);
    uspan_end(tracer, span);
    return "[" QUESTION "]";
}

static void chat(uspan_t agent, const char *messages, const answer_t *answer)
{
    uspan_t span = uspan_chat_begin(tracer, agent, "dashscope", "qwen-max");
    uspan_set_int(tracer, span, &uspan_key_request_max_tokens, 256);
    uspan_set_double(tracer, span, &uspan_key_request_temperature, 0.2);
    uspan_set_str(tracer, span, &uspan_key_input_messages, messages);
    wait_ms(answer->took_ms); /* send the request, and read the answer from JSON */
    uspan_set_str(tracer, span, &uspan_key_output_messages, answer->messages);
    uspan_set_str(tracer, span, &uspan_key_response_id, answer->id);
    uspan_set_strs(tracer, span, &uspan_key_response_finish_reasons, &answer->finish_reason, 1);
    uspan_set_token_pair(tracer, span, answer->input_tokens, answer->output_tokens);
    uspan_end(tracer, span);
}

static void read_soil(uspan_t agent, const char *call_id, const char *arguments)
{
    uspan_t span = uspan_tool_begin(tracer, agent, "read_soil", call_id);
    uspan_set_str(tracer, span, &uspan_key_tool_call_arguments, arguments);
    wait_ms(40);
    uspan_set_str(tracer, span, &uspan_key_tool_call_result, "{\"moisture\":12}");
    uspan_end(tracer, span);
}

static void open_valve(uspan_t agent, const char *call_id, const char *arguments)
{
    uspan_t span = uspan_tool_begin(tracer, agent, "open_valve", call_id);
    uspan_set_str(tracer, span, &uspan_key_tool_call_arguments, arguments);
    wait_ms(90);
    uspan_fail(tracer, span, "valve_stuck", "the valve of bed 3 did not move");
}

/* ---- one turn ------------------------------------------------------------------------------------------ */

void agent_turn(uspan_tracer_t *t, void (*wait)(uint32_t ms))
{
    static const answer_t first = {
        .id = "chatcmpl-8f21",
        .finish_reason = "tool_calls",
        .messages = "[{\"role\":\"assistant\",\"parts\":[" CALLS "],\"finish_reason\":\"tool_call\"}]",
        .input_tokens = 412,
        .output_tokens = 37,
        .took_ms = 150,
    };
    static const answer_t second = {
        .id = "chatcmpl-8f22",
        .finish_reason = "stop",
        .messages = "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"" AGENT_ANSWER
                    "\"}],\"finish_reason\":\"stop\"}]",
        .input_tokens = 498,
        .output_tokens = 24,
        .took_ms = 110,
    };
    tracer = t;
    wait_ms = wait;
    uspan_t agent = uspan_agent_begin(tracer, USPAN_ROOT, "gardener");
    uspan_set_str(tracer, agent, &uspan_key_input_messages, "[" QUESTION "]");
    chat(agent, format_prompt(agent), &first);
    read_soil(agent, "call_1", "{\"bed\":3}");
    open_valve(agent, "call_2", "{\"bed\":3,\"seconds\":60}");
    chat(agent, "[" QUESTION "," ASKED_FOR "," RESULTS "]", &second);
    uspan_set_str(tracer, agent, &uspan_key_output_messages, second.messages);
    uspan_end(tracer, agent);
}
