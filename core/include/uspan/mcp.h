/* mcp.h: spans of MCP messages, from the bytes that pass by: on the device that serves tools, and on the one
 * that calls them. Whatever carries the messages: stdio, UART, WebSocket, MQTT, HTTP.
 * Model Context Protocol 2024-11-05 to 2026-07-28; OpenTelemetry's MCP conventions.
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
 * Order of members and size of fragments do not matter. Read too: batches, the envelope of xiaozhi-esp32,
 * {"session_id":...,"payload":{...}}, and the server-sent events of streamable HTTP: lines of "data:".
 * A context is read from requests and notifications only.
 * What is no JSON-RPC is passed over. What cannot be read or matched is counted and logged.
 *
 * Calls for one uspan_mcp_t: from one task at a time. A request may be answered by another task, when the
 * application keeps their calls apart. Context: task. Never blocks. */
#ifndef USPAN_MCP_H
#define USPAN_MCP_H

#include "genai.h"
#include "json_reader.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What only the program knows of the connection. Texts: valid while the uspan_mcp_t is open; NULL or 0: not
 * told. */
typedef struct uspan_mcp_peer {
    const char *transport;        /* "pipe" for stdio, "tcp" for HTTP, WebSocket and MQTT */
    const char *protocol;         /* "http", "websocket", "mqtt" */
    const char *protocol_version; /* of that protocol: "1.1" */
    const char *session_id;       /* xiaozhi's envelope has its own */
    const char *address; /* of the other side: client.address of SERVER spans, server.address of CLIENT */
    uint32_t port;
} uspan_mcp_peer_t;

/* ---- layout, private: fields may change in any version ------------------------------------------------- */

#define USPAN_MCP_ANSWER_BYTES 95u /* protocol version, error code, error message */
#define USPAN_MCP_TEXT_BYTES (USPAN_MCP_ANSWER_BYTES + 424u + USPAN_TRACESTATE_BYTES)

/* A request without an answer. */
typedef struct uspan_mcp_span {
    uspan_t s;
    uint32_t id; /* hash */
    uint8_t flags;
} uspan_mcp_span_t;

/* The message that passes by. */
typedef struct uspan_mcp_reader {
    uspan_json_read_t json;
    const char *content; /* arguments or result: in the caller's bytes, between fragments in hold */
    size_t content_len;
    uint32_t id, target; /* hashes; 0: none. target: of the request that is cancelled */
    uint16_t has;        /* bit of each text that is whole */
    uint16_t cut;        /* of each that found no room */
    uint16_t flags;
    uint8_t form, line; /* JSON or events; of events, where in a line */
    uint16_t lens[11];
#if USPAN_CONTENT
    char hold[USPAN_MCP_HOLD_BYTES];
#endif
} uspan_mcp_reader_t;

/* One connection. Zeroed or not before uspan_mcp_open(). */
typedef struct uspan_mcp {
    uspan_tracer_t *t; /* NULL: not open */
    const uspan_mcp_peer_t *peer;
    uint16_t unread, unanswered, unknown;
    uint8_t open_count;
    uint8_t version_len;                       /* of the protocol that was agreed on */
    uspan_mcp_span_t open[USPAN_MCP_OPEN_MAX]; /* the oldest first */
    uspan_mcp_reader_t in, out;
    char version[16];
    char in_texts[USPAN_MCP_TEXT_BYTES];
    char out_texts[USPAN_MCP_ANSWER_BYTES];
} uspan_mcp_t;

/* ---- calls --------------------------------------------------------------------------------------------- */

/* Bytes in which an `_meta` member always fits, and where its value begins, for cJSON_AddRawToObject() and
 * its kin. */
#define USPAN_MCP_META_MAX(baggage_len) (USPAN_PROPAGATE_MAX(baggage_len) + 24u + USPAN_TRACESTATE_BYTES)
#define USPAN_MCP_META_VALUE 8u

#if USPAN_ENABLED
/* Begin with a connection.
 *   peer   valid while open; NULL: nothing is known */
void uspan_mcp_open(uspan_mcp_t *m, uspan_tracer_t *t, const uspan_mcp_peer_t *peer);
/* The connection is over: spans without an answer end.
 *   error_type  why: "connection_reset"; NULL: "_OTHER" */
void uspan_mcp_close(uspan_mcp_t *m, const char *error_type);

/* A server: the next bytes of a message that came in.
 *   is_last  the message ends with them. Between two calls, not more than USPAN_MCP_HOLD_BYTES of arguments
 *            are kept of a message in parts
 * A request begins a SERVER span, named by its method, and for tools and prompts by their name; arguments of
 * a tool are content. Its parent is the context in params._meta, and the calling task's current span is
 * linked. Without that context, the current span is the parent; without both, a trace begins. A notification
 * is a span that has ended already. notifications/cancelled ends the request's span, as "cancelled".
 * With more than USPAN_MCP_OPEN_MAX open requests, or a second one of the same id, the older span ends with
 * the error "unanswered".
 * Returns: the span of the last request in these bytes; null where there is none, and as uspan_start(). */
uspan_t uspan_mcp_request_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last);
/* The same for a whole message: nothing is kept of it, so it may be as long as it likes. */
static inline uspan_t uspan_mcp_request(uspan_mcp_t *m, const void *data, size_t len)
{
    return uspan_mcp_request_part(m, data, len, true);
}
/* The span of an open request, of a batch for one.
 *   id  as it stands in JSON, without spaces: 7, "a-7" with its quotation marks
 * Returns: null where there is none. */
uspan_t uspan_mcp_find(uspan_mcp_t *m, const char *id);
/* A server: the next bytes of its answer. The request's span ends, with the result of a tool as content.
 * It fails with "tool_error" where the result says isError, and with the code of an error. Errors that are
 * the client's fault (-32700, -32600, -32601, -32602, and -32002 where no tool has failed) are told and fail
 * nothing.
 * Returns: whether these bytes answered an open request; true with USPAN_ENABLED 0. */
bool uspan_mcp_response_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last);
static inline bool uspan_mcp_response(uspan_mcp_t *m, const void *data, size_t len)
{
    return uspan_mcp_response_part(m, data, len, true);
}
/* The baggage of the last request that came in, as its _meta has it; up to 128 bytes, a longer one is left
 * out. No terminator. Valid until the next message. */
const char *uspan_mcp_baggage(uspan_mcp_t *m, size_t *len);

/* A client (or a server that asks its client): begin the span of a request that goes out, CLIENT. Where
 * parent is the execute_tool span of that tool, its call gets no second span: the attributes go there, and
 * the caller ends it.
 *   parent  USPAN_CURRENT too
 *   name    of the tool or prompt, URI of the resource; NULL: none
 *   id      of the request, as it stands in JSON: 7, "a-7" with its quotation marks; NULL: a notification,
 *           whose span the caller ends
 * Returns: the span; null as uspan_start(). uspan_set_json() of message.h adds arguments to it. A request
 * that got no answer is ended by uspan_fail(). */
uspan_t uspan_mcp_call(uspan_mcp_t *m, uspan_t parent, const char *method, const char *name, const char *id);
/* Write the member "_meta":{"traceparent":"...","tracestate":"...","baggage":"..."} of the request's params,
 * and a 0.
 *   baggage  header text as uspan_baggage_add() makes it; NULL: none
 * Returns: its bytes without the 0; 0 and "": it does not fit cap, or there is no entropy yet.
 * USPAN_MCP_META_MAX(strlen(baggage)) bytes always do. */
size_t uspan_mcp_meta(uspan_mcp_t *m, uspan_t s, const char *baggage, char *out, size_t cap);
/* A client: the next bytes of an answer that came in. Ends the request's span as uspan_mcp_response() does;
 * for a client each error code is an error. A message that comes in parts goes to this call or to
 * uspan_mcp_request_part(), a whole one may go to both.
 * Returns: whether these bytes answered an open request; true with USPAN_ENABLED 0. */
bool uspan_mcp_result_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last);
static inline bool uspan_mcp_result(uspan_mcp_t *m, const void *data, size_t len)
{
    return uspan_mcp_result_part(m, data, len, true);
}

/* So far: messages and values that could not be read or kept; requests whose span ended without an answer;
 * answers to no open request. */
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
