/* mcp_internal.h: an MCP message is handled in three steps. mcp_message.c finds its texts, mcp_server.c and
 * mcp_client.c make spans of requests, and mcp_open.c keeps these spans until their answers end them. Private
 * to core/wire. */
#ifndef USPAN_WIRE_MCP_INTERNAL_H
#define USPAN_WIRE_MCP_INTERNAL_H

#include "json/json_path.h"
#include "trace/internal.h"
#include "trace/pool.h"
#include "uspan/mcp.h"

/* Texts of a message. An outgoing answer needs only the first three. */
enum {
    USPAN_MCP_CODE,
    USPAN_MCP_ERROR,   /* its message */
    USPAN_MCP_VERSION, /* of the protocol. From here to the id, texts are attributes of a request's span */
    USPAN_MCP_ANSWER_TEXTS,
    USPAN_MCP_SESSION = USPAN_MCP_ANSWER_TEXTS,
    USPAN_MCP_RPC, /* version of JSON-RPC */
    USPAN_MCP_METHOD,
    USPAN_MCP_NAME, /* of a tool or prompt, or a URI */
    USPAN_MCP_ID,
    USPAN_MCP_TARGET, /* id of the request that is cancelled. Only its hash is kept */
    USPAN_MCP_TRACEPARENT,
    USPAN_MCP_BAGGAGE,
    USPAN_MCP_TRACESTATE,
    USPAN_MCP_TEXTS
};
#define USPAN_MCP_ABOUT_TEXTS (USPAN_MCP_ID - USPAN_MCP_VERSION + 1u)

/* The end of each text in memory, with room for a 0 after the text. */
#define USPAN_MCP_END_CODE 13u
#define USPAN_MCP_END_ERROR (USPAN_MCP_END_CODE + 65u)
#define USPAN_MCP_END_VERSION (USPAN_MCP_END_ERROR + 17u)
#define USPAN_MCP_END_SESSION (USPAN_MCP_END_VERSION + 41u)
#define USPAN_MCP_END_RPC (USPAN_MCP_END_SESSION + 9u)
#define USPAN_MCP_END_METHOD (USPAN_MCP_END_RPC + 41u)
#define USPAN_MCP_END_NAME (USPAN_MCP_END_METHOD + 97u)
#define USPAN_MCP_END_ID (USPAN_MCP_END_NAME + 41u)
#define USPAN_MCP_END_TARGET (USPAN_MCP_END_ID + 1u)
#define USPAN_MCP_END_TRACEPARENT (USPAN_MCP_END_TARGET + 65u)
#define USPAN_MCP_END_BAGGAGE (USPAN_MCP_END_TRACEPARENT + 129u)
#define USPAN_MCP_END_TRACESTATE (USPAN_MCP_END_BAGGAGE + USPAN_TRACESTATE_BYTES + 1u)
static const uint16_t uspan_mcp_starts[USPAN_MCP_TEXTS + 1u] = {
    0u,
    USPAN_MCP_END_CODE,
    USPAN_MCP_END_ERROR,
    USPAN_MCP_END_VERSION,
    USPAN_MCP_END_SESSION,
    USPAN_MCP_END_RPC,
    USPAN_MCP_END_METHOD,
    USPAN_MCP_END_NAME,
    USPAN_MCP_END_ID,
    USPAN_MCP_END_TARGET,
    USPAN_MCP_END_TRACEPARENT,
    USPAN_MCP_END_BAGGAGE,
    USPAN_MCP_END_TRACESTATE,
};
USPAN_STATIC_ASSERT(USPAN_MCP_END_VERSION == USPAN_MCP_ANSWER_BYTES &&
                        USPAN_MCP_END_TRACESTATE == USPAN_MCP_TEXT_BYTES,
                    "room in uspan_mcp_t");

/* uspan_mcp_reader_t.flags */
#define USPAN_MCP_IN_MESSAGE 1u
#define USPAN_MCP_HAS_RESULT 2u
#define USPAN_MCP_HAS_ERROR 4u
#define USPAN_MCP_IS_ERROR 8u    /* the result has isError */
#define USPAN_MCP_DATA_NAMES 16u /* the error names the tool or resource that was not found */
#define USPAN_MCP_CONTENT_DONE 32u
#define USPAN_MCP_CONTENT_CUT 64u

/* uspan_mcp_span_t.flags: which side sent the request, and its kind */
#define USPAN_MCP_IS_CALL 1u   /* this side sent it */
#define USPAN_MCP_IS_TOOL 2u   /* tools/call */
#define USPAN_MCP_IS_SHARED 4u /* the span is the application's execute_tool */

/* One call that reads bytes of messages. */
typedef struct uspan_mcp_read {
    uspan_mcp_t *m;
    uspan_mcp_reader_t *r;
    char *texts; /* memory for the first `count` texts */
    unsigned count;
    void (*whole)(struct uspan_mcp_read *x); /* called when a message is complete, or enough of it was read */
    /* of the last request that was started; for an answer, id 0 unless it answered an open request */
    uspan_t s;
} uspan_mcp_read_t;

/* Texts of log lines. */
#if USPAN_MESSAGE_TEXTS
#define USPAN_MCP_WORDS(words) ("MCP: " words)
#else
#define USPAN_MCP_WORDS(words) "MCP"
#endif

/* ---- mcp_message.c ---- */

/* Read bytes of a message. ours: it is an outgoing answer. Returns uspan_mcp_read_t.s. */
uspan_t uspan_mcp_read(uspan_mcp_t *m, bool ours, void (*whole)(uspan_mcp_read_t *x), const void *data,
                       size_t len, bool is_last);
static inline char *uspan_mcp_text(const uspan_mcp_read_t *x, unsigned text)
{
    return x->texts + uspan_mcp_starts[text];
}
/* Returns the text, ended by a 0. */
const char *uspan_mcp_ended(const uspan_mcp_read_t *x, unsigned text);
static inline bool uspan_mcp_has(const uspan_mcp_reader_t *r, unsigned text)
{
    return (r->has >> text & 1u) != 0u;
}
/* Returns the hash of an id as written in JSON. */
uint32_t uspan_mcp_hash(const char *id);
#define USPAN_MCP_HASH_0 USPAN_JSON_HASH(1u, '0') /* of the number 0 */
/* Increment a counter, and log it at powers of two. */
void uspan_mcp_count(uspan_mcp_t *m, uint16_t *counter, const char *what);
void uspan_mcp_count_unread(uspan_mcp_t *m, const char *what);

/* ---- mcp_open.c ---- */

/* Returns the open request of that side and id, or NULL. */
uspan_mcp_span_t *uspan_mcp_find_open(uspan_mcp_t *m, uint32_t id, unsigned side);
/* Keep the span of a request until its answer arrives. */
void uspan_mcp_keep(uspan_mcp_t *m, uint32_t id, uspan_t s, unsigned flags);
/* End the span of an open request and forget the request. type NULL: without an error. */
void uspan_mcp_end(uspan_mcp_t *m, uspan_mcp_span_t *open, const char *type, const char *message);
/* If the message is an answer, end the span of its request. */
void uspan_mcp_settle(uspan_mcp_read_t *x);
/* Set arguments or result, if the message has them. */
void uspan_mcp_set_content(uspan_mcp_read_t *x, uspan_t s, const uspan_key_t *key);

/* ---- mcp_attrs.c ---- */

typedef enum uspan_mcp_kind {
    USPAN_MCP_OTHER,
    USPAN_MCP_TOOL,
    USPAN_MCP_PROMPT,
    USPAN_MCP_RESOURCE
} uspan_mcp_kind_t;
/* A request of either side, whose span is started. */
typedef struct uspan_mcp_about {
    uspan_mcp_t *m;
    struct {
        const char *at;
        size_t len;
    } texts[USPAN_MCP_ABOUT_TEXTS]; /* from USPAN_MCP_VERSION on. Method and name end in 0 */
    unsigned flags;                 /* of uspan_mcp_span_t */
    uspan_mcp_kind_t kind;
    void (*also)(struct uspan_mcp_about *a, uspan_t s); /* sets what one side has in addition */
    uspan_mcp_read_t *x;                                /* server: the message */
    uspan_t parent;                                     /* client */
    uspan_context_t *context; /* server: of the caller, or NULL. also() overwrites it */
} uspan_mcp_about_t;
#define USPAN_MCP_ABOUT(a, text) ((a)->texts[(text)-USPAN_MCP_VERSION])
/* Set kind and flags, by side and method. */
void uspan_mcp_classify(uspan_mcp_about_t *a, unsigned side);
void uspan_mcp_set(uspan_mcp_t *m, uspan_t s, const uspan_key_t *key, const char *text, size_t len);
/* Set all attributes. A uspan_fill_t. */
void uspan_mcp_fill(void *about, uspan_tracer_t *t, uspan_t s);
/* Start its span, below the caller's context or a->parent. */
uspan_t uspan_mcp_begin(uspan_mcp_about_t *a);

#endif
