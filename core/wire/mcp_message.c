/* mcp_message.c: reads JSON-RPC bytes and finds the data of a span. These are the texts of a message, the
 * hash of its id, and its arguments or result unchanged. Called by mcp_server.c and mcp_client.c. Invariant:
 * the order of members does not matter if a message is well-formed and has no text twice. The ends of
 * fragments matter only for arguments and results, of which USPAN_MCP_HOLD_BYTES are kept between two calls.
 * If a text occurs twice, the first one is used. A text that is too long is cut, but trace context and
 * baggage are dropped. */
#include "wire/mcp_internal.h"
#include <stddef.h>
#include <string.h>
#include "json/json_read.h"
#include "wire/sse.h"

/* uspan_mcp_reader_t.form. The first byte of a message that is visible ASCII decides. */
enum { UNKNOWN, JSON, EVENTS };

/* Texts of which a part is enough, without a count. */
#define MAY_BE_CUT (1u << USPAN_MCP_ERROR | 1u << USPAN_MCP_TARGET)

/* The action of a text is its number plus 1. */
#define TEXT(text) (USPAN_MCP_##text + 1u)
enum {
    DOCUMENT = USPAN_MCP_TEXTS + 1,
    ENVELOPE,
    ELEMENT, /* of a batch in an envelope */
    INSIDE,  /* a container on the path to other rows */
    CONTENT,
    RESULT, /* from here on, in the order of the flags from USPAN_MCP_HAS_RESULT on */
    FAILURE,
    FAILED_TOOL,
    DATA_NAME
};
#define ROWS(X)                                                              \
    X("", DOCUMENT)                                                          \
    X("jsonrpc", TEXT(RPC))                                                  \
    X("id", USPAN_JSON_AS_IS | TEXT(ID))                                     \
    X("method", TEXT(METHOD))                                                \
    X("params", INSIDE)                                                      \
    X("params._meta", INSIDE)                                                \
    X("params._meta.traceparent", TEXT(TRACEPARENT))                         \
    X("params._meta.tracestate", TEXT(TRACESTATE))                           \
    X("params._meta.baggage", TEXT(BAGGAGE))                                 \
    X("params._meta.io.modelcontextprotocol/protocolVersion", TEXT(VERSION)) \
    X("params.name", TEXT(NAME))                                             \
    X("params.arguments", USPAN_JSON_AS_IS | CONTENT)                        \
    X("params.uri", TEXT(NAME))                                              \
    X("params.protocolVersion", TEXT(VERSION))                               \
    X("params.requestId", USPAN_JSON_AS_IS | TEXT(TARGET))                   \
    X("result", RESULT)                                                      \
    X("result.content", USPAN_JSON_AS_IS | CONTENT)                          \
    X("result.isError", FAILED_TOOL)                                         \
    X("result.protocolVersion", TEXT(VERSION))                               \
    X("error", FAILURE)                                                      \
    X("error.code", USPAN_JSON_AS_IS | TEXT(CODE))                           \
    X("error.message", TEXT(ERROR))                                          \
    X("error.data", INSIDE)                                                  \
    X("error.data.name", DATA_NAME)                                          \
    X("error.data.uri", DATA_NAME)                                           \
    X("payload", ENVELOPE)                                                   \
    X("payload.#", ELEMENT)                                                  \
    X("session_id", TEXT(SESSION))
USPAN_JSON_TABLE(table, ROWS);

const char *uspan_mcp_ended(const uspan_mcp_read_t *x, unsigned text)
{
    char *at = uspan_mcp_text(x, text);
    at[x->r->lens[text]] = '\0';
    return at;
}

void uspan_mcp_count(uspan_mcp_t *m, uint16_t *counter, const char *what)
{
    *counter = (uint16_t)(*counter + (*counter < UINT16_MAX ? 1u : 0u));
    if ((*counter & (*counter - 1u)) == 0u) {
        m->t->trace.port->log(m->t->trace.port->ctx, USPAN_LEVEL_WARN, what);
    }
}

void uspan_mcp_count_unread(uspan_mcp_t *m, const char *what)
{
    uspan_mcp_count(m, &m->unread, what);
}

/* ---- ids ----------------------------------------------------------------------------------------------- */

/* Add bytes to the hash of an id. A number and a text with the same characters have different hashes. */
USPAN_NOINLINE static uint32_t hash_more(uint32_t hash, bool is_text, const char *text, size_t len)
{
    hash = hash != 0u ? hash : is_text ? 2u : 1u;
    for (; len > 0u; len--) {
        hash = USPAN_JSON_HASH(hash, *text++);
    }
    return hash;
}

uint32_t uspan_mcp_hash(const char *id)
{
    bool is_text = id[0] == '"';
    size_t len = strlen(id);
    uint32_t hash = hash_more(0u, is_text, id + is_text, len - (is_text ? 1u + (len > 1u) : 0u));
    return hash + (hash == 0u);
}

/* ---- values -------------------------------------------------------------------------------------------- */

/* in_batch: the session of the envelope around it stays. */
static void begin_message(uspan_mcp_reader_t *r, bool in_batch)
{
    uint16_t len = in_batch ? r->lens[USPAN_MCP_SESSION] : 0u;
    memset(r, 0, offsetof(uspan_mcp_reader_t, form));
    r->flags = USPAN_MCP_IN_MESSAGE;
    r->lens[USPAN_MCP_SESSION] = len;
}

static void add_text(uspan_mcp_read_t *x, unsigned text, const char *bytes, size_t len)
{
    uspan_mcp_reader_t *r = x->r;
    size_t room = (size_t)(uspan_mcp_starts[text + 1u] - uspan_mcp_starts[text] - 1u) - r->lens[text];
    if (len > room) {
        r->cut |= (uint16_t)(1u << text);
        len = room;
    }
    memcpy(uspan_mcp_text(x, text) + r->lens[text], bytes, len);
    r->lens[text] = (uint16_t)(r->lens[text] + len);
}

static void end_text(uspan_mcp_read_t *x, unsigned text)
{
    uspan_mcp_reader_t *r = x->r;
    unsigned bit = 1u << text;
    r->has |= (uint16_t)bit;
    if ((r->cut & bit & ~MAY_BE_CUT) != 0u) {
        uspan_mcp_count_unread(x->m, USPAN_MCP_WORDS("text too long"));
        if (text >= USPAN_MCP_TRACEPARENT) { /* a part of it is of no use */
            r->lens[text] = 0u;
        }
    }
}

/* Take a string, or a value of any type as written. An outgoing answer has memory for its first texts. */
static void take_text(uspan_mcp_read_t *x, unsigned text, uspan_json_event_t event, const char *bytes,
                      size_t len)
{
    uspan_mcp_reader_t *r = x->r;
    bool is_text = (event | 1u) == USPAN_READ_TEXT_END;
    bool ends = (event & 1u) != 0u;
    if (!is_text && event < USPAN_READ_RAW) {
        return;
    }
    if (uspan_mcp_has(r, text)) { /* the first one is used */
        if (ends) {
            uspan_mcp_count_unread(x->m, USPAN_MCP_WORDS("member twice"));
        }
        return;
    }
    if (text == USPAN_MCP_ID || text == USPAN_MCP_TARGET) {
        uint32_t *hash = &r->ids[text - USPAN_MCP_ID];
        *hash = hash_more(*hash, is_text, bytes, len);
        *hash += ends && *hash == 0u;
    }
    if (ends) {
        end_text(x, text);
    } else if (text < x->count) {
        add_text(x, text, bytes, len);
    }
}

/* Copy arguments or a result to hold, because the caller's bytes are valid only during the call. */
static void keep_content(uspan_mcp_reader_t *r)
{
#if USPAN_CONTENT
    if (r->content != NULL && r->content != r->hold) {
        if (r->content_len > sizeof r->hold) {
            r->content_len = sizeof r->hold;
            r->flags |= USPAN_MCP_CONTENT_CUT;
        }
        memmove(r->hold, r->content, r->content_len);
        r->content = r->hold;
    }
#else
    (void)r;
#endif
}

static void take_content(uspan_mcp_read_t *x, uspan_json_event_t event, const char *bytes, size_t len)
{
#if USPAN_CONTENT
    uspan_mcp_reader_t *r = x->r;
    if ((r->flags & USPAN_MCP_CONTENT_DONE) != 0u) {
        return;
    }
    if (event == USPAN_READ_RAW && r->content == NULL) {
        r->content = bytes;
        r->content_len = len;
    } else if (event == USPAN_READ_RAW) {
        size_t room = sizeof r->hold - r->content_len;
        if (len > room) {
            r->flags |= USPAN_MCP_CONTENT_CUT;
            len = room;
        }
        memcpy(r->hold + r->content_len, bytes, len);
        r->content_len += len;
    } else if (event == USPAN_READ_RAW_END) {
        r->flags |= USPAN_MCP_CONTENT_DONE;
    }
#else
    (void)x, (void)event, (void)bytes, (void)len;
#endif
}

static void take_container(uspan_mcp_read_t *x, unsigned action, uspan_json_event_t event)
{
    uspan_mcp_reader_t *r = x->r;
    if (event == USPAN_READ_OPEN) {
        if ((r->json.arrays & 1u) != 0u) {
            return; /* a batch: its elements are messages */
        }
        if (action != ENVELOPE) {
            begin_message(r, action == ELEMENT);
        }
        if (action != DOCUMENT) { /* the envelope's members are read as those of the document */
            r->json.paths[r->json.depth - 1u] = r->json.paths[0];
        }
    } else if (action != ENVELOPE && event == USPAN_READ_CLOSE && (r->flags & USPAN_MCP_IN_MESSAGE) != 0u) {
        r->flags &= (uint16_t)~USPAN_MCP_IN_MESSAGE;
        x->whole(x);
        r->content = NULL;
    }
}

static void take(void *ctx, unsigned action, uspan_json_event_t event, const char *text, size_t len)
{
    uspan_mcp_read_t *x = ctx;
    action &= ~USPAN_JSON_AS_IS;
    if (action <= USPAN_MCP_TEXTS) {
        take_text(x, action - 1u, event, text, len);
    } else if (action < INSIDE) {
        take_container(x, action, event);
    } else if (action == CONTENT) {
        take_content(x, event, text, len);
    } else if (action > CONTENT && (action == FAILURE       ? event != USPAN_READ_NULL
                                    : action == FAILED_TOOL ? event == USPAN_READ_TRUE
                                                            : true)) {
        x->r->flags |= (uint16_t)(USPAN_MCP_HAS_RESULT << (action - RESULT));
    }
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

/* Handle a message that is malformed or incomplete. It still ends its request if it has an error and its id
 * was read before, because xiaozhi-esp32 does not escape the texts of errors. */
static void break_off(uspan_mcp_read_t *x)
{
    uspan_mcp_reader_t *r = x->r;
    bool is_answer = (r->flags & USPAN_MCP_IN_MESSAGE) != 0u && (r->flags & USPAN_MCP_HAS_ERROR) != 0u &&
                     uspan_mcp_has(r, USPAN_MCP_ID) && !uspan_mcp_has(r, USPAN_MCP_METHOD);
    uspan_mcp_count_unread(x->m, USPAN_MCP_WORDS("malformed message"));
    r->flags &= (uint16_t)~USPAN_MCP_IN_MESSAGE;
    if (is_answer) {
        x->whole(x);
    }
}

/* Read bytes of JSON, in one or more messages. After a malformed byte the rest is skipped. */
USPAN_NOINLINE static void feed(uspan_mcp_read_t *x, const char *data, size_t len)
{
    uspan_json_read_t *json = &x->r->json;
    while (len > 0u && !uspan_json_read_is_bad(json)) {
        if (uspan_json_read_is_done(json)) {
            uspan_json_read_begin(json);
        }
        size_t n = uspan_json_read_feed(json, &table, take, x, data, len);
        data += n;
        len -= n;
        if (uspan_json_read_is_bad(json)) {
            break_off(x);
        }
    }
}

/* End the JSON text, and prepare for the next one. An incomplete message counts as malformed. */
USPAN_NOINLINE static void end_json(uspan_mcp_read_t *x)
{
    uspan_json_read_t *json = &x->r->json;
    if (!uspan_json_read_is_blank(json) && !uspan_json_read_is_done(json) && !uspan_json_read_is_bad(json)) {
        break_off(x);
    }
    uspan_json_read_begin(json);
    x->r->flags = 0u;
    x->r->content = NULL;
}

/* Read bytes of server-sent events. The data of each event are JSON. */
static void feed_events(uspan_mcp_read_t *x, const char *at, size_t len)
{
    const char *end = at + len;
    uspan_sse_t sse = { x->r->line };
    for (uspan_sse_next_t next; (next = uspan_sse_next(&sse, &at, end)) != USPAN_SSE_MORE;) {
        if (next == USPAN_SSE_END) {
            end_json(x);
        } else if (next == USPAN_SSE_NAME) {
            uspan_sse_pass(&sse);
        } else {
            const char *line = at;
            while (at < end && *at != '\r' && *at != '\n') {
                at++;
            }
            feed(x, line, (size_t)(at - line));
            keep_content(x->r); /* it may continue in another line */
        }
    }
    x->r->line = sse.state;
}

uspan_t uspan_mcp_read(uspan_mcp_t *m, bool ours, void (*whole)(uspan_mcp_read_t *x), const void *data,
                       size_t len, bool is_last)
{
    uspan_mcp_reader_t *r = ours ? &m->out : &m->in;
    uspan_mcp_read_t x = {
        m,     r,         ours ? m->out_texts : m->in_texts, ours ? USPAN_MCP_ANSWER_TEXTS : USPAN_MCP_TEXTS,
        whole, USPAN_NULL
    };
    const char *bytes = data;
    if (m->t == NULL) {
        return USPAN_NULL;
    }
    while (r->form == UNKNOWN && len > 0u) {
        if ((unsigned char)(*bytes - '!') > '~' - '!') { /* white space, or a byte order mark */
            bytes++;
            len--;
        } else { /* "data", "event", "id", "retry", or the colon of a comment */
            r->form = memchr("deir:", *bytes, 5u) != NULL ? EVENTS : JSON;
        }
    }
    if (r->form == EVENTS) {
        feed_events(&x, bytes, len);
    } else {
        feed(&x, bytes, len);
    }
    if (is_last) {
        end_json(&x);
        r->form = UNKNOWN;
        r->line = 0u;
    } else {
        keep_content(r);
    }
    return x.s;
}
