/* agent.c: a gardener's agent, traced: `make demo` runs it. One turn: format the prompt, ask the model,
 * run the two tools that it wants (the valve fails), ask again. The model and the tools are acted, with
 * the times that real ones take. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>
#include "uspan/genai.h"
#include "uspan_posix_tls.h"

#define TEXT(role, content) \
    "{\"role\":\"" role "\",\"parts\":[{\"type\":\"text\",\"content\":\"" content "\"}]}"
#define CALL(id, name, arguments) \
    "{\"type\":\"tool_call\",\"id\":\"" id "\",\"name\":\"" name "\",\"arguments\":" arguments "}"
#define RESULT(id, response)                                                      \
    "{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\",\"id\":\"" id \
    "\",\"response\":" response "}]}"
#define QUESTION TEXT("user", "Is bed 3 dry? Water it if it is.")
#define CALLS \
    CALL("call_1", "read_soil", "{\"bed\":3}") "," CALL("call_2", "open_valve", "{\"bed\":3,\"seconds\":60}")
#define ASKED_FOR "{\"role\":\"assistant\",\"parts\":[" CALLS "]}"
#define RESULTS RESULT("call_1", "{\"moisture\":12}") "," RESULT("call_2", "{\"error\":\"valve_stuck\"}")
#define ANSWER "Bed 3 is dry (12 %), but its valve is stuck. Please have a look at it."

typedef struct answer {
    const char *id;
    const char *finish_reason;
    const char *messages; /* JSON */
    long input_tokens, output_tokens;
    long took_ms;
} answer_t;

static uspan_tracer_t tracer;

static void sleep_ms(long ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    (void)nanosleep(&time, NULL);
}

/* ---- the calls that are traced ------------------------------------------------------------------------- */

static const char *format_prompt(uspan_t agent)
{
    uspan_t span = uspan_format_begin(&tracer, agent, "dashscope");
    sleep_ms(20);
    uspan_set_int(&tracer, span, &uspan_key_format_count, 1);
    uspan_end(&tracer, span);
    return "[" QUESTION "]";
}

static void chat(uspan_t agent, const char *messages, const answer_t *answer)
{
    uspan_t span = uspan_chat_begin(&tracer, agent, "dashscope", "qwen-max");
    uspan_set_int(&tracer, span, &uspan_key_request_max_tokens, 256);
    uspan_set_double(&tracer, span, &uspan_key_request_temperature, 0.2);
    uspan_set_str(&tracer, span, &uspan_key_input_messages, messages);
    sleep_ms(answer->took_ms); /* the request, and the answer read from JSON */
    uspan_set_str(&tracer, span, &uspan_key_output_messages, answer->messages);
    uspan_set_str(&tracer, span, &uspan_key_response_id, answer->id);
    uspan_set_strs(&tracer, span, &uspan_key_response_finish_reasons, &answer->finish_reason, 1);
    uspan_tokens(&tracer, span, answer->input_tokens, answer->output_tokens);
    uspan_end(&tracer, span);
}

static void read_soil(uspan_t agent, const char *call_id, const char *arguments)
{
    uspan_t span = uspan_tool_begin(&tracer, agent, "read_soil", call_id);
    uspan_set_str(&tracer, span, &uspan_key_tool_call_arguments, arguments);
    sleep_ms(40);
    uspan_set_str(&tracer, span, &uspan_key_tool_call_result, "{\"moisture\":12}");
    uspan_end(&tracer, span);
}

static void open_valve(uspan_t agent, const char *call_id, const char *arguments)
{
    uspan_t span = uspan_tool_begin(&tracer, agent, "open_valve", call_id);
    uspan_set_str(&tracer, span, &uspan_key_tool_call_arguments, arguments);
    sleep_ms(90);
    uspan_fail(&tracer, span, "valve_stuck", "the valve of bed 3 did not move");
}

/* ---- one turn ------------------------------------------------------------------------------------------ */

static void turn(void)
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
        .messages = "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"" ANSWER
                    "\"}],\"finish_reason\":\"stop\"}]",
        .input_tokens = 498,
        .output_tokens = 24,
        .took_ms = 110,
    };
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    uspan_set_str(&tracer, agent, &uspan_key_input_messages, "[" QUESTION "]");
    chat(agent, format_prompt(agent), &first);
    read_soil(agent, "call_1", "{\"bed\":3}");
    open_valve(agent, "call_2", "{\"bed\":3,\"seconds\":60}");
    chat(agent, "[" QUESTION "," ASKED_FOR "," RESULTS "]", &second);
    uspan_set_str(&tracer, agent, &uspan_key_output_messages, second.messages);
    uspan_end(&tracer, agent);
}

int main(void)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1; /* the log says which setting is unusable */
    }
    printf("user:  Is bed 3 dry? Water it if it is.\n");
    turn();
    printf("agent: %s\n", ANSWER);
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
