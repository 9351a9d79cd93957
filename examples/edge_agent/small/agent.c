/* agent.c: the loop of a conversation for devices with little RAM. It replaces ../agent.c, and uses no JSON
 * tree. The request is a text that grows. An answer is complete, not streamed, and is scanned in its buffer.
 * Invariant: all memory is static. A conversation or answer that does not fit ends the turn with an error. */
#include "../ask.h"
#include "../scan.h"
#include "../text.h"
#include "../tools.h"
#include "uspan/genai.h"

enum { ROUNDS_MAX = 6, REQUEST_MAX = 2560, ANSWER_MAX = 1024, RESULT_MAX = 96 };

static char request[REQUEST_MAX];

typedef struct answer {
    char text[ANSWER_MAX];
    bool is_cut;
} answer_t;

static void begin_answer(void *reader)
{
    answer_t *answer = reader;
    answer->text[0] = '\0';
    answer->is_cut = false;
}

static void feed_answer(void *reader, const char *data, size_t len)
{
    answer_t *answer = reader;
    answer->is_cut = answer->is_cut || !text_add_n(answer->text, sizeof answer->text, data, len);
}

static scan_t in(const answer_t *answer, const char *name)
{
    return scan_find(scan_document(answer->text), name);
}

static scan_t message_of(const answer_t *answer)
{
    return scan_find(in(answer, "choices"), "message");
}

static const char *end_answer(void *reader)
{
    const answer_t *answer = reader;
    return answer->is_cut ? "answer_too_long" : message_of(answer).from == NULL ? "parse_error" : NULL;
}

/* Set the attributes of the chat span, without its messages. */
static void tell(void *reader, uspan_tracer_t *t, uspan_t chat)
{
    const answer_t *answer = reader;
    char text[48];
    const char *reason = text;
    if (scan_text(in(answer, "id"), text, sizeof text)) {
        uspan_set_str(t, chat, &uspan_key_response_id, text);
    }
    if (scan_text(in(answer, "model"), text, sizeof text)) {
        uspan_set_str(t, chat, &uspan_key_response_model, text);
    }
    if (scan_text(in(answer, "finish_reason"), text, sizeof text)) {
        uspan_set_strs(t, chat, &uspan_key_response_finish_reasons, &reason, 1);
    }
    long input = scan_number(in(answer, "prompt_tokens"));
    long output = scan_number(in(answer, "completion_tokens"));
    if (input >= 0 && output >= 0) {
        uspan_set_token_pair(t, chat, input, output);
    }
}

static bool add(const char *text)
{
    return text_add(request, sizeof request, text);
}

/* Add `"name":"text"`. */
static bool add_member(const char *name, const char *text)
{
    return add("\"") && add(name) && add("\":\"") && text_add_escaped(request, sizeof request, text) &&
           add("\"");
}

static bool begin_request(const edge_t *edge, const char *question)
{
    request[0] = '\0';
    return add("{") && add_member("model", edge->model) &&
           add(",\"temperature\":0.2,\"max_tokens\":128,\"tools\":") && add(TOOLS_DEFINITIONS) &&
           add(",\"messages\":[{\"role\":\"system\",") && add_member("content", EDGE_ROLE) &&
           add("},{\"role\":\"user\",") && add_member("content", question) && add("}]}");
}

static bool add_result(const char *id, const char *result)
{
    return add(",{\"role\":\"tool\",") && add_member("tool_call_id", id) && add(",") &&
           add_member("content", result) && add("}");
}

/* Add the answer's message unchanged, then the results of its calls. Returns false if there is no room. */
static bool run_tools(const edge_t *edge, uspan_t agent, scan_t message, scan_t calls)
{
    char id[48], name[32], arguments[96], result[RESULT_MAX];
    request[strlen(request) - 2u] = '\0'; /* remove the end of the list */
    if (!add(",") ||
        !text_add_n(request, sizeof request, message.from, (size_t)(message.to - message.from))) {
        return false;
    }
    for (scan_t call = scan_find(calls, "id"); call.from != NULL; call = scan_find(calls, "id")) {
        (void)scan_text(call, id, sizeof id);
        calls.from = call.to;
        scan_t function = scan_find(calls, "function");
        if (!scan_text(scan_find(function, "name"), name, sizeof name) ||
            !scan_text(scan_find(function, "arguments"), arguments, sizeof arguments)) {
            return false;
        }
        calls.from = function.to;
        tools_run(edge->tracer, agent, id, name, arguments, result, sizeof result);
        edge->say(name, result);
        if (!add_result(id, result)) {
            return false;
        }
    }
    return add("]}");
}

/* Ask until the model calls no more tools. Returns true if it has answered. */
static bool converse(const edge_t *edge, uspan_t agent)
{
    static answer_t answer;
    const ask_t question = { .edge = edge,
                             .agent = agent,
                             .body = request,
                             .reader = &answer,
                             .begin = begin_answer,
                             .feed = feed_answer,
                             .end = end_answer,
                             .tell = tell };
    for (unsigned i = 0; i < ROUNDS_MAX && ask_can_pay(edge, agent); i++) {
        if (!ask(&question)) {
            return false;
        }
        scan_t message = message_of(&answer);
        scan_t calls = scan_find(message, "tool_calls");
        if (scan_find(calls, "id").from == NULL) {
            static char said[256];
            (void)scan_text(scan_find(message, "content"), said, sizeof said);
            edge->say("agent", said);
            ask_tell_output(edge, agent, said);
            return true;
        }
        if (!run_tools(edge, agent, message, calls)) {
            uspan_record_error(edge->tracer, agent, "out_of_memory", "no room for the request");
            return false;
        }
        if (edge->rest != NULL) {
            edge->rest();
        }
    }
    return false;
}

bool edge_turn(const edge_t *edge, const char *question)
{
    uspan_t agent = uspan_agent_begin(edge->tracer, USPAN_ROOT, "gardener");
    edge->say("user", question);
    ask_tell_input(edge, agent, question);
    bool ended_well = begin_request(edge, question) && converse(edge, agent);
    uspan_end(edge->tracer, agent);
    return ended_well;
}
