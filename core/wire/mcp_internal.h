/* mcp_internal.h: an MCP message is handled in three steps. mcp_message.c finds its texts, mcp_server.c and
 * mcp_client.c make spans of requests, and mcp_open.c keeps these spans until their answers end them. Private
 * to core/wire. */
#ifndef USPAN_WIRE_MCP_INTERNAL_H
#define USPAN_WIRE_MCP_INTERNAL_H

#include "genai/typed.h"
#include "json/json_path.h"
#include "trace/internal.h"
#include "uspan/mcp.h"

/* Texts of a message. An outgoing answer needs only the first four. */
enum {
    USPAN_MCP_CONTENT, /* arguments or a result, as JSON */
    USPAN_MCP_CODE,
    USPAN_MCP_ERROR,   /* its message */
    USPAN_MCP_VERSION, /* of the protocol */
    USPAN_MCP_ANSWER_TEXTS,
    USPAN_MCP_SESSION = USPAN_MCP_ANSWER_TEXTS,
    USPAN_MCP_RPC, /* version of JSON-RPC */
    USPAN_MCP_METHOD,
    USPAN_MCP_NAME, /* of a tool or prompt */
    USPAN_MCP_URI,  /* of a resource */
    USPAN_MCP_ID,
    USPAN_MCP_TRACEPARENT,
    USPAN_MCP_BAGGAGE,
    USPAN_MCP_TRACESTATE,
    USPAN_MCP_TEXTS,
    USPAN_MCP_TARGET = USPAN_MCP_TEXTS, /* id of the request that is cancelled. Only its hash is kept */
    /* Facts, in the same order of bits. */
    USPAN_MCP_IS_ANSWER, /* it has a result */
    USPAN_MCP_IS_ERROR,
    USPAN_MCP_TOOL_FAILED, /* the result has isError */
    USPAN_MCP_DATA_NAMES,  /* the error names the tool or resource that was not found */
    USPAN_MCP_INSIDE,      /* a container on the path to other rows. Nothing needs this bit */
    USPAN_MCP_DOCUMENT
};

/* The place of each text in memory, with a 0 after the text. */
#define USPAN_MCP_AT_CODE USPAN_MCP_CONTENT_BYTES
#define USPAN_MCP_AT_ERROR (USPAN_MCP_AT_CODE + 13u)
#define USPAN_MCP_AT_VERSION (USPAN_MCP_AT_ERROR + 65u)
#define USPAN_MCP_AT_SESSION (USPAN_MCP_AT_VERSION + 17u)
#define USPAN_MCP_AT_RPC (USPAN_MCP_AT_SESSION + 41u)
#define USPAN_MCP_AT_METHOD (USPAN_MCP_AT_RPC + 9u)
#define USPAN_MCP_AT_NAME (USPAN_MCP_AT_METHOD + 41u)
#define USPAN_MCP_AT_URI (USPAN_MCP_AT_NAME + 97u)
#define USPAN_MCP_AT_ID (USPAN_MCP_AT_URI + 97u)
#define USPAN_MCP_AT_TRACEPARENT (USPAN_MCP_AT_ID + 41u)
#define USPAN_MCP_AT_BAGGAGE (USPAN_MCP_AT_TRACEPARENT + 65u)
#define USPAN_MCP_AT_TRACESTATE (USPAN_MCP_AT_BAGGAGE + 129u)
#define USPAN_MCP_AT_END (USPAN_MCP_AT_TRACESTATE + USPAN_TRACESTATE_BYTES + 1u)
USPAN_STATIC_ASSERT(USPAN_MCP_AT_SESSION == USPAN_MCP_ANSWER_BYTES &&
                        USPAN_MCP_AT_END == USPAN_MCP_TEXT_BYTES,
                    "room in uspan_mcp_t");
extern const uint16_t uspan_mcp_starts[USPAN_MCP_TARGET + 2u];

/* uspan_mcp_span_t.flags: which side sent the request, and its kind */
#define USPAN_MCP_IS_CALL 1u   /* this side sent it */
#define USPAN_MCP_IS_TOOL 2u   /* tools/call */
#define USPAN_MCP_IS_SHARED 4u /* the span is the application's execute_tool */

/* Texts of log lines. */
#if USPAN_MESSAGE_TEXTS
#define USPAN_MCP_WORDS(words) ("MCP: " words)
#else
#define USPAN_MCP_WORDS(words) "MCP"
#endif

#define USPAN_MCP_MALFORMED USPAN_MCP_WORDS("malformed message")

/* ---- mcp_message.c ---- */

/* Read bytes of a message and pass complete messages to m->whole.
 *   how  1: the message ends with these bytes; USPAN_MCP_OURS: it is an outgoing answer
 * Returns m->result. */
#define USPAN_MCP_OURS 2u
uint32_t uspan_mcp_read(uspan_mcp_t *m, const void *data, size_t len, unsigned how);
static inline bool uspan_mcp_has(const uspan_mcp_reader_t *r, unsigned bit)
{
    return (r->has >> bit & 1u) != 0u;
}
/* Ids and methods are compared by hashes. That of an id is the USPAN_JSON_PATH() of its JSON, without the
 * quotation mark at the end. */
#define USPAN_MCP_HASH ((uint32_t)'.')
uint32_t uspan_mcp_hash(uint32_t hash, const char *text, size_t len);
/* Increment a counter, and log it at powers of two. */
void uspan_mcp_count(uspan_mcp_t *m, uint32_t *counter, const char *what);
void uspan_mcp_count_unread(uspan_mcp_t *m, const char *what);

/* ---- mcp_open.c ---- */

/* Returns the bytes of an id, as written in JSON, without the quotation mark at its end. */
size_t uspan_mcp_id_len(const char *id);
/* Returns the open request of that id, or NULL. The ids of calls of this side have all bits inverted. */
uspan_mcp_span_t *uspan_mcp_find_open(uspan_mcp_t *m, uint32_t id);
/* End the span of an open request and forget the request. type NULL: without an error. Returns that of
 * uspan_record_error(). */
uspan_err_t uspan_mcp_end(uspan_mcp_t *m, uspan_mcp_span_t *open, const char *type, const char *message);
/* Read bytes of an answer, which ends the span of its request. */
bool uspan_mcp_settle(uspan_mcp_t *m, const void *data, size_t len, unsigned how);

/* ---- mcp_attrs.c ---- */

/* A request of either side, whose span is started. */
typedef struct uspan_mcp_about {
    USPAN_REQUEST_FIELDS; /* the span name is the method */
    const char *subject;  /* of the span name */
    uspan_mcp_t *m;
    uspan_mcp_peer_t peer;
    struct {
        const char *address;
        uint32_t port;
    } side[2]; /* of the client, for SERVER spans, and of the server */
    const char *texts[USPAN_MCP_URI - USPAN_MCP_VERSION + 1]; /* "" or NULL: none */
    const char *tool, *prompt;
    const char *id; /* NULL: a notification. Not terminated */
    size_t id_len;
    uint32_t id_hash; /* as uspan_mcp_find_open() wants it */
    uint32_t method;  /* its hash */
    unsigned flags;   /* of uspan_mcp_span_t */
} uspan_mcp_about_t;
#define USPAN_MCP_ABOUT(a, text) ((a)->texts[USPAN_MCP_##text - USPAN_MCP_VERSION])
/* Start the span of a request, or set all attributes of the execute_tool span that covers it. If the request
 * has an id, keep the span until the answer arrives.
 *   side  USPAN_MCP_IS_CALL or 0 */
uspan_t uspan_mcp_begin(uspan_mcp_about_t *a, uspan_mcp_t *m, uspan_t parent, unsigned side);
/* Set arguments or result, if the message has them. */
void uspan_mcp_set_content(uspan_mcp_t *m, const uspan_mcp_reader_t *r, uspan_t s, const uspan_key_t *key);

#endif
