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

static void forget(uspan_mcp_t *m, uspan_mcp_span_t *open)
{
    m->open_count--;
    memmove(open, open + 1, (size_t)(m->open + m->open_count - open) * sizeof *open);
}

void uspan_mcp_end(uspan_mcp_t *m, uspan_mcp_span_t *open, const char *type, const char *message)
{
    if (type != NULL) {
        (void)uspan_record_error(m->t, open->s, type, message);
    }
    if ((open->flags & USPAN_MCP_IS_SHARED) == 0u) {
        (void)uspan_end(m->t, open->s);
    }
    forget(m, open);
}

/* Returns true if the application has ended the span. A span that was dropped is never ended. */
static bool has_ended(uspan_mcp_t *m, const uspan_mcp_span_t *open)
{
    uint32_t state = uspan_lock(m->t);
    bool ended = !uspan_is_null(open->s) && uspan_slot_find_open(&m->t->trace, open->s) == NULL;
    uspan_unlock(m->t, state);
    return ended;
}

void uspan_mcp_keep(uspan_mcp_t *m, uint32_t id, uspan_t s, unsigned flags)
{
    uspan_mcp_span_t *old = uspan_mcp_find_open(m, id, flags & USPAN_MCP_IS_CALL);
    if (old == NULL && m->open_count == USPAN_MCP_OPEN_MAX) {
        for (old = m->open + USPAN_MCP_OPEN_MAX - 1u; old > m->open && !has_ended(m, old); old--) {
            /* one whose span has ended, else the oldest */
        }
    }
    if (old != NULL && has_ended(m, old)) {
        forget(m, old);
    } else if (old != NULL) {
        uspan_mcp_end(m, old, "unanswered", NULL);
        uspan_mcp_count(
            m, &m->unanswered,
            USPAN_MCP_WORDS("request without an answer: pass answers, or raise USPAN_MCP_OPEN_MAX"));
    }
    m->open[m->open_count++] = (uspan_mcp_span_t){ .s = s, .id = id, .flags = (uint8_t)flags };
}

void uspan_mcp_close(uspan_mcp_t *m, const char *error_type)
{
    while (m->t != NULL && m->open_count > 0u) {
        uspan_mcp_end(m, m->open, error_type != NULL ? error_type : "_OTHER", NULL);
    }
    m->t = NULL;
}

/* ---- answers ------------------------------------------------------------------------------------------- */

/* Returns true if the code is an error of the client, which the server refused correctly. mcp-c-sdk sends
 * -32002 also if a tool has failed. If it does not know a tool, it names the tool in the error's data. */
static bool is_refusal(const char *code, bool tool_failed)
{
    static const char refusals[][7] = { "-32002", "-32700", "-32600", "-32601", "-32602" };
    unsigned i = tool_failed ? 1u : 0u;
    while (i < sizeof refusals / sizeof refusals[0] && strcmp(code, refusals[i]) != 0) {
        i++;
    }
    return i < sizeof refusals / sizeof refusals[0];
}

/* An error without an id answers request 0, because mcp-c-sdk 1.x sends the id null for it. */
void uspan_mcp_settle(uspan_mcp_read_t *x)
{
    uspan_mcp_t *m = x->m;
    uspan_mcp_reader_t *r = x->r;
    unsigned side = x->count == USPAN_MCP_TEXTS ? USPAN_MCP_IS_CALL : 0u;
    bool has_id = r->ids[0] != 0u;
    bool is_error = (r->flags & USPAN_MCP_HAS_ERROR) != 0u;
    if (r->lens[USPAN_MCP_METHOD] != 0u ||
        !(is_error || (has_id && (r->flags & USPAN_MCP_HAS_RESULT) != 0u))) {
        return;
    }
    uspan_mcp_span_t *open = uspan_mcp_find_open(m, has_id ? r->ids[0] : USPAN_MCP_HASH_0, side);
    const char *type = NULL;
    if (open == NULL) {
        if (has_id) {
            uspan_mcp_count(m, &m->unknown, USPAN_MCP_WORDS("answer to no open request: pass requests too"));
        }
        return;
    }
    x->s = USPAN_ROOT; /* any handle except 0 */
    uspan_t s = open->s;
    bool is_tool = (open->flags & USPAN_MCP_IS_TOOL) != 0u;
    if (uspan_mcp_has(r, USPAN_MCP_VERSION)) { /* the negotiated version */
        m->version_len = (uint8_t)r->lens[USPAN_MCP_VERSION];
        memcpy(m->version, uspan_mcp_text(x, USPAN_MCP_VERSION), m->version_len);
        (void)uspan_set_str_n(m->t, s, &uspan_key_mcp_protocol_version, m->version, m->version_len);
    }
#if USPAN_CONTENT
    if (is_tool) {
        uspan_mcp_set_content(x, s, &uspan_key_tool_call_result);
    }
#endif
    if (is_error) {
        const char *code = uspan_mcp_ended(x, USPAN_MCP_CODE);
        uspan_mcp_set(m, s, &uspan_key_rpc_status_code, code, r->lens[USPAN_MCP_CODE]);
        if (side != 0u || !is_refusal(code, is_tool && (r->flags & USPAN_MCP_DATA_NAMES) == 0u)) {
            type = code[0] != '\0' ? code : "_OTHER";
        }
    } else if ((r->flags & USPAN_MCP_IS_ERROR) != 0u) {
        type = "tool_error";
    }
    uspan_mcp_end(m, open, type, uspan_mcp_ended(x, USPAN_MCP_ERROR));
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
