/* mcp_internal.h: an MCP message is handled in two steps. mcp_message.c finds its texts. mcp_span.c makes
 * spans of requests, and keeps them until their answers end them. Private to core/wire. */
#ifndef USPAN_WIRE_MCP_INTERNAL_H
#define USPAN_WIRE_MCP_INTERNAL_H

#include "genai/typed.h"
#include "json/json_path.h"
#include "trace/internal.h"
#include "uspan/mcp.h"

/* What the reader finds in a message. */
enum {
    /* Texts. An outgoing answer has only the first six. */
    USPAN_MCP_METHOD = 1,
    USPAN_MCP_ID,
    USPAN_MCP_CODE,
    USPAN_MCP_CONTENT, /* arguments or a result, as JSON */
    USPAN_MCP_ERROR,   /* its message */
    USPAN_MCP_VERSION, /* of the protocol */
    USPAN_MCP_TRACEPARENT,
    USPAN_MCP_BAGGAGE,
    USPAN_MCP_TRACESTATE,
    USPAN_MCP_SESSION,
    USPAN_MCP_RPC,    /* version of JSON-RPC */
    USPAN_MCP_NAME,   /* of a tool or prompt */
    USPAN_MCP_URI,    /* of a resource */
    USPAN_MCP_TARGET, /* id of the request that is cancelled */
    /* facts, four at most */
    USPAN_MCP_RESULT,
    USPAN_MCP_FAILURE,    /* error */
    USPAN_MCP_TOOL_ERROR, /* isError */
    USPAN_MCP_DATA,       /* name or uri in the data of an error */
    USPAN_MCP_DOCUMENT,
};
/* uspan_mcp_message_t.facts: one bit for each fact and each event of its value */
#define USPAN_MCP_FACT(what, event) (1u << ((what - USPAN_MCP_RESULT) * 8u + event))
#define USPAN_MCP_IS_ANSWER (0xFFu * USPAN_MCP_FACT(USPAN_MCP_RESULT, 0u))
#define USPAN_MCP_IS_ERROR (0x7Fu * USPAN_MCP_FACT(USPAN_MCP_FAILURE, 0u)) /* not null */
#define USPAN_MCP_TOOL_FAILED USPAN_MCP_FACT(USPAN_MCP_TOOL_ERROR, 5u)     /* true */
#define USPAN_MCP_DATA_NAMES (0xFFu * USPAN_MCP_FACT(USPAN_MCP_DATA, 0u)) /* the tool or resource not found */
USPAN_STATIC_ASSERT((unsigned)USPAN_MCP_TARGET == USPAN_MCP_TEXTS &&
                        (unsigned)USPAN_MCP_BAGGAGE - 1u == USPAN_MCP_BAGGAGE_TEXT,
                    "a place for each text");
#define USPAN_MCP_INSIDE 0u /* a container on the path to other rows */
#define USPAN_MCP_BIT(what) (1u << USPAN_MCP_##what)
#define USPAN_MCP_OF(a, array, what) ((a)->array[USPAN_MCP_##what - 1])

/* The place of each text in memory, with a 0 after the text. */
#define USPAN_MCP_AT_METHOD 0u
#define USPAN_MCP_AT_ID (USPAN_MCP_AT_METHOD + 41u)
#define USPAN_MCP_AT_CODE (USPAN_MCP_AT_ID + 41u)
#define USPAN_MCP_AT_CONTENT (USPAN_MCP_AT_CODE + 13u)
#define USPAN_MCP_AT_ERROR (USPAN_MCP_AT_CONTENT + USPAN_MCP_CONTENT_BYTES)
#define USPAN_MCP_AT_VERSION (USPAN_MCP_AT_ERROR + 65u)
#define USPAN_MCP_AT_TRACEPARENT (USPAN_MCP_AT_VERSION + 17u)
#define USPAN_MCP_AT_BAGGAGE (USPAN_MCP_AT_TRACEPARENT + 65u)
#define USPAN_MCP_AT_TRACESTATE (USPAN_MCP_AT_BAGGAGE + 129u)
#define USPAN_MCP_AT_SESSION (USPAN_MCP_AT_TRACESTATE + USPAN_TRACESTATE_BYTES + 1u)
#define USPAN_MCP_AT_RPC (USPAN_MCP_AT_SESSION + 41u)
#define USPAN_MCP_AT_NAME (USPAN_MCP_AT_RPC + 9u)
#define USPAN_MCP_AT_URI (USPAN_MCP_AT_NAME + 97u)
#define USPAN_MCP_AT_TARGET (USPAN_MCP_AT_URI + 97u)
#define USPAN_MCP_AT_END (USPAN_MCP_AT_TARGET + 41u)
USPAN_STATIC_ASSERT(USPAN_MCP_AT_TRACEPARENT == USPAN_MCP_ANSWER_BYTES &&
                        USPAN_MCP_AT_END == USPAN_MCP_TEXT_BYTES &&
                        offsetof(uspan_mcp_t, in) + offsetof(uspan_mcp_reader_t, bytes) +
                                USPAN_MCP_TEXT_BYTES <=
                            sizeof(uspan_mcp_t),
                    "room in uspan_mcp_t");

/* uspan_mcp_span_t.flags */
#define USPAN_MCP_IS_TOOL 1u   /* tools/call */
#define USPAN_MCP_IS_SHARED 2u /* the span is the application's execute_tool */

/* Texts of log lines. */
#if USPAN_MESSAGE_TEXTS
#define USPAN_MCP_WORDS(words) ("MCP: " words)
#else
#define USPAN_MCP_WORDS(words) "MCP"
#endif

/* Ids, methods and codes are compared by hashes. That of a JSON string includes the quotation mark at its
 * end. So the id "7" differs from the id 7. */
#define USPAN_MCP_HASH(text) USPAN_JSON_NUMBER(text, 0u, USPAN_JSON_CHAR)

/* ---- mcp_count.c ---- */

/* Increment a counter, and log it at powers of two. */
void uspan_mcp_count(uspan_mcp_t *m, uint32_t *counter, const char *what);
void uspan_mcp_count_unread(uspan_mcp_t *m);

/* ---- mcp_span.c ---- */

/* Handle a message that is complete. */
void uspan_mcp_on_message(uspan_mcp_reader_t *r);

#endif
