/* agent.c: the loop of a conversation: ask the model, run the tools that it calls, ask again with the
 * results. cJSON holds the request, which grows with the conversation, and parses the answers. */
#include <cjson/cJSON.h>
#include "answer.h"
#include "ask.h"
#include "tools.h"
#include "uspan/genai.h"

enum { ROUNDS_MAX = 6, BODY_BYTES = 2560 /* first buffer of a request, which is rarely longer */ };

static void add_message(cJSON *messages, const char *role, const char *content)
{
    cJSON *message = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(message, "role", role);
    (void)cJSON_AddStringToObject(message, "content", content);
    (void)cJSON_AddItemToArray(messages, message);
}

static void add_calls(cJSON *messages, const model_answer_t *answer)
{
    cJSON *message = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(message, "role", "assistant");
    (void)cJSON_AddNullToObject(message, "content");
    cJSON *calls = cJSON_AddArrayToObject(message, "tool_calls");
    for (unsigned i = 0; i < answer->call_count; i++) {
        cJSON *call = cJSON_CreateObject();
        (void)cJSON_AddStringToObject(call, "id", answer->calls[i].id);
        (void)cJSON_AddStringToObject(call, "type", "function");
        cJSON *function = cJSON_AddObjectToObject(call, "function");
        (void)cJSON_AddStringToObject(function, "name", answer->calls[i].name);
        (void)cJSON_AddStringToObject(function, "arguments", answer->calls[i].arguments);
        (void)cJSON_AddItemToArray(calls, call);
    }
    (void)cJSON_AddItemToArray(messages, message);
}

static void run_tools(const edge_t *edge, uspan_t agent, cJSON *messages, const model_answer_t *answer)
{
    for (unsigned i = 0; i < answer->call_count; i++) {
        char result[192];
        const tool_call_t *call = &answer->calls[i];
        tools_run(edge->tracer, agent, call->id, call->name, call->arguments, result, sizeof result);
        edge->say(answer->calls[i].name, result);
        add_message(messages, "tool", result);
        cJSON *last = cJSON_GetArrayItem(messages, cJSON_GetArraySize(messages) - 1);
        (void)cJSON_AddStringToObject(last, "tool_call_id", answer->calls[i].id);
    }
}

static cJSON *begin_request(const edge_t *edge, const char *question)
{
    cJSON *request = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(request, "model", edge->model);
    (void)cJSON_AddNumberToObject(request, "temperature", 0.2);
    (void)cJSON_AddNumberToObject(request, "max_tokens", 256);
    (void)cJSON_AddTrueToObject(request, "stream");
    (void)cJSON_AddTrueToObject(cJSON_AddObjectToObject(request, "stream_options"), "include_usage");
    (void)cJSON_AddRawToObject(request, "tools", TOOLS_DEFINITIONS);
    cJSON *messages = cJSON_AddArrayToObject(request, "messages");
    add_message(messages, "system", EDGE_ROLE);
    add_message(messages, "user", question);
    return request;
}

static void begin_answer(void *reader)
{
    memset(reader, 0, sizeof(model_answer_t));
}

static void feed_answer(void *reader, const char *data, size_t len)
{
    answer_feed(reader, data, len);
}

static const char *end_answer(void *reader)
{
    model_answer_t *answer = reader;
    answer_end(answer);
    return answer->bad_json ? "parse_error" : answer->finish_reason[0] == '\0' ? "connection_reset" : NULL;
}

/* Ask until the model calls no more tools. Returns true if it has answered. */
static bool converse(const edge_t *edge, uspan_t agent, cJSON *request)
{
    static model_answer_t answer; /* 4 KB are too much for a stack */
    ask_t question = { .edge = edge,
                       .agent = agent,
                       .reader = &answer,
                       .begin = begin_answer,
                       .feed = feed_answer,
                       .end = end_answer };
    cJSON *messages = cJSON_GetObjectItem(request, "messages");
    for (unsigned i = 0; i < ROUNDS_MAX && ask_can_pay(edge, agent); i++) {
        char *body = cJSON_PrintBuffered(request, BODY_BYTES, false);
        if (body == NULL) {
            uspan_record_error(edge->tracer, agent, "out_of_memory", "no room for the request");
            return false;
        }
        question.body = body;
        bool answered = ask(&question);
        cJSON_free(body);
        if (!answered) {
            return false;
        }
        if (answer.call_count == 0u) {
            edge->say("agent", answer.text);
            ask_tell_output(edge, agent, answer.text);
            return true;
        }
        add_calls(messages, &answer);
        run_tools(edge, agent, messages, &answer);
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
    cJSON *request = begin_request(edge, question);
    bool ended_well = converse(edge, agent, request);
    cJSON_Delete(request);
    uspan_end(edge->tracer, agent);
    return ended_well;
}
