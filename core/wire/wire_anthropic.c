/* wire_anthropic.c: reads Anthropic's Messages API. wire_collect.c calls end_event(). content_block starts a
 * streamed block, its index identifies it, and deltas add to it. Invariant: w->item is the index of the
 * latest event that has one. https://docs.anthropic.com/en/api/messages, .../messages-streaming */
#include "wire/wire_calls.h"
#include "wire/wire_choice.h"
#include "wire/wire_errors.h"
#include "wire/wire_messages.h"
#include "wire/wire_parts.h"
#include "wire/wire_rows.h"
#if USPAN_WIRE_ANTHROPIC

#define USAGE(X, usage)                                                                     \
    X(usage, TAKE_NOTHING)                                                                  \
    X(usage ".input_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                                \
    X(usage ".output_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                              \
    X(usage ".cache_creation", TAKE_NOTHING)                                                \
    X(usage ".cache_creation.ephemeral_5m_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_5M) \
    X(usage ".cache_creation.ephemeral_1h_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_1H) \
    X(usage ".output_tokens_details", TAKE_NOTHING)                                         \
    X(usage ".output_tokens_details.thinking_tokens", TAKE_TOKENS + USPAN_WIRE_REASONING)
#define BLOCK(X, block)                             \
    X(block, TAKE_PART)                             \
    X(block ".type", TAKE_TYPE)                     \
    X(block ".text", TAKE_TEXT)                     \
    X(block ".thinking", TAKE_REASONING)            \
    X(block ".id", TAKE_CALL_ID)                    \
    X(block ".name", TAKE_NAME)                     \
    X(block ".input", TAKE_AS_IS(TAKE_START_INPUT)) \
    X(block ".tool_use_id", TAKE_TO)                \
    X(block ".content", TAKE_AS_IS(TAKE_RESPONSE))
#define RESPONSE(X)                                     \
    X("", TAKE_DOCUMENT)                                \
    X("type", TAKE_EVENT)                               \
    X("index", TAKE_INDEX)                              \
    X("delta", TAKE_DELTA)                              \
    X("delta.type", TAKE_NOTHING)                       \
    X("delta.text", TAKE_TEXT)                          \
    X("delta.thinking", TAKE_REASONING)                 \
    X("delta.partial_json", TAKE_AS_IS(TAKE_ARGUMENTS)) \
    X("delta.stop_reason", TAKE_FINISH)                 \
    X("delta.usage", TAKE_NOTHING)                      \
    X("usage", TAKE_LIKE)                               \
    X("content_block", TAKE_PART)                       \
    X("content.#", TAKE_LIKE)                           \
    X("message", TAKE_WEAK_ERROR)                       \
    X("", TAKE_LIKE)                                    \
    X("role", TAKE_NOTHING)                             \
    X("id", TAKE_ID)                                    \
    X("model", TAKE_RESPONSE_MODEL)                     \
    X("content", TAKE_LIST)                             \
    BLOCK(X, "content.#")                               \
    X("stop_reason", TAKE_FINISH)                       \
    USAGE(X, "usage")
TAKE_TABLE_SHARED(response, RESPONSE);

/* Begin a block with the content that it already has. */
static void begin_block(uspan_wire_t *w, unsigned index)
{
    uspan_hold_cursor_t from, inner;
    uspan_item_t item;
    uspan_hold_begin(&from, USPAN_HOLD_UNIT);
    while (uspan_item_next_part(w, &from, &inner, &item)) {
        item.index = (uint8_t)index;
        if (uspan_item_has(&item, TAKE_NAME)) {
            uspan_wire_add_to_call(w, &inner, &item, TAKE_ARGUMENTS, false);
        } else {
            uspan_wire_write_calls(w, true);
            w->part = TAKE_NOTHING;
            uspan_wire_write_item(w, &inner, &item);
        }
    }
}

static void add_to_block(uspan_wire_t *w, const uspan_item_t *unit)
{
    uspan_hold_cursor_t begin;
    uspan_hold_begin(&begin, USPAN_HOLD_UNIT);
    unsigned tag = uspan_item_has(unit, TAKE_TEXT) ? TAKE_TEXT : TAKE_REASONING;
    if (uspan_item_has(unit, TAKE_ARGUMENTS)) {
        uspan_wire_add_to_call(w, &begin, unit, TAKE_ARGUMENTS, false);
        return;
    }
    if (unit->index != w->item) {
        if (unit->index > w->item) { /* text of an earlier block: pieces of a call may follow */
            uspan_wire_write_calls(w, true);
        }
        w->part = unit->index != UINT8_MAX ? (uint8_t)TAKE_NOTHING : w->part;
    }
    uspan_wire_add_texts(w, &begin, tag, tag, 0u);
}

static void write_event(uspan_wire_t *w, const uspan_item_t *unit, bool is_start)
{
    if (is_start) {
        begin_block(w, unit->index);
    } else if (uspan_wire_is(w, USPAN_WIRE_HAS_DELTA)) {
        add_to_block(w, unit);
    } else {
        if (!uspan_wire_is(w, USPAN_WIRE_PIECES)) { /* else the pieces were the complete answer */
            uspan_wire_write_unit(w, unit);
        }
        return;
    }
    w->flags |= USPAN_WIRE_PIECES;
}

static void end_event(uspan_wire_t *w)
{
    uspan_hold_cursor_t begin;
    uspan_item_t unit;
    uspan_item_scan_all(w, USPAN_HOLD_UNIT, &begin, &unit);
    bool has_finish = uspan_item_has(&unit, TAKE_FINISH);
    bool has_content = (unit.has & USPAN_ITEM_CONTENT) != 0u;
    uint32_t type = uspan_wire_event(w);
    if (has_finish) {
        uspan_wire_keep_finish(w, &unit, 0u);
    }
    if (type == USPAN_JSON_PATH("message_stop")) {
        w->flags |= USPAN_WIRE_ENDED;
    }
    if (w->list != 0u && (has_content || has_finish)) {
        uspan_wire_begin_message(w, "assistant");
        if (has_content) {
            write_event(w, &unit,
                        uspan_item_has(&unit, TAKE_PART) && type != USPAN_JSON_PATH("content_block_stop") &&
                            (unit.index != UINT8_MAX || type == USPAN_JSON_PATH("content_block_start")));
        }
        w->item = unit.index != UINT8_MAX ? unit.index : w->item;
    }
    uspan_wire_keep_error(w, &unit, has_content || has_finish);
}

const uspan_wire_dialect_t uspan_wire_anthropic = { &uspan_wire_request_table,
                                                    &response,
                                                    end_event,
                                                    "anthropic",
                                                    USPAN_WIRE_CHAT,
                                                    USPAN_WIRE_INPUT_UNCACHED | USPAN_WIRE_RESULTS_AS_TEXT |
                                                        USPAN_WIRE_MODEL_IN_URL };
#endif
