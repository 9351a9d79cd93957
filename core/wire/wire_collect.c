/* wire_collect.c: sets attributes from values immediately, or stores values as records until their unit is
 * complete. A unit is a message or tool definition of a request, a choice of an answer, or a document without
 * choices. Called by the JSON reader and by wire.c. Invariant: between two units there are no records, except
 * those of open tool calls. */
#include "wire/wire_collect.h"
#include <string.h>
#include "trace/decimal.h"
#include "wire/wire_attrs.h"
#include "wire/wire_errors.h"
#include "wire/wire_messages.h"

/* Maximum number of bytes that are stored of a short value. */
#define ID_MAX 64u
#define NAME_MAX 64u
#define WORD_MAX 71u
#define SHORT_MAX 40u
#define URI_MAX 250u

static bool is(const uspan_wire_t *w, uint32_t flag)
{
    return uspan_wire_is(w, flag);
}

static void begin_unit(uspan_wire_t *w)
{
    uspan_hold_clear(w, USPAN_HOLD_UNIT);
    w->flags &= ~USPAN_WIRE_OF_UNIT;
}

static void add_mark(uspan_wire_t *w, unsigned tag)
{
    (void)uspan_hold_add(w, USPAN_HOLD_UNIT, tag, "", 0u, false);
}

static void add_byte(uspan_wire_t *w, unsigned tag, unsigned value)
{
    char byte = (char)(value < UINT8_MAX ? value : UINT8_MAX - 1u);
    (void)uspan_hold_add(w, USPAN_HOLD_UNIT, tag, &byte, 1u, false);
}

/* Returns true if the value is stored. Content is stored only if the span records it. An answer's role is
 * known. */
static bool is_wanted(const uspan_wire_t *w, unsigned action)
{
    return (action >= TAKE_PLAIN && action <= TAKE_WEAK_CODE) ||
           (w->list != 0u && w->out.t != NULL && (action != TAKE_ROLE || w->phase == USPAN_WIRE_REQUEST));
}

/* ---- units --------------------------------------------------------------------------------------------- */

/* End the part of a document that is outside its choices. It is searched for errors only. */
static void end_surroundings(uspan_wire_t *w)
{
    uspan_hold_cursor_t begin;
    uspan_item_t unit;
    if (w->hold_len > w->first || w->unit_tail != USPAN_NO_INDEX) {
        uspan_item_scan_all(w, USPAN_HOLD_UNIT, &begin, &unit);
        uspan_wire_keep_error(w, &unit, is(w, USPAN_WIRE_HAS_CHOICE));
    }
}

void uspan_wire_end_unit(uspan_wire_t *w)
{
    if (w->phase == USPAN_WIRE_RESPONSE) {
        bool surrounds = is(w, USPAN_WIRE_HAS_CHOICE) && !is(w, USPAN_WIRE_IN_CHOICE);
        if (surrounds || w->dialect->end_unit == NULL) {
            end_surroundings(w);
        } else {
            w->dialect->end_unit(w);
        }
    } else if (w->list == USPAN_TOOL_LIST) {
        uspan_wire_end_definition(w);
    } else if (w->list != 0u) {
        uspan_wire_end_request_message(w);
    }
    begin_unit(w);
}

void uspan_wire_break_off(uspan_wire_t *w)
{
    if (w->value_len > 0u && !is(w, USPAN_WIRE_UNBEGUN)) {
        uspan_hold_drop_half(w);
    }
    uspan_wire_end_unit(w);
}

static void take_document(uspan_wire_t *w, bool opens)
{
    if (opens) {
        begin_unit(w);
        w->place = 0u;
        w->type_hash = 0u;
        w->flags &= ~(USPAN_WIRE_HAS_CHOICE | USPAN_WIRE_IN_CHOICE | USPAN_WIRE_RESTARTED);
        return;
    }
    uspan_wire_end_unit(w);
    if (w->phase == USPAN_WIRE_RESPONSE && is(w, USPAN_WIRE_STREAMED) &&
        !is(w, USPAN_WIRE_CHUNKED | USPAN_WIRE_FAILED)) {
        (void)uspan_first_chunk(w->t, w->s); /* an error is not a piece of an answer */
        w->flags |= USPAN_WIRE_CHUNKED;
    }
}

static void take_choice(uspan_wire_t *w, bool opens)
{
    if (opens) {
        w->flags |= USPAN_WIRE_HAS_CHOICE | USPAN_WIRE_SEEN;
        end_surroundings(w);
        begin_unit(w);
        w->flags |= USPAN_WIRE_IN_CHOICE;
    } else {
        uspan_wire_end_unit(w);
        w->flags &= ~USPAN_WIRE_IN_CHOICE;
        w->place = (uint8_t)(w->place + (w->place < UINT8_MAX ? 1u : 0u));
    }
}

static void take_tools(uspan_wire_t *w, bool opens)
{
    if (opens) {
        uspan_wire_begin_list(w, USPAN_TOOL_LIST);
        return;
    }
    uspan_wire_end_list(w);
    if (is(w, USPAN_WIRE_NO_TOOLS)) {
        uspan_wire_drop_definitions(w);
    }
}

/* Begin the list that a text or container of messages or parts belongs to, unless it is open. */
static void begin_list_of(uspan_wire_t *w, unsigned action)
{
    unsigned list =
        action == TAKE_INPUT ? (unsigned)USPAN_INPUT_MESSAGES : (unsigned)USPAN_SYSTEM_INSTRUCTIONS;
    if (w->list != list) {
        begin_unit(w);
        uspan_wire_begin_list(w, list);
    }
}

/* An object in place of a list is read as the list's only element. */
static void enter_element(uspan_json_read_t *j)
{
    if ((j->arrays & 1u) == 0u && j->depth <= USPAN_READ_PATHS_MAX) {
        uint32_t *path = &j->paths[j->depth - 1u];
        *path = USPAN_JSON_HASH(USPAN_JSON_HASH(*path, USPAN_JSON_ELEMENT), USPAN_JSON_SEPARATOR);
    }
}

static void end_list_of(uspan_wire_t *w, unsigned action)
{
    if (w->list != 0u) {
        if (action == TAKE_SYSTEM || w->hold_len > w->first || w->unit_tail != USPAN_NO_INDEX) {
            uspan_wire_end_unit(w);
        }
        uspan_wire_end_list(w);
    }
}

USPAN_NOINLINE static void take_container(uspan_wire_t *w, unsigned action, bool opens)
{
    switch (action) {
    case TAKE_DOCUMENT:
        take_document(w, opens);
        return;
    case TAKE_CHOICE:
        take_choice(w, opens);
        return;
    case TAKE_UNREAD:
        if (opens) {
            uspan_wire_count_unread(w);
        }
        return;
    case TAKE_DELTA:
        w->flags |= USPAN_WIRE_HAS_DELTA | USPAN_WIRE_SEEN;
        return;
    case TAKE_TOOLS:
        take_tools(w, opens);
        return;
    case TAKE_DEFINITION:
    case TAKE_MESSAGE:
        if (opens) {
            begin_unit(w);
        } else {
            uspan_wire_end_unit(w);
        }
        return;
    case TAKE_INPUT:
    case TAKE_SYSTEM:
        if (opens) {
            begin_list_of(w, action);
            enter_element(&w->json);
        } else {
            end_list_of(w, action);
        }
        return;
    case TAKE_BREAK:
        if (opens && is_wanted(w, action)) {
            add_mark(w, action);
        }
        return;
    case TAKE_WHOLE:
        w->flags |= USPAN_WIRE_HAS_WHOLE;
        /* fall through */
    case TAKE_PART:
    case TAKE_CALL:
    case TAKE_OLD_CALL:
        if (is_wanted(w, action)) {
            add_mark(w, opens ? action : (unsigned)TAKE_CLOSE);
        }
        w->flags |= w->phase == USPAN_WIRE_RESPONSE ? USPAN_WIRE_SEEN : 0u;
        return;
#if USPAN_SEMCONV_MODALITIES
    case TAKE_INPUT_ENTRY:
    case TAKE_OUTPUT_ENTRY:
    case TAKE_CACHED_ENTRY:
        if (!opens) {
            uspan_wire_take_entry(w, action);
        }
        w->item = 0u;
        w->told = 0u;
        return;
#endif
    case TAKE_FORMAT: /* a schema in place of a name */
        (void)uspan_set_static(w->t, w->s, &uspan_key_output_type, "json");
        return;
    case TAKE_ERROR:
        if (!opens && !uspan_json_read_is_empty(&w->json)) {
            w->flags |= USPAN_WIRE_HAS_ERROR;
            add_mark(w, TAKE_ERROR);
        }
        return;
    default:
        return;
    }
}

/* ---- texts --------------------------------------------------------------------------------------------- */

USPAN_NOINLINE static size_t most_of(unsigned action)
{
    return action >= TAKE_CONTENT || action == TAKE_ERROR || action == TAKE_WEAK_ERROR ? SIZE_MAX
           : action == TAKE_CALL_ID || action == TAKE_ITEM_ID || action == TAKE_TO     ? ID_MAX
           : action == TAKE_NAME || action == TAKE_TO_NAME || action == TAKE_FILE      ? NAME_MAX
           : action == TAKE_URI                                                        ? URI_MAX
                                                                                       : SHORT_MAX;
}

/* Add bytes to a short text that becomes an attribute, up to WORD_MAX. */
static void add_to_word(uspan_wire_t *w, const char *text, size_t len)
{
    char *word = uspan_hold_word(w);
    size_t room = WORD_MAX - w->word_len;
    if (len > room) {
        len = room;
        w->flags |= USPAN_WIRE_WORD_CUT;
    }
    memcpy(word + w->word_len, text, len);
    w->word_len = (uint8_t)(w->word_len + len);
}

static void add_text(uspan_wire_t *w, unsigned action, const char *text, size_t len)
{
    if (action >= TAKE_MESSAGE && action <= TAKE_PART) {
        unsigned as = TAKE_TEXT;
        if (action == TAKE_INPUT || action == TAKE_SYSTEM) {
            begin_list_of(w, action);
        } else if (action == TAKE_DELTA && (w->dialect->traits & USPAN_WIRE_LINES) != 0u) {
            as = TAKE_WEAK_ERROR; /* Ollama's message is an object. A text is a gateway's */
        } else if (action == TAKE_DELTA) {
            w->flags |= USPAN_WIRE_HAS_DELTA;
        }
        action = as;
    }
    if (action == TAKE_TYPE) {
        w->text_hash = uspan_wire_hash(w->text_hash, text, len);
    }
    if (action < TAKE_KEYS_END) {
        if (action < TAKE_WORDS || (w->known >> (action - TAKE_WORDS) & 1u) == 0u) {
            add_to_word(w, text, len);
        }
    } else if (action == TAKE_EVENT && w->json.depth == 1u) {
        w->text_hash = uspan_wire_hash(w->text_hash, text, len);
    } else if (action < TAKE_TOKENS && action != TAKE_DONE) {
        add_to_word(w, text, len);
    } else if (action >= TAKE_PLAIN && action < TAKE_RECORDS_END && is_wanted(w, action)) {
        size_t most = most_of(action);
        size_t n = most == SIZE_MAX ? len : most - w->value_len < len ? most - w->value_len : len;
        if (n < len) {
            w->flags |= USPAN_WIRE_WORD_CUT;
        }
        if (n < len && action != TAKE_TYPE) {
            w->text_hash = uspan_wire_hash(w->text_hash, text + n, len - n);
        }
        if (w->value_len == 0u) {
            w->flags &= ~(USPAN_WIRE_LOST | USPAN_WIRE_UNBEGUN);
        }
        if (n > 0u) {
            if (!is(w, USPAN_WIRE_LOST)) { /* after a loss, the rest of the value is skipped */
                (void)uspan_hold_add(w, USPAN_HOLD_UNIT, action, text, n, w->value_len > 0u);
            }
            w->value_len = (uint8_t)(w->value_len + n < UINT8_MAX ? w->value_len + n : UINT8_MAX);
        }
        w->flags |= action >= TAKE_CONTENT && w->phase == USPAN_WIRE_RESPONSE ? USPAN_WIRE_SEEN : 0u;
    }
}

static void end_text(uspan_wire_t *w, unsigned action)
{
    bool cut = is(w, USPAN_WIRE_WORD_CUT);
    if (action == TAKE_EVENT) {
        w->type_hash = w->json.depth == 1u ? w->text_hash : w->type_hash;
    } else if (action == TAKE_TYPE && w->text_hash == USPAN_JSON_PATH("compaction")) {
        (void)uspan_set_bool(w->t, w->s, &uspan_key_conversation_compacted, true);
    } else if (action < TAKE_TOKENS) {
        char *word = uspan_hold_word(w);
        word[w->word_len] = '\0';
        if (cut) {
            uspan_wire_count_unread(w);
        } else if (w->word_len > 0u) {
            uspan_wire_take_word(w, action, word);
        }
    } else if (action == TAKE_BLOB || (action == TAKE_RESPONSE && w->value_len == 0u)) { /* "" is a result */
        if (is_wanted(w, action)) {
            add_mark(w, action);
        }
    } else if (action == TAKE_INPUT || action == TAKE_SYSTEM) {
        end_list_of(w, action);
    } else if (action == TAKE_MESSAGE) {
        uspan_wire_end_unit(w);
    } else if (cut && action != TAKE_URI) {
        uspan_wire_count_unread(w);
        if (most_of(action) == ID_MAX) { /* the part that is cut off still distinguishes ids */
            (void)uspan_hold_add(w, USPAN_HOLD_UNIT, TAKE_ID_REST, (const char *)&w->text_hash,
                                 sizeof w->text_hash, false);
        }
    }
    w->flags &= ~(USPAN_WIRE_WORD_CUT | USPAN_WIRE_LOST | USPAN_WIRE_UNBEGUN);
    if (action >= TAKE_ERROR && action <= TAKE_WEAK_CODE) {
        w->flags |= USPAN_WIRE_HAS_ERROR;
    }
    w->word_len = 0u;
    w->value_len = 0u;
    w->text_hash = USPAN_WIRE_HASH_BEGIN;
}

/* ---- numbers and literals ------------------------------------------------------------------------------ */

/* Store a number as text: a code, or an id. */
static void add_digits(uspan_wire_t *w, unsigned action)
{
    char digits[20];
    char *const end = digits + sizeof digits;
    int64_t value;
    if (uspan_json_read_int(&w->json, &value)) {
        const char *text = uspan_int_text(value, end);
        w->flags |= USPAN_WIRE_HAS_ERROR;
        (void)uspan_hold_add(w, USPAN_HOLD_UNIT, action, text, (size_t)(end - text), false);
    }
}

static void take_number(uspan_wire_t *w, unsigned action)
{
    int64_t value;
    if (action < TAKE_WORDS || (action >= TAKE_TOKENS && action < TAKE_TOKENS_END)) {
        if (action != TAKE_NOTHING) {
            uspan_wire_take_number(w, action);
        }
#if USPAN_SEMCONV_MODALITIES
    } else if (action == TAKE_MODALITY_TOKENS) {
        w->told =
            uspan_json_read_int(&w->json, &value) && value > 0 && value <= INT32_MAX ? (uint32_t)value : 0u;
#endif
    } else if (action >= TAKE_CHOICE_INDEX && action <= TAKE_PART_INDEX) {
        if (uspan_json_read_int(&w->json, &value) && value >= 0) {
            add_byte(w, action, value < UINT8_MAX ? (unsigned)value : UINT8_MAX);
        }
    } else if (action >= TAKE_ERROR_TYPE && action <= TAKE_TO && is_wanted(w, action)) {
        add_digits(w, action);
    }
}

static void take_true(uspan_wire_t *w, unsigned action)
{
    switch (action) {
    case TAKE_STREAM:
        w->flags |= USPAN_WIRE_STREAMED;
        (void)uspan_set_bool(w->t, w->s, &uspan_key_request_stream, true);
        return;
    case TAKE_INCREMENTAL:
        w->flags |= USPAN_WIRE_INCREMENTAL;
        return;
    case TAKE_DONE:
        w->flags |= USPAN_WIRE_ENDED;
        return;
    case TAKE_THOUGHT:
    case TAKE_ERROR:
        if (is_wanted(w, action)) {
            w->flags |= action == TAKE_ERROR ? USPAN_WIRE_HAS_ERROR : 0u;
            add_mark(w, action);
        }
        return;
    default:
        return;
    }
}

void uspan_wire_on_value(void *ctx, uspan_json_event_t event, const char *text, size_t len)
{
    uspan_wire_t *w = ctx;
    unsigned action = w->json.action;
    switch (event) {
    case USPAN_READ_TEXT:
        if (action == TAKE_RESPONSE && (w->dialect->traits & USPAN_WIRE_RESULTS_AS_TEXT) != 0u) {
            action = TAKE_RESPONSE_TEXT;
        }
        /* fall through */
    case USPAN_READ_RAW:
        add_text(w, action, text, len);
        return;
    case USPAN_READ_TEXT_END:
    case USPAN_READ_RAW_END:
        end_text(w, action);
        return;
    case USPAN_READ_NUMBER:
        take_number(w, action);
        return;
    case USPAN_READ_TRUE:
        take_true(w, action);
        return;
    case USPAN_READ_FALSE:
        if (action == TAKE_STREAM) {
            w->flags &= ~USPAN_WIRE_STREAMED;
        }
        return;
    case USPAN_READ_OPEN:
    case USPAN_READ_CLOSE:
        take_container(w, action, event == USPAN_READ_OPEN);
        return;
    default:
        return;
    }
}
