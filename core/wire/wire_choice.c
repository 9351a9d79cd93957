/* wire_choice.c: converts choices of an answer to messages, for dialects whose documents all have the same
 * form. Called by wire_collect.c through uspan_wire_dialect_t.end_unit, and by other dialects. Invariant: the
 * open message belongs to the choice `written`. Until that choice has ended, pieces of other choices are
 * dropped. Each such choice is counted as unread once. */
#include "wire/wire_choice.h"
#include <string.h>
#include "wire/wire_attrs.h"
#include "wire/wire_calls.h"
#include "wire/wire_errors.h"
#include "wire/wire_messages.h"
#include "wire/wire_parts.h"

static bool is(const uspan_wire_t *w, uint32_t flag)
{
    return uspan_wire_is(w, flag);
}

static uint8_t bit_of(unsigned choice)
{
    return (uint8_t)(1u << (choice < 7u ? choice : 7u));
}

void uspan_wire_end_message(uspan_wire_t *w)
{
    if (!is(w, USPAN_WIRE_IN_MESSAGE)) {
        return;
    }
    const char *reason = uspan_wire_finish_of(w, w->written);
    uspan_wire_write_calls(w, true);
    if (reason != NULL || (is(w, USPAN_WIRE_ENDED) && !is(w, USPAN_WIRE_FAILED))) {
        (void)uspan_message_finish(uspan_wire_writer(w), uspan_wire_reason_of(w, reason));
    }
    uspan_wire_drop_calls(w);
    w->closed |= bit_of(w->written);
    w->flags &= ~(USPAN_WIRE_IN_MESSAGE | USPAN_WIRE_HAS_CALL);
}

/* Returns true if each event repeats the complete answer so far. */
static bool is_cumulative(const uspan_wire_t *w)
{
    return (w->dialect->traits & USPAN_WIRE_CUMULATIVE) != 0u && !is(w, USPAN_WIRE_INCREMENTAL);
}

bool uspan_wire_is_other_choice(uspan_wire_t *w, unsigned choice, bool counts)
{
    uint8_t bit = bit_of(choice);
    bool is_open = is(w, USPAN_WIRE_IN_MESSAGE);
    if (is_open && choice == w->written) {
        return false;
    }
    bool ended = !is_open || uspan_wire_finish_of(w, w->written) != NULL || is(w, USPAN_WIRE_HAS_WHOLE) ||
                 is_cumulative(w);
    if (ended && ((w->lost | w->closed) & bit) == 0u) {
        uspan_wire_end_message(w);
        w->written = (uint8_t)choice;
        return false;
    }
    if (counts && (w->lost & bit) == 0u) {
        w->lost |= bit;
        uspan_wire_count_unread(w);
    }
    return true;
}

void uspan_wire_keep_finish(uspan_wire_t *w, const uspan_item_t *unit, unsigned choice)
{
    /* DashScope sends "null", servers in Python "None", and Gemini and others "FINISH_REASON_UNSPECIFIED",
     * while the answer continues. Of a response's status, only the last three words are finish reasons. */
    static const uint32_t words[] = { USPAN_JSON_PATH("null"),
                                      USPAN_JSON_PATH("None"),
                                      USPAN_JSON_PATH("FINISH_REASON_UNSPECIFIED"),
                                      USPAN_JSON_PATH("error"),
                                      USPAN_JSON_PATH("network_error"),
                                      USPAN_JSON_PATH("failed"),
                                      USPAN_JSON_PATH("completed"),
                                      USPAN_JSON_PATH("cancelled"),
                                      USPAN_JSON_PATH("incomplete") };
    enum { UNSPECIFIED = 2, FAILED = 5, COUNT = sizeof words / sizeof words[0] };
    char reason[41];
    uspan_hold_cursor_t begin;
    uspan_hold_begin(&begin, USPAN_HOLD_UNIT);
    unsigned tag = uspan_item_has(unit, TAKE_FINISH) ? TAKE_FINISH : TAKE_STATUS;
    size_t len = uspan_item_text(w, &begin, tag, reason, sizeof reason);
    size_t word = uspan_wire_find_text(words, COUNT, reason);
    if (len == 0u || word <= UNSPECIFIED) {
        return;
    }
    if (word <= FAILED) {
        w->flags |= USPAN_WIRE_FAILED;
    }
    if (tag == TAKE_FINISH || (word > FAILED && word < COUNT)) {
        uspan_wire_set_finish(w, choice, reason);
    }
}

/* Hash not more than `most` bytes of the unit's values of a tag. In a document that repeats the answer they
 * may be at any depth. A piece may have the answer so far beside it. Returns their number. */
USPAN_NOINLINE static size_t hash_values(uspan_wire_t *w, unsigned tag, size_t most, uint32_t *hash)
{
    uspan_hold_cursor_t from;
    uspan_record_t r;
    size_t len = 0;
    bool (*next_value)(uspan_wire_t *, uspan_hold_cursor_t *, uspan_record_t *) =
        is(w, USPAN_WIRE_HAS_DELTA) && !is_cumulative(w) ? uspan_item_next : uspan_hold_next;
    uspan_hold_begin(&from, USPAN_HOLD_UNIT);
    *hash = USPAN_WIRE_HASH_BEGIN;
    while (next_value(w, &from, &r)) {
        if (r.tag == tag) {
            size_t n = r.len < most - len ? r.len : most - len;
            *hash = uspan_wire_hash(*hash, r.text, n);
            len += n;
        }
    }
    return len;
}

/* Returns true if the unit starts with the content of the previous event, as in a stream whose events repeat
 * the answer so far. It compares the text, or the reasoning if there is no text, or the names of calls if
 * there is neither. Between events, w->item_kind has the tag, w->told its hash, and w->told_len its
 * length. */
USPAN_NOINLINE static bool repeats_text(uspan_wire_t *w)
{
    static const uint8_t tags[] = { TAKE_TEXT, TAKE_REASONING, TAKE_NAME };
    uint32_t hash;
    size_t before = w->told_len;
    size_t len = hash_values(w, w->item_kind, before, &hash);
    bool repeats = before == 0u || (len == before && hash == w->told);
    len = 0u;
    for (size_t i = 0; i < sizeof tags && len == 0u; i++) {
        len = hash_values(w, tags[i], SIZE_MAX, &hash);
        if (len > 0u) {
            w->told = hash;
            w->told_len = (uint16_t)len;
            w->item_kind = tags[i];
        }
    }
    return repeats;
}

/* Discard the messages that were written before this document, because it repeats them. */
static void restart(uspan_wire_t *w)
{
    if (!is(w, USPAN_WIRE_RESTARTED)) {
        w->flags |= USPAN_WIRE_RESTARTED;
        w->closed = w->lost = 0u;
        uspan_wire_drop_calls(w);
        uspan_wire_begin_list(w, USPAN_OUTPUT_MESSAGES);
    }
}

/* Add the unit's values of a tag to told and told_len. What a message beside the delta repeats is added too,
 * so such a stream has no told that a piece equals. */
USPAN_NOINLINE static void add_to_told(uspan_wire_t *w, unsigned tag)
{
    uspan_hold_cursor_t at;
    uspan_record_t r;
    uspan_hold_begin(&at, USPAN_HOLD_UNIT);
    while (uspan_hold_next(w, &at, &r)) {
        if (r.tag == tag) {
            w->told = uspan_wire_hash(w->told, r.text, r.len);
            w->told_len = (uint16_t)(w->told_len + r.len);
        }
    }
}

/* Some servers of OpenAI's dialect repeat the text so far in each piece. This function knows that when a
 * piece begins with all that came before, and all that is 6 bytes or more, or two pieces that repeat each
 * other. Until then, each piece is added. If the second piece does not repeat the first one, every later
 * piece is added too. If it repeats one of 6 bytes by chance, the third piece shows that. Then the text that
 * was left out is counted. w->item_next is the length of all pieces, modulo 256, or that of the second piece
 * until the third. Of pieces that are added, told and told_len are those of all of them: a piece that
 * is all of them again is left out, as servers send it last. Returns the number of bytes at the start of the
 * piece that the span has. */
USPAN_NOINLINE static size_t count_repeated(uspan_wire_t *w, unsigned tag)
{
    bool adds = is(w, USPAN_WIRE_INCREMENTAL);
    unsigned others =
        USPAN_WIRE_CUMULATIVE | (adds ? USPAN_WIRE_LINES : 0u); /* Ollama's pieces never repeat */
    if (!is(w, USPAN_WIRE_HAS_DELTA) || (w->dialect->traits & others) != 0u) {
        return 0u;
    }
    if (w->item_kind != tag) {
        w->told = USPAN_WIRE_HASH_BEGIN;
        w->told_len = 0u;
        w->item_kind = (uint8_t)tag;
    }
    size_t before = w->told_len;
    uint32_t all = w->told;
    if (adds && w->unit_tail == USPAN_NO_INDEX && (size_t)w->hold_len < before + w->first) {
        add_to_told(w, tag); /* the records are shorter than all */
        return 0u;
    }
    bool repeats = repeats_text(w);
    size_t len = w->told_len;
    bool is_third = w->item_next != (uint8_t)before;
    w->item_next = (uint8_t)(w->item_next + len);
    if (is(w, USPAN_WIRE_REPEATS) || adds) {
        if (repeats && (!adds || (before >= 6u && len == before))) {
            return before;
        }
        if (!adds && !is_third) { /* the second piece began with the first one by chance */
            w->flags ^= USPAN_WIRE_REPEATS | USPAN_WIRE_INCREMENTAL;
            uspan_wire_count_unread(w);
        }
    } else if (before == 0u ? is(w, USPAN_WIRE_IN_MESSAGE) || w->closed != 0u : !repeats || len == before) {
        w->flags |= USPAN_WIRE_INCREMENTAL;
    } else if (before >= 6u || (before > 0u && is_third)) {
        w->flags |= USPAN_WIRE_REPEATS;
        if (!is_third) {
            w->item_next = (uint8_t)len;
            return before;
        }
        restart(w); /* two pieces were added to each other */
    }
    if (is(w, USPAN_WIRE_INCREMENTAL)) {
        w->told = all;
        w->told_len = (uint16_t)before;
        add_to_told(w, tag);
    }
    return 0u;
}

/* Add the unit to the open message. content: USPAN_ITEM_CONTENT of the unit. */
static void add_content(uspan_wire_t *w, const uspan_item_t *unit, uint64_t content)
{
    uspan_hold_cursor_t begin;
    unsigned tag = content == USPAN_ITEM_HAS(TAKE_TEXT)        ? TAKE_TEXT
                   : content == USPAN_ITEM_HAS(TAKE_REASONING) ? TAKE_REASONING
                                                               : TAKE_NOTHING;
    size_t skip = tag != TAKE_NOTHING ? count_repeated(w, tag) : 0u;
    uspan_wire_begin_message(w, "assistant");
    if (tag != TAKE_NOTHING) {
        uspan_hold_begin(&begin, USPAN_HOLD_UNIT);
        uspan_wire_add_texts(w, &begin, tag, tag, skip);
    } else if (content == USPAN_ITEM_HAS(TAKE_PART) && is(w, USPAN_WIRE_HAS_DELTA)) {
        uspan_wire_add_parts(w);
    } else if (content != 0u) {
        uspan_wire_write_unit(w, unit);
    }
}

void uspan_wire_end_choice(uspan_wire_t *w)
{
    uspan_hold_cursor_t begin;
    uspan_item_t unit;
    uspan_item_scan_all(w, USPAN_HOLD_UNIT, &begin, &unit);
    uint64_t content = unit.has & USPAN_ITEM_CONTENT;
    bool has_finish = uspan_item_has(&unit, TAKE_FINISH);
    bool is_whole = is(w, USPAN_WIRE_HAS_WHOLE) && !is(w, USPAN_WIRE_HAS_DELTA);
    unsigned choice = unit.choice != UINT8_MAX ? unit.choice : w->place;
    if (has_finish) {
        uspan_wire_keep_finish(w, &unit, choice);
    }
    if (w->list != 0u && (content != 0u || has_finish)) {
        bool repeats = is_cumulative(w) || (is_whole && w->form == USPAN_WIRE_EVENTS);
        if (content != 0u && is_whole && is(w, USPAN_WIRE_PIECES)) {
            content = 0u; /* the pieces were the complete answer */
        } else if (content != 0u && repeats && w->form == USPAN_WIRE_EVENTS) {
            if (!is(w, USPAN_WIRE_RESTARTED) && choice == 0u && !repeats_text(w)) {
                w->flags |= USPAN_WIRE_INCREMENTAL; /* the server sends pieces without being asked */
            } else {
                restart(w);
            }
        }
        if (!uspan_wire_is_other_choice(w, choice, content != 0u)) {
            add_content(w, &unit, content);
        }
        w->flags |= content != 0u && !is_whole ? USPAN_WIRE_PIECES : 0u;
    }
    uspan_wire_keep_error(w, &unit,
                          content != 0u || has_finish ||
                              is(w, USPAN_WIRE_HAS_DELTA | USPAN_WIRE_HAS_WHOLE | USPAN_WIRE_HAS_COUNT));
}
