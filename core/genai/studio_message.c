/* studio_message.c: writes messages for AgentScope Studio in its block format. Content switches and the
 * redactor apply as for the attributes with the same text. Two passes over a message: one counts its bytes,
 * one writes them. */
#include "genai/typed.h"

#if USPAN_STUDIO && USPAN_CONTENT
#include <string.h>
#include "json/json_read.h"
#include "trace/studio_messages.h"
#include "trace/utf8.h"

/* Most bytes of one text, before it is escaped. */
#define TEXT_MAX (USPAN_STUDIO_MESSAGE_BYTES / 2u)

typedef struct out {
    char *at; /* NULL: bytes are only counted */
    size_t len;
} out_t;

static void put_bytes(out_t *o, const char *text, size_t len)
{
    if (o->at != NULL) {
        memcpy(o->at + o->len, text, len);
    }
    o->len += len;
}

static void put_text(out_t *o, const char *text)
{
    put_bytes(o, text, strlen(text));
}

/* Write text as the inside of a JSON string (RFC 8259 §7). */
static void put_escaped(out_t *o, const char *text, size_t len)
{
    while (len > 0u) {
        const char *piece;
        size_t n = uspan_utf8_piece(&text, &len, &piece);
        for (; n > 0u; n--, piece++) {
            uint8_t c = (uint8_t)*piece;
            if (c < 0x20u) {
                const char escape[] = { '\\', 'u', '0', '0', "01"[c >> 4], "0123456789abcdef"[c & 15u] };
                put_bytes(o, escape, sizeof escape);
            } else {
                put_bytes(o, "\\", c == '"' || c == '\\' ? 1u : 0u);
                put_bytes(o, piece, 1u);
            }
        }
    }
}

static void put_member(out_t *o, const char *before, const char *text, size_t len)
{
    put_text(o, before);
    put_escaped(o, text, len);
    put_text(o, "\"");
}

static void ignore(void *ctx, uspan_json_event_t event, const char *text, size_t len)
{
    (void)ctx, (void)event, (void)text, (void)len;
}

static bool is_object(const char *text, size_t len)
{
    static const uspan_json_table_t none = { NULL, NULL, 0u, false, NULL };
    uspan_json_read_t j;
    memset(&j, 0, sizeof j);
    return len > 0u && text[0] == '{' && uspan_json_read_feed(&j, &none, ignore, NULL, text, len) == len &&
           uspan_json_read_is_done(&j) && uspan_is_utf8(text, len);
}

typedef struct content {
    const uspan_studio_message_t *m;
    const char *text;
    size_t len;
    bool is_cut, is_object;
} content_t;

static void put_said(out_t *o, const content_t *c)
{
    put_text(o, "\"");
    put_escaped(o, c->text, c->len);
    put_text(o, c->is_cut ? "...\"" : "\"");
}

static void put_message(out_t *o, const content_t *c)
{
    static const char *const roles[] = { "user", "assistant", "assistant", "system" };
    const uspan_studio_message_t *m = c->m;
    const char *name = m->name != NULL ? m->name : m->kind == USPAN_STUDIO_USER ? "user" : "agent";
    const char *tool = m->tool != NULL ? m->tool : "";
    const char *id = m->call_id != NULL ? m->call_id : "";
    put_bytes(o, roles[m->kind], strlen(roles[m->kind]) + 1u);
    put_bytes(o, name, strlen(name) + 1u);
    if (m->kind <= USPAN_STUDIO_AGENT) {
        put_text(o, "[{\"type\":\"text\",\"text\":");
        put_said(o, c);
        put_text(o, "}]");
        return;
    }
    put_text(o, m->kind == USPAN_STUDIO_CALL ? "[{\"type\":\"tool_use\"" : "[{\"type\":\"tool_result\"");
    put_member(o, ",\"id\":\"", id, strlen(id));
    put_member(o, ",\"name\":\"", tool, strlen(tool));
    if (m->kind == USPAN_STUDIO_RESULT) {
        put_text(o, ",\"output\":[{\"type\":\"text\",\"text\":");
        put_said(o, c);
        put_text(o, "}]}]");
    } else if (c->is_object) {
        put_text(o, ",\"input\":");
        put_bytes(o, c->text, c->len);
        put_text(o, "}]");
    } else { /* Studio accepts nothing but an object */
        put_text(o, ",\"input\":{\"text\":");
        put_said(o, c);
        put_text(o, "}}]");
    }
}

uspan_err_t uspan_studio_message(uspan_tracer_t *t, const uspan_studio_message_t *m)
{
    static const uspan_key_t *const keys[] = { &uspan_key_input_messages, &uspan_key_output_messages,
                                               &uspan_key_tool_call_arguments, &uspan_key_tool_call_result };
    if (!uspan_is_live(t) || m == NULL || m->text == NULL || (unsigned)m->kind > USPAN_STUDIO_RESULT) {
        return USPAN_ERR_ARG;
    }
    if (t->trace.content == 0u || t->trace.run == 0u) { /* content is off, or there is no run */
        return USPAN_OK;
    }
    content_t c = { .m = m, .text = m->text, .len = strlen(m->text) };
    if (uspan_is_redacted(t, keys[m->kind])) {
        uspan_redact(t, keys[m->kind], &c.text, &c.len);
    }
    c.is_cut = c.len > TEXT_MAX;
    c.len = uspan_utf8_cut(c.text, c.len, TEXT_MAX);
    c.is_object = !c.is_cut && is_object(c.text, c.len);
    out_t o = { NULL, 0u };
    put_message(&o, &c);
    o.at = uspan_studio_reserve(t, o.len);
    if (o.at == NULL) {
        return USPAN_ERR_FULL;
    }
    o.len = 0u;
    put_message(&o, &c);
    uspan_studio_commit(t, o.at, c.is_cut);
    return c.is_cut ? USPAN_TRUNCATED : USPAN_OK;
}
#elif USPAN_STUDIO
uspan_err_t uspan_studio_message(uspan_tracer_t *t, const uspan_studio_message_t *m)
{
    return t != NULL && m != NULL && m->text != NULL ? USPAN_OK : USPAN_ERR_ARG;
}
#endif
