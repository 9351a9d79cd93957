/* mcp.h: builds spans from the bytes of MCP messages, on the device that serves tools and on the device that
 * calls them. Any transport can carry the messages: stdio, UART, WebSocket, MQTT, HTTP. Model Context
 * Protocol 2024-11-05 to 2026-07-28; OpenTelemetry's MCP conventions.
 *
 *     uspan_mcp_t mcp;                                a server
 *     uspan_mcp_open(&mcp, &tracer, &peer);
 *     uspan_t s = uspan_mcp_request(&mcp, text, len); "tools/call water", child of the caller's span
 *     ... the tool works, with spans below s ...
 *     uspan_mcp_response(&mcp, answer, answer_len);   ends it, with its result or error
 *
 *     uspan_t s = uspan_mcp_call(&mcp, agent, "tools/call", "water", "7");   a client
 *     uspan_mcp_meta(&mcp, s, NULL, meta, sizeof meta);   "_meta":{...}, a member of the request's params
 *     uspan_mcp_result(&mcp, answer, answer_len);         ends it
 *
 * The order of members and the size of fragments do not matter. These forms are read too: batches, the
 * envelope of xiaozhi-esp32, {"session_id":...,"payload":{...}}, whose payload is one message, and the
 * server-sent events of streamable HTTP (lines of "data:"). A trace context is read from requests and
 * notifications only. Bytes that are not JSON-RPC are skipped. Messages and values that cannot be read or
 * matched are counted and logged.
 *
 * Call the functions for one uspan_mcp_t from one task at a time. Another task may answer a request if the
 * application serialises the calls. Context: task. Never blocks. */
#ifndef USPAN_MCP_H
#define USPAN_MCP_H

#include "genai.h"
#include "json_reader.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Facts about the connection that only the application knows. Texts must stay valid while the uspan_mcp_t is
 * open. NULL or 0: unknown. */
typedef struct uspan_mcp_peer {
    const char *transport;        /* "pipe" for stdio, "tcp" for HTTP, WebSocket and MQTT */
    const char *protocol;         /* "http", "websocket", "mqtt" */
    const char *protocol_version; /* of that protocol: "1.1" */
    const char *session_id;       /* not needed for xiaozhi, whose envelope has one */
    /* of the other side; sent as client.address (SERVER spans) or server.address (CLIENT spans) */
    const char *address;
    uint32_t port;
} uspan_mcp_peer_t;

/* ---- layout, private: fields may change in any version ------------------------------------------------- */

#define USPAN_MCP_CONTENT_BYTES (USPAN_CONTENT ? USPAN_MCP_HOLD_BYTES + 1u : 0u)
#define USPAN_MCP_ANSWER_BYTES (USPAN_MCP_CONTENT_BYTES + 177u) /* and the other texts of an answer */
#define USPAN_MCP_TEXT_BYTES (USPAN_MCP_ANSWER_BYTES + 480u + USPAN_TRACESTATE_BYTES)

/* A request that has no answer yet. */
typedef struct uspan_mcp_span {
    uspan_t s;
    uint32_t id; /* hash, with all bits inverted if this side sent it */
    uint8_t flags;
} uspan_mcp_span_t;

#define USPAN_MCP_TEXTS 14u
#define USPAN_MCP_BAGGAGE_TEXT 7u

/* A message that is read, or a call of this side: what becomes attributes of its span. */
typedef struct uspan_mcp_message {
    USPAN_REQUEST_FIELDS; /* the span name is the method */
    const char *subject;  /* of the span name */
    const char *tool;
    uint32_t has; /* one bit for each text that is complete, and for the message */
    uint32_t cut; /* one bit for each text that did not fit */
    uint32_t facts;
    const char *texts[USPAN_MCP_TEXTS]; /* NULL: none. Arguments or result may be in the caller's bytes */
    uint32_t hashes[USPAN_MCP_TEXTS];
    size_t lens[USPAN_MCP_TEXTS];
    const char *prompt;
    uspan_mcp_peer_t peer;
    struct {
        const char *address;
        uint32_t port;
    } sides[2]; /* of the client, for SERVER spans, and of the server */
} uspan_mcp_message_t;

/* The messages of one direction. */
typedef struct uspan_mcp_reader {
    struct uspan_mcp *m;
    uint8_t form; /* JSON or events */
    struct {
        uint8_t state;
        bool in_text;
    } sse; /* as uspan_sse_t */
    uspan_mcp_message_t message;
    uspan_json_read_t json;
    char bytes[USPAN_MCP_ANSWER_BYTES]; /* of the texts. Those of incoming messages continue in in_bytes */
} uspan_mcp_reader_t;

/* One connection. Zeroed or not before uspan_mcp_open(). */
typedef struct uspan_mcp {
    uspan_tracer_t *t; /* NULL: not open */
    const uspan_mcp_peer_t *peer;
    uint32_t how;    /* of a call */
    uint32_t result; /* of a call: handle of the last request, or whether an open request was answered */
    uint32_t unread, unanswered, unknown;
    uint32_t open_count;
    uspan_mcp_span_t open[USPAN_MCP_OPEN_MAX]; /* the oldest first */
    uspan_mcp_reader_t out;
    char version[17]; /* of the negotiated protocol */
    uspan_mcp_reader_t in;
    char in_bytes[USPAN_MCP_TEXT_BYTES - USPAN_MCP_ANSWER_BYTES];
} uspan_mcp_t;

/* ---- calls --------------------------------------------------------------------------------------------- */

/* META_MAX: bytes in which an `_meta` member always fits. META_VALUE: offset of its value, for
 * cJSON_AddRawToObject() and similar functions. */
#define USPAN_MCP_META_MAX(baggage_len) (USPAN_PROPAGATE_MAX(baggage_len) + 24u + USPAN_TRACESTATE_BYTES)
#define USPAN_MCP_META_VALUE 8u

#if USPAN_ENABLED
/* Private: read bytes of messages. Returns m->result.
 *   how  USPAN_MCP_LAST: the message ends with these bytes; USPAN_MCP_OURS: it is an outgoing answer;
 *        USPAN_MCP_ASKED: requests are read, and not answers */
#define USPAN_MCP_LAST 1u
#define USPAN_MCP_OURS 2u
#define USPAN_MCP_ASKED 4u
uint32_t uspan_mcp_read(uspan_mcp_t *m, const void *data, size_t len, unsigned how);

/* Begin a connection.
 *   peer   must stay valid while open; NULL: nothing is known */
void uspan_mcp_open(uspan_mcp_t *m, uspan_tracer_t *t, const uspan_mcp_peer_t *peer);
/* End the connection. Spans of requests without an answer end with an error.
 *   error_type  reason: "connection_reset"; NULL: "_OTHER" */
void uspan_mcp_close(uspan_mcp_t *m, const char *error_type);

/* Server: pass the next bytes of a received message. A request starts a SERVER span. Its name is the method,
 * and for tools and prompts also their name. Arguments of a tool are content. The parent is the context in
 * params._meta, and the calling task's current span is linked. Without that context, the current span is the
 * parent. If there is no current span either, a new trace starts. A notification gives a span that has
 * already ended. notifications/cancelled ends the request's span with the error "cancelled". If more than
 * USPAN_MCP_OPEN_MAX requests are open, or a request repeats an open id, the older span ends with the error
 * "unanswered".
 *   is_last  the message ends with these bytes. For a message in several parts, at most USPAN_MCP_HOLD_BYTES
 *            of arguments are kept between two calls. Of arguments that are a string, no more are kept in any
 *            case
 * Returns: the span of the last request in these bytes; null if there is none, or as uspan_start(). */
static inline uspan_t uspan_mcp_request_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    uspan_t s;
    s.id = uspan_mcp_read(m, data, len, is_last ? USPAN_MCP_ASKED | USPAN_MCP_LAST : USPAN_MCP_ASKED);
    return s;
}
/* Like uspan_mcp_request_part(), for a complete message. Nothing is kept of it, so its length is not
 * limited. */
static inline uspan_t uspan_mcp_request(uspan_mcp_t *m, const void *data, size_t len)
{
    return uspan_mcp_request_part(m, data, len, true);
}
/* Find the span of an open request, for example of a batch.
 *   id  as written in JSON, without spaces and escapes: 7, or "a-7" with its quotation marks
 * Returns: the span, or the null span. */
uspan_t uspan_mcp_find(uspan_mcp_t *m, const char *id);
/* Server: pass the next bytes of the response. The request's span ends. The result of a tool is recorded as
 * content. The span fails with "tool_error" if the result has isError, or with the code of a JSON-RPC error.
 * Errors of the client (-32700, -32600, -32601, -32602, and -32002 if no tool failed) are recorded, but the
 * span does not fail. Its status stays Unset.
 * Returns: true if these bytes answered an open request, and always with USPAN_ENABLED 0. */
static inline bool uspan_mcp_response_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    return uspan_mcp_read(m, data, len, is_last ? USPAN_MCP_OURS | USPAN_MCP_LAST : USPAN_MCP_OURS) != 0u;
}
static inline bool uspan_mcp_response(uspan_mcp_t *m, const void *data, size_t len)
{
    return uspan_mcp_response_part(m, data, len, true);
}
/* Get the baggage of the last request, as in its _meta. Baggage above 128 bytes is dropped. No terminator.
 * Valid until the next message. */
static inline const char *uspan_mcp_baggage(uspan_mcp_t *m, size_t *len)
{
    *len = m->t != NULL ? m->in.message.lens[USPAN_MCP_BAGGAGE_TEXT] : 0u;
    return *len > 0u ? m->in.message.texts[USPAN_MCP_BAGGAGE_TEXT] : "";
}

/* Client, or a server that sends a request to its client: start the CLIENT span of an outgoing request. If
 * parent is the execute_tool span of the same tool, uspan starts no second span. It sets the attributes on
 * parent, and the caller ends that span.
 *   parent  may be USPAN_CURRENT
 *   name    of the tool or prompt, or URI of the resource; NULL: none
 *   id      of the request, as written in JSON, without escapes: 7, or "a-7" with its quotation marks;
 *           NULL: a notification, whose span the caller ends
 * Returns: the span; null as uspan_start(). Add arguments with uspan_set_json() of message.h. If a request
 * gets no answer, end its span with uspan_fail(). */
uspan_t uspan_mcp_call(uspan_mcp_t *m, uspan_t parent, const char *method, const char *name, const char *id);
/* Write the member "_meta":{"traceparent":"...","tracestate":"...","baggage":"..."} of the request's params,
 * and a 0.
 *   baggage  header text as uspan_baggage_add() writes it; NULL: none
 * Returns: its bytes without the 0. 0 and "": it does not fit cap, or there are no random bytes yet.
 * USPAN_MCP_META_MAX(strlen(baggage)) bytes are always enough. */
size_t uspan_mcp_meta(uspan_mcp_t *m, uspan_t s, const char *baggage, char *out, size_t cap);
/* Client: pass the next bytes of a received answer. The request's span ends as in uspan_mcp_response(), but
 * every error code makes the span fail. Pass a message in several parts either to this function or to
 * uspan_mcp_request_part(). A complete message may be passed to both.
 * Returns: true if these bytes answered an open request, and always with USPAN_ENABLED 0. */
static inline bool uspan_mcp_result_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    return uspan_mcp_read(m, data, len, is_last ? USPAN_MCP_LAST : 0u) != 0u;
}
static inline bool uspan_mcp_result(uspan_mcp_t *m, const void *data, size_t len)
{
    return uspan_mcp_result_part(m, data, len, true);
}

/* Returns the number of messages and values that could not be read or kept (unread), of requests whose span
 * ended without an answer (unanswered), and of answers to no open request (unknown), since
 * uspan_mcp_open(). */
static inline unsigned uspan_mcp_unread(const uspan_mcp_t *m)
{
    return m->unread;
}
static inline unsigned uspan_mcp_unanswered(const uspan_mcp_t *m)
{
    return m->unanswered;
}
static inline unsigned uspan_mcp_unknown(const uspan_mcp_t *m)
{
    return m->unknown;
}
#else
static inline void uspan_mcp_open(uspan_mcp_t *m, uspan_tracer_t *t, const uspan_mcp_peer_t *peer)
{
    (void)m, (void)t, (void)peer;
}
static inline void uspan_mcp_close(uspan_mcp_t *m, const char *error_type)
{
    (void)m, (void)error_type;
}
static inline uspan_t uspan_mcp_request_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    (void)m, (void)data, (void)len, (void)is_last;
    return USPAN_NULL;
}
static inline uspan_t uspan_mcp_request(uspan_mcp_t *m, const void *data, size_t len)
{
    (void)m, (void)data, (void)len;
    return USPAN_NULL;
}
static inline uspan_t uspan_mcp_find(uspan_mcp_t *m, const char *id)
{
    (void)m, (void)id;
    return USPAN_NULL;
}
static inline bool uspan_mcp_response_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    (void)m, (void)data, (void)len, (void)is_last;
    return true;
}
static inline bool uspan_mcp_response(uspan_mcp_t *m, const void *data, size_t len)
{
    (void)m, (void)data, (void)len;
    return true;
}
static inline const char *uspan_mcp_baggage(uspan_mcp_t *m, size_t *len)
{
    (void)m;
    *len = 0u;
    return "";
}
static inline uspan_t uspan_mcp_call(uspan_mcp_t *m, uspan_t parent, const char *method, const char *name,
                                     const char *id)
{
    (void)m, (void)parent, (void)method, (void)name, (void)id;
    return USPAN_NULL;
}
static inline size_t uspan_mcp_meta(uspan_mcp_t *m, uspan_t s, const char *baggage, char *out, size_t cap)
{
    (void)m, (void)s, (void)baggage;
    if (out != NULL && cap > 0u) {
        out[0] = '\0';
    }
    return 0u;
}
static inline bool uspan_mcp_result_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    (void)m, (void)data, (void)len, (void)is_last;
    return true;
}
static inline bool uspan_mcp_result(uspan_mcp_t *m, const void *data, size_t len)
{
    (void)m, (void)data, (void)len;
    return true;
}
static inline unsigned uspan_mcp_unread(const uspan_mcp_t *m)
{
    (void)m;
    return 0u;
}
static inline unsigned uspan_mcp_unanswered(const uspan_mcp_t *m)
{
    (void)m;
    return 0u;
}
static inline unsigned uspan_mcp_unknown(const uspan_mcp_t *m)
{
    (void)m;
    return 0u;
}
#endif

#ifdef __cplusplus
}
#endif
#endif
