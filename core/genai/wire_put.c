/* wire_put.c: from conversation items of any dialect to messages and parts.
 * Invariant: list is what is open in out; part is what its last part is, 0 where the next text begins one. */
#include "wire_read.h"
#include <string.h>
#include "utf8.h"

/* uspan_wire_t.part: the action that began it, or */
#define PART_NONE 0u
/* .error_len: no more of it is kept */
#define ERROR_FULL UINT8_MAX

static bool is(const uspan_wire_t *w, unsigned flag)
{
    return (w->flags & flag) != 0u;
}

static void set(uspan_wire_t *w, unsigned flag)
{
    w->flags = (uint16_t)(w->flags | flag);
}

static void clear(uspan_wire_t *w, unsigned flags)
{
    w->flags = (uint16_t)(w->flags & ~flags);
}

/* Where to write. What gathered is written before. */
static uspan_writer_t *out_of(uspan_wire_t *w)
{
    if (w->gathered > 0u) {
        (void)uspan_write_more_n(&w->out, w->error, w->gathered);
        w->gathered = 0u;
        w->error[0] = '\0';
    }
    return &w->out;
}

/* More of the open text. A stream's small pieces gather where the words of an error would stand: to write one
 * costs more than its bytes do. */
static void put_more(uspan_wire_t *w, const char *text, size_t len)
{
    if (w->error_len > 0u || len >= sizeof w->error - w->gathered) {
        (void)uspan_write_more_n(out_of(w), text, len);
        return;
    }
    memcpy(w->error + w->gathered, text, len);
    w->gathered = (uint8_t)(w->gathered + len);
}

void uspan_wire_begin_list(uspan_wire_t *w, unsigned list)
{
    w->list = (uint8_t)list;
    w->part = PART_NONE;
    w->role[0] = '\0';
    clear(w, USPAN_WIRE_IN_MESSAGE | USPAN_WIRE_ROLE_LATE);
    (void)uspan_messages_begin(out_of(w), w->t, w->s, (uspan_list_t)list);
}

void uspan_wire_end_list(uspan_wire_t *w)
{
    if (w->list != 0u) {
        (void)uspan_write_end(out_of(w));
        w->list = 0u;
    }
}

static void begin_message(uspan_wire_t *w)
{
    if (is(w, USPAN_WIRE_IN_MESSAGE) || w->list == USPAN_SYSTEM_INSTRUCTIONS) {
        return;
    }
    const char *role = w->phase == USPAN_WIRE_RESPONSE ? "assistant" : w->role[0] != '\0' ? w->role : NULL;
    (void)uspan_message(out_of(w), role, NULL);
    set(w, USPAN_WIRE_IN_MESSAGE | (role == NULL ? USPAN_WIRE_ROLE_LATE : 0u));
    w->part = PART_NONE;
}

static void end_message(uspan_wire_t *w)
{
    begin_message(w);
    if (is(w, USPAN_WIRE_ROLE_LATE)) { /* Gemini's may have none */
        (void)uspan_message_role(out_of(w), w->role[0] != '\0' ? w->role : "user");
    }
    clear(w, USPAN_WIRE_IN_MESSAGE | USPAN_WIRE_ROLE_LATE);
}

static bool of_tool(const uspan_wire_t *w)
{
    return w->phase == USPAN_WIRE_REQUEST &&
           (strcmp(w->role, "tool") == 0 || strcmp(w->role, "function") == 0);
}

/* Additions to another choice than the one whose message is open: one message takes one choice's. A choice
 * that comes when the one before has ended has a message of its own, unless some of it is gone. */
static bool of_other_choice(uspan_wire_t *w)
{
    uint8_t bit = (uint8_t)(1u << (w->choice < 7u ? w->choice : 7u));
    if (!is(w, USPAN_WIRE_IN_MESSAGE) && (w->lost & bit) == 0u) {
        w->written = w->choice;
    }
    if (w->choice == w->written) {
        return false;
    }
    if ((w->lost & bit) == 0u) {
        w->lost |= bit;
        uspan_wire_count_unread(w);
    }
    return true;
}

/* Each event has all of the answer so far. */
static bool repeats(const uspan_wire_t *w)
{
    return (w->dialect->traits & USPAN_WIRE_CUMULATIVE) != 0u && !is(w, USPAN_WIRE_INCREMENTAL);
}

/* An event tells an item that another one began. */
static bool is_told(const uspan_wire_t *w)
{
    return w->form == USPAN_WIRE_EVENTS && w->dialect->event != NULL && w->event != TAKE_PART;
}

/* ---- containers ---------------------------------------------------------------------------------------- */

static void begin_definition(uspan_wire_t *w)
{
    if (w->part != PART_NONE) {
        return;
    }
    w->part = TAKE_DEFINITION;
    if (w->role[0] == '\0' || strcmp(w->role, "function") == 0 || strcmp(w->role, "custom") == 0) {
        (void)uspan_tool_definition(out_of(w), NULL, NULL, NULL);
    } else {
        (void)uspan_part(out_of(w), w->role);
    }
}

/* The first piece of an answer in pieces is here; an error is none. */
static void see_chunk(uspan_wire_t *w)
{
    if (w->phase == USPAN_WIRE_RESPONSE && is(w, USPAN_WIRE_STREAMED) &&
        !is(w, USPAN_WIRE_CHUNKED | USPAN_WIRE_FAILED)) {
        (void)uspan_first_chunk(w->t, w->s);
        set(w, USPAN_WIRE_CHUNKED);
    }
}

/* The result of a tool is over: some vendors name the tool in place of an id, before the result or after. */
static void end_response(uspan_wire_t *w)
{
    if (w->part == TAKE_RESPONSE && w->call_id[0] != '\0') {
        (void)uspan_write_str(out_of(w), "name", w->call_id);
        w->call_id[0] = '\0';
        w->part = PART_NONE;
    }
}

void uspan_wire_put_container(uspan_wire_t *w, unsigned action, bool opens)
{
    if (uspan_wire_is_spilled(w)) {
        return;
    }
    switch (action) {
    case TAKE_TOOLS:
        if (opens) {
            uspan_wire_begin_list(w, USPAN_TOOL_DEFINITIONS);
        } else {
            uspan_wire_end_list(w);
            if (is(w, USPAN_WIRE_NO_TOOLS)) {
                uspan_wire_drop_definitions(w);
            }
        }
        return;
    case TAKE_DEFINITION:
        if (opens) {
            w->part = PART_NONE;
            w->role[0] = '\0';
            clear(w, USPAN_WIRE_NAMED);
        } else {
            begin_definition(w);
            if (!is(w, USPAN_WIRE_NAMED) && w->role[0] != '\0') { /* a tool of the provider's */
                (void)uspan_write_str(out_of(w), "name", w->role);
            }
        }
        return;
    case TAKE_MESSAGE:
        if (opens) {
            w->part = PART_NONE;
            w->role[0] = '\0';
            w->call_id[0] = '\0';
            clear(w, USPAN_WIRE_IN_MESSAGE | USPAN_WIRE_ROLE_LATE | USPAN_WIRE_PIECEWISE | USPAN_WIRE_BEGUN);
        } else if (w->phase == USPAN_WIRE_REQUEST) {
            end_response(w);
            end_message(w);
        } else {
            begin_message(w);
        }
        return;
    case TAKE_PART:
        if (opens && !of_tool(w) && !is_told(w)) {
            w->part = PART_NONE;
            w->call_id[0] = '\0';
            clear(w, USPAN_WIRE_BEGUN);
        } else if (!opens) {
            end_response(w);
        }
        return;
    case TAKE_CALL:
        if (opens) {
            clear(w, USPAN_WIRE_FRESH | USPAN_WIRE_BEGUN);
            if (!is(w, USPAN_WIRE_PIECEWISE)) {
                set(w, USPAN_WIRE_FRESH);
                w->call_id[0] = '\0';
            }
        }
        return;
    case TAKE_DELTA:
        if (!repeats(w)) {
            set(w, USPAN_WIRE_PIECEWISE);
        }
        return;
    case TAKE_CHOICE:
    case TAKE_DOCUMENT:
        if (opens) {
            w->place = action == TAKE_DOCUMENT ? 0u : w->place;
            w->choice = w->place;
            if (repeats(w)) { /* the choice before has not ended */
                clear(w, USPAN_WIRE_IN_MESSAGE);
                w->part = PART_NONE;
            }
            if (action == TAKE_DOCUMENT) {
                w->event = 0u;
                if (repeats(w) && w->form == USPAN_WIRE_EVENTS) {
                    uspan_wire_begin_list(w, USPAN_OUTPUT_MESSAGES);
                }
            }
        } else {
            uspan_wire_put_finish(w);
            w->place = (uint8_t)(w->place + (w->place < UINT8_MAX ? 1u : 0u));
            if (action == TAKE_DOCUMENT) {
                see_chunk(w);
            }
        }
        return;
    default:
        return;
    }
}

/* The vendors' words in those of the schema: spec of messages, finish_reason. */
static const char *reason_of(const char *word)
{
    static const char *const words[][2] = {
        { "tool_calls", "tool_call" },  { "function_call", "tool_call" },  { "tool_use", "tool_call" },
        { "end_turn", "stop" },         { "stop_sequence", "stop" },       { "STOP", "stop" },
        { "max_tokens", "length" },     { "MAX_TOKENS", "length" },        { "refusal", "content_filter" },
        { "SAFETY", "content_filter" }, { "max_output_tokens", "length" },
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i][0]) == 0) {
            return words[i][1];
        }
    }
    return word;
}

void uspan_wire_put_finish(uspan_wire_t *w)
{
    if (!is(w, USPAN_WIRE_FINISHED)) {
        return;
    }
    clear(w, USPAN_WIRE_FINISHED);
    if (of_other_choice(w) || w->list == 0u) {
        return;
    }
    size_t last = w->texts_len - 1u;
    while (last > 0u && w->texts[last - 1u] != '\0') {
        last--;
    }
    begin_message(w);
    const char *reason = reason_of(w->texts + last + 1u);
    if (strcmp(reason, "completed") == 0) {
        reason = w->part == TAKE_CALL ? "tool_call" : "stop";
    }
    (void)uspan_message_finish(out_of(w), reason);
    clear(w, USPAN_WIRE_IN_MESSAGE);
}

/* ---- tool calls and results ---------------------------------------------------------------------------- */

/* The id was told before, or is told later. */
static void begin_call(uspan_wire_t *w, const char *name)
{
    begin_message(w);
    (void)uspan_part_tool_call(out_of(w), w->call_id[0] != '\0' ? w->call_id : NULL, name, NULL);
    w->part = TAKE_CALL;
    clear(w, USPAN_WIRE_FRESH | USPAN_WIRE_NAMED | USPAN_WIRE_LEAF);
    set(w, USPAN_WIRE_BEGUN | (name != NULL ? USPAN_WIRE_NAMED : 0u));
}

static bool begins_call(const uspan_wire_t *w)
{
    return is(w, USPAN_WIRE_FRESH) || w->part != TAKE_CALL;
}

/* Some servers repeat the id with every piece of a call, some tell no index. */
static void put_call_id(uspan_wire_t *w, const char *id)
{
    size_t len = strlen(id);
    if (len >= sizeof w->call_id) {
        uspan_wire_count_unread(w);
        return;
    }
    if (is(w, USPAN_WIRE_PIECEWISE) && w->part == TAKE_CALL && strcmp(id, w->call_id) == 0) {
        return;
    }
    memcpy(w->call_id, id, len + 1u);
    if (!is(w, USPAN_WIRE_BEGUN)) {
        set(w, USPAN_WIRE_FRESH);
    } else if (is(w, USPAN_WIRE_LEAF)) {
        (void)uspan_write_str(out_of(w), "id", id);
    } else { /* between the name and the arguments, which are open */
        uspan_wire_count_unread(w);
    }
}

static void put_call_name(uspan_wire_t *w, const char *name)
{
    if (begins_call(w)) {
        begin_call(w, name);
    } else if (!is(w, USPAN_WIRE_NAMED)) {
        (void)uspan_write_str(out_of(w), "name", name);
        set(w, USPAN_WIRE_NAMED);
    }
}

void uspan_wire_put_index(uspan_wire_t *w, unsigned index)
{
    if (is(w, USPAN_WIRE_PIECEWISE) && !is(w, USPAN_WIRE_BEGUN) &&
        (index != w->call || w->part != TAKE_CALL)) {
        set(w, USPAN_WIRE_FRESH);
    }
    w->call = (uint8_t)index;
}

static void begin_response(uspan_wire_t *w, const char *id)
{
    begin_message(w);
    if (w->part != TAKE_RESPONSE) {
        (void)uspan_part_tool_response(out_of(w), id, NULL);
        w->part = TAKE_RESPONSE;
    } else if (id != NULL) {
        (void)uspan_write_str(out_of(w), "id", id);
    }
}

/* ---- media --------------------------------------------------------------------------------------------- */

/* image, video or audio, from a MIME type. */
static const char *modality_of(const char *mime)
{
    static const char *const names[] = { "audio", "video", "image" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(mime, names[i], 5u) == 0) {
            return names[i];
        }
    }
    return strchr(mime, '/') == NULL ? "audio" : "unknown"; /* OpenAI tells the format of a sound: "wav" */
}

/* Its bytes stay out: one image would leave no room for words. */
static void put_blob(uspan_wire_t *w, const char *mime)
{
    begin_message(w);
    const char *modality = mime != NULL ? modality_of(mime) : "image";
    (void)uspan_part_blob(out_of(w), modality, mime, NULL, 0u);
    w->part = TAKE_MIME;
}

static void put_uri(uspan_wire_t *w, const char *uri)
{
    if (strncmp(uri, "data:", 5u) == 0) {
        char mime[32];
        size_t len = strcspn(uri + 5, ";,");
        len = len < sizeof mime ? len : sizeof mime - 1u;
        memcpy(mime, uri + 5, len);
        mime[len] = '\0';
        put_blob(w, mime);
        return;
    }
    if (is(w, USPAN_WIRE_WORD_CUT)) {
        uspan_wire_count_unread(w);
        return;
    }
    begin_message(w);
    (void)uspan_part_uri(out_of(w), "image", NULL, uri);
    w->part = TAKE_URI;
}

/* ---- texts --------------------------------------------------------------------------------------------- */

void uspan_wire_put_word(uspan_wire_t *w, unsigned action, const char *word)
{
    if (w->list == 0u || of_other_choice(w)) {
        return;
    }
    if (action == TAKE_ITEM_ID) {
        action = strcmp(w->role, "tool") == 0 ? TAKE_RESPONSE_TO : TAKE_CALL_ID;
    }
    if (is_told(w) && (action == TAKE_CALL_ID || action == TAKE_CALL_NAME)) {
        return;
    }
    switch (action) {
    case TAKE_ITEM:
        word = strcmp(word, "function_call_output") == 0 ? "tool"
               : strcmp(word, "message") == 0            ? ""
                                                         : "assistant";
        memcpy(w->role, word, strlen(word) + 1u);
        return;
    case TAKE_DEFINITION_NAME:
        begin_definition(w);
        (void)uspan_write_str(out_of(w), "name", word);
        set(w, USPAN_WIRE_NAMED);
        return;
    case TAKE_DEFINITION_TYPE:
    case TAKE_ROLE:
        word = strcmp(word, "model") == 0 ? "assistant" : word; /* Gemini's */
        if (strlen(word) < sizeof w->role) {
            memcpy(w->role, word, strlen(word) + 1u);
        }
        return;
    case TAKE_CALL_ID:
        put_call_id(w, word);
        return;
    case TAKE_CALL_NAME:
        put_call_name(w, word);
        return;
    case TAKE_RESPONSE_TO:
        begin_response(w, word);
        return;
    case TAKE_RESPONSE_NAME:
        if (strlen(word) < sizeof w->call_id) {
            memcpy(w->call_id, word, strlen(word) + 1u);
        }
        return;
    case TAKE_URI:
        put_uri(w, word);
        return;
    case TAKE_MIME:
        put_blob(w, word);
        return;
    case TAKE_FILE:
        begin_message(w);
        (void)uspan_part_file(out_of(w), "unknown", NULL, word);
        w->part = TAKE_FILE;
        return;
    default:
        return;
    }
}

void uspan_wire_put_thought(uspan_wire_t *w)
{
    if (w->list != 0u && w->part == TAKE_TEXT) {
        (void)uspan_write_bool(out_of(w), "thought", true);
        w->part = PART_NONE;
    }
}

/* Text goes on with the last part, or begins one. */
static void put_text(uspan_wire_t *w, unsigned action, const char *text, size_t len)
{
    begin_message(w);
    if (w->part == action) {
        put_more(w, text, len);
        return;
    }
    w->part = (uint8_t)action;
    if (action == TAKE_REASONING) {
        (void)uspan_part_reasoning_n(out_of(w), text, len);
    } else if (action == TAKE_REFUSAL) {
        (void)uspan_part(out_of(w), "refusal");
        (void)uspan_write_leaf(out_of(w), "content", USPAN_LEAF_TEXT);
        put_more(w, text, len);
    } else {
        (void)uspan_part_text_n(out_of(w), text, len);
    }
}

/* A member of a definition, in pieces. */
static void put_member(uspan_wire_t *w, unsigned action, const char *text, size_t len)
{
    begin_definition(w);
    if (w->part != action) {
        bool description = action == TAKE_DESCRIPTION;
        (void)uspan_write_leaf(out_of(w), description ? "description" : "parameters",
                               description ? USPAN_LEAF_TEXT : USPAN_LEAF_JSON);
        w->part = (uint8_t)action;
    }
    put_more(w, text, len);
}

static void put_error(uspan_wire_t *w, const char *text, size_t len)
{
    static const char cut[] = "...";
    const size_t most = USPAN_WIRE_ERROR_BYTES - 1u;
    char *error = uspan_wire_error(w);
    (void)out_of(w);
    if (w->error_len == ERROR_FULL) {
        return;
    }
    size_t room = most - w->error_len;
    size_t n = len < room ? len : room;
    if (w->error_len + n >= sizeof w->error) { /* the answer that failed has no use for them any more */
        uspan_wire_end_list(w);
        w->texts_count = 0u;
        w->texts_len = 0u;
    }
    memcpy(error + w->error_len, text, n);
    w->error_len = (uint8_t)(w->error_len + n);
    error[w->error_len] = '\0';
    if (n < len) {
        memcpy(error + uspan_utf8_cut(error, most, most + 1u - sizeof cut), cut, sizeof cut);
        w->error_len = ERROR_FULL;
    }
}

static void put_bytes(uspan_wire_t *w, unsigned action, const char *text, size_t len)
{
    if (w->list == 0u || of_other_choice(w)) {
        return;
    }
    switch (action) {
    case TAKE_ARGUMENTS:
        if (begins_call(w)) {
            begin_call(w, NULL);
        }
        set(w, USPAN_WIRE_LEAF);
        put_more(w, text, len);
        return;
    case TAKE_DESCRIPTION:
    case TAKE_PARAMETERS:
        put_member(w, action, text, len);
        return;
    default:
        if (action == TAKE_RESPONSE || (action == TAKE_TEXT && of_tool(w))) {
            begin_response(w, NULL);
            put_more(w, text, len);
        } else {
            put_text(w, action, text, len);
        }
        return;
    }
}

void uspan_wire_put_piece(uspan_wire_t *w, unsigned action, uspan_json_event_t event, const char *text,
                          size_t len)
{
    bool bytes = event == USPAN_READ_TEXT || event == USPAN_READ_RAW;
    bool ends = event == USPAN_READ_TEXT_END || event == USPAN_READ_CLOSE;
    if (action == TAKE_ADDITION) {
        action = w->event;
    }
    if (action == TAKE_ERROR) {
        if (bytes || event == USPAN_READ_CLOSE) {
            set(w, USPAN_WIRE_FAILED);
        }
        if (bytes) {
            put_error(w, text, len);
        }
        return;
    }
    if (action == TAKE_INPUT || action == TAKE_SYSTEM) {
        if (ends) {
            if (is(w, USPAN_WIRE_IN_MESSAGE)) {
                end_message(w);
            }
            uspan_wire_end_list(w);
            return;
        }
        if ((bytes || event == USPAN_READ_OPEN) && w->list == 0u) {
            uspan_wire_begin_list(w, action == TAKE_INPUT ? USPAN_INPUT_MESSAGES : USPAN_SYSTEM_INSTRUCTIONS);
            memcpy(w->role, "user", sizeof "user");
        }
        if (bytes) {
            put_bytes(w, TAKE_TEXT, text, len);
        }
        return;
    }
    if (action == TAKE_IMAGE) {
        if (event == USPAN_READ_TEXT_END && w->list != 0u) {
            put_blob(w, NULL);
        }
    } else if (bytes && action >= TAKE_TEXT) {
        put_bytes(w, action, text, len);
    }
}
