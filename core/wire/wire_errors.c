/* wire_errors.c: finds errors in an answer. Called by wire_collect.c and by the end_unit() functions of
 * dialects. A member that successful answers have too shows an error only if the document has no answer.
 * Invariant: the span has the message of the first error that has one, if has_message is 1. */
#include "wire/wire_errors.h"
#include <string.h>
#include "trace/attr.h"
#include "trace/blocks.h"
#include "trace/utf8.h"
#include "wire/wire_attrs.h"
#include "wire/wire_calls.h"

#define MESSAGE_MAX (USPAN_WIRE_ERROR_BYTES - 1u)
#define TYPE_TAGS (USPAN_ITEM_HAS(TAKE_ERROR_TYPE) | USPAN_ITEM_HAS(TAKE_ERROR_STATUS))
#define ERROR_TAGS (USPAN_ITEM_HAS(TAKE_ERROR) | USPAN_ITEM_HAS(TAKE_ERROR_CODE) | TYPE_TAGS)
/* Members of an error, as vendors and gateways before them send it. Those of TAKE_WEAK_ERROR stand beside a
 * successful answer too. */
#define ROWS(X)                                 \
    X("error", TAKE_ERROR)                      \
    X("error.error", TAKE_ERROR)                \
    X("error", TAKE_LIKE)                       \
    X("error.#", TAKE_ERROR)                    \
    X("error.message", TAKE_ERROR)              \
    X("error.msg", TAKE_ERROR)                  \
    X("error.type", TAKE_ERROR_TYPE)            \
    X("error.status", TAKE_ERROR_STATUS)        \
    X("error.code", TAKE_ERROR_CODE)            \
    X("error_message", TAKE_ERROR)              \
    X("error_type", TAKE_ERROR_TYPE)            \
    X("error_code", TAKE_ERROR_CODE)            \
    X("error_msg", TAKE_WEAK_ERROR)             \
    X("message", TAKE_WEAK_ERROR)               \
    X("", TAKE_LIKE)                            \
    X("Message", TAKE_WEAK_ERROR)               \
    X("errmsg", TAKE_WEAK_ERROR)                \
    X("errcode", TAKE_ERROR_CODE)               \
    X("msg", TAKE_WEAK_ERROR)                   \
    X("code", TAKE_WEAK_CODE)                   \
    X("detail", USPAN_JSON_LIST)                \
    X("detail.#", TAKE_WEAK_ERROR)              \
    X("", TAKE_LIKE)                            \
    X("errors", USPAN_JSON_LIST)                \
    X("errors.#", TAKE_WEAK_ERROR)              \
    X("", TAKE_LIKE)                            \
    X("base_resp", TAKE_NOTHING)                \
    X("base_resp.status_code", TAKE_ERROR_CODE) \
    X("base_resp.status_msg", TAKE_WEAK_ERROR)
USPAN_JSON_COLUMNS(rows, ROWS);
const uspan_json_table_t uspan_wire_error_table = USPAN_JSON_TABLE_FROM(rows, false, NULL);

/* Returns true if the code means success. */
static bool is_fine(const char *code)
{
    static const uint32_t fine[] = { USPAN_JSON_PATH("0"),       USPAN_JSON_PATH("200"),
                                     USPAN_JSON_PATH("Success"), USPAN_JSON_PATH("success"),
                                     USPAN_JSON_PATH("OK"),      USPAN_JSON_PATH("ok") };
    enum { COUNT = sizeof fine / sizeof fine[0] };
    return uspan_wire_find_text(fine, COUNT, code) < COUNT;
}

USPAN_NOINLINE static void keep_type(uspan_wire_t *w, const uspan_hold_cursor_t *begin,
                                     const uspan_item_t *unit)
{
    static const uint8_t tags[] = { TAKE_ERROR_TYPE, TAKE_ERROR_STATUS, TAKE_ERROR_CODE, TAKE_WEAK_CODE };
    char type[sizeof w->error_type + 1u];
    for (size_t i = 0; i < sizeof tags && w->error_type[0] == '\0'; i++) {
        if (uspan_item_has_tag(unit, tags[i])) {
            size_t len = uspan_item_text(w, begin, tags[i], type, sizeof type);
            if (is_fine(type) || strcmp(type, "None") == 0) { /* LiteLLM sends None */
                continue;
            }
            if (len < sizeof w->error_type) {
                memcpy(w->error_type, type, len + 1u);
            } else {
                uspan_wire_count_unread(w);
            }
        }
    }
}

/* Join the texts of the unit's records with that tag. Returns the length of all texts, which may be more than
 * was written. */
static size_t join_texts(uspan_wire_t *w, const uspan_hold_cursor_t *begin, unsigned tag,
                         char text[MESSAGE_MAX + 1u])
{
    uspan_record_t r;
    uspan_hold_cursor_t at = *begin;
    size_t used = 0;
    size_t total = 0;
    while (uspan_item_next(w, &at, &r)) {
        if (r.tag == tag) {
            if (used > 0u && r.len > 0u && !r.more && used < MESSAGE_MAX) {
                text[used++] = ' '; /* a list of errors has several */
                total++;
            }
            size_t n = r.len < MESSAGE_MAX - used ? r.len : MESSAGE_MAX - used;
            memcpy(text + used, r.text, n);
            used += n;
            total += r.len;
        }
    }
    text[used] = '\0';
    return total;
}

/* Set the message of the first error that has one. */
USPAN_NOINLINE static void keep_message(uspan_wire_t *w, const uspan_hold_cursor_t *begin, unsigned tag)
{
    static const char cut[] = "...";
    char text[MESSAGE_MAX + 1u];
    size_t total = w->has_message == 0u ? join_texts(w, begin, tag, text) : 0u;
    if (total > MESSAGE_MAX) {
        memcpy(text + uspan_utf8_cut(text, MESSAGE_MAX, MESSAGE_MAX + 1u - sizeof cut), cut, sizeof cut);
    }
    if (total > 0u) {
        (void)uspan_set_status(w->t, w->s, USPAN_STATUS_ERROR, text);
        w->has_message = 1u;
    }
}

size_t uspan_wire_error(uspan_wire_t *w, char *out, size_t room)
{
    const uspan_trace_part_t *p = &w->t->trace;
    uspan_err_t err;
    size_t len = 0;
    if (uspan_is_null(w->s)) { /* the tracer may not be started */
        return 0;
    }
    uint32_t state = uspan_lock(w->t);
    const uspan_slot_t *slot = uspan_slot_find_recording(&w->t->trace, w->s, &err);
    if (w->has_message != 0u && slot != NULL) {
        size_t most = slot->message_len < room ? slot->message_len : room;
        for (uint16_t block = slot->message; len < most; block = p->block_next[block]) {
            size_t n = most - len < USPAN_BLOCK ? most - len : USPAN_BLOCK;
            memcpy(out + len, p->blocks[block].bytes, n);
            len += n;
        }
    }
    uspan_unlock(w->t, state);
    return len;
}

void uspan_wire_keep_error(uspan_wire_t *w, const uspan_item_t *unit, bool has_answer)
{
    char code[12];
    char text[2];
    uspan_hold_cursor_t begin;
    bool is_event = w->event_hash == USPAN_JSON_PATH("error") || w->type_hash == USPAN_JSON_PATH("error");
    bool is_strong = (unit->has & ERROR_TAGS) != 0u || is_event;
    bool is_weak = uspan_item_has(unit, TAKE_WEAK_ERROR) || uspan_item_has(unit, TAKE_WEAK_CODE);
    if (!is_strong && (!is_weak || has_answer)) {
        return;
    }
    uspan_hold_begin(&begin, USPAN_HOLD_UNIT);
    size_t len = uspan_item_text(w, &begin, is_strong ? TAKE_ERROR_CODE : TAKE_WEAK_CODE, code, sizeof code);
    bool says_nothing = is_fine(code);
    /* A code of success is not an error if it has no message or if there is an answer. Beside an answer, an
     * error with neither code nor message is none either. */
    if (is_strong) {
        bool is_silent = uspan_item_text(w, &begin, TAKE_ERROR, text, sizeof text) == 0u;
        says_nothing = !is_event && (unit->has & TYPE_TAGS) == 0u &&
                       (says_nothing ? is_silent || has_answer : len == 0u && is_silent && has_answer);
    }
    if (says_nothing) {
        return;
    }
    w->flags |= USPAN_WIRE_FAILED;
    keep_type(w, &begin, unit);
    keep_message(w, &begin, TAKE_ERROR);
    keep_message(w, &begin, TAKE_WEAK_ERROR);
}
