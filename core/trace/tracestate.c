/* tracestate.c: the list of members that other tracers keep in a context.
 * Invariant: tracestate[0..tracestate_len) is at most 32 members of the grammar with different keys, joined by single
 * commas, no blanks around them, and fits USPAN_TRACESTATE_BYTES. */
#include "tracestate.h"
#include "ascii.h"

#if USPAN_TRACESTATE_BYTES > 0
#define MEMBERS_MAX 32u
#define LARGE 128u /* bytes; larger members leave first */
#define PART_MAX 256u /* key; value */

/* Bytes of key at the start of a member; 0: none. */
static size_t key_len_of(const char *text, size_t len)
{
    size_t i = 0;
    for (; i < len; i++) {
        char c = text[i];
        bool first = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!first && (i == 0u || !(c == '_' || c == '-' || c == '*' || c == '/' || c == '@'))) {
            break;
        }
    }
    return i <= PART_MAX ? i : 0u;
}

static bool is_value(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c < ' ' || c > '~' || c == ',' || c == '=') {
            return false;
        }
    }
    return len != 0u && len <= PART_MAX && text[len - 1u] != ' ';
}

/* Where the member at `from` ends: its comma, or the end. */
static size_t member_end(const char *text, size_t len, size_t from)
{
    while (from < len && text[from] != ',') {
        from++;
    }
    return from;
}

/* Start of the member that has a key (key_len bytes, then '='); the list's length: none has. */
static size_t find_key(const uspan_context_t *c, const char *key, size_t key_len)
{
    size_t from = 0;
    while (from < c->tracestate_len) {
        size_t to = member_end(c->tracestate, c->tracestate_len, from);
        if (to - from > key_len && c->tracestate[from + key_len] == '=' &&
            memcmp(c->tracestate + from, key, key_len) == 0) {
            return from;
        }
        from = to + 1u;
    }
    return c->tracestate_len;
}

uspan_err_t uspan_tracestate_parse(uspan_context_t *c, const char *text, size_t len)
{
    /* First pass: judge, and measure (bytes, each member with one comma). Second: copy. */
    size_t total = 0, small = 0, count = 0;
    const size_t room = USPAN_TRACESTATE_BYTES + 1u;
    uspan_err_t err = USPAN_OK;
    for (unsigned pass = 0; pass < 2u; pass++) {
        size_t large_room = room > small ? room - small : 0u;
        for (size_t at = 0; at < len; at++) {
            size_t from = at, to = member_end(text, len, at);
            at = to;
            uspan_trim(text, &from, &to);
            size_t size = to - from + 1u;
            if (size == 1u) {
                continue;
            }
            size_t key_len = key_len_of(text + from, to - from);
            if (pass == 0u) {
                size_t value = from + key_len + 1u;
                if (key_len == 0u || value > to || text[value - 1u] != '=' || !is_value(text + value, to - value) ||
                    ++count > MEMBERS_MAX) {
                    return USPAN_TRUNCATED;
                }
                total += size;
                small += size > LARGE + 1u ? 0u : size;
                continue;
            }
            (void)large_room;
        }
    }
    (void)total;
    return err;
}
#endif
