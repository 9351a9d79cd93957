/* tool_calls.c: traces the tools that a model calls. Their spans get the arguments from the answer. The next
 * request has the results. The server gets the header lines of the trace, with baggage. The model is
 * simulated. Replace post() by your HTTP client. */
#include <stdio.h>
#include "uspan/wire.h"
#include "uspan_posix_tls.h"

#define URL "https://api.openai.com/v1/chat/completions"
#define ASKED "{\"role\":\"user\",\"content\":\"Is bed 3 dry?\"}"
#define CALLS                                                                                                \
    "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["                                              \
    "{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"read_soil\","                         \
    "\"arguments\":\"{\\\"bed\\\": 3}\"}},"                                                                  \
    "{\"id\":\"call_2\",\"type\":\"function\",\"function\":{\"name\":\"read_clock\",\"arguments\":\"{}\"}}]" \
    "}"
#define RESULTS                                                                              \
    "{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"{\\\"moisture\\\":12}\"}," \
    "{\"role\":\"tool\",\"tool_call_id\":\"call_2\",\"content\":\"09:30\"}"
#define TEXT "{\"role\":\"assistant\",\"content\":\"Yes, 12 %.\"}"

static const char *const requests[] = {
    "{\"model\":\"gpt-4o-mini\",\"messages\":[" ASKED "]}",
    "{\"model\":\"gpt-4o-mini\",\"messages\":[" ASKED "," CALLS "," RESULTS "]}",
};
static const char *const answers[] = {
    "{\"id\":\"a1\",\"choices\":[{\"index\":0,\"finish_reason\":\"tool_calls\",\"message\":" CALLS "}],"
    "\"usage\":{\"prompt_tokens\":61,\"completion_tokens\":29}}",
    "{\"id\":\"a2\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":" TEXT "}],"
    "\"usage\":{\"prompt_tokens\":104,\"completion_tokens\":7}}",
};

static uspan_tracer_t tracer;
static uspan_wire_t wire;

/* Stands for your HTTP client. Returns the body of the answer. */
static const char *post(const char *headers, const char *body)
{
    printf("%s", headers);
    return body == requests[0] ? answers[0] : answers[1];
}

static void ask(uspan_t agent, const char *request)
{
    static const char baggage[] = "garden.house=north"; /* uspan_baggage_add() builds it from any text */
    char headers[USPAN_PROPAGATE_MAX(sizeof baggage)];
    uspan_t chat = uspan_wire_begin(&wire, &tracer, agent, URL);
    uspan_propagate(&tracer, chat, baggage, headers, sizeof headers);
    uspan_wire_request(&wire, request, strlen(request));
    const char *answer = post(headers, request);
    uspan_wire_response(&wire, answer, strlen(answer));
    uspan_wire_end(&wire, 200, NULL);
}

/* name and id come from the answer, which your own code has parsed. */
static void run_tool(uspan_t agent, const char *name, const char *id, const char *result)
{
    uspan_t tool = uspan_wire_tool_begin(&wire, &tracer, agent, name, id);
    uspan_tool_end(&tracer, tool, &(uspan_tool_result_t){ .result = USPAN_IF_CONTENT(result) });
}

int main(void)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1;
    }
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    ask(agent, requests[0]);
    run_tool(agent, "read_soil", "call_1", "{\"moisture\":12}");
    run_tool(agent, "read_clock", "call_2", "\"09:30\"");
    ask(agent, requests[1]);
    uspan_end(&tracer, agent);
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
