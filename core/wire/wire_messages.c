/* wire_messages.c: converts units to messages and tool definitions. Called by wire.c and wire_collect.c, and
 * by the end_unit() functions of dialects. Invariant: `list` is what is open in `out`. `part` is the kind of
 * its open text, or TAKE_NOTHING if the next text starts a new part. */
#include "wire/wire_messages.h"
#include <string.h>
#include "wire/wire_calls.h"
#include "wire/wire_parts.h"

#define ROLE_BYTES 41u

static bool is(const uspan_wire_t *w, uint32_t flag)
{
    return uspan_wire_is(w, flag);
}

void uspan_wire_begin_list(uspan_wire_t *w, unsigned list)
{
    (void)uspan_wire_writer(w);
    w->list = (uint8_t)list;
    w->part = TAKE_NOTHING;
    w->flags &= ~(USPAN_WIRE_IN_MESSAGE | USPAN_WIRE_HAS_CALL);
    (void)uspan_messages_begin(&w->out, w->t, w->s, (uspan_list_t)list);
}

void uspan_wire_end_list(uspan_wire_t *w)
{
    if (w->list != 0u) {
        (void)uspan_write_end(uspan_wire_writer(w));
        w->list = 0u;
        w->flags &= ~USPAN_WIRE_IN_MESSAGE;
    }
}

void uspan_wire_begin_message(uspan_wire_t *w, const char *role)
{
    if (!is(w, USPAN_WIRE_IN_MESSAGE) && w->list != USPAN_SYSTEM_INSTRUCTIONS) {
        (void)uspan_message(uspan_wire_writer(w), role, NULL);
        w->flags |= USPAN_WIRE_IN_MESSAGE;
        w->part = TAKE_NOTHING;
    }
}

/* ---- items --------------------------------------------------------------------------------------------- */

/* Advance to the next item of one kind. Texts before a part are written. Returns false if there is none. Not
 * inlined: a record is large. */
USPAN_NOINLINE static bool next_item(uspan_wire_t *w, uspan_hold_cursor_t *from, unsigned kind)
{
    uspan_record_t r;
    while (uspan_item_next(w, from, &r)) {
        if (r.tag == kind) {
            return true;
        }
        if (kind == TAKE_PART && r.tag == TAKE_TEXT) {
            uspan_wire_write_text(w, TAKE_TEXT, r.text, r.len);
            uspan_hold_release(w, from);
        }
    }
    return false;
}

/* Write the items of one kind in their order. Texts of the message itself are written among its parts.
 * Reasoning that the message has is not written again from its parts. */
static void write_items(uspan_wire_t *w, const uspan_item_t *unit, unsigned kind)
{
    uspan_hold_cursor_t from;
    uspan_item_t item;
    bool joins = is(w, USPAN_WIRE_HAS_DELTA);
    uspan_hold_begin(&from, USPAN_HOLD_UNIT);
    while (next_item(w, &from, kind)) {
        uspan_hold_cursor_t inner = uspan_item_inner(&from);
        w->part = joins ? w->part : (uint8_t)TAKE_NOTHING;
        uspan_item_scan(w, &inner, &item);
        if (kind == TAKE_PART && uspan_item_has(unit, TAKE_CALL) && uspan_item_has(&item, TAKE_NAME)) {
            continue; /* the message has the call again */
        }
        if (kind != TAKE_PART && joins && (w->dialect->traits & USPAN_WIRE_WHOLE_CALLS) == 0u) {
            uspan_wire_add_to_call(w, &inner, &item, TAKE_ARGUMENTS, false);
        } else {
            item.has &= (unit->has & USPAN_ITEM_REASONING) != 0u ? ~USPAN_ITEM_REASONING : UINT64_MAX;
            uspan_wire_write_item(w, &inner, &item);
        }
    }
}

/* Write the images of Ollama or OpenAI. Not inlined: a record is large. */
USPAN_NOINLINE static void write_images(uspan_wire_t *w, uspan_hold_cursor_t *at)
{
    uspan_record_t r;
    while (uspan_item_next(w, at, &r)) {
        if (r.tag == TAKE_BLOB) {
            (void)uspan_part_blob(uspan_wire_writer(w), "image", NULL, NULL, 0u);
            w->part = TAKE_NOTHING;
        }
    }
}

void uspan_wire_write_unit(uspan_wire_t *w, const uspan_item_t *unit)
{
    uspan_hold_cursor_t begin;
    uspan_hold_begin(&begin, USPAN_HOLD_UNIT);
    uspan_wire_write_texts(w, &begin, uspan_wire_reasoning_of(unit), TAKE_REASONING);
    write_items(w, unit, TAKE_PART);
    if (!uspan_item_has(unit, TAKE_TEXT)) {
        uspan_wire_write_texts(w, &begin, TAKE_TRANSCRIPT, TAKE_TEXT);
    }
    if (uspan_item_has(unit, TAKE_BLOB)) {
        uspan_hold_cursor_t at = begin;
        write_images(w, &at);
    }
    if (uspan_item_has(unit, TAKE_REFUSAL)) {
        uspan_wire_write_texts(w, &begin, TAKE_REFUSAL, TAKE_REFUSAL);
    }
    write_items(w, unit, uspan_item_has(unit, TAKE_CALL) ? TAKE_CALL : TAKE_OLD_CALL);
}

/* ---- requests ------------------------------------------------------------------------------------------ */

/* Write a message with the role of a tool. If no part of it is a result itself, all of its texts, at any
 * depth, are one result. */
USPAN_NOINLINE static void write_result_message(uspan_wire_t *w, const uspan_item_t *unit)
{
    uspan_record_t r;
    uspan_hold_cursor_t begin, from;
    uspan_item_t inner;
    uspan_hold_begin(&begin, USPAN_HOLD_UNIT);
    uspan_hold_cursor_t at = begin;
    if (!uspan_item_has(unit, TAKE_PART)) {
        uspan_wire_write_response(w, &begin, unit, true);
        return;
    }
    bool has_response = false;
    while (uspan_item_next_part(w, &at, &from, &inner)) { /* a part may be a result itself, as Gemini's are */
        if (uspan_item_has(&inner, TAKE_RESPONSE) || uspan_item_has(&inner, TAKE_TO)) {
            uspan_wire_write_item(w, &from, &inner);
            has_response = true;
        }
    }
    if (has_response) {
        return;
    }
    uspan_wire_begin_part(w, "tool_call_response");
    uspan_wire_write_id(w, &begin, unit, TAKE_TO);
    (void)uspan_write_leaf(&w->out, "response", USPAN_LEAF_JSON);
    while (uspan_hold_next(w, &begin, &r)) {
        if (r.tag == TAKE_TEXT) {
            (void)uspan_write_more_n(&w->out, r.text, r.len);
        }
    }
}

/* Begin a message of a request. is_item: it is a call or a result. Returns true if it has the role of a tool.
 * Not inlined: its stack is not needed later. */
USPAN_NOINLINE static bool begin_request_message(uspan_wire_t *w, const uspan_hold_cursor_t *begin,
                                                 const uspan_item_t *unit, bool is_item)
{
    char named[ROLE_BYTES];
    const char *role = named;
    bool is_result = uspan_item_has(unit, TAKE_RESPONSE) && !unit->is_server_call;
    if (uspan_item_text(w, begin, TAKE_ROLE, named, sizeof named) == 0u) {
        role = is_result                                               ? "tool"
               : is_item || unit->type == USPAN_JSON_PATH("reasoning") ? "assistant"
                                                                       : "user";
    } else if (strcmp(named, "model") == 0) { /* Gemini's role */
        role = "assistant";
    }
    uspan_wire_begin_message(w, role);
    return strcmp(role, "tool") == 0 || strcmp(role, "function") == 0;
}

void uspan_wire_end_request_message(uspan_wire_t *w)
{
    uspan_hold_cursor_t begin;
    uspan_item_t unit;
    uspan_item_scan_all(w, USPAN_HOLD_UNIT, &begin, &unit);
    if (w->list == USPAN_SYSTEM_INSTRUCTIONS) {
        uspan_wire_write_unit(w, &unit);
        return;
    }
    bool is_item = uspan_item_has(&unit, TAKE_NAME) || uspan_item_has(&unit, TAKE_ARGUMENTS) ||
                   uspan_item_has(&unit, TAKE_RESPONSE) || unit.is_server_call;
    if (begin_request_message(w, &begin, &unit, is_item)) {
        write_result_message(w, &unit);
    } else if (is_item) {
        uspan_wire_write_item(w, &begin, &unit);
    } else {
        uspan_wire_write_unit(w, &unit);
    }
    w->flags &= ~USPAN_WIRE_IN_MESSAGE;
}

void uspan_wire_end_definition(uspan_wire_t *w)
{
    uspan_hold_cursor_t begin;
    uspan_item_t unit;
    char named[ROLE_BYTES];
    uspan_item_scan_all(w, USPAN_HOLD_UNIT, &begin, &unit);
    (void)uspan_item_text(w, &begin, TAKE_TYPE, named, sizeof named);
    bool is_function = named[0] == '\0' || strcmp(named, "custom") == 0;
    uspan_wire_begin_part(w, is_function ? "function" : named);
    uspan_wire_write_member(w, &begin, "name", USPAN_LEAF_TEXT,
                            uspan_item_has(&unit, TAKE_NAME) ? TAKE_NAME : TAKE_TYPE);
    if (uspan_item_has(&unit, TAKE_DESCRIPTION)) {
        uspan_wire_write_member(w, &begin, "description", USPAN_LEAF_TEXT, TAKE_DESCRIPTION);
    }
    if (uspan_item_has(&unit, TAKE_PARAMETERS)) {
        uspan_wire_write_member(w, &begin, "parameters", USPAN_LEAF_JSON, TAKE_PARAMETERS);
    }
}
