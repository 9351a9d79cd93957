/* mcp_open.c: finds requests that wait for their answers, and ends their spans. Called by mcp_attrs.c,
 * mcp_client.c and mcp_server.c. Invariant: open[0..open_count) has each id of a side once, the oldest first.
 * An entry is removed by its answer, by notifications/cancelled, by uspan_mcp_close(), or by a newer request
 * that needs the entry or the id. In the last case it is counted as unanswered, unless the application has
 * ended its span. */
#include <string.h>
#include "trace/ascii.h"
#include "trace/pool.h"
#include "uspan/message.h"
#include "wire/mcp_internal.h"

/* ---- open requests ------------------------------------------------------------------------------------- */

void uspan_mcp_open(uspan_mcp_t *m, uspan_tracer_t *t, const uspan_mcp_peer_t *peer)
{
    memset(m, 0, sizeof *m);
    m->t = t != NULL && uspan_is_live(t) ? t : NULL;
    m->peer = peer;
}

size_t uspan_mcp_id_len(const char *id)
{
    size_t len = strlen(id);
    return id[0] == '"' && len > 1u ? len - 1u : len;
}

uspan_mcp_span_t *uspan_mcp_find_open(uspan_mcp_t *m, uint32_t id)
{
    for (uspan_mcp_span_t *open = m->open; open < m->open + m->open_count; open++) {
        if (open->id == id) {
            return open;
        }
    }
    return NULL;
}

uspan_err_t uspan_mcp_end(uspan_mcp_t *m, uspan_mcp_span_t *open, const char *type, const char *message)
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
        (void)uspan_mcp_end(m, m->open, error_type != NULL ? error_type : "_OTHER", NULL);
    }
    m->t = NULL;
}

/* ---- answers ------------------------------------------------------------------------------------------- */

/* Errors of the client, which the server refused correctly. mcp-c-sdk sends the first one also if a tool has
 * failed. If it does not know a tool, it names the tool in the error's data. */
static const char refusals[] = "-32002\0-32700\0-32600\0-32601\0-32602\0";
#define CODE_BYTES 7u

typedef struct answer {
    const char *code, *version;
} answer_t;
static const uspan_row_t answer_rows[] = {
    ROW(TEXT, answer_t, code, rpc_status_code),
    ROW(TEXT, answer_t, version, mcp_protocol_version),
    END_ROW,
};

/* If the message is an answer, end the span of its request. An error without an id answers request 0, because
 * mcp-c-sdk 1.x sends the id null for it. */
static void on_answer(uspan_mcp_t *m, uspan_mcp_reader_t *r)
{
    const char *texts = m->texts;
    unsigned side = r == &m->in ? USPAN_MCP_IS_CALL : 0u;
    uint32_t id = r->ids[0];
    bool has_id = uspan_mcp_has(r, USPAN_MCP_ID);
    bool is_error = uspan_mcp_has(r, USPAN_MCP_IS_ERROR);
    if (uspan_mcp_has(r, USPAN_MCP_METHOD) ||
        !(is_error || (has_id && uspan_mcp_has(r, USPAN_MCP_IS_ANSWER)))) {
        return;
    }
    id = has_id ? id : USPAN_JSON_PATH("0");
    uspan_mcp_span_t *open = uspan_mcp_find_open(m, side != 0u ? ~id : id);
    if (open == NULL) {
        if (has_id) {
            uspan_mcp_count(m, &m->unknown, USPAN_MCP_WORDS("answer to no open request"));
        }
        return;
    }
    m->result = 1u;
    uspan_t s = open->s;
    const char *type = NULL;
    answer_t answer = { texts + USPAN_MCP_AT_CODE, texts + USPAN_MCP_AT_VERSION };
    bool is_tool = (open->flags & USPAN_MCP_IS_TOOL) != 0u;
    if (answer.version[0] != '\0') { /* the negotiated version */
        memcpy(m->version, answer.version, r->lens[USPAN_MCP_VERSION] + 1u);
    }
#if USPAN_CONTENT
    if (is_tool) {
        uspan_mcp_set_content(m, r, s, &uspan_key_tool_call_result);
    }
#endif
    (void)uspan_set_struct(m->t, s, &answer, answer_rows);
    if (is_error) {
        bool tool_failed = is_tool && !uspan_mcp_has(r, USPAN_MCP_DATA_NAMES);
        if (side != 0u || uspan_word_index(refusals + (tool_failed ? CODE_BYTES : 0u), answer.code,
                                           r->lens[USPAN_MCP_CODE]) == 0u) {
            type = answer.code[0] != '\0' ? answer.code : "_OTHER";
        }
    } else if (uspan_mcp_has(r, USPAN_MCP_TOOL_FAILED)) {
        type = "tool_error";
    }
    (void)uspan_mcp_end(m, open, type, texts + USPAN_MCP_AT_ERROR);
}

bool uspan_mcp_settle(uspan_mcp_t *m, const void *data, size_t len, unsigned how)
{
    m->whole = on_answer;
    return uspan_mcp_read(m, data, len, how) != 0u;
}

#if USPAN_CONTENT
void uspan_mcp_set_content(uspan_mcp_t *m, const uspan_mcp_reader_t *r, uspan_t s, const uspan_key_t *key)
{
    const char *content = r->content != NULL ? r->content : m->texts;
    (void)uspan_set_json_n(m->t, s, key, content, r->lens[USPAN_MCP_CONTENT]);
}
#endif
