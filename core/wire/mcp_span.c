/* mcp_span.c: starts spans of MCP requests of both sides, sets their names and attributes as OpenTelemetry's
 * MCP conventions say in "Spans", and ends them by their answers. Called by mcp_message.c, and by the
 * application through mcp.h. Invariants: of the names in a request, only those of tools and prompts become
 * part of a span name. A context is read from a request only, even if the _meta of an answer repeats one.
 * open[0..open_count) has each id of a side once, the oldest first. An entry is removed by its answer, by
 * notifications/cancelled, by uspan_mcp_close(), or by a newer request that needs the entry or the id. In the
 * last case it is counted as unanswered, unless the application has ended its span. */
#include <string.h>
#include "trace/lock.h"
#include "uspan/message.h"
#include "wire/mcp_internal.h"

#define TEXT_ROW(value, key) ROW(TEXT, uspan_mcp_message_t, texts[USPAN_MCP_##value - 1], key)
#define HAS(what) ((a->has & USPAN_MCP_BIT(what)) != 0u)
#define IS(what) ((a->facts & USPAN_MCP_##what) != 0u)
#define HASH(what) USPAN_MCP_OF(a, hashes, what)
#define TEXT(what) USPAN_MCP_OF(a, texts, what)
#define LEN(what) USPAN_MCP_OF(a, lens, what)

/* A text of the message replaces what the application knows of the connection. */
static const uspan_row_t rows[] = {
    ROW(TEXT, uspan_mcp_message_t, sides[0].address, client_address),
    ROW(TEXT, uspan_mcp_message_t, sides[1].address, server_address),
    ROW(TEXT, uspan_mcp_message_t, peer.transport, network_transport),
    ROW(TEXT, uspan_mcp_message_t, peer.protocol, network_protocol_name),
    ROW(TEXT, uspan_mcp_message_t, peer.protocol_version, network_protocol_version),
    ROW(TEXT, uspan_mcp_message_t, peer.session_id, mcp_session_id),
    TEXT_ROW(SESSION, mcp_session_id),
    TEXT_ROW(RPC, jsonrpc_protocol_version),
    TEXT_ROW(METHOD, mcp_method_name),
    TEXT_ROW(URI, mcp_resource_uri),
    ROW(TEXT, uspan_mcp_message_t, tool, tool_name),
#if !USPAN_PROFILE_LANGFUSE /* it reads every key of prompts as the input */
    ROW(TEXT, uspan_mcp_message_t, prompt, prompt_name),
#endif
#define ANSWER_ROWS (rows + sizeof rows / sizeof rows[0] - 5u) /* from here on */
    TEXT_ROW(VERSION, mcp_protocol_version),
    TEXT_ROW(CODE, rpc_status_code),
    ROW(COUNT, uspan_mcp_message_t, sides[0].port, client_port),
    ROW(COUNT, uspan_mcp_message_t, sides[1].port, server_port),
    END_ROW,
};

static const uspan_span_type_t types[2] = {
    { .rows = rows, .traits = USPAN_TYPED_OWN_FIRST },
    { OPERATION(USPAN_OPERATION_TOOL), .rows = rows, .traits = USPAN_TYPED_OWN_FIRST, FOR_ALIYUN("TOOL") },
};

/* ---- open requests ------------------------------------------------------------------------------------- */

void uspan_mcp_open(uspan_mcp_t *m, uspan_tracer_t *t, const uspan_mcp_peer_t *peer)
{
    memset(m, 0, sizeof *m);
    m->t = t != NULL && uspan_is_live(t) ? t : NULL;
    m->peer = peer;
}

/* Returns the open request of that id, or NULL. The ids of calls of this side have all bits inverted. */
static uspan_mcp_span_t *find_open(uspan_mcp_t *m, uint32_t id)
{
    for (uspan_mcp_span_t *open = m->open; open < m->open + m->open_count; open++) {
        if (open->id == id) {
            return open;
        }
    }
    return NULL;
}

USPAN_NOINLINE static uint32_t hash_of(const char *text)
{
    uint32_t hash = 0u;
    for (; *text != '\0'; text++) {
        hash = USPAN_JSON_HASH(hash, *text);
    }
    return hash;
}

uspan_t uspan_mcp_find(uspan_mcp_t *m, const char *id)
{
    const uspan_mcp_span_t *open = find_open(m, hash_of(id + (id[0] == '"')));
    return open != NULL ? open->s : USPAN_NULL;
}

/* End the span of an open request and forget the request. type NULL: without an error. Returns that of
 * uspan_record_error(). */
static uspan_err_t end(uspan_mcp_t *m, uspan_mcp_span_t *open, const char *type, const char *message)
{
    uspan_err_t err = type != NULL ? uspan_record_error(m->t, open->s, type, message) : USPAN_OK;
    if ((open->flags & USPAN_MCP_IS_SHARED) == 0u) {
        (void)uspan_end(m->t, open->s);
    }
    m->open_count--;
    memmove(open, open + 1, (size_t)(m->open + m->open_count - open) * sizeof *open);
    return err;
}

void uspan_mcp_close(uspan_mcp_t *m, const char *error_type)
{
    while (m->open_count > 0u) {
        (void)end(m, m->open, error_type != NULL ? error_type : "", NULL);
    }
    m->t = NULL;
}

/* ---- requests ------------------------------------------------------------------------------------------ */

/* Set arguments or result, if the message has them. */
static void set_content(uspan_mcp_t *m, uspan_t s, const uspan_key_t *key, const uspan_mcp_message_t *a)
{
#if USPAN_CONTENT
    (void)uspan_set_json_n(m->t, s, key, TEXT(CONTENT), LEN(CONTENT));
#else
    (void)m, (void)a, (void)s, (void)key;
#endif
}

/* Keep the span of a request until its answer arrives. */
static inline void keep(uspan_mcp_t *m, uint32_t id, uspan_t s, unsigned flags)
{
    uspan_mcp_span_t *old = find_open(m, id);
    if (old == NULL && m->open_count == USPAN_MCP_OPEN_MAX) {
        for (old = m->open + USPAN_MCP_OPEN_MAX - 1u;
             old > m->open && uspan_has_key(m->t, old->s, &uspan_key_mcp_method_name); old--) {
            /* one whose span has ended or is not recorded, else the oldest */
        }
    }
    if (old != NULL && end(m, old, "unanswered", NULL) != USPAN_ERR_STALE) {
        uspan_mcp_count(m, &m->unanswered, USPAN_MCP_WORDS("no answer, or raise USPAN_MCP_OPEN_MAX"));
    }
    m->open[m->open_count++] = (uspan_mcp_span_t){ .s = s, .id = id, .flags = (uint8_t)flags };
    m->result = s.id;
}

/* Start the span of a request, or set all attributes of the execute_tool span that covers it. If the request
 * has an id, keep the span until the answer arrives.
 *   side  1: of this side, 0: of the other one */
static uspan_t begin(uspan_mcp_t *m, uspan_t parent, uspan_mcp_message_t *a, unsigned side)
{
    const char *name = TEXT(NAME);
    const uspan_mcp_peer_t *peer = m->peer;
    unsigned flags = 0u;
    a->span_name = TEXT(METHOD);
    a->kind = (uspan_kind_t)(USPAN_KIND_SERVER + side);
    if (HASH(METHOD) == USPAN_MCP_HASH("tools/call\"")) {
        flags = USPAN_MCP_IS_TOOL;
        a->subject = a->tool = name;
    } else if (HASH(METHOD) == USPAN_MCP_HASH("prompts/get\"")) {
        a->subject = a->prompt = name;
    } else if (side != 0u) {
        TEXT(URI) = name;
    }
    if (peer != NULL) {
        a->peer = *peer;
        memcpy(&a->sides[side], &peer->address, sizeof a->sides[0]);
    }
    if (TEXT(VERSION) == NULL) {
        TEXT(VERSION) = m->version;
    }
    uspan_t s = parent.id == USPAN_CURRENT.id ? uspan_current(m->t) : parent;
    /* the execute_tool span of the same tool, and no MCP request has set its attributes yet */
    if (side != 0u && a->tool != NULL && !uspan_has_key(m->t, s, &uspan_key_mcp_method_name) &&
        uspan_text_is(m->t, s, &uspan_key_tool_name, a->tool)) {
        flags |= USPAN_MCP_IS_SHARED;
        (void)uspan_set_struct(m->t, s, a, rows);
    } else {
        s = uspan_typed_begin_as(m->t, parent, a, types + flags, NULL);
    }
    if ((flags & USPAN_MCP_IS_TOOL) != 0u) {
        set_content(m, s, &uspan_key_tool_call_arguments, a);
    }
    if (HASH(ID) == 0u) {
        return s;
    }
    if (LEN(ID) != 0u) {
        (void)uspan_set_str_n(m->t, s, &uspan_key_jsonrpc_request_id, TEXT(ID), LEN(ID));
    }
    keep(m, HASH(ID), s, flags);
    return s;
}

uspan_t uspan_mcp_call(uspan_mcp_t *m, uspan_t parent, const char *method, const char *name, const char *id)
{
    uspan_mcp_message_t call;
    uspan_mcp_message_t *a = &call;
    if (m->t == NULL) {
        return USPAN_NULL;
    }
    memset(a, 0, sizeof *a);
    TEXT(METHOD) = method;
    HASH(METHOD) = USPAN_JSON_HASH(hash_of(method), '"');
    TEXT(NAME) = name;
    if (id != NULL) {
        size_t quote = id[0] == '"';
        id += quote;
        HASH(ID) = ~hash_of(id);
        TEXT(ID) = id;
        LEN(ID) = strlen(id) - quote;
    }
    return begin(m, parent, a, 1u);
}

/* ---- messages ------------------------------------------------------------------------------------------ */

/* Handle a received message. Answers are ignored here, because uspan_mcp_result_part() reads them. */
static inline void on_request(uspan_mcp_t *m, uspan_mcp_message_t *a)
{
    uspan_context_t context;
    if (TEXT(METHOD) == NULL) {
        if (HAS(RPC) && (a->facts & (USPAN_MCP_IS_ANSWER | USPAN_MCP_IS_ERROR)) == 0u) {
            uspan_mcp_count_unread(m);
        }
        return;
    }
    if (HASH(RPC) == USPAN_MCP_HASH("2.0\"")) {
        TEXT(RPC) = NULL;
    }
    uspan_t parent = USPAN_CURRENT;
    if (HAS(TRACEPARENT)) {
        if (uspan_context_parse_n(&context, TEXT(TRACEPARENT), LEN(TRACEPARENT), TEXT(TRACESTATE),
                                  LEN(TRACESTATE)) == USPAN_ERR_ARG) {
            uspan_mcp_count_unread(m);
        } else {
            a->context = &context;
            parent = USPAN_ROOT; /* no conversation is taken over from the current span */
        }
    }
    uspan_t s = begin(m, parent, a, 0u);
    uspan_t current = uspan_current(m->t); /* linked, because the caller is the parent in its place */
    if (a->context != NULL && current.id != 0u && uspan_context_of(m->t, current, &context) == USPAN_OK) {
        (void)uspan_add_link(m->t, s, &(uspan_link_t){ .context = &context });
    }
    if (HASH(ID) == 0u) {
        (void)uspan_end(m->t, s);
        uspan_mcp_span_t *cancelled = find_open(m, HASH(TARGET));
        if (cancelled != NULL && HASH(METHOD) == USPAN_MCP_HASH("notifications/cancelled\"")) {
            (void)end(m, cancelled, USPAN_ERROR_CANCELLED, NULL);
        }
    }
}

/* If the message is an answer, end the span of its request. An error without an id answers request 0, because
 * mcp-c-sdk 1.x sends the id null for it. */
static inline void on_answer(uspan_mcp_t *m, uspan_mcp_message_t *a, uint32_t invert)
{
    uint32_t id = HASH(ID);
    const char *type = NULL;
    if (!IS(IS_ERROR) && (id == 0u || !IS(IS_ANSWER))) {
        return;
    }
    uspan_mcp_span_t *open = find_open(m, (id != 0u ? id : USPAN_MCP_HASH("0")) ^ invert);
    if (open == NULL) {
        if (id != 0u) {
            uspan_mcp_count(m, &m->unknown, USPAN_MCP_WORDS("answer to no open request"));
        }
        return;
    }
    m->result = 1u;
    if (TEXT(VERSION) != NULL) { /* the negotiated one */
        memcpy(m->version, TEXT(VERSION), LEN(VERSION) + 1u);
    }
    bool is_tool = (open->flags & USPAN_MCP_IS_TOOL) != 0u;
    if (is_tool) {
        set_content(m, open->s, &uspan_key_tool_call_result, a);
    }
    (void)uspan_set_struct(m->t, open->s, a, ANSWER_ROWS);
    if (IS(IS_ERROR)) {
        /* Errors of the client, which the server refused correctly, are neither a success nor its error.
         * mcp-c-sdk sends -32002 also if a tool has failed. If it does not know a tool, it names the tool in
         * the error's data. */
        uint32_t code = HASH(CODE) - USPAN_MCP_HASH("-32600");
        bool refused =
            code < 3u || code == USPAN_MCP_HASH("-32700") - USPAN_MCP_HASH("-32600") ||
            (code == USPAN_MCP_HASH("-32002") - USPAN_MCP_HASH("-32600") && (!is_tool || IS(DATA_NAMES)));
        if (invert == 0u && refused) {
            (void)uspan_set_trait(m->t, open->s, 0u, USPAN_TRAIT_UNSET);
        } else {
            type = TEXT(CODE) != NULL ? TEXT(CODE) : "";
        }
    } else if (IS(TOOL_FAILED)) {
        type = "tool_error";
    }
    (void)end(m, open, type, TEXT(ERROR));
}

void uspan_mcp_on_message(uspan_mcp_reader_t *r)
{
    uspan_mcp_t *m = r->m;
    if ((m->how & USPAN_MCP_ASKED) != 0u) {
        on_request(m, &r->message);
    } else {
        on_answer(m, &r->message, (m->how / USPAN_MCP_OURS & 1u) - 1u);
    }
    r->message.has = 0u;
}
