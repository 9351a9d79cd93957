/* message.c: the shapes of the GenAI conventions' messages, parts and definitions: each call opens one, owing
 * the fields that its schema requires until they are there. */
#include "json_write.h"
#include <string.h>

#define REASON_MAX 40u /* bytes of a finish reason */

/* ---- messages ------------------------------------------------------------------------------------------ */

uspan_err_t uspan_messages_begin(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, uspan_list_t list)
{
    static const uspan_key_t *const keys[] = { &uspan_key_input_messages, &uspan_key_output_messages,
                                               &uspan_key_system_instructions, &uspan_key_tool_definitions };
    unsigned i = (unsigned)list - 1u;
    return uspan_write_prepare(w, t, s, i < 4u ? keys[i] : NULL, i + 1u);
}

/* What is open is closed down to `depth` containers; the list itself is opened where it is not. */
static bool begin_item(uspan_write_out_t *o, unsigned depth)
{
    if (!uspan_write_leaf_end(o)) {
        return false;
    }
    if (o->w->depth == 0u) {
        return uspan_write_open(o, NULL, false);
    }
    uspan_write_close_to(o, depth);
    return true;
}

/* An object begins, owing fields: text, one string within it that stays open, where `last` is not NULL. */
static bool open_item(uspan_write_out_t *o, const char *text, const char *last, unsigned need)
{
    uspan_writer_t next = *o->w;
    char first[32];
    size_t n = (next.flags & USPAN_WRITE_EMPTY) == 0u;
    size_t len = strlen(text);
    first[0] = ',';
    memcpy(first + n, text, len);
    next.flags &= (uint8_t)~USPAN_WRITE_EMPTY;
    uspan_write_push(&next, true);
    next.state = USPAN_WRITE_TEXT;
    if (last == NULL) {
        uspan_write_push(&next, false);
        next.state = USPAN_WRITE_BETWEEN;
        next.flags |= USPAN_WRITE_EMPTY;
    }
    uspan_write_set_need(&next, next.need | need);
    return uspan_write_step(o, &next, first, n + len) &&
           (last == NULL || uspan_write_text(o, last, strlen(last)));
}

uspan_err_t uspan_message(uspan_writer_t *w, const char *role, const char *name)
{
    uspan_write_out_t o;
    if (!uspan_write_enter(&o, w, true)) {
        return o.err;
    }
    if (uspan_write_item_depth(w) != 4u) {
        return USPAN_ERR_ARG;
    }
    unsigned finish = w->list == USPAN_OUTPUT_MESSAGES ? USPAN_NEED_FINISH : 0u;
    if ((w->flags & USPAN_WRITE_CUT) != 0u) { /* then what follows belongs to no message */
        o.err = USPAN_TRUNCATED;
        uspan_write_close_to(&o, w->depth < 1u ? w->depth : 1u);
    } else if (!begin_item(&o, 1u)) {
        /* cut, or gone */
    } else if (role == NULL) {
        (void)open_item(&o, "{\"parts\":[", NULL, finish | USPAN_NEED_ROLE);
    } else if (open_item(&o, "{\"role\":\"", role, finish | USPAN_NEED_PARTS) && uspan_write_leaf_end(&o) &&
               (name == NULL || (uspan_write_member(&o, "name", name) && uspan_write_leaf_end(&o)))) {
        (void)uspan_write_open(&o, "parts", false);
    }
    return uspan_write_leave(&o);
}

/* A call on the open message: what is open within it is closed. */
static bool enter_message(uspan_write_out_t *o, uspan_writer_t *w)
{
    if (!uspan_write_enter(o, w, true)) {
        return false;
    }
    if (uspan_write_item_depth(w) != 4u) {
        o->err = USPAN_ERR_ARG;
        return false;
    }
    if (w->depth < 2u) { /* cut before it began, or none */
        o->err = (w->flags & USPAN_WRITE_CUT) != 0u ? USPAN_TRUNCATED : USPAN_ERR_ARG;
        return false;
    }
    (void)uspan_write_leaf_end(o);
    uspan_write_close_to(o, 2u);
    return true;
}

uspan_err_t uspan_message_role(uspan_writer_t *w, const char *role)
{
    uspan_write_out_t o;
    if (!enter_message(&o, w)) {
        return o.err;
    }
    if ((w->need & USPAN_NEED_ROLE) == 0u) {
        o.err = USPAN_ERR_ARG;
    } else if ((w->flags & USPAN_WRITE_CUT) == 0u && uspan_write_member(&o, "role", role)) {
        (void)uspan_write_leaf_end(&o);
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_message_finish(uspan_writer_t *w, const char *reason)
{
    uspan_write_out_t o;
    if (!enter_message(&o, w)) {
        return o.err;
    }
    if ((w->need & USPAN_NEED_FINISH) != 0u) {
        static const char field[] = ",\"finish_reason\":\"";
        char text[sizeof field + REASON_MAX];
        uspan_writer_t next = *w;
        size_t n = sizeof field - 1u;
        memcpy(text, field, n);
        uspan_write_set_need(&next, w->need & ~USPAN_NEED_FINISH);
        size_t most = uspan_write_left(&o, &next) - 1u; /* 14 of a reason for sure: they were kept free */
        most = most < n + REASON_MAX ? most : n + REASON_MAX;
        reason = reason != NULL ? reason : "stop";
        for (; n < most && *reason >= ' ' && *reason < 0x7F && *reason != '"' && *reason != '\\'; reason++) {
            text[n++] = *reason;
        }
        text[n++] = '"';
        (void)uspan_write_step(&o, &next, text, n);
    }
    uspan_write_close_to(&o, 1u);
    return uspan_write_leave(&o);
}

/* ---- parts --------------------------------------------------------------------------------------------- */

/* A part or definition begins: its type is there, what else it owes is not. */
static bool enter_item(uspan_write_out_t *o, uspan_writer_t *w, const char *type, unsigned need)
{
    if (!uspan_write_enter(o, w, false)) {
        return false;
    }
    unsigned depth = uspan_write_item_depth(w);
    if (depth == 0u || w->depth + 1u < depth - (depth == 2u)) {
        o->err = USPAN_ERR_ARG;
        return false;
    }
    if (begin_item(o, depth - 1u) && open_item(o, "{\"type\":\"", type != NULL ? type : "", need)) {
        (void)uspan_write_leaf_end(o);
    }
    return true;
}

static bool live(const uspan_write_out_t *o)
{
    return (o->w->flags & USPAN_WRITE_CUT) == 0u;
}

static void member(uspan_write_out_t *o, const char *name, const char *text)
{
    if (live(o) && text != NULL && uspan_write_member(o, name, text)) {
        (void)uspan_write_leaf_end(o);
    }
}

static void raw_member(uspan_write_out_t *o, const char *name, const char *json)
{
    if (live(o) && uspan_write_raw_begin(o, name) && json != NULL) {
        (void)uspan_write_raw(o, json, strlen(json));
    }
}

static uspan_err_t text_part(uspan_writer_t *w, const char *type, const char *text, size_t len)
{
    uspan_write_out_t o;
    if (text == NULL && len > 0u) {
        return USPAN_ERR_ARG;
    }
    if (!enter_item(&o, w, type, USPAN_NEED_CONTENT)) {
        return o.err;
    }
    if (live(&o) && uspan_write_value(&o, "content", "\"", 1u, USPAN_WRITE_TEXT)) {
        (void)uspan_write_text(&o, text, len);
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_part_text_n(uspan_writer_t *w, const char *text, size_t len)
{
    return text_part(w, "text", text, len);
}

uspan_err_t uspan_part_reasoning_n(uspan_writer_t *w, const char *text, size_t len)
{
    return text_part(w, "reasoning", text, len);
}

uspan_err_t uspan_part_tool_call(uspan_writer_t *w, const char *id, const char *name, const char *arguments)
{
    uspan_write_out_t o;
    if (!enter_item(&o, w, "tool_call", USPAN_NEED_NAME)) {
        return o.err;
    }
    member(&o, "id", id);
    member(&o, "name", name);
    raw_member(&o, "arguments", arguments);
    return uspan_write_leave(&o);
}

uspan_err_t uspan_part_tool_response(uspan_writer_t *w, const char *id, const char *response)
{
    uspan_write_out_t o;
    if (!enter_item(&o, w, "tool_call_response", USPAN_NEED_RESPONSE)) {
        return o.err;
    }
    member(&o, "id", id);
    raw_member(&o, "response", response);
    return uspan_write_leave(&o);
}

/* A part for what is no text: modality and MIME type are there. */
static bool enter_media(uspan_write_out_t *o, uspan_writer_t *w, const char *type, unsigned need,
                        const char *modality, const char *mime)
{
    if (!enter_item(o, w, type, need | USPAN_NEED_MODALITY)) {
        return false;
    }
    member(o, "modality", modality);
    member(o, "mime_type", mime);
    return true;
}

uspan_err_t uspan_part_blob(uspan_writer_t *w, const char *modality, const char *mime, const void *data,
                            size_t len)
{
    uspan_write_out_t o;
    if (data == NULL && len > 0u) {
        return USPAN_ERR_ARG;
    }
    if (!enter_media(&o, w, "blob", USPAN_NEED_CONTENT, modality, mime)) {
        return o.err;
    }
    if (live(&o) && uspan_write_value(&o, "content", "\"", 1u, USPAN_WRITE_BASE64)) {
        (void)uspan_write_base64(&o, data, len);
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_part_uri(uspan_writer_t *w, const char *modality, const char *mime, const char *uri)
{
    uspan_write_out_t o;
    if (!enter_media(&o, w, "uri", USPAN_NEED_URI, modality, mime)) {
        return o.err;
    }
    member(&o, "uri", uri != NULL ? uri : "");
    return uspan_write_leave(&o);
}

uspan_err_t uspan_part_file(uspan_writer_t *w, const char *modality, const char *mime, const char *file_id)
{
    uspan_write_out_t o;
    if (!enter_media(&o, w, "file", USPAN_NEED_FILE, modality, mime)) {
        return o.err;
    }
    member(&o, "file_id", file_id != NULL ? file_id : "");
    return uspan_write_leave(&o);
}

/* The object that a server tool's part consists of stays open. */
static uspan_err_t server_tool(uspan_writer_t *w, const char *part, unsigned need, const char *id,
                               const char *name, const char *type)
{
    uspan_write_out_t o;
    if (!enter_item(&o, w, part, need)) {
        return o.err;
    }
    member(&o, "id", id);
    member(&o, "name", name);
    if (live(&o) && uspan_write_open(&o, part, true)) {
        member(&o, "type", type != NULL ? type : "");
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_part_server_tool_call(uspan_writer_t *w, const char *id, const char *name, const char *type)
{
    return server_tool(w, "server_tool_call", USPAN_NEED_SERVER_CALL | USPAN_NEED_NAME, id, name, type);
}

uspan_err_t uspan_part_server_tool_response(uspan_writer_t *w, const char *id, const char *type)
{
    return server_tool(w, "server_tool_call_response", USPAN_NEED_SERVER_RESPONSE, id, NULL, type);
}

uspan_err_t uspan_part(uspan_writer_t *w, const char *type)
{
    uspan_write_out_t o;
    return enter_item(&o, w, type, 0u) ? uspan_write_leave(&o) : o.err;
}

uspan_err_t uspan_tool_definition(uspan_writer_t *w, const char *name, const char *description,
                                  const char *parameters)
{
    uspan_write_out_t o;
    if (!enter_item(&o, w, "function", USPAN_NEED_NAME)) {
        return o.err;
    }
    member(&o, "name", name);
    member(&o, "description", description);
    if (parameters != NULL) {
        raw_member(&o, "parameters", parameters);
    }
    return uspan_write_leave(&o);
}
