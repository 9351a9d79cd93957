/* mcp_open.c: keeps requests that wait for their answers, and ends their spans. Called by mcp_client.c and
 * mcp_server.c. Invariant: open[0..open_count) has each id of a side once, the oldest first. An entry is
 * removed by its answer, by notifications/cancelled, by uspan_mcp_close(), or by a newer request that needs
 * the entry or the id. In the last case it is counted as unanswered, unless the application has ended its
 * span. */
#include "wire/mcp_internal.h"
#include <string.h>
#include "uspan/message.h"

/* ---- open requests ------------------------------------------------------------------------------------- */

void uspan_mcp_open(uspan_mcp_t *m, uspan_tracer_t *t, const uspan_mcp_peer_t *peer)
{
    memset(m, 0, sizeof *m);
    m->t = t != NULL && uspan_is_live(t) ? t : NULL;
    m->peer = peer;
}

uspan_mcp_span_t *uspan_mcp_find_open(uspan_mcp_t *m, uint32_t id, unsigned side)
{
    for (unsigned i = 0; i < m->open_count; i++) {
        uspan_mcp_span_t *open = &m->open[i];
        if (open->id == id && (open->flags & USPAN_MCP_IS_CALL) == side) {
            return open;
        }
    }
    return NULL;
}

uspan_mcp_span_t uspan_mcp_take(uspan_mcp_t *m, uspan_mcp_span_t *open)
{
    uspan_mcp_span_t taken = *open;
    size_t behind = (size_t)(m->open + m->open_count - (open + 1));
    memmove(open, open + 1, behind * sizeof *open);
    m->open_count--;
    return taken;
}

static void end(uspan_mcp_t *m, const uspan_mcp_span_t *span, const char *type, const char *message)
{
    if (type != NULL) {
        (void)uspan_record_error(m->t, span->s, type, message);
    }
    if ((span->flags & USPAN_MCP_IS_SHARED) == 0u) {
        (void)uspan_end(m->t, span->s);
    }
}

/* Returns true if the span has not ended. */
static bool is_open(uspan_mcp_t *m, uspan_t s)
{
    uint32_t state = uspan_lock(m->t);
    bool open = uspan_slot_find_open(&m->t->trace, s) != NULL;
    uspan_unlock(m->t, state);
    return open;
}

/* Remove a request without an answer. It is counted, and its span ends with an error, unless the application
 * has ended the span already. */
static void give_up(uspan_mcp_t *m, uspan_mcp_span_t *open)
{
    uspan_mcp_span_t span = uspan_mcp_take(m, open);
    if (uspan_is_null(span.s) || is_open(m, span.s)) {
        end(m, &span, "unanswered", NULL);
        uspan_mcp_count(
            m, &m->unanswered,
            USPAN_MCP_WORDS("no answer: call uspan_mcp_response() or uspan_mcp_result(), or raise "
                            "USPAN_MCP_OPEN_MAX"));
    }
}

void uspan_mcp_keep(uspan_mcp_t *m, uint32_t id, uspan_t s, unsigned flags)
{
    uspan_mcp_span_t *old = uspan_mcp_find_open(m, id, flags & USPAN_MCP_IS_CALL);
    if (old == NULL && m->open_count == USPAN_MCP_OPEN_MAX) {
        old = m->open;
        for (unsigned i = 0; i < m->open_count; i++) { /* prefer one whose span has ended */
            if (!uspan_is_null(m->open[i].s) && !is_open(m, m->open[i].s)) {
                old = &m->open[i];
                break;
            }
        }
    }
    if (old != NULL) {
        give_up(m, old);
    }
    m->open[m->open_count++] = (uspan_mcp_span_t){ .s = s, .id = id, .flags = (uint8_t)flags };
}

void uspan_mcp_close(uspan_mcp_t *m, const char *error_type)
{
    if (m->t == NULL) {
        return;
    }
    for (unsigned i = 0; i < m->open_count; i++) {
        end(m, &m->open[i], error_type != NULL ? error_type : "_OTHER", NULL);
    }
    m->open_count = 0u;
    m->t = NULL;
}

/* ---- answers ------------------------------------------------------------------------------------------- */

/* Returns true if the code is an error of the client, which the server refused correctly. mcp-c-sdk sends
 * -32002 also if a tool has failed. If it does not know a tool, it names the tool in the error's data. */
static bool is_refusal(const char *code, size_t len, bool tool_failed)
{
    static const char refusals[] = "-32700-32600-32601-32602-32002";
    for (size_t at = 0; at < sizeof refusals - 1u; at += 6u) {
        if (len == 6u && memcmp(refusals + at, code, 6u) == 0) {
            return at < 24u || !tool_failed;
        }
    }
    return false;
}

/* An error without an id answers request 0, because mcp-c-sdk 1.x sends the id null for it. */
void uspan_mcp_settle(uspan_mcp_read_t *x)
{
    uspan_mcp_t *m = x->m;
    uspan_mcp_reader_t *r = x->r;
    unsigned side = x->count == USPAN_MCP_TEXTS ? USPAN_MCP_IS_CALL : 0u;
    unsigned answers = USPAN_MCP_HAS_ERROR | (r->ids[0] != 0u ? USPAN_MCP_HAS_RESULT : 0u);
    if (r->lens[USPAN_MCP_METHOD] != 0u || (r->flags & answers) == 0u) {
        return;
    }
    uspan_mcp_span_t *open = uspan_mcp_find_open(m, r->ids[0] != 0u ? r->ids[0] : uspan_mcp_hash("0"), side);
    const char *type = NULL;
    if (open == NULL) {
        if (r->ids[0] != 0u) {
            uspan_mcp_count(
                m, &m->unknown,
                USPAN_MCP_WORDS("answer to no open request: call uspan_mcp_request() or uspan_mcp_call() "
                                "first"));
        }
        return;
    }
    x->s = USPAN_ROOT; /* any handle except 0 */
    uspan_mcp_span_t span = uspan_mcp_take(m, open);
    bool is_tool = (span.flags & USPAN_MCP_IS_TOOL) != 0u;
    if (uspan_mcp_has(r, USPAN_MCP_VERSION)) { /* the negotiated version */
        m->version_len = (uint8_t)r->lens[USPAN_MCP_VERSION];
        memcpy(m->version, uspan_mcp_text(x, USPAN_MCP_VERSION), m->version_len);
        (void)uspan_set_str_n(m->t, span.s, &uspan_key_mcp_protocol_version, m->version, m->version_len);
    }
#if USPAN_CONTENT
    if (is_tool) {
        uspan_mcp_set_content(x, span.s, &uspan_key_tool_call_result);
    }
#endif
    if ((r->flags & USPAN_MCP_HAS_ERROR) != 0u) {
        const char *code = uspan_mcp_ended(x, USPAN_MCP_CODE);
        size_t len = r->lens[USPAN_MCP_CODE];
        uspan_mcp_set(m, span.s, &uspan_key_rpc_status_code, code, len);
        if (side != 0u || !is_refusal(code, len, is_tool && (r->flags & USPAN_MCP_DATA_NAMES) == 0u)) {
            type = len > 0u ? code : "_OTHER";
        }
    } else if ((r->flags & USPAN_MCP_IS_ERROR) != 0u) {
        type = "tool_error";
    }
    end(m, &span, type, uspan_mcp_ended(x, USPAN_MCP_ERROR));
}

#if USPAN_CONTENT
void uspan_mcp_set_content(uspan_mcp_read_t *x, uspan_t s, const uspan_key_t *key)
{
    const uspan_mcp_reader_t *r = x->r;
    if (r->content != NULL) {
        if ((r->flags & USPAN_MCP_CONTENT_CUT) != 0u) {
            uspan_mcp_count_unread(x->m, USPAN_MCP_WORDS("content above USPAN_MCP_HOLD_BYTES"));
        }
        (void)uspan_set_json_n(x->m->t, s, key, r->content, r->content_len);
    }
}
#endif
