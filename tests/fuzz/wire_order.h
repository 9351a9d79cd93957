/* wire_order.h: exchanges members of JSON objects whose order has no meaning, in any bytes. Readers of LLM
 * traffic give the same span for the result. Two neighbours are exchanged if PAIRS has their names, both
 * values are well-formed, and a comma or the object's end follows: else a number may be half of one, and
 * readers do not use it. Members of equal names keep their order. */
#ifndef USPAN_TESTS_WIRE_ORDER_H
#define USPAN_TESTS_WIRE_ORDER_H

#include "tracer_fuzz.h"

/* Names that vendors write into one object. No pair has two names for one value, as message and delta are,
 * and none sets two attributes of a span. */
static const char *const PAIRS[][2] = {
    { "index", "delta" },         { "index", "finish_reason" },   { "delta", "finish_reason" },
    { "role", "content" },        { "role", "tool_calls" },       { "content", "tool_calls" },
    { "role", "parts" },          { "content", "refusal" },       { "reasoning_content", "content" },
    { "id", "function" },         { "index", "id" },              { "index", "function" },
    { "name", "arguments" },      { "type", "index" },            { "type", "delta" },
    { "index", "content_block" }, { "type", "content_block" },    { "type", "text" },
    { "id", "name" },             { "name", "input" },            { "tool_use_id", "content" },
    { "item_id", "delta" },       { "output_index", "delta" },    { "output_index", "item" },
    { "type", "item" },           { "item_id", "output_index" },  { "call_id", "name" },
    { "call_id", "arguments" },   { "text", "thought" },          { "name", "args" },
    { "message", "done" },        { "content", "thinking" },      { "message", "finish_reason" },
    { "name", "description" },    { "description", "parameters" }, { "name", "parameters" },
    { "tool_call_id", "content" }, { "content", "finishReason" },  { "id", "args" },
};

/* Like memcmp() == 0, which would show the fuzzer the names and take a fifth of its time. */
FUZZ_UNSEEN static bool is_text(const char *text, const char *name, size_t len)
{
    size_t i = 0;
    while (i < len && text[i] == name[i]) {
        i++;
    }
    return i == len;
}

/* Returns the end of the string that begins at text, or NULL. */
FUZZ_UNSEEN static const char *end_of_string(const char *text, const char *end)
{
    for (text++; text < end && *text != '"'; text++) {
        text += *text == '\\' && text + 1 < end ? 1 : 0;
    }
    return text < end ? text + 1 : NULL;
}

/* Returns the end of the JSON value that begins at text, or NULL if it has none. */
FUZZ_UNSEEN static const char *end_of_value(const char *text, const char *end)
{
    static const uspan_json_table_t none = { NULL, NULL, 0u, false, NULL };
    uspan_json_read_t j;
    const char *at = text;
    int depth = 0;
    do { /* the end of its brackets, or of the word */
        if (at < end && *at == '"') {
            at = end_of_string(at, end);
            if (at == NULL) {
                return NULL;
            }
        } else {
            while (at < end && depth == 0 && memchr(",}] \t\r\n\"{[", *at, 10u) == NULL) {
                at++;
            }
            if (at == end || (depth == 0 && at > text)) {
                break;
            }
            depth += *at == '{' || *at == '[' ? 1 : *at == '}' || *at == ']' ? -1 : 0;
            at++;
        }
    } while (depth > 0);
    memset(&j, 0, sizeof j);
    size_t used = uspan_json_read_feed(&j, &none, fuzz_ignore, NULL, text, (size_t)(at - text));
    (void)uspan_json_read_feed(&j, &none, fuzz_ignore, NULL, " ", 1u);
    return used == (size_t)(at - text) && uspan_json_read_is_done(&j) ? at : NULL;
}

typedef struct member {
    const char *name, *name_end, *end; /* with quotes; the end of its value */
} member_t;

/* Read the member that begins at text. Returns false if there is none. */
FUZZ_UNSEEN static bool read_member(const char *text, const char *end, member_t *m)
{
    m->name = text;
    m->name_end = text < end && *text == '"' ? end_of_string(text, end) : NULL;
    if (m->name_end == NULL || m->name_end == end || *m->name_end != ':') {
        return false;
    }
    m->end = end_of_value(m->name_end + 1, end);
    return m->end != NULL;
}

FUZZ_UNSEEN static bool is_named(const member_t *m, const char *name)
{
    size_t len = strlen(name);
    return (size_t)(m->name_end - m->name) == len + 2u && is_text(m->name + 1, name, len);
}

FUZZ_UNSEEN static bool can_change_places(const member_t *a, const member_t *b)
{
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        if ((is_named(a, PAIRS[i][0]) && is_named(b, PAIRS[i][1])) ||
            (is_named(a, PAIRS[i][1]) && is_named(b, PAIRS[i][0]))) {
            return true;
        }
    }
    return false;
}

/* Returns true if the span may have JSON of the text as it is. Then the order of its members counts. */
FUZZ_UNSEEN static bool keeps_json(const char *text, size_t len)
{
    static const char *const names[] = {
        "arguments", "args", "input", "parameters", "schema", "response", "output", "content", "partial_json", "result",
    };
    for (size_t at = 0; at + 2u < len; at++) {
        bool is_name = text[at] == '"' && text[at + 1u] == ':' && text[at + 2u] != '"';
        for (size_t i = 0; is_name && i < sizeof names / sizeof names[0]; i++) {
            size_t name_len = strlen(names[i]);
            if (name_len <= at && is_text(text + at - name_len, names[i], name_len)) {
                return true;
            }
        }
    }
    return false;
}

/* Exchange members of text, in place, at any depth. All members before them in their object are well-formed.
 * Returns the number of exchanges. */
FUZZ_UNSEEN static unsigned exchange_members(char *text, size_t len)
{
    const char *end = text + len;
    unsigned count = 0;
    for (char *open = text; open < end; open++) {
        member_t a, b;
        char *at = open + 1;
        while (*open == '{' && read_member(at, end, &a) && a.end < end && *a.end == ',' &&
               read_member(a.end + 1, end, &b)) {
            size_t a_len = (size_t)(a.end - at), b_len = (size_t)(b.end - b.name);
            bool is_whole = b.end < end && (*b.end == ',' || *b.end == '}');
            bool changes = is_whole && can_change_places(&a, &b);
            if (changes) {
                char *copy = fuzz_copy((const uint8_t *)at, a_len);
                memmove(at, b.name, b_len);
                at[b_len] = ',';
                memcpy(at + b_len + 1u, copy, a_len);
                free(copy);
                count++;
            }
            at += (changes ? b_len : a_len) + 1u;
        }
    }
    return count;
}

#endif
