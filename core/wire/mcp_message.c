/* mcp_message.c: reads JSON-RPC bytes and finds the data of a span. These are the texts of a message, their
 * hashes, and a few facts. The application calls it through mcp.h. Invariant: the order of
 * members does not matter if a message is well-formed and has no text twice. The ends of fragments matter
 * only for arguments and results that are not strings, of which USPAN_MCP_HOLD_BYTES are kept between two
 * calls. If a text occurs twice, the first one is used. A text that is too long is cut, but trace context and
 * baggage are dropped. */
#include "wire/mcp_internal.h"
#include <stddef.h>
#include <string.h>
#include "json/json_read.h"
#include "wire/sse.h"

/* uspan_mcp_reader_t.form. The first byte of a message that is visible ASCII decides. */
enum { UNKNOWN, JSON, EVENTS };

#define TAKE(what) USPAN_MCP_##what
#define AS_IS(what) (USPAN_JSON_AS_IS | USPAN_MCP_##what)
#if USPAN_CONTENT
#define CONTENT_ROW(X, path) X(path, AS_IS(CONTENT))
#else
#define CONTENT_ROW(X, path)
#endif
#define ROWS(X)                                                                 \
    X("", TAKE(DOCUMENT))                                                       \
    X("jsonrpc", TAKE(RPC))                                                     \
    X("id", AS_IS(ID))                                                          \
    X("method", TAKE(METHOD))                                                   \
    X("params", USPAN_MCP_INSIDE)                                               \
    X("params._meta", USPAN_MCP_INSIDE)                                         \
    X("params._meta.traceparent", TAKE(TRACEPARENT))                            \
    X("params._meta.tracestate", TAKE(TRACESTATE))                              \
    X("params._meta.baggage", TAKE(BAGGAGE))                                    \
    X("params._meta.io\256modelcontextprotocol/protocolVersion", TAKE(VERSION)) \
    X("params.name", TAKE(NAME))                                                \
    CONTENT_ROW(X, "params.arguments")                                          \
    X("params.uri", TAKE(URI))                                                  \
    X("params.protocolVersion", TAKE(VERSION))                                  \
    X("params.requestId", AS_IS(TARGET))                                        \
    X("result", TAKE(RESULT))                                                   \
    CONTENT_ROW(X, "result.content")                                            \
    X("result.isError", TAKE(TOOL_ERROR))                                       \
    X("result.protocolVersion", TAKE(VERSION))                                  \
    X("error", TAKE(FAILURE))                                                   \
    X("error.code", AS_IS(CODE))                                                \
    X("error.message", TAKE(ERROR))                                             \
    X("error.data", USPAN_MCP_INSIDE)                                           \
    X("error.data.name", TAKE(DATA))                                            \
    X("error.data.uri", TAKE(DATA))                                             \
    X("session_id", TAKE(SESSION))                                              \
    X("payload", USPAN_MCP_INSIDE) /* xiaozhi-esp32's envelope */               \
    X("", USPAN_JSON_LIKE)
USPAN_JSON_TABLE(table, ROWS);

static const uint16_t starts[USPAN_MCP_TEXTS + 1u] = {
    USPAN_MCP_AT_METHOD,     USPAN_MCP_AT_ID,      USPAN_MCP_AT_CODE,        USPAN_MCP_AT_CONTENT,
    USPAN_MCP_AT_ERROR,      USPAN_MCP_AT_VERSION, USPAN_MCP_AT_TRACEPARENT, USPAN_MCP_AT_BAGGAGE,
    USPAN_MCP_AT_TRACESTATE, USPAN_MCP_AT_SESSION, USPAN_MCP_AT_RPC,         USPAN_MCP_AT_NAME,
    USPAN_MCP_AT_URI,        USPAN_MCP_AT_TARGET,  USPAN_MCP_AT_END,
};

/* ---- values -------------------------------------------------------------------------------------------- */

/* Add bytes to a text, and all of them to its hash. index: that of the text in the arrays of a message. */
static void add_text(uspan_mcp_reader_t *r, unsigned index, const char *bytes, size_t len)
{
    uspan_mcp_message_t *a = &r->message;
    char *base = (char *)r + offsetof(uspan_mcp_reader_t, bytes);
    char *text = base + starts[index];
    char *at = text + a->lens[index];
    for (const char *end = bytes + len; bytes < end;) {
        char c = *bytes++;
        a->hashes[index] = USPAN_JSON_HASH(a->hashes[index], c);
        if ((a->cut >> index & 2u) != 0u) {
            continue;
        }
        if (at < base + starts[index + 1u] - 1) {
            *at++ = c;
            continue;
        }
        a->cut |= 2u << index;
        while ((c & 0xC0) == 0x80 && at > text) { /* cut at the begin of a character */
            c = *--at;
        }
    }
    *at = '\0';
    a->texts[index] = text;
    a->lens[index] = (size_t)(at - text);
}

static void take(void *ctx, uspan_json_event_t event, const char *text, size_t len)
{
    uspan_mcp_reader_t *r = ctx;
    uspan_mcp_message_t *a = &r->message;
    unsigned what = r->json.action;
    uint32_t bit = 1u << what;
    if (what == USPAN_MCP_DOCUMENT) {
        if (event == USPAN_READ_OPEN) {
            memset(a, 0, sizeof *a);
            a->has = bit;
        } else if (event == USPAN_READ_CLOSE && a->has != 0u) { /* 0: a batch ends */
            uspan_mcp_on_message(r);
        }
        return;
    }
    if (what > USPAN_MCP_TARGET) {
        a->facts |= USPAN_MCP_FACT(what, event);
        return;
    }
    if ((event | 1u) != USPAN_READ_TEXT_END && event < USPAN_READ_RAW) {
        return;
    }
    bool ends = (event & 1u) != 0u;
    if ((a->has & bit) != 0u) { /* the first one is used */
        if (ends) {
            uspan_mcp_count_unread(r->m);
        }
    } else if (!ends) {
        if (what == USPAN_MCP_CONTENT && event == USPAN_READ_RAW && a->lens[USPAN_MCP_CONTENT - 1] == 0u) {
            a->texts[USPAN_MCP_CONTENT - 1] = text;
            a->lens[USPAN_MCP_CONTENT - 1] = len;
        } else if (what <= USPAN_MCP_VERSION || (r->m->how & USPAN_MCP_OURS) == 0u) {
            add_text(r, what - 1u, text, len);
        }
    } else {
        a->has |= bit;
        if (event == USPAN_READ_TEXT_END) {
            a->hashes[what - 1u] = USPAN_JSON_HASH(a->hashes[what - 1u], '"');
        }
        if ((a->cut & bit) != 0u && what != USPAN_MCP_ERROR) { /* of an error it is not counted */
            uspan_mcp_count_unread(r->m);
            if (what - USPAN_MCP_TRACEPARENT < 3u) {
                a->lens[what - 1u] = 0u; /* a part of it is of no use */
            }
        }
    }
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

/* Read bytes of JSON, in one or more messages. Returns the position after the bytes that were read. The rest
 * of a malformed message is not read, nor the end of a line of events. */
static const char *feed(uspan_mcp_reader_t *r, const char *at, const char *end)
{
    uspan_json_read_t *json = &r->json;
    for (;; uspan_json_read_begin(json)) {
        at += uspan_json_read_feed(json, &table, take, r, at, (size_t)(end - at));
        if (!uspan_json_read_is_done(json)) {
            break;
        }
    }
#if USPAN_CONTENT /* copied, because the caller's bytes are valid only during the call */
    uspan_mcp_message_t *a = &r->message;
    const char *content = a->texts[USPAN_MCP_CONTENT - 1];
    if (content != NULL && content != r->bytes + USPAN_MCP_AT_CONTENT) {
        size_t len = a->lens[USPAN_MCP_CONTENT - 1];
        a->lens[USPAN_MCP_CONTENT - 1] = 0u;
        add_text(r, USPAN_MCP_CONTENT - 1, content, len);
        if ((a->has & a->cut & USPAN_MCP_BIT(CONTENT)) != 0u) { /* it ended before it was cut */
            uspan_mcp_count_unread(r->m);
        }
    }
#endif
    return at;
}

/* End the JSON text, and prepare for the next one. A message that is malformed or incomplete still ends its
 * request if it has an error and its id was read before, because xiaozhi-esp32 does not escape the texts of
 * errors. */
static void end_json(uspan_mcp_reader_t *r)
{
    if (!uspan_json_read_is_blank(&r->json)) {
        uspan_mcp_count_unread(r->m);
        if (r->message.has != 0u && (r->message.facts & USPAN_MCP_IS_ERROR) != 0u) {
            uspan_mcp_on_message(r);
        }
    }
    uspan_json_read_begin(&r->json);
}

uint32_t uspan_mcp_read(uspan_mcp_t *m, const void *data, size_t len, unsigned how)
{
    uspan_mcp_reader_t *r = (how & USPAN_MCP_OURS) != 0u ? &m->out : &m->in;
    const char *from = data;
    const char *end = from + len;
    r->m = m;
    m->how = how;
    m->result = 0u;
    if (m->t == NULL) {
        return 0u;
    }
    while (r->form == UNKNOWN && from < end) {
        unsigned c = (unsigned char)*from;
        if (c - '!' > '~' - '!') { /* white space, or a byte order mark */
            from++;
        } else if (c == ':' || c - 'a' < 26u) { /* "data", "event", "id", "retry", or a comment */
            r->form = EVENTS;
            r->json.line = true;
        } else {
            r->form = JSON;
        }
    }
    if (r->form == EVENTS) {
        const char *at = from;
        uspan_sse_t *sse = (uspan_sse_t *)(void *)&r->sse;
        for (uspan_sse_next_t next; (next = uspan_sse_next(sse, &at, end)) != USPAN_SSE_MORE;) {
            if (next == USPAN_SSE_END) {
                end_json(r);
                continue;
            }
            if (next != USPAN_SSE_NAME) {
                at = feed(r, at, end);
            }
            if (at < end) {
                uspan_sse_pass(sse);
            }
        }
    } else {
        (void)feed(r, from, end);
    }
    if ((how & USPAN_MCP_LAST) != 0u) {
        end_json(r);
        r->form = UNKNOWN;
        r->sse.state = 0u;
        r->json.line = false;
    }
    return m->result;
}
