/* json_write_close.c: computes the text that closes a value, wherever the value ends.
 * Invariant: uspan_write_closing() writes as many bytes as uspan_write_left() counts, apart from bytes that
 * wait. */
#include "json/json_write_close.h"
#include <string.h>
#include "trace/utf8.h"

/* The text that closes the open leaf, by state. */
static const char endings[] = "\":null\0\"\0"
                              "0\0true\0false";
#define NOTHING 6u
#define QUOTE 7u
#define ZERO 9u
static const uint8_t ending_of[] = {
    [USPAN_WRITE_BETWEEN] = NOTHING, [USPAN_WRITE_NAMED] = 2u,         [USPAN_WRITE_TEXT] = QUOTE,
    [USPAN_WRITE_BASE64] = QUOTE,    [USPAN_WRITE_NAME] = 0u,          [USPAN_WRITE_STR] = QUOTE,
    [USPAN_WRITE_KEYSTR] = 0u,       [USPAN_WRITE_VALUE] = 2u,         [USPAN_WRITE_ITEM] = NOTHING,
    [USPAN_WRITE_ITEM0] = NOTHING,   [USPAN_WRITE_KEY] = NOTHING,      [USPAN_WRITE_KEY0] = NOTHING,
    [USPAN_WRITE_COLON] = 1u,        [USPAN_WRITE_AFTER] = NOTHING,    [USPAN_WRITE_DONE] = NOTHING,
    [USPAN_WRITE_MINUS] = ZERO,      [USPAN_WRITE_ZERO] = NOTHING,     [USPAN_WRITE_INT] = NOTHING,
    [USPAN_WRITE_DOT] = ZERO,        [USPAN_WRITE_FRACTION] = NOTHING, [USPAN_WRITE_E] = ZERO,
    [USPAN_WRITE_E_SIGN] = ZERO,     [USPAN_WRITE_EXPONENT] = NOTHING, [USPAN_WRITE_TRUE] = 11u,
    [USPAN_WRITE_FALSE] = 16u,       [USPAN_WRITE_NULL] = 2u,
};

/* Required fields, by bit, each ending in 0. Spaces after "error" reserve room for every finish reason of the
 * schema while it is written. */
static const char owed[] = ",\"role\":\"unknown\"\0"
                           ",\"finish_reason\":\"error\"           \0"
                           ",\"parts\":[]\0"
                           ",\"name\":\"\"\0"
                           ",\"content\":\"\"\0"
                           ",\"response\":null\0"
                           ",\"modality\":\"unknown\"\0"
                           ",\"uri\":\"\"\0"
                           ",\"file_id\":\"\"\0"
                           ",\"server_tool_call\":{\"type\":\"\"}\0"
                           ",\"server_tool_call_response\":{\"type\":\"\"}\0";

static const char *ending(const uspan_writer_t *w)
{
    return endings + ending_of[w->state] + (w->state >= USPAN_WRITE_TRUE ? w->pend[0] : 0u);
}

/* Fields that the container at this depth still requires. */
unsigned uspan_write_need_at(const uspan_writer_t *w, unsigned depth)
{
    unsigned item = uspan_write_item_depth(w);
    return depth == item               ? w->need & ~USPAN_NEED_OF_MESSAGE
           : depth == 2u && item == 4u ? w->need & USPAN_NEED_OF_MESSAGE
                                       : 0u;
}

/* Write the missing fields to out if it is not NULL. Returns their length. */
static size_t write_owed(unsigned need, char *out)
{
    size_t n = 0;
    for (const char *field = owed; need != 0u; need >>= 1) {
        size_t len = strlen(field);
        if ((need & 1u) != 0u) {
            if (out != NULL) {
                memcpy(out + n, field, len);
            }
            n += len;
        }
        field += len + 1u;
    }
    return n;
}

void uspan_write_need(uspan_writer_t *w, unsigned need)
{
    w->need = (uint16_t)need;
    w->need_len = (uint8_t)write_owed(need, NULL);
}

/* Bytes that wait in a string end as four characters of base64 or as U+FFFD if no byte follows. */
size_t uspan_write_waiting(const uspan_writer_t *w, char out[4])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = w->pend_len;
    if (w->state != USPAN_WRITE_BASE64) {
        memcpy(out, USPAN_REPLACEMENT, 3);
        return n > 0u ? 3u : 0u;
    }
    uint32_t v = 0;
    for (size_t i = 0; i < 3u; i++) {
        v = v << 8 | (i < n ? w->pend[i] : 0u);
    }
    for (size_t i = 0; i < 4u; i++, v <<= 6) {
        out[i] = '=';
        if (i <= n) {
            out[i] = letters[v >> 18 & 63u];
        }
    }
    return n > 0u ? 4u : 0u;
}

size_t uspan_write_closing(const uspan_writer_t *w, unsigned depth, char *to)
{
    const char *end = ending(w);
    size_t n = uspan_write_waiting(w, to);
    size_t len = strlen(end);
    memcpy(to + n, end, len);
    n += len;
    uint32_t stack = w->stack;
    for (unsigned d = w->depth; d > depth; d--, stack >>= 1) {
        n += write_owed(uspan_write_need_at(w, d), to + n); /* never the first member */
        to[n++] = (stack & 1u) != 0u ? '}' : ']';
    }
    return n;
}

/* While a string is open, the closing text ends in as many spaces as the mark of a cut has bytes. */
size_t uspan_write_reserve(const uspan_writer_t *w)
{
    return uspan_write_is_in_string(w) && (w->flags & USPAN_WRITE_CUT) == 0u ? USPAN_WRITE_CUT_MARK_LEN : 0u;
}

int32_t uspan_write_left(const uspan_write_out_t *o)
{
    const uspan_writer_t *w = o->w;
    size_t closing = strlen(ending(w)) + w->depth + w->need_len + uspan_write_reserve(w);
    int32_t bytes = (int32_t)o->room - (int32_t)(w->len + o->used);
    int32_t chars = (int32_t)o->room_chars - w->chars;
    return (bytes < chars ? bytes : chars) - (int32_t)closing;
}

/* A field of this name was written, so it is no longer missing. */
void uspan_write_settle_need(uspan_writer_t *w, const char *name)
{
    size_t len = strlen(name);
    unsigned due = uspan_write_need_at(w, w->depth);
    const char *field = owed;
    for (unsigned bit = 1u; bit <= due; bit <<= 1, field += strlen(field) + 1u) {
        if ((due & bit) != 0u && strncmp(field + 2, name, len) == 0 && field[2u + len] == '"') {
            uspan_write_need(w, w->need & ~bit);
        }
    }
}
