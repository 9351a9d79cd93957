/* wire_parts.c: converts items to parts: texts, tool calls, results, media. Called by wire_calls.c and
 * wire_messages.c, and by the end_unit() functions of dialects. Invariant: `part` is the kind of the open
 * text, or TAKE_NOTHING if the next text starts a new part. */
#include "wire/wire_parts.h"
#include <string.h>
#include "wire/wire_attrs.h"

static bool is(const uspan_wire_t *w, uint32_t flag)
{
    return uspan_wire_is(w, flag);
}

/* ---- members ------------------------------------------------------------------------------------------- */

/* Of a tag for short values only the first value is written, otherwise all values. */
void uspan_wire_write_member(uspan_wire_t *w, const uspan_hold_cursor_t *from, const char *name,
                             uspan_leaf_t leaf, unsigned tag)
{
    uspan_hold_cursor_t at = *from;
    uspan_record_t r;
    unsigned values = 0;
    (void)uspan_write_leaf(uspan_wire_writer(w), name, leaf);
    while (uspan_item_next(w, &at, &r)) {
        if (r.tag == tag && (tag >= TAKE_CONTENT || uspan_item_is_first(&r, &values))) {
            (void)uspan_write_more_n(&w->out, r.text, r.len);
            uspan_hold_release(w, &at);
        }
    }
}

void uspan_wire_write_id(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item,
                         unsigned tag)
{
    tag = uspan_item_has_tag(item, tag)        ? tag
          : uspan_item_has(item, TAKE_CALL_ID) ? TAKE_CALL_ID
                                               : TAKE_ITEM_ID;
    if (uspan_item_has_tag(item, tag)) {
        uspan_wire_write_member(w, from, "id", USPAN_LEAF_TEXT, tag);
    }
}

void uspan_wire_begin_part(uspan_wire_t *w, const char *type)
{
    if (uspan_part(uspan_wire_writer(w), type) == USPAN_ERR_ARG) {
        uspan_wire_count_unread(w); /* system instructions have only texts */
    }
    w->part = TAKE_NOTHING;
}

/* ---- texts --------------------------------------------------------------------------------------------- */

void uspan_wire_write_text(uspan_wire_t *w, unsigned kind, const char *text, size_t len)
{
    if (w->part != kind) {
        uspan_wire_begin_part(w, kind == TAKE_REASONING ? "reasoning"
                                 : kind == TAKE_REFUSAL ? "refusal"
                                                        : "text");
        if (kind == TAKE_THOUGHT) {
            (void)uspan_write_bool(&w->out, "thought", true);
        }
        (void)uspan_write_leaf(&w->out, "content", USPAN_LEAF_TEXT);
        w->part = (uint8_t)kind;
    }
    (void)uspan_write_more_n(uspan_wire_writer(w), text, len);
}

void uspan_wire_write_texts(uspan_wire_t *w, const uspan_hold_cursor_t *from, unsigned tag, unsigned kind)
{
    uspan_hold_cursor_t at = *from;
    uspan_record_t r;
    while (uspan_item_next(w, &at, &r)) {
        if (r.tag == tag) {
            uspan_wire_write_text(w, kind, r.text, r.len);
            uspan_hold_release(w, &at);
        } else if (r.tag == TAKE_BREAK && tag == TAKE_TEXT) {
            w->part = TAKE_NOTHING;
        }
    }
}

/* Small pieces of a stream are collected first, because a call of the writer costs more than copying their
 * bytes. They are moved to the front of hold, over records that were read. If the unit has an error, its
 * records are read again, so nothing is moved. */
void uspan_wire_add_texts(uspan_wire_t *w, uspan_hold_cursor_t *from, unsigned tag, unsigned kind,
                          size_t skip)
{
    uspan_record_t r;
    bool gathers = w->unit_tail == USPAN_NO_INDEX && !is(w, USPAN_WIRE_HAS_ERROR) &&
                   uspan_wire_event(w) != USPAN_JSON_PATH("error");
    while (uspan_item_next(w, from, &r)) {
        if (r.tag == tag) {
            size_t n = skip < r.len ? skip : r.len;
            skip -= n;
            if (w->part != kind || !gathers || !uspan_hold_gather(w, r.text + n, r.len - n)) {
                uspan_wire_write_text(w, kind, r.text + n, r.len - n);
                uspan_hold_release(w, from);
            }
        }
    }
}

/* ---- media --------------------------------------------------------------------------------------------- */

/* Returns image, video, audio or unknown. text: a MIME type or, if is_mime is false, the type of a part such
 * as "video_url". */
static const char *modality_of(const char *text, bool is_mime)
{
    static const char *const names[] = { "audio", "video", "image" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(text, names[i], 5u) == 0) {
            return names[i];
        }
    }
    return is_mime && strchr(text, '/') == NULL ? "audio"   /* OpenAI's format of audio: "wav" */
           : is_mime || text[0] == 'd'          ? "unknown" /* Anthropic's "document" */
                                                : "image";
}

/* Write a part without the bytes of its media. One image would leave no room for texts. */
USPAN_NOINLINE static void write_media(uspan_wire_t *w, const uspan_hold_cursor_t *from,
                                       const uspan_item_t *item)
{
    char mime[41]; /* first the begin of the URI, which has the type if it has the data */
    size_t len = uspan_item_text(w, from, TAKE_URI, mime, sizeof mime);
    bool has_uri = len > 0u;
    if (strncmp(mime, "data:", 5u) == 0) {
        len = strcspn(mime + 5, ";,");
        memmove(mime, mime + 5, len);
        mime[len] = '\0';
        has_uri = false;
    } else {
        len = uspan_item_text(w, from, TAKE_MIME, mime, sizeof mime);
    }
    if (len == 0u) {
        (void)uspan_item_text(w, from, TAKE_TYPE, mime, sizeof mime);
    }
    const char *modality = modality_of(mime, len > 0u);
    if (has_uri || uspan_item_has(item, TAKE_FILE)) {
        modality = has_uri || len > 0u ? modality : "unknown";
        uspan_wire_begin_part(w, has_uri ? "uri" : "file");
        (void)uspan_write_str(&w->out, "modality", modality);
        if (len > 0u) {
            (void)uspan_write_str(&w->out, "mime_type", mime);
        }
        uspan_wire_write_member(w, from, has_uri ? "uri" : "file_id", USPAN_LEAF_TEXT,
                                has_uri ? TAKE_URI : TAKE_FILE);
    } else {
        if (uspan_part_blob(uspan_wire_writer(w), modality, len > 0u ? mime : NULL, NULL, 0u) ==
            USPAN_ERR_ARG) {
            uspan_wire_count_unread(w); /* see uspan_wire_begin_part() */
        }
        w->part = TAKE_NOTHING;
    }
}

/* ---- items --------------------------------------------------------------------------------------------- */

/* Advance *from to the last place where the arguments begin again. Not inlined: a record is large. */
USPAN_NOINLINE static void skip_to_last(uspan_wire_t *w, uspan_hold_cursor_t *from)
{
    uspan_record_t r;
    for (uspan_hold_cursor_t at = *from; uspan_item_next(w, &at, &r);) {
        *from = r.tag == TAKE_BREAK ? at : *from;
    }
}

void uspan_wire_write_call(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item)
{
    unsigned arguments = uspan_item_has(item, TAKE_ARGUMENTS) ? TAKE_ARGUMENTS : TAKE_START_INPUT;
    uspan_wire_begin_part(w, "tool_call");
    uspan_wire_write_id(w, from, item, TAKE_CALL_ID);
    uspan_wire_write_member(w, from, "name", USPAN_LEAF_TEXT,
                            uspan_item_has(item, TAKE_NAME) ? TAKE_NAME : TAKE_TYPE);
    if (uspan_item_has_tag(item, arguments)) {
        uspan_hold_cursor_t last = *from;
        skip_to_last(w, &last);
        uspan_wire_write_member(w, &last, "arguments", USPAN_LEAF_JSON, arguments);
    }
    w->flags |= item->is_server_call ? 0u : USPAN_WIRE_HAS_CALL;
}

void uspan_wire_write_response(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item,
                               bool is_tool_message)
{
    uspan_wire_begin_part(w, "tool_call_response");
    uspan_wire_write_id(w, from, item, TAKE_TO);
    if (uspan_item_has(item, TAKE_TO_NAME)) {
        uspan_wire_write_member(w, from, "name", USPAN_LEAF_TEXT, TAKE_TO_NAME);
    }
    if (uspan_item_has(item, TAKE_RESPONSE)) {
        uspan_wire_write_member(w, from, "response", USPAN_LEAF_JSON, TAKE_RESPONSE);
    } else if (uspan_item_has(item, TAKE_RESPONSE_TEXT)) {
        bool is_text = (w->dialect->traits & USPAN_WIRE_RESULTS_AS_TEXT) != 0u;
        uspan_wire_write_member(w, from, "response", is_text ? USPAN_LEAF_TEXT : USPAN_LEAF_JSON,
                                TAKE_RESPONSE_TEXT);
    } else if (is_tool_message) {
        uspan_wire_write_member(w, from, "response", USPAN_LEAF_JSON, TAKE_TEXT);
    } else {
        (void)uspan_write_null(&w->out, "response");
    }
}

unsigned uspan_wire_reasoning_of(const uspan_item_t *item)
{
    return uspan_item_has(item, TAKE_REASONING)     ? TAKE_REASONING
           : uspan_item_has(item, TAKE_REASONING_2) ? TAKE_REASONING_2
                                                    : TAKE_REASONING_3;
}

void uspan_wire_write_item(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item)
{
    bool is_response = uspan_item_has(item, TAKE_TO) || uspan_item_has(item, TAKE_RESPONSE) ||
                       uspan_item_has(item, TAKE_RESPONSE_TEXT) || uspan_item_has(item, TAKE_TO_NAME);
    bool is_call =
        uspan_item_has(item, TAKE_ARGUMENTS) || item->is_server_call ||
        ((item->has & (USPAN_ITEM_HAS(TAKE_TEXT) | USPAN_ITEM_REASONING)) == 0u &&
         (uspan_item_has(item, TAKE_NAME) || (uspan_item_has(item, TAKE_CALL_ID) && !is_response)));
    unsigned kind =
        item->type == USPAN_JSON_PATH("reasoning") || item->type == USPAN_JSON_PATH("reasoning_text")
            ? TAKE_REASONING
        : uspan_item_has(item, TAKE_THOUGHT) ? TAKE_THOUGHT
                                             : TAKE_TEXT;
    if (is_call) {
        uspan_wire_write_call(w, from, item);
    }
    if (is_response) {
        uspan_wire_write_response(w, from, item, false);
    }
    if (uspan_item_has(item, TAKE_BLOB) || uspan_item_has(item, TAKE_MIME) ||
        uspan_item_has(item, TAKE_URI) || uspan_item_has(item, TAKE_FILE)) {
        write_media(w, from, item);
    }
    if ((item->has & USPAN_ITEM_REASONING) != 0u) {
        uspan_wire_write_texts(w, from, uspan_wire_reasoning_of(item), TAKE_REASONING);
    }
    uspan_wire_write_texts(w, from, TAKE_TEXT, kind);
    uspan_wire_write_texts(w, from, TAKE_REFUSAL, TAKE_REFUSAL);
}

void uspan_wire_add_parts(uspan_wire_t *w)
{
    uspan_hold_cursor_t from, inner;
    uspan_item_t item;
    uspan_hold_begin(&from, USPAN_HOLD_UNIT);
    while (uspan_item_next_part(w, &from, &inner, &item)) {
        if ((item.has & ~USPAN_ITEM_HAS(TAKE_THOUGHT) & ~USPAN_ITEM_HAS(TAKE_TYPE)) ==
            USPAN_ITEM_HAS(TAKE_TEXT)) {
            bool in_whole = from.in_whole;
            uspan_wire_add_texts(w, &inner, TAKE_TEXT,
                                 uspan_item_has(&item, TAKE_THOUGHT) ? TAKE_THOUGHT : TAKE_TEXT, 0u);
            from = inner; /* after the part */
            from.in_whole = in_whole;
        } else {
            uspan_wire_write_item(w, &inner, &item);
        }
    }
}
