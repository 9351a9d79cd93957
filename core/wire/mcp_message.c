/* mcp_message.c: reads JSON-RPC bytes and finds the data of a span. These are the texts of a message, the
 * hash of its id, and its arguments or result. Called by mcp_server.c and mcp_open.c. Invariant: the order of
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

#define TEXT_UNREAD USPAN_MCP_WORDS("text twice or too long (USPAN_MCP_HOLD_BYTES)")

/* The action of a text or fact is its number plus 1. */
#define TAKE(what) (USPAN_MCP_##what + 1u)
#define AS_IS(what) (USPAN_JSON_AS_IS | TAKE(what))
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
    X("params", TAKE(INSIDE))                                                   \
    X("params._meta", TAKE(INSIDE))                                             \
    X("params._meta.traceparent", TAKE(TRACEPARENT))                            \
    X("params._meta.tracestate", TAKE(TRACESTATE))                              \
    X("params._meta.baggage", TAKE(BAGGAGE))                                    \
    X("params._meta.io\256modelcontextprotocol/protocolVersion", TAKE(VERSION)) \
    X("params.name", TAKE(NAME))                                                \
    CONTENT_ROW(X, "params.arguments")                                          \
    X("params.uri", TAKE(URI))                                                  \
    X("params.protocolVersion", TAKE(VERSION))                                  \
    X("params.requestId", AS_IS(TARGET))                                        \
    X("result", TAKE(IS_ANSWER))                                                \
    CONTENT_ROW(X, "result.content")                                            \
    X("result.isError", TAKE(TOOL_FAILED))                                      \
    X("result.protocolVersion", TAKE(VERSION))                                  \
    X("error", TAKE(IS_ERROR))                                                  \
    X("error.code", AS_IS(CODE))                                                \
    X("error.message", TAKE(ERROR))                                             \
    X("error.data", TAKE(INSIDE))                                               \
    X("error.data.name", TAKE(DATA_NAMES))                                      \
    X("error.data.uri", TAKE(DATA_NAMES))                                       \
    X("session_id", TAKE(SESSION))                                              \
    X("payload", TAKE(INSIDE)) /* xiaozhi-esp32's envelope */                   \
    X("", USPAN_JSON_LIKE)
USPAN_JSON_TABLE(table, ROWS);

const uint16_t uspan_mcp_starts[USPAN_MCP_TARGET + 2u] = {
    0u,
    USPAN_MCP_AT_CODE,
    USPAN_MCP_AT_ERROR,
    USPAN_MCP_AT_VERSION,
    USPAN_MCP_AT_SESSION,
    USPAN_MCP_AT_RPC,
    USPAN_MCP_AT_METHOD,
    USPAN_MCP_AT_NAME,
    USPAN_MCP_AT_URI,
    USPAN_MCP_AT_ID,
    USPAN_MCP_AT_TRACEPARENT,
    USPAN_MCP_AT_BAGGAGE,
    USPAN_MCP_AT_TRACESTATE,
    USPAN_MCP_AT_END,
    USPAN_MCP_AT_END + 1u, /* TARGET has no memory */
};

void uspan_mcp_count(uspan_mcp_t *m, uint32_t *counter, const char *what)
{
    uint32_t count = ++*counter;
    if ((count & (count - 1u)) == 0u) {
        m->t->trace.port->log(m->t->trace.port->ctx, USPAN_LEVEL_WARN, what);
    }
}

void uspan_mcp_count_unread(uspan_mcp_t *m, const char *what)
{
    uspan_mcp_count(m, &m->unread, what);
}

uint32_t uspan_mcp_hash(uint32_t hash, const char *text, size_t len)
{
    for (; len > 0u; len--) {
        hash = USPAN_JSON_HASH(hash, *text++);
    }
    return hash;
}

/* ---- values -------------------------------------------------------------------------------------------- */

static void add_text(uspan_mcp_t *m, uspan_mcp_reader_t *r, unsigned text, const char *bytes, size_t len)
{
    size_t at = uspan_mcp_starts[text] + r->lens[text];
    size_t room = uspan_mcp_starts[text + 1u] - 1u - at;
    if (len > room) {
        len = room;
        r->cut |= 1u << text;
    }
    memcpy(m->texts + at, bytes, len);
    r->lens[text] += (uint32_t)len;
}

/* End a text, and count it if it was cut or comes again. The message of an error is cut without a count. */
static void end_text(uspan_mcp_t *m, uspan_mcp_reader_t *r, unsigned text)
{
    uint32_t bit = 1u << text;
    if (((r->has | (r->cut & ~(1u << USPAN_MCP_ERROR))) & bit) != 0u) {
        uspan_mcp_count_unread(m, TEXT_UNREAD);
    }
    if ((r->cut & bit) != 0u && text >= USPAN_MCP_TRACEPARENT) { /* a part of it is of no use */
        r->lens[text] = 0u;
    }
    r->has |= bit;
}

/* Copy content into the texts, because the caller's bytes are valid only during the call. */
static void keep_content(uspan_mcp_t *m, uspan_mcp_reader_t *r)
{
#if USPAN_CONTENT
    const char *content = r->content;
    if (content != NULL) {
        size_t len = r->lens[USPAN_MCP_CONTENT];
        r->content = NULL;
        r->lens[USPAN_MCP_CONTENT] = 0u;
        add_text(m, r, USPAN_MCP_CONTENT, content, len);
        if ((r->has & r->cut & 1u << USPAN_MCP_CONTENT) != 0u) { /* it ended before it was cut */
            uspan_mcp_count_unread(m, TEXT_UNREAD);
        }
    }
#else
    (void)m, (void)r;
#endif
}

static void take(void *ctx, uspan_json_event_t event, const char *text, size_t len)
{
    uspan_mcp_t *m = ctx;
    uspan_mcp_reader_t *r = m->now;
    unsigned what = r->json.action - 1u;
    uint32_t bit = 1u << what;
    if (what == USPAN_MCP_DOCUMENT) {
        if (event == USPAN_READ_OPEN) {
            memset(r, 0, offsetof(uspan_mcp_reader_t, form));
            memset(m->texts, 0, uspan_mcp_starts[m->texts_count]);
        } else if (event == USPAN_READ_CLOSE && r->has != 0u) { /* 0: a batch ends */
            m->whole(m, r);
            r->has = 0u;
            r->content = NULL;
        }
        return;
    }
    if (what > USPAN_MCP_TARGET) {
        if (what == USPAN_MCP_TOOL_FAILED ? event == USPAN_READ_TRUE
                                          : event != USPAN_READ_NULL || what != USPAN_MCP_IS_ERROR) {
            r->has |= bit;
        }
        return;
    }
    bool is_text = (event | 1u) == USPAN_READ_TEXT_END;
    bool ends = (event & 1u) != 0u;
    if (!is_text && event < USPAN_READ_RAW) {
        return;
    }
    if ((r->has & bit) != 0u && !ends) { /* the first one is used */
        return;
    }
    if (what == USPAN_MCP_ID || what == USPAN_MCP_TARGET) {
        uint32_t *hash = &r->ids[what == USPAN_MCP_TARGET];
        uint32_t before = *hash != 0u ? *hash
                          : is_text   ? USPAN_JSON_HASH(USPAN_MCP_HASH, '"')
                                      : USPAN_MCP_HASH;
        *hash = uspan_mcp_hash(before, text, len);
    }
    if (ends) {
        end_text(m, r, what);
    } else if (what == USPAN_MCP_CONTENT && !is_text && r->lens[what] == 0u) {
        r->content = text;
        r->lens[what] = (uint32_t)len;
    } else if (what < m->texts_count) {
        add_text(m, r, what, text, len);
    }
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

/* Handle a message that is malformed or incomplete. It still ends its request if it has an error and its id
 * was read before, because xiaozhi-esp32 does not escape the texts of errors. */
static void break_off(uspan_mcp_t *m)
{
    uspan_mcp_reader_t *r = m->now;
    uspan_mcp_count_unread(m, USPAN_MCP_MALFORMED);
    if (uspan_mcp_has(r, USPAN_MCP_IS_ERROR) && uspan_mcp_has(r, USPAN_MCP_ID)) {
        m->whole(m, r);
    }
    r->has = 0u;
}

/* Read bytes of JSON, in one or more messages. After a malformed byte the rest is skipped. */
USPAN_NOINLINE static void feed(uspan_mcp_t *m, const char *data, size_t len)
{
    uspan_json_read_t *json = &m->now->json;
    while (len > 0u && !uspan_json_read_is_bad(json)) {
        if (uspan_json_read_is_done(json)) {
            uspan_json_read_begin(json);
        }
        size_t n = uspan_json_read_feed(json, &table, take, m, data, len);
        data += n;
        len -= n;
        if (uspan_json_read_is_bad(json)) {
            break_off(m);
        }
    }
    keep_content(m, m->now);
}
/* End the JSON text, and prepare for the next one. An incomplete message counts as malformed. */
USPAN_NOINLINE static void end_json(uspan_mcp_t *m)
{
    uspan_json_read_t *json = &m->now->json;
    if (!uspan_json_read_is_blank(json) && !uspan_json_read_is_done(json) && !uspan_json_read_is_bad(json)) {
        break_off(m);
    }
    uspan_json_read_begin(json);
}

/* Read bytes of server-sent events. The data of each event are JSON. */
static void feed_events(uspan_mcp_t *m, const char *at, size_t len)
{
    const char *end = at + len;
    uspan_sse_t sse = { (uint8_t)(m->now->form - EVENTS), false };
    for (uspan_sse_next_t next; (next = uspan_sse_next(&sse, &at, end)) != USPAN_SSE_MORE;) {
        if (next == USPAN_SSE_END) {
            end_json(m);
        } else if (next == USPAN_SSE_NAME) {
            uspan_sse_pass(&sse);
        } else {
            const char *line = at;
            while (at < end && *at != '\r' && *at != '\n') {
                at++;
            }
            feed(m, line, (size_t)(at - line));
        }
    }
    m->now->form = sse.state + (uint32_t)EVENTS;
}

uint32_t uspan_mcp_read(uspan_mcp_t *m, const void *data, size_t len, unsigned how)
{
    uspan_mcp_reader_t *r = &m->in;
    const char *bytes = data;
    m->texts = m->in_texts;
    m->texts_count = USPAN_MCP_TEXTS;
    if ((how & USPAN_MCP_OURS) != 0u) {
        r = &m->out;
        m->texts = m->out_texts;
        m->texts_count = USPAN_MCP_ANSWER_TEXTS;
    }
    m->now = r;
    m->result = 0u;
    if (m->t == NULL) {
        return 0u;
    }
    for (; r->form == UNKNOWN && len > 0u; bytes++, len--) {
        if ((unsigned char)(*bytes - '!') <= '~' - '!') { /* no white space, and no byte order mark */
            /* "data", "event", "id", "retry", or the colon of a comment */
            r->form = *bytes == ':' || (unsigned char)(*bytes - 'a') < 26u ? EVENTS : JSON;
            break;
        }
    }
    if (r->form >= EVENTS) {
        feed_events(m, bytes, len);
    } else {
        feed(m, bytes, len);
    }
    if ((how & 1u) != 0u) {
        end_json(m);
        r->form = UNKNOWN;
    }
    return m->result;
}
