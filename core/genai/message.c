/* message.c: writes messages, parts and tool definitions of the GenAI conventions. The writer remembers the
 * fields that a schema requires until they are written. */
#include "genai/history.h"
#include "genai/typed.h"
#include "json/json_write.h"
#include <string.h>

#define REASON_MAX 40u /* bytes of a finish reason */

uspan_err_t uspan_messages_begin(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, uspan_list_t list)
{
    static const uspan_key_t *const keys[] = { &uspan_key_input_messages, &uspan_key_output_messages,
                                               &uspan_key_system_instructions, &uspan_key_tool_definitions };
    unsigned i = (unsigned)list - 1u;
    if (list == USPAN_TOOL_LIST && uspan_is_live(t) && !uspan_tells_definitions(t)) {
        *w = (uspan_writer_t){ .invalid = 0u }; /* every call on it does nothing */
        return USPAN_OK;
    }
    return uspan_write_prepare(w, t, s, i < 4u ? keys[i] : NULL, i + 1u);
}

/* Close everything down to `depth` containers, and open the list if it is not open yet. Then begin an object
 * with `text`, which leaves the writer in `state`. The object requires the fields of `need`. */
static bool begin_item(uspan_write_out_t *o, unsigned depth, unsigned need, const char *text, unsigned state)
{
    uspan_writer_t *w = o->w;
    if (!uspan_write_leaf_end(o)) {
        return false;
    }
    if (w->depth > 0u) {
        uspan_write_close_to(o, depth);
    } else if ((w->flags & USPAN_WRITE_EMPTY) == 0u) { /* uspan_write_end() closed it */
        o->err = USPAN_ERR_ARG;
        return false;
    } else if (!uspan_write_value(o, NULL, "[", 1u, USPAN_WRITE_BETWEEN)) {
        return false;
    }
    if (!uspan_write_ensure(o, USPAN_WRITE_PIECE / 2u)) {
        return false;
    }
    uspan_write_need(w, w->need | need);
    return uspan_write_value(o, NULL, text, strlen(text), state);
}

/* ---- messages ------------------------------------------------------------------------------------------ */

/* Begin a call on a list of messages. Returns false if w is no such list or there is nothing to do. A value
 * that was cut is accepted, so that it can be closed. */
static bool enter_messages(uspan_write_out_t *o, uspan_writer_t *w)
{
    if (!uspan_write_enter(o, w, true)) {
        return false;
    }
    if (uspan_write_item_depth(w) != 4u) {
        o->err = USPAN_ERR_ARG;
        return false;
    }
    return true;
}

uspan_err_t uspan_message(uspan_writer_t *w, const char *role, const char *name)
{
    uspan_write_out_t o;
    if (!enter_messages(&o, w)) {
        return o.err;
    }
    unsigned need = USPAN_NEED_OF_MESSAGE & (w->list == USPAN_OUTPUT_MESSAGES ? ~0u : ~USPAN_NEED_FINISH);
    if (!uspan_write_leaf_end(&o) || (w->flags & USPAN_WRITE_CUT) != 0u) { /* no message is begun */
        o.err = o.err == USPAN_OK ? USPAN_TRUNCATED : o.err;
        uspan_write_close_to(&o, w->depth > 0u);
    } else if (begin_item(&o, 1u, need, "{", USPAN_WRITE_BETWEEN) &&
               (role == NULL || uspan_write_pair(&o, "role", role)) &&
               (name == NULL || uspan_write_pair(&o, "name", name))) {
        (void)uspan_write_value(&o, "parts", "[", 1u, USPAN_WRITE_BETWEEN);
    }
    uspan_err_t err = uspan_write_leave(&o);
    if (err == USPAN_OK && w->list == USPAN_INPUT_MESSAGES && !uspan_is_system_role(role)) {
        uspan_history_count(w);
    }
    return err;
}

/* Begin a call on the open message, and close everything that is open within it. */
static bool enter_message(uspan_write_out_t *o, uspan_writer_t *w)
{
    if (!enter_messages(o, w)) {
        return false;
    }
    if (w->depth < 2u) { /* the value was cut before the message began, or there is none */
        o->err = o->err == USPAN_OK ? USPAN_ERR_ARG : o->err;
        return false;
    }
    (void)uspan_write_leaf_end(o);
    uspan_write_close_to(o, 2u);
    return uspan_write_ensure(o, USPAN_WRITE_PIECE);
}

uspan_err_t uspan_message_role(uspan_writer_t *w, const char *role)
{
    uspan_write_out_t o;
    if (!enter_message(&o, w)) {
        return o.err;
    }
    if ((w->need & USPAN_NEED_ROLE) == 0u || role == NULL) {
        o.err = USPAN_ERR_ARG;
    } else {
        (void)uspan_write_pair(&o, "role", role);
        w->messages = (uint8_t)(w->messages - (w->messages > 0u && uspan_is_system_role(role)));
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_message_finish(uspan_writer_t *w, const char *reason)
{
    uspan_write_out_t o;
    if (!enter_message(&o, w)) {
        return o.err;
    }
    bool is_owed = (w->need & USPAN_NEED_FINISH) != 0u;
    if (is_owed ||
        (reason != NULL && w->list == USPAN_INPUT_MESSAGES && (w->flags & USPAN_WRITE_CUT) == 0u)) {
        char text[REASON_MAX + 2u] = "\"";
        uint8_t cut = w->flags & USPAN_WRITE_CUT;
        size_t n = 1;
        w->flags ^= cut; /* there is room after a cut: it was reserved for the required field */
        uspan_write_need(w, w->need & ~USPAN_NEED_FINISH);
        size_t most =
            (size_t)uspan_write_left(&o) - 20u; /* the member's name, all quotes and one spare byte */
        most = is_owed && most < REASON_MAX ? most : REASON_MAX;
        reason = reason != NULL ? reason : "stop";
        for (; n <= most && *reason >= ' ' && *reason < 0x7F && *reason != '"' && *reason != '\\'; reason++) {
            text[n++] = *reason;
        }
        text[n++] = '"';
        (void)uspan_write_value(&o, "finish_reason", text, n, USPAN_WRITE_BETWEEN);
        w->flags |= cut;
    }
    uspan_write_close_to(&o, 1u);
    return uspan_write_leave(&o);
}

/* ---- parts --------------------------------------------------------------------------------------------- */

#define NONE 0u
#define FIELD_BYTES 12u
static const char fields[][FIELD_BYTES] = { "",          "id",        "name",     "modality",
                                            "mime_type", "uri",       "file_id",  "description",
                                            "content",   "arguments", "response", "parameters" };
enum { ID = 1, NAME, MODALITY, MIME, URI, FILE_ID, DESCRIPTION, CONTENT, ARGUMENTS, RESPONSE, PARAMETERS };

/* How to write a part of each uspan_part_kind_t. Fields are numbered by fields[]. */
typedef struct shape {
    const char *type;    /* NULL: the first text */
    uint8_t texts[3];    /* the field of each text */
    uint8_t data, state; /* the field of the data, and how it is written. NONE, 1: an object instead */
    uint16_t need;       /* required fields */
} shape_t;
static const shape_t shapes[] = {
    { NULL, { NONE, NONE, NONE }, NONE, 0u, 0u },
    { "text", { NONE, NONE, NONE }, CONTENT, USPAN_WRITE_TEXT, USPAN_NEED_CONTENT },
    { "reasoning", { NONE, NONE, NONE }, CONTENT, USPAN_WRITE_TEXT, USPAN_NEED_CONTENT },
    { "tool_call", { ID, NAME, NONE }, ARGUMENTS, USPAN_WRITE_VALUE, USPAN_NEED_NAME },
    { "tool_call_response", { ID, NONE, NONE }, RESPONSE, USPAN_WRITE_VALUE, USPAN_NEED_RESPONSE },
    { "blob",
      { MODALITY, MIME, NONE },
      CONTENT,
      USPAN_WRITE_BASE64,
      USPAN_NEED_MODALITY | USPAN_NEED_CONTENT },
    { "uri", { MODALITY, MIME, URI }, NONE, 0u, USPAN_NEED_MODALITY | USPAN_NEED_URI },
    { "file", { MODALITY, MIME, FILE_ID }, NONE, 0u, USPAN_NEED_MODALITY | USPAN_NEED_FILE },
    { "server_tool_call", { ID, NAME, NONE }, NONE, 1u, USPAN_NEED_NAME | USPAN_NEED_SERVER_CALL },
    { "server_tool_call_response", { ID, NONE, NONE }, NONE, 1u, USPAN_NEED_SERVER_RESPONSE },
    { "function", { NAME, DESCRIPTION, NONE }, PARAMETERS, USPAN_WRITE_VALUE, USPAN_NEED_NAME },
    { "compaction", { ID, NONE, NONE }, CONTENT, USPAN_WRITE_TEXT, 0u },
};

uspan_err_t uspan_write_part(uspan_writer_t *w, uspan_part_kind_t kind, const char *const texts[3],
                             const void *data, size_t len)
{
    uspan_write_out_t o;
    const shape_t *shape = &shapes[kind];
    if (data == NULL && len > 0u) {
        return USPAN_ERR_ARG;
    }
    if (!uspan_write_enter(&o, w, false)) {
        return o.err;
    }
    unsigned depth = uspan_write_item_depth(w);
    const char *type = shape->type != NULL ? shape->type : texts[0];
    if (depth == 0u || (depth == 4u && w->depth < 3u)) {
        return USPAN_ERR_ARG;
    }
    if (w->list == USPAN_SYSTEM_INSTRUCTIONS && strcmp(type, "text") != 0) {
        if (w->depth >= depth &&
            uspan_write_leaf_end(&o)) { /* later members must not go into the previous part */
            uspan_write_close_to(&o, depth - 1u);
        }
        uspan_err_t err = uspan_write_leave(&o);
        return err == USPAN_OK ? USPAN_ERR_ARG : err;
    }
    bool good = begin_item(&o, depth - 1u, shape->need, "{\"type\":\"", USPAN_WRITE_TEXT) &&
                uspan_write_text(&o, type, strlen(type)) && uspan_write_leaf_end(&o);
    for (unsigned i = 0; i < 3u && good; i++) {
        if (shape->texts[i] != NONE && texts[i] != NULL) {
            good = uspan_write_pair(&o, fields[shape->texts[i]], texts[i]);
        }
    }
    if (good && shape->data != NONE && (kind < USPAN_PART_DEFINITION || data != NULL)) {
        const char *quote = shape->state == USPAN_WRITE_VALUE ? "" : "\"";
        (void)(uspan_write_value(&o, fields[shape->data], quote, strlen(quote), shape->state) &&
               uspan_write_feed(&o, data, len));
    } else if (good && shape->data == NONE && shape->state != 0u) { /* an object holds all other members */
        (void)(uspan_write_value(&o, type, "{", 1u, USPAN_WRITE_BETWEEN) &&
               uspan_write_pair(&o, "type", texts[2] != NULL ? texts[2] : ""));
    }
    return uspan_write_leave(&o);
}
