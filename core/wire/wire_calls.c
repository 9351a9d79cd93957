/* wire_calls.c: collects tool calls that arrive in pieces. Called by wire.c, by the files that write
 * messages, and by some dialects. Several calls may be open at a time. Each stores its records until it is
 * written, so pieces of several calls may be mixed. Invariant: the owner of a call's records is the index of
 * its entry plus 1. The entry of a written call stays until it is needed. Arguments that arrive for that call
 * are counted as unread. */
#include "wire/wire_calls.h"
#include <string.h>
#include "wire/wire_attrs.h"
#include "wire/wire_parts.h"

/* uspan_wire_call_t.state */
#define WRITTEN 1u
#define NAMED 2u
#define HAS_ID 4u
#define HAS_ARGUMENTS 8u
#define BEGUN 16u
#define HAS_RESPONSE 32u
#define IS_WHOLE 64u

USPAN_NOINLINE static uint32_t name_of(uspan_wire_t *w, unsigned owner)
{
    uspan_hold_cursor_t begin;
    uspan_item_t item;
    uspan_item_scan_all(w, owner, &begin, &item);
    return item.name;
}

/* Arguments that have arrived so far. */
typedef struct arguments {
    size_t len;
    uint32_t hash;
    char first; /* byte; 0: none, or they are incomplete */
} arguments_t;

/* Read not more than `most` bytes of arguments. */
USPAN_NOINLINE static void read_arguments(uspan_wire_t *w, const uspan_hold_cursor_t *begin, unsigned tag,
                                          size_t most, arguments_t *all)
{
    uspan_hold_cursor_t from = *begin;
    *all = (arguments_t){ 0u, USPAN_WIRE_HASH_BEGIN, '\0' };
    uspan_record_t r;
    int depth = 0;
    bool in_string = false;
    bool escaped = false;
    while (uspan_item_next(w, &from, &r)) {
        if (r.tag == TAKE_BREAK) { /* the arguments after it replace those before it */
            all->len = 0u;
            all->hash = USPAN_WIRE_HASH_BEGIN;
            depth = 0;
            in_string = false;
        }
        for (size_t i = 0; r.tag == tag && i < r.len && all->len < most; i++) {
            char at = r.text[i];
            all->first = all->first != '\0' ? all->first : at;
            all->hash = USPAN_JSON_HASH(all->hash, at);
            all->len++;
            if (in_string) {
                in_string = escaped || at != '"';
                escaped = !escaped && at == '\\';
            } else {
                in_string = at == '"';
                depth += at == '{' || at == '[' ? 1 : at == '}' || at == ']' ? -1 : 0;
            }
        }
    }
    if (depth != 0 || in_string) {
        all->first = '\0';
    }
}

/* Read the arguments of a call. A piece with a name that arrives after complete arguments belongs to another
 * call. */
USPAN_NOINLINE static char arguments_of(uspan_wire_t *w, unsigned owner, arguments_t *all)
{
    uspan_hold_cursor_t begin;
    uspan_hold_begin(&begin, owner);
    read_arguments(w, &begin, TAKE_ARGUMENTS, SIZE_MAX, all);
    return all->first;
}

/* Free the entry of the oldest call. All calls are written first. */
static void drop_first(uspan_wire_t *w)
{
    uspan_wire_write_calls(w, true);
    w->calls_count--;
    memmove(w->calls, w->calls + 1, w->calls_count * sizeof w->calls[0]);
}

static unsigned begin_call(uspan_wire_t *w, const uspan_item_t *piece)
{
    if (w->calls_count == USPAN_WIRE_CALLS_MAX) {
        drop_first(w);
    }
    uspan_wire_call_t *call = &w->calls[w->calls_count];
    call->id = piece->item_id != 0u ? piece->item_id : piece->id;
    call->tail = USPAN_NO_INDEX;
    call->index = piece->index;
    call->state = 0u;
    return ++w->calls_count;
}

/* Returns true if a piece with a name belongs to another call than the owner's. That is so if the owner's
 * call is written, or if its arguments are complete, or if they have begun and the names differ. Before the
 * arguments begin, the name itself may come in pieces. */
static bool is_another(uspan_wire_t *w, unsigned owner, const uspan_item_t *piece)
{
    unsigned state = w->calls[owner - 1u].state;
    arguments_t all;
    if (piece->name == 0u || (state & NAMED) == 0u) {
        return false;
    }
    if ((state & HAS_ARGUMENTS) == 0u) {
        return (state & WRITTEN) != 0u;
    }
    return (state & WRITTEN) != 0u || piece->name != name_of(w, owner) ||
           arguments_of(w, owner, &all) != '\0';
}

/* Returns the owner of the call that a piece belongs to, or 0 for a new call. Some servers give all calls the
 * same id, and others give each piece another id. Therefore a name at a higher index, or another name after
 * arguments, begins another call, even if its id is the same. A piece with another id does so too, unless it
 * has arguments and no name. */
USPAN_NOINLINE static unsigned find_call(uspan_wire_t *w, const uspan_item_t *piece, bool whole)
{
    uint32_t id = piece->item_id != 0u ? piece->item_id : piece->id;
    unsigned by_index = 0;
    for (unsigned owner = w->calls_count; owner > 0u; owner--) { /* the latest call of an index is used */
        const uspan_wire_call_t *call = &w->calls[owner - 1u];
        bool repeats_id = !whole && piece->name != 0u &&
                          ((call->index < piece->index && piece->index != UINT8_MAX) ||
                           ((call->state & HAS_ARGUMENTS) != 0u && piece->name != name_of(w, owner)));
        if (id != 0u && call->id == id && !repeats_id) {
            return owner;
        }
        if (by_index == 0u &&
            (piece->index == UINT8_MAX ? owner == w->calls_count : call->index == piece->index)) {
            by_index = owner;
        }
    }
    if (by_index == 0u) {
        return 0u;
    }
    bool has_other_id = id != 0u && w->calls[by_index - 1u].id != 0u && piece->item_id == 0u;
    bool goes_on = piece->name == 0u && uspan_item_has(piece, TAKE_ARGUMENTS);
    return (!goes_on && (has_other_id || (id != 0u && piece->index == UINT8_MAX))) ||
                   is_another(w, by_index, piece)
               ? 0u
               : by_index;
}

/* Copy the values of a tag to the call, under the tag `as`. Of short values only the first is copied. more:
 * the call has a value that they continue. */
USPAN_NOINLINE static void move(uspan_wire_t *w, const uspan_hold_cursor_t *from, unsigned owner,
                                unsigned tag, unsigned as, bool more)
{
    uspan_hold_cursor_t at = *from;
    uspan_record_t r;
    unsigned values = 0;
    while (uspan_item_next(w, &at, &r)) {
        if (r.tag == tag && (tag >= TAKE_CONTENT || uspan_item_is_first(&r, &values))) {
            (void)uspan_hold_add(w, owner, as, r.text, r.len, more || r.more);
            more = true;
        }
    }
}

/* Returns true if the piece is the arguments again: if an object follows complete ones, or if the piece
 * begins with all that has arrived. Some servers send the arguments so far in each piece, others "{}" before
 * them. */
static bool tells_again(uspan_wire_t *w, const uspan_hold_cursor_t *from, unsigned owner, unsigned arguments)
{
    char first[2];
    arguments_t before, again;
    (void)uspan_item_text(w, from, arguments, first, sizeof first);
    if (first[0] != '{') {
        return false;
    }
    bool is_all = arguments_of(w, owner, &before) == '{';
    read_arguments(w, from, arguments, before.len, &again);
    return is_all || (again.len == before.len && again.hash == before.hash);
}

void uspan_wire_add_to_call(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *piece,
                            unsigned arguments, bool whole)
{
    static const uint8_t once[] = { TAKE_ITEM_ID, TAKE_TYPE, TAKE_START_INPUT };
    bool begins = arguments == TAKE_START_INPUT;
    unsigned owner = find_call(w, piece, whole);
    owner = owner > 0u ? owner : begin_call(w, piece);
    uspan_wire_call_t *call = &w->calls[owner - 1u];
    unsigned state = call->state | (whole && !begins ? IS_WHOLE : 0u);
    bool has_arguments = uspan_item_has_tag(piece, arguments) && (!whole || (state & HAS_ARGUMENTS) == 0u);
    if ((state & WRITTEN) != 0u) {
        if (has_arguments) {
            uspan_wire_count_unread(w);
        }
        return;
    }
    if (call->id == 0u) {
        call->id = piece->item_id != 0u ? piece->item_id : piece->id;
    }
    for (size_t i = 0; i < sizeof once && (state & BEGUN) == 0u; i++) {
        bool is_start = begins && once[i] == TAKE_START_INPUT;
        move(w, from, owner, is_start ? TAKE_ARGUMENTS : once[i], once[i], false);
    }
    if ((state & HAS_ID) == 0u && piece->id != 0u) {
        move(w, from, owner, TAKE_CALL_ID, TAKE_CALL_ID, false);
        state |= HAS_ID;
    }
    bool goes_on = (state & NAMED) != 0u; /* the name may continue */
    if (piece->name != 0u &&
        (!goes_on || (!whole && (state & HAS_ARGUMENTS) == 0u && piece->name != name_of(w, owner)))) {
        move(w, from, owner, TAKE_NAME, TAKE_NAME, goes_on);
        state |= NAMED;
    }
    if (has_arguments) {
        bool more = (state & HAS_ARGUMENTS) != 0u;
        if (more && tells_again(w, from, owner, arguments)) {
            (void)uspan_hold_add(w, owner, TAKE_BREAK, "", 0u, false);
            more = false;
        }
        move(w, from, owner, arguments, TAKE_ARGUMENTS, more);
        state |= HAS_ARGUMENTS;
    }
    for (unsigned tag = TAKE_RESPONSE; tag <= TAKE_RESPONSE_TEXT && !begins; tag++) {
        if (uspan_item_has_tag(piece, tag) && (state & HAS_RESPONSE) == 0u) {
            move(w, from, owner, tag, tag, false);
            state |= HAS_RESPONSE;
        }
    }
    call->state = (uint8_t)(state | BEGUN);
}

void uspan_wire_write_calls(uspan_wire_t *w, bool all)
{
    for (unsigned owner = 1; owner <= w->calls_count; owner++) {
        uspan_wire_call_t *call = &w->calls[owner - 1u];
        if ((call->state & WRITTEN) == 0u && (all || (call->state & (HAS_ARGUMENTS | IS_WHOLE)) != 0u)) {
            uspan_hold_cursor_t begin;
            uspan_item_t item;
            uspan_item_scan_all(w, owner, &begin, &item);
            uspan_wire_write_item(w, &begin, &item);
            uspan_hold_clear(w, owner);
            call->state |= WRITTEN;
        }
    }
}

void uspan_wire_drop_calls(uspan_wire_t *w)
{
    for (unsigned owner = 1; owner <= w->calls_count; owner++) {
        uspan_hold_clear(w, owner);
    }
    w->calls_count = 0u;
}
