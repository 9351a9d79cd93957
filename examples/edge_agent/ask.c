/* ask.c: asks the model. uspan_wire_begin(), _request(), _response() and _end() make a span from the bytes of
 * each call. EDGE_WIRE 0 saves 14 KB of flash, and the reader of the answer sets what it knows.
 * Invariant: a call whose failure may be temporary is repeated, and each attempt has a span of its own. */
#include "ask.h"
#include "text.h"
#include "uspan/wire.h"

#ifndef EDGE_HEADERS_MAX
#define EDGE_HEADERS_MAX (256 + USPAN_HEADERS_OF_MAX) /* header lines of the key and of the trace */
#endif

#ifndef EDGE_WIRE
#define EDGE_WIRE 1
#endif

enum { TRIES_MAX = 3, RETRY_MS = 200 };

/* One call of the model. */
typedef struct call {
#if EDGE_WIRE
    uspan_wire_t wire;
#else
    uspan_t chat;
#endif
    const ask_t *ask;
    int status; /* HTTP status; 0: none */
} call_t;

#if EDGE_WIRE
static uspan_t begin(call_t *call)
{
    const ask_t *ask = call->ask;
    uspan_t chat = uspan_wire_begin(&call->wire, ask->edge->tracer, ask->agent, ask->edge->url);
    uspan_wire_request(&call->wire, ask->body, strlen(ask->body));
    return chat;
}

static void end(call_t *call, const char *error)
{
    uspan_wire_end(&call->wire, call->status, error);
}

/* Record the times of the phases, which show why a call was slow. */
static void on_phase(void *ctx, http_phase_t phase)
{
    call_t *call = ctx;
    if (!call->ask->edge->tells_phases) {
        return;
    }
    bool tls = strncmp(call->ask->edge->url, "https:", 6u) == 0;
    uspan_wire_mark(&call->wire, phase == HTTP_OPEN   ? tls ? USPAN_WIRE_TLS_DONE : USPAN_WIRE_CONNECTED
                                 : phase == HTTP_SENT ? USPAN_WIRE_REQUEST_SENT
                                                      : USPAN_WIRE_FIRST_BYTE);
}
#else
static uspan_t begin(call_t *call)
{
    const edge_t *edge = call->ask->edge;
    call->chat = uspan_chat_begin(edge->tracer, call->ask->agent, "openai", edge->model);
    return call->chat;
}

static void end(call_t *call, const char *error)
{
    uspan_tracer_t *t = call->ask->edge->tracer;
    char digits[12] = "";
    call->ask->tell(call->ask->reader, t, call->chat);
    (void)text_add_number(digits, sizeof digits, (unsigned long)call->status);
    if (error != NULL || call->status != 200) {
        uspan_fail(t, call->chat, error != NULL ? error : digits, "the model gave no answer");
    } else {
        uspan_end(t, call->chat);
    }
}
#endif

static void on_body(void *ctx, const char *data, size_t len)
{
    call_t *call = ctx;
#if EDGE_WIRE
    uspan_wire_response(&call->wire, data, len);
#endif
    call->ask->feed(call->ask->reader, data, len);
}

static unsigned long port_of(const char *digits)
{
    unsigned long port = 0;
    for (; *digits >= '0' && *digits <= '9' && port <= UINT16_MAX; digits++) {
        port = port * 10u + (unsigned long)(*digits - '0');
    }
    return port;
}

/* Split "https://host:port/path" into the fields of a request. Returns false if url has another form. */
static bool address(const char *url, http_request_t *r, char host[64], char name[72])
{
    bool tls = strncmp(url, "https://", 8u) == 0;
    if (!tls && strncmp(url, "http://", 7u) != 0) {
        return false;
    }
    const char *at = url + (tls ? 8 : 7);
    size_t len = strcspn(at, "/");
    size_t name_len = strcspn(at, ":/");
    unsigned long port = name_len < len ? port_of(at + name_len + 1) : tls ? 443u : 80u;
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

/* Add the header with the key. Returns false if the key must not be sent to this URL, or does not fit. */
static bool add_key(const edge_t *edge, char *headers, size_t size)
{
    if (edge->api_key == NULL) {
        return true;
    }
    return strncmp(edge->url, "https:", 6u) == 0 && /* else anyone on the path could read it */
           text_add(headers, size, "Authorization: Bearer ") && text_add(headers, size, edge->api_key) &&
           text_add(headers, size, "\r\n");
}

/* Tell the user why there is no answer. The URL is not shown: its query may hold a key. */
static void explain(const edge_t *edge, const char *host, const char *error, int status)
{
    static char line[160];
    const uspan_transport_t *transport = edge->http.transport;
    const char *reason = strcmp(error, "bad_key") == 0 ? "a key is sent over https only, or it is too long"
                         : status == 0                 ? transport->last_error_text(transport->ctx)
                                                       : "";
    line[0] = '\0';
    (void)text_add(line, sizeof line, host);
    (void)text_add(line, sizeof line, ": ");
    (void)text_add(line, sizeof line, error);
    if (status != 0) {
        (void)text_add(line, sizeof line, ", HTTP status ");
        (void)text_add_number(line, sizeof line, (unsigned long)status);
    } else if (reason[0] != '\0') {
        (void)text_add(line, sizeof line, ", ");
        (void)text_add(line, sizeof line, reason);
    }
    edge->say("no answer", line);
}

/* Ask once. Returns NULL, or the type of what went wrong. */
static const char *ask_once(const ask_t *question, call_t *call)
{
    static char headers[EDGE_HEADERS_MAX];
    const edge_t *edge = question->edge;
    char host[64], name[72];
    const char *error = NULL;
    http_request_t request = {
        .headers = headers,
        .body = question->body,
        .body_len = strlen(question->body),
        .timeout_ms = edge->timeout_ms,
        .deadline_ms = edge->deadline_ms,
#if EDGE_WIRE
        .on_phase = on_phase,
#endif
        .on_body = on_body,
        .ctx = call
    };
    call->ask = question;
    call->status = 0;
    question->begin(question->reader);
    if (!address(edge->url, &request, host, name)) {
        edge->say("no answer", "the model's URL must be https://HOST/PATH or http://HOST/PATH");
        return "bad_url";
    }
    uspan_t chat = begin(call);
    if (uspan_trace_headers(edge->tracer, chat, headers, sizeof headers) == 0u) {
        headers[0] = '\0';
    }
    if (add_key(edge, headers, sizeof headers)) {
        call->status = http_post(&edge->http, &request, &error);
    } else {
        error = "bad_key";
    }
    memset(headers, 0, sizeof headers); /* they have the key */
    const char *unread = question->end(question->reader);
    error = error == NULL && call->status == 200 ? unread : error;
    end(call, error);
    error = error != NULL ? error : call->status == 200 ? NULL : "http_error";
    if (error != NULL) {
        explain(edge, name, error, call->status);
    }
    return error;
}

static bool may_pass(const char *error, int status)
{
    bool is_setting =
        strcmp(error, "bad_url") == 0 || strcmp(error, "bad_key") == 0 || strcmp(error, "tls_error") == 0;
    return strcmp(error, "http_error") != 0 ? !is_setting : status == 429 || status >= 500;
}

bool ask(const ask_t *question)
{
    static call_t call;
    const edge_t *edge = question->edge;
    for (unsigned i = 1;; i++) {
        const char *error = ask_once(question, &call);
        if (error == NULL) {
            return true;
        }
        if (i >= TRIES_MAX || !may_pass(error, call.status)) {
            uspan_record_error(edge->tracer, question->agent, error, "the model did not answer");
            return false;
        }
        edge->http.wait((uint32_t)RETRY_MS << i);
    }
}

bool ask_can_pay(const edge_t *edge, uspan_t agent)
{
    uspan_usage_t used;
    uspan_read_usage(edge->tracer, &used);
    if (used.input + used.output < edge->token_budget) {
        return true;
    }
    uspan_record_error(edge->tracer, agent, "token_budget", "the run's budget of tokens is used up");
    return false;
}

/* Send the text to Studio, which shows the conversation beside the spans. */
#if USPAN_STUDIO
#define PUSH(edge, what, said) \
    uspan_studio_message((edge)->tracer, &(uspan_studio_message_t){ .kind = (what), .text = (said) })
#else
#define PUSH(edge, what, said) (void)0
#endif

#if EDGE_WIRE
static void tell(const edge_t *edge, uspan_t agent, uspan_list_t list, const char *role, const char *text)
{
    uspan_writer_t w;
    uspan_messages_begin(&w, edge->tracer, agent, list);
    uspan_message(&w, role, NULL);
    uspan_part_text(&w, text);
    uspan_message_finish(&w, NULL); /* without it the answer would have finish_reason "error" */
    uspan_write_end(&w);
}

void ask_tell_input(const edge_t *edge, uspan_t agent, const char *text)
{
    PUSH(edge, USPAN_STUDIO_USER, text);
    tell(edge, agent, USPAN_INPUT_MESSAGES, "user", text);
}

void ask_tell_output(const edge_t *edge, uspan_t agent, const char *text)
{
    PUSH(edge, USPAN_STUDIO_AGENT, text);
    tell(edge, agent, USPAN_OUTPUT_MESSAGES, "assistant", text);
}
#else
/* Write a message without message.h, which saves 6 KB of flash. A longer message is left out. */
static void tell(const edge_t *edge, uspan_t agent, const uspan_key_t *key, const char *begin,
                 const char *text, const char *end)
{
    static char message[400];
    message[0] = '\0';
    if (text_add(message, sizeof message, begin) && text_add_escaped(message, sizeof message, text) &&
        text_add(message, sizeof message, end)) {
        uspan_set_str(edge->tracer, agent, key, message);
    }
}

#define BEGIN(role) "[{\"role\":\"" role "\",\"parts\":[{\"type\":\"text\",\"content\":\""

void ask_tell_input(const edge_t *edge, uspan_t agent, const char *text)
{
    PUSH(edge, USPAN_STUDIO_USER, text);
    tell(edge, agent, &uspan_key_input_messages, BEGIN("user"), text, "\"}]}]");
}

void ask_tell_output(const edge_t *edge, uspan_t agent, const char *text)
{
    PUSH(edge, USPAN_STUDIO_AGENT, text);
    tell(edge, agent, &uspan_key_output_messages, BEGIN("assistant"), text,
         "\"}],\"finish_reason\":\"stop\"}]");
}
#endif
