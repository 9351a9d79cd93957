/* agent.c: the conversation loop: ask the model, run the tools that it wants, ask again with their results.
 * A call that failed in a way that may pass is tried again. Three calls on the bytes that go by anyway make
 * the model's spans: uspan_wire_begin(), _request() and _response(), _end(). */
#include "edge.h"
#include <stdio.h>
#include <stdlib.h>
#include "answer.h"
#include "tools.h"
#include "uspan/wire.h"

enum { ROUNDS_MAX = 6, TRIES_MAX = 3, RETRY_MS = 200, HEADERS_MAX = 256 + USPAN_HEADERS_OF_MAX };

/* One call of the model: the answer for us and the same bytes for the span. */
typedef struct call {
    uspan_wire_t wire;
    model_answer_t answer;
    int status; /* of HTTP; 0: none */
} call_t;

static void on_body(void *ctx, const char *data, size_t len)
{
    call_t *call = ctx;
    uspan_wire_response(&call->wire, data, len);
    answer_feed(&call->answer, data, len);
}

/* "https://host:port/path" to a request. false: it is no such thing. */
static bool address(const char *url, http_request_t *r, char host[64], char name[72])
{
    bool tls = strncmp(url, "https://", 8u) == 0;
    if (!tls && strncmp(url, "http://", 7u) != 0) {
        return false;
    }
    const char *at = url + (tls ? 8 : 7);
    size_t len = strcspn(at, "/");
    size_t name_len = strcspn(at, ":/");
    unsigned long port = name_len < len ? strtoul(at + name_len + 1, NULL, 10) : tls ? 443u : 80u;
    if (name_len == 0u || len >= 72u || name_len >= 64u || port == 0u || port > UINT16_MAX) {
        return false;
    }
    memcpy(name, at, len);
    name[len] = '\0';
    memcpy(host, at, name_len);
    host[name_len] = '\0';
    r->host = name;
    r->peer.host = host;
    r->peer.port = (uint16_t)port;
    r->path = at[len] == '/' ? at + len : "/";
    return true;
}

/* Ask once. Returns NULL, or the type of what went wrong. */
static const char *ask_once(const edge_t *edge, uspan_t agent, const char *body, call_t *call)
{
    char host[64], name[72], headers[HEADERS_MAX];
    const char *error = NULL;
    http_request_t request = { .headers = headers,
                               .body = body,
                               .body_len = strlen(body),
                               .timeout_ms = edge->timeout_ms,
                               .deadline_ms = edge->deadline_ms,
                               .on_body = on_body,
                               .ctx = call };
    memset(call, 0, sizeof *call);
    if (!address(edge->url, &request, host, name)) {
        return "bad_url";
    }
    uspan_t chat = uspan_wire_begin(&call->wire, edge->tracer, agent, edge->url);
    size_t len = uspan_headers_of(edge->tracer, chat, headers, sizeof headers);
    if (edge->api_key != NULL) {
        len += (size_t)snprintf(headers + len, sizeof headers - len, "Authorization: Bearer %s\r\n",
                                edge->api_key);
    }
    uspan_wire_request(&call->wire, body, request.body_len);
    if (len >= sizeof headers || (edge->api_key != NULL && strncmp(edge->url, "https:", 6u) != 0)) {
        error = "bad_key"; /* too long; or anybody on the way could read it */
    } else {
        call->status = http_post(&edge->http, &request, &error);
    }
    answer_end(&call->answer);
    if (error == NULL && call->status == 200 &&
        (call->answer.bad_json || call->answer.finish_reason[0] == 0)) {
        error = call->answer.bad_json ? "parse_error" : "connection_reset";
    }
    uspan_wire_end(&call->wire, call->status, error);
    return error != NULL ? error : call->status == 200 ? NULL : "http_error";
}

static bool may_pass(const char *error, int status)
{
    bool is_setting =
        strcmp(error, "bad_url") == 0 || strcmp(error, "bad_key") == 0 || strcmp(error, "tls_error") == 0;
    return strcmp(error, "http_error") != 0 ? !is_setting : status == 429 || status >= 500;
}

/* Ask until there is an answer, or no hope of one. */
static bool ask(const edge_t *edge, uspan_t agent, const char *body, call_t *call)
{
    for (unsigned i = 1;; i++) {
        const char *error = ask_once(edge, agent, body, call);
        if (error == NULL) {
            return true;
        }
        if (i >= TRIES_MAX || !may_pass(error, call->status)) {
            uspan_record_error(edge->tracer, agent, error, "the model did not answer");
            return false;
        }
        edge->http.wait((uint32_t)RETRY_MS << i);
    }
}

/* ---- the conversation ---------------------------------------------------------------------------------- */

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
        tools_run(edge->tracer, agent, &answer->calls[i], result, sizeof result);
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
    (void)cJSON_AddItemToObject(request, "tools", tools_definitions());
    cJSON *messages = cJSON_AddArrayToObject(request, "messages");
    add_message(messages, "system", "You run a greenhouse with beds 1 to 4. Be brief.");
    add_message(messages, "user", question);
    return request;
}

static bool is_broke(const edge_t *edge, uspan_t agent)
{
    uspan_usage_t used;
    uspan_read_usage(edge->tracer, &used);
    if (used.input + used.output < edge->token_budget) {
        return false;
    }
    uspan_record_error(edge->tracer, agent, "token_budget", "the run's budget of tokens is used up");
    return true;
}

/* Until the model has no more wishes. */
static bool converse(const edge_t *edge, uspan_t agent, cJSON *request)
{
    static call_t call; /* 7 KB: not for a stack */
    cJSON *messages = cJSON_GetObjectItem(request, "messages");
    for (unsigned i = 0; i < ROUNDS_MAX && !is_broke(edge, agent); i++) {
        char *body = cJSON_PrintUnformatted(request);
        if (body == NULL) {
            uspan_record_error(edge->tracer, agent, "out_of_memory", "no room for the request");
            return false;
        }
        bool answered = ask(edge, agent, body, &call);
        cJSON_free(body);
        if (!answered) {
            return false;
        }
        if (call.answer.call_count == 0u) {
            edge->say("agent", call.answer.text);
            return true;
        }
        add_calls(messages, &call.answer);
        run_tools(edge, agent, messages, &call.answer);
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
    cJSON *request = begin_request(edge, question);
    bool ended_well = converse(edge, agent, request);
    cJSON_Delete(request);
    uspan_end(edge->tracer, agent);
    return ended_well;
}
