/* wire_responses.c: reads OpenAI's Responses API. wire_collect.c calls end_event(). The type of an event
 * shows the kind of its texts. The complete text at the end of a part or item is used only if no piece of it
 * arrived. output_index identifies items, unless a server repeats it. Calls also have the id of their item.
 * `output_text` counts if no other text came.
 * Invariant: `told` has a bit for each item with text in the span, by index modulo 32. `lost` is the index of
 * the first item. https://platform.openai.com/docs/api-reference/responses, .../responses-streaming */
#include "wire/wire_attrs.h"
#include "wire/wire_calls.h"
#include "wire/wire_choice.h"
#include "wire/wire_errors.h"
#include "wire/wire_messages.h"
#include "wire/wire_parts.h"
#include "wire/wire_rows.h"
#if USPAN_WIRE_OPENAI_RESPONSES

#define ITEM(X)                                         \
    X("output.#", TAKE_PART)                            \
    X("output.#.queries", TAKE_AS_IS(TAKE_ARGUMENTS))   \
    X("output.#.code", TAKE_ARGUMENTS)                  \
    X("output.#.outputs", TAKE_AS_IS(TAKE_RESPONSE))    \
    X("output.#.results", TAKE_AS_IS(TAKE_RESPONSE))    \
    X("output.#.error", TAKE_AS_IS(TAKE_RESPONSE_TEXT)) \
    X("output.#.result", TAKE_BLOB)                     \
    X("output.#.content.#", TAKE_BREAK)                 \
    X("output.#.content.#.text", TAKE_TEXT)             \
    X("output.#.content.#.refusal", TAKE_REFUSAL)       \
    X("output.#.summary.#", TAKE_REASONING)             \
    X("output.#.summary.#.text", TAKE_REASONING)
/* Members of a response. In an event they are in `response`. */
#define OF_RESPONSE(X)                          \
    X("id", TAKE_ID)                            \
    X("status", TAKE_STATUS)                    \
    X("incomplete_details", TAKE_NOTHING)       \
    X("incomplete_details.reason", TAKE_FINISH) \
    X("model", TAKE_RESPONSE_MODEL)             \
    X("output", TAKE_LIST)                      \
    ITEM(X)                                     \
    X("output_text", TAKE_TRANSCRIPT)           \
    X("service_tier", TAKE_RESPONSE_TIER)
#define RESPONSE(X)                      \
    X("", TAKE_DOCUMENT)                 \
    X("type", TAKE_EVENT)                \
    X("sequence_number", TAKE_NOTHING)   \
    X("item_id", TAKE_ITEM_ID)           \
    X("output_index", TAKE_INDEX)        \
    X("content_index", TAKE_PART_INDEX)  \
    X("delta", TAKE_ADDITION)            \
    X("delta.text", TAKE_ADDITION)       \
    X("logprobs", TAKE_NOTHING)          \
    X("obfuscation", TAKE_NOTHING)       \
    X("summary_index", TAKE_PART_INDEX)  \
    X("text", TAKE_ALL)                  \
    X("arguments", TAKE_AS_IS(TAKE_ALL)) \
    X("input", TAKE_ALL)                 \
    X("refusal", TAKE_ALL)               \
    X("part", TAKE_PART)                 \
    X("part.type", TAKE_TYPE)            \
    X("part.text", TAKE_TEXT)            \
    X("part.refusal", TAKE_REFUSAL)      \
    X("item", TAKE_PART)                 \
    X("output.#", TAKE_LIKE)             \
    X("response", TAKE_NOTHING)          \
    X("", TAKE_LIKE)                     \
    OF_RESPONSE(X)
TAKE_TABLE_SHARED(response, RESPONSE);

/* What to do with an event. */
enum { NOTHING, ADD, ALL, PART_ADDED, PART_DONE, ITEM_ADDED, ITEM_DONE, END };
static const uint32_t event_types[] = {
    USPAN_JSON_PATH("response.output_text.delta"),
    USPAN_JSON_PATH("response.function_call_arguments.delta"),
    USPAN_JSON_PATH("response.reasoning_summary_text.delta"),
    USPAN_JSON_PATH("response.reasoning_text.delta"),
    USPAN_JSON_PATH("response.reasoning.delta"),
    USPAN_JSON_PATH("response.refusal.delta"),
    USPAN_JSON_PATH("response.custom_tool_call_input.delta"),
    USPAN_JSON_PATH("response.mcp_call_arguments.delta"),
    USPAN_JSON_PATH("response.mcp_call.arguments_delta"),
    USPAN_JSON_PATH("response.code_interpreter_call_code.delta"),
    USPAN_JSON_PATH("response.output_text.done"),
    USPAN_JSON_PATH("response.function_call_arguments.done"),
    USPAN_JSON_PATH("response.reasoning_summary_text.done"),
    USPAN_JSON_PATH("response.reasoning_text.done"),
    USPAN_JSON_PATH("response.refusal.done"),
    USPAN_JSON_PATH("response.custom_tool_call_input.done"),
    USPAN_JSON_PATH("response.mcp_call_arguments.done"),
    USPAN_JSON_PATH("response.mcp_call.arguments_done"),
    USPAN_JSON_PATH("response.code_interpreter_call_code.done"),
    USPAN_JSON_PATH("response.content_part.added"),
    USPAN_JSON_PATH("response.reasoning_summary_part.added"),
    USPAN_JSON_PATH("response.content_part.done"),
    USPAN_JSON_PATH("response.reasoning_summary_part.done"),
    USPAN_JSON_PATH("response.output_item.added"),
    USPAN_JSON_PATH("response.output_item.done"),
    USPAN_JSON_PATH("response.completed"),
    USPAN_JSON_PATH("response.incomplete"),
    USPAN_JSON_PATH("response.failed"),
    USPAN_JSON_PATH("response.done"),
};
#define ACT(act, kind) (uint8_t)((unsigned)(act) << 3 | ((unsigned)(kind)-TAKE_TEXT))
static const uint8_t event_acts[] = {
    ACT(ADD, TAKE_TEXT),        ACT(ADD, TAKE_ARGUMENTS),
    ACT(ADD, TAKE_REASONING),   ACT(ADD, TAKE_REASONING),
    ACT(ADD, TAKE_REASONING),   ACT(ADD, TAKE_REFUSAL),
    ACT(ADD, TAKE_ARGUMENTS),   ACT(ADD, TAKE_ARGUMENTS),
    ACT(ADD, TAKE_ARGUMENTS),   ACT(ADD, TAKE_ARGUMENTS),
    ACT(ALL, TAKE_TEXT),        ACT(ALL, TAKE_ARGUMENTS),
    ACT(ALL, TAKE_REASONING),   ACT(ALL, TAKE_REASONING),
    ACT(ALL, TAKE_REFUSAL),     ACT(ALL, TAKE_ARGUMENTS),
    ACT(ALL, TAKE_ARGUMENTS),   ACT(ALL, TAKE_ARGUMENTS),
    ACT(ALL, TAKE_ARGUMENTS), /* the code is read from its item */
    ACT(PART_ADDED, TAKE_TEXT), ACT(PART_ADDED, TAKE_REASONING),
    ACT(PART_DONE, TAKE_TEXT),  ACT(PART_DONE, TAKE_REASONING),
    ACT(ITEM_ADDED, TAKE_TEXT), ACT(ITEM_DONE, TAKE_TEXT),
    ACT(END, TAKE_TEXT),        ACT(END, TAKE_TEXT),
    ACT(END, TAKE_TEXT),        ACT(END, TAKE_TEXT),
};
USPAN_STATIC_ASSERT(sizeof event_types / sizeof event_types[0] == sizeof event_acts, "an act for each event");

USPAN_NOINLINE static void set_told(uspan_wire_t *w, unsigned item, bool is_text)
{
    w->told |= 1u << (item % 32u);
    w->flags = (w->flags & ~USPAN_WIRE_DRAFT) | (is_text ? USPAN_WIRE_PIECES : 0u);
}

/* Returns the index of the item that the event belongs to. */
static unsigned item_of(const uspan_wire_t *w, const uspan_item_t *unit)
{
    bool told = unit->index != UINT8_MAX && !uspan_wire_is(w, USPAN_WIRE_INDEX_REPEATS);
    return told ? unit->index : w->item;
}

/* Select the part that the event belongs to. Every part except the one selected last has no text yet. adds:
 * the event has a piece of text. Pieces of one item are one part, because some servers give each piece
 * another index. */
static void select_part(uspan_wire_t *w, const uspan_item_t *unit, unsigned kind, bool adds)
{
    unsigned item = item_of(w, unit);
    unsigned part = unit->part_index != UINT8_MAX ? unit->part_index : item != w->item ? 0u : w->item_part;
    if (item != w->item || (part != w->item_part && !adds) || kind != w->item_kind) {
        w->flags &= ~USPAN_WIRE_PART_TOLD;
        if (item != w->item || kind == TAKE_TEXT) {
            w->part = w->item_kind != 0u ? (uint8_t)TAKE_NOTHING : w->part;
        }
        if (item >= w->item) { /* text of an earlier item: pieces of a call may follow */
            uspan_wire_write_calls(w, false);
        }
    }
    w->item = (uint8_t)item;
    w->item_part = (uint8_t)part;
    w->item_kind = (uint8_t)kind;
}

/* Add a text to its part or call. A complete text (TAKE_ALL) is used only if no piece of it arrived. */
static void add_text(uspan_wire_t *w, const uspan_item_t *unit, unsigned tag, unsigned kind)
{
    uspan_hold_cursor_t begin;
    if (!uspan_item_has_tag(unit, tag)) {
        return;
    }
    uspan_hold_begin(&begin, USPAN_HOLD_UNIT);
    if (kind == TAKE_ARGUMENTS) {
        uspan_wire_add_to_call(w, &begin, unit, tag, tag == TAKE_ALL);
        return;
    }
    select_part(w, unit, kind, tag == TAKE_ADDITION);
    if (tag == TAKE_ADDITION || !uspan_wire_is(w, USPAN_WIRE_PART_TOLD)) {
        uspan_wire_begin_message(w, "assistant");
        uspan_wire_add_texts(w, &begin, tag, kind, 0u);
        w->flags |= USPAN_WIRE_PART_TOLD;
        set_told(w, w->item, kind == TAKE_TEXT);
    }
}

static bool is_call(const uspan_item_t *item)
{
    return uspan_item_has(item, TAKE_NAME) || uspan_item_has(item, TAKE_ARGUMENTS) ||
           uspan_item_has(item, TAKE_CALL_ID) || item->is_server_call;
}

/* Add a complete item, unless its text is in the span already. When an item begins, its arguments are used
 * only if no others follow, because they may not be final. Its text is not used, because pieces of it
 * follow. If none do, it is counted at the end. */
static void add_item(uspan_wire_t *w, const uspan_hold_cursor_t *inner, uspan_item_t *item, unsigned index,
                     bool begins)
{
    item->index = (uint8_t)index;
    uspan_wire_begin_message(w, "assistant");
    if (is_call(item)) {
        uspan_wire_add_to_call(w, inner, item, begins ? TAKE_START_INPUT : TAKE_ARGUMENTS, true);
    } else if ((item->has & USPAN_ITEM_CONTENT) == 0u || (w->told >> (index % 32u) & 1u) != 0u) {
        return;
    } else if (begins) {
        w->flags |= USPAN_WIRE_DRAFT;
    } else {
        uspan_wire_write_calls(w, false);
        w->part = TAKE_NOTHING;
        uspan_wire_write_item(w, inner, item);
        w->part = TAKE_NOTHING;
        set_told(w, index, uspan_item_has(item, TAKE_TEXT) && item->type != USPAN_JSON_PATH("reasoning"));
    }
}

static void add_items(uspan_wire_t *w, unsigned index, bool begins)
{
    uspan_hold_cursor_t from, inner;
    uspan_item_t item;
    uspan_hold_begin(&from, USPAN_HOLD_UNIT);
    while (uspan_item_next_part(w, &from, &inner, &item)) {
        add_item(w, &inner, &item, index++, begins);
    }
}

static void take_part(uspan_wire_t *w, const uspan_item_t *unit, unsigned kind, bool begins)
{
    uspan_hold_cursor_t from, inner;
    uspan_item_t item;
    uspan_hold_begin(&from, USPAN_HOLD_UNIT);
    while (uspan_item_next_part(w, &from, &inner, &item)) {
        if (item.type == USPAN_JSON_PATH("reasoning_text")) {
            kind = TAKE_REASONING;
        } else if (item.type == USPAN_JSON_PATH("refusal")) {
            kind = TAKE_REFUSAL;
        }
        select_part(w, unit, kind, false);
        if ((item.has & USPAN_ITEM_CONTENT) == 0u || uspan_wire_is(w, USPAN_WIRE_PART_TOLD)) {
            continue;
        }
        if (begins) {
            w->flags |= USPAN_WIRE_DRAFT;
        } else {
            uspan_wire_begin_message(w, "assistant");
            uspan_wire_write_texts(w, &inner, kind == TAKE_REFUSAL ? TAKE_REFUSAL : TAKE_TEXT, kind);
            w->flags |= USPAN_WIRE_PART_TOLD;
            set_told(w, w->item, kind == TAKE_TEXT);
        }
    }
}

static void begin_item(uspan_wire_t *w, const uspan_item_t *unit)
{
    if (unit->index < w->item_next) {
        w->flags |= USPAN_WIRE_INDEX_REPEATS;
    }
    w->item = w->item_next;
    w->item = (uint8_t)item_of(w, unit);
    w->lost = w->item_next == 0u ? w->item : w->lost;
    w->item_next = (uint8_t)(w->item + 1u);
    w->item_part = w->item_kind = 0u;
    w->part = TAKE_NOTHING;
    w->flags &= ~USPAN_WIRE_PART_TOLD;
}

static void write_event(uspan_wire_t *w, const uspan_item_t *unit, unsigned act, unsigned kind)
{
    switch (act) {
    case ADD:
    case ALL:
        add_text(w, unit, act == ADD ? TAKE_ADDITION : TAKE_ALL, kind);
        return;
    case PART_ADDED:
    case PART_DONE:
        take_part(w, unit, kind, act == PART_ADDED);
        return;
    case ITEM_ADDED:
        begin_item(w, unit);
        /* fall through */
    case ITEM_DONE:
        add_items(w, item_of(w, unit), act == ITEM_ADDED);
        return;
    default:
        add_items(w, w->lost, false);
        if (uspan_item_has(unit, TAKE_TRANSCRIPT) && !uspan_wire_is(w, USPAN_WIRE_PIECES)) {
            uspan_hold_cursor_t begin;
            uspan_hold_begin(&begin, USPAN_HOLD_UNIT);
            uspan_wire_begin_message(w, "assistant");
            uspan_wire_write_texts(w, &begin, TAKE_TRANSCRIPT, TAKE_TEXT);
            w->flags |= USPAN_WIRE_PIECES;
        }
        if (uspan_item_has(unit, TAKE_ADDITION)) {
            uspan_wire_count_unread(w);
        }
        return;
    }
}

static void end_event(uspan_wire_t *w)
{
    uspan_hold_cursor_t begin;
    uspan_item_t unit;
    unsigned act = NOTHING;
    unsigned kind = TAKE_TEXT;
    uspan_item_scan_all(w, USPAN_HOLD_UNIT, &begin, &unit);
    size_t i = uspan_wire_find_word(event_types, sizeof event_acts, uspan_wire_event(w));
    if (i < sizeof event_acts) {
        act = event_acts[i] >> 3;
        kind = TAKE_TEXT + (event_acts[i] & 7u);
    }
    bool has_finish = uspan_item_has(&unit, TAKE_FINISH) || uspan_item_has(&unit, TAKE_STATUS);
    w->flags |= (act == END ? USPAN_WIRE_ENDED : 0u) |
                (has_finish && w->form == USPAN_WIRE_WHOLE ? USPAN_WIRE_SEEN : 0u);
    if (has_finish) {
        uspan_wire_keep_finish(w, &unit, 0u);
    }
    if (w->list != 0u) {
        write_event(w, &unit, act, kind);
        if (uspan_wire_finish_of(w, 0u) != NULL) {
            uspan_wire_begin_message(w, "assistant");
        }
    }
    if (act == END && uspan_wire_is(w, USPAN_WIRE_DRAFT)) {
        uspan_wire_count_unread(w);
    }
    uspan_wire_keep_error(w, &unit, act != NOTHING || has_finish);
}

const uspan_wire_dialect_t uspan_wire_openai_responses = { &uspan_wire_request_table,
                                                           &response,
                                                           end_event,
                                                           "openai",
                                                           USPAN_WIRE_CHAT,
                                                           USPAN_WIRE_NAMED_EVENTS |
                                                               USPAN_WIRE_RESPONSES_API };
#endif
