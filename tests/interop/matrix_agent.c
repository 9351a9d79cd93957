/* matrix_agent.c: an agent with a streaming model, for matrix.py. Its turn has a chat that requests a tool
 * and a chat that gives the answer. Both are read from server-sent events, seven bytes at a time, as from a
 * network. It is a program on a host, and the file that BOARD_AGENT names on a board. Invariant: matrix.py
 * expects exactly these spans and texts. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>

#include "../../examples/agent/agent.h"
#include "uspan/wire.h"

#define PIECE 7u
#define CHUNK(rest) \
    "data: {\"id\":\"c1\",\"model\":\"qwen-max\",\"choices\":[{\"index\":0,\"delta\":" rest "}]}\n\n"
#define LAST(reason, usage)                                                                           \
    "data: "                                                                                          \
    "{\"id\":\"c1\",\"model\":\"qwen-max\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":" \
    "\"" reason "\"}],\"usage\":" usage "}\n\ndata: [DONE]\n\n"
#define QUESTION "{\"role\":\"user\",\"content\":\"" AGENT_QUESTION "\"}"
#define CALL(name, arguments)                                                        \
    "{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"function\":{\"name\":\"" name \
    "\",\"arguments\":\"" arguments "\"}}]}"

static const char asked[] = "{\"model\":\"qwen-max\",\"stream\":true,\"messages\":[" QUESTION "]}";
static const char wants[] = CHUNK("{\"role\":\"assistant\"}") CHUNK(CALL("read_soil", "{\\\"be"))
    CHUNK("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"d\\\":3}\"}}]}")
        LAST("tool_calls", "{\"prompt_tokens\":412,\"completion_tokens\":37}");
static const char told[] = "{\"model\":\"qwen-max\",\"stream\":true,\"messages\":[" QUESTION
                           ",{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"12 %\"}]}";
static const char answers[] = CHUNK("{\"role\":\"assistant\",\"content\":\"Bed 3 is dry \"}")
    CHUNK("{\"content\":\"(12 %), \"}") CHUNK("{\"content\":\"but its valve is \\u5361\\u4f4f.\"}")
        LAST("stop", "{\"prompt_tokens\":498,\"completion_tokens\":24}");

static void chat(uspan_tracer_t *t, uspan_t agent, const char *request, const char *answer,
                 void (*wait)(uint32_t ms))
{
    static uspan_wire_t w;
    size_t len = strlen(answer);
    uspan_wire_begin_as(&w, t, agent, "https://llm.example/v1/chat/completions", &uspan_wire_openai_chat);
    uspan_wire_request(&w, request, strlen(request));
    wait(20);
    for (size_t at = 0; at < len; at += PIECE) {
        uspan_wire_response(&w, answer + at, len - at < PIECE ? len - at : PIECE);
        if (at % (PIECE * 16u) == 0u) {
            wait(5); /* spans are exported meanwhile, if the gate is open */
        }
    }
    uspan_wire_end(&w, 200, NULL);
}

void agent_turn(uspan_tracer_t *t, void (*wait)(uint32_t ms))
{
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "gardener");
    chat(t, agent, asked, wants, wait);
    uspan_t tool = uspan_tool_begin(t, agent, "read_soil", "call_1");
    uspan_set_str(t, tool, &uspan_key_tool_call_result, "12 %");
    uspan_end(t, tool);
    chat(t, agent, told, answers, wait);
    uspan_end(t, agent);
}

#if defined(__unix__)
#include <time.h>
#include "uspan_posix_tls.h"

static void wait_ms(uint32_t ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    (void)nanosleep(&time, NULL);
}

int main(void)
{
    static uspan_tracer_t tracer;
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1;
    }
    agent_turn(&tracer, wait_ms);
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
#endif
