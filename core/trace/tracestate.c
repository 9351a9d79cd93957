/* tracestate.c: the members of other tracers in a context. Invariant: tracestate[0..tracestate_len) has at
 * most 32 members that match the grammar, with different keys, joined by single commas without blanks, and
 * fits USPAN_TRACESTATE_BYTES. */
#include "trace/tracestate.h"
#include "trace/ascii.h"

#if USPAN_TRACESTATE_BYTES > 0
#define MEMBERS_MAX 32u
#define LARGE 128u    /* bytes; larger members are removed first */
#define PART_MAX 256u /* key; value */

/* Returns the bytes of the key at the start of a member, or 0 if it has none. */
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

/* Returns the end of the member at `from`: its comma, or the end of the text. */
static size_t member_end(const char *text, size_t len, size_t from)
{
    while (from < len && text[from] != ',') {
        from++;
    }
    return from;
}

/* Find the next member that is not empty, without blanks around it. Returns its length, 0 at the end. *at: 0
 * before the first call, then where to continue. */
static size_t next_member(const char *text, size_t len, size_t *at, const char **member)
{
    size_t member_len = 0;
    while (*at < len && member_len == 0u) {
        size_t end = member_end(text, len, *at);
        *member = text + *at;
        member_len = uspan_trim(member, end - *at);
        *at = end + 1u;
    }
    return member_len;
}

/* Returns the start of the member with a key, or the length of the list if there is none. */
static size_t find_key(const uspan_context_t *c, const char *key, size_t key_len)
{
    const char *text = c->tracestate;
    size_t from = 0;
    while (from < c->tracestate_len) {
        size_t to = member_end(text, c->tracestate_len, from);
        if (to - from > key_len && text[from + key_len] == '=' && memcmp(text + from, key, key_len) == 0) {
            return from;
        }
        from = to + 1u;
    }
    return c->tracestate_len;
}

uspan_err_t uspan_tracestate_parse(uspan_context_t *c, const char *text, size_t len)
{
    /* Sizes include one comma per member. */
    const size_t room = USPAN_TRACESTATE_BYTES + 1u;
    const char *member;
    size_t at = 0, size, total = 0, small = 0, count = 0, end = 0;
    while ((size = next_member(text, len, &at, &member)) != 0u) {
        size_t key_len = key_len_of(member, size);
        if (key_len == 0u || key_len == size || member[key_len] != '=' ||
            !is_value(member + key_len + 1u, size - key_len - 1u) || ++count > MEMBERS_MAX) {
            return USPAN_TRUNCATED;
        }
        total += size + 1u;
        small += size > LARGE ? 0u : size + 1u;
    }
    size_t large_room = total <= room ? total : small < room ? room - small : 0u;
    at = 0;
    while ((size = next_member(text, len, &at, &member)) != 0u) {
        if (size > LARGE) {
            if (size >= large_room) {
                continue;
            }
            large_room -= size + 1u;
        }
        if (end + size >= room) {
            break;
        }
        if (find_key(c, member, key_len_of(member, size)) < c->tracestate_len) {
            c->tracestate_len = 0; /* the same key occurs twice */
            return USPAN_TRUNCATED;
        }
        if (end != 0u) {
            c->tracestate[end - 1u] = ',';
        }
        memcpy(c->tracestate + end, member, size);
        end += size + 1u;
        c->tracestate_len = (uint16_t)(end - 1u);
    }
    return end < total ? USPAN_TRUNCATED : USPAN_OK;
}

const char *uspan_tracestate(const uspan_context_t *c, size_t *len)
{
    *len = c->tracestate_len;
    return c->tracestate;
}

/* Remove text[from..to) from the list. */
static void remove_part(uspan_context_t *c, size_t from, size_t to)
{
    while (to < c->tracestate_len) {
        c->tracestate[from++] = c->tracestate[to++];
    }
    c->tracestate_len = (uint16_t)from;
}

uspan_err_t uspan_tracestate_set(uspan_context_t *c, const char *key, const char *value)
{
    char *text = c->tracestate;
    size_t key_len = strlen(key), value_len = value != NULL ? strlen(value) : 0u;
    size_t size = key_len + 1u + value_len;
    if (key_len == 0u || key_len_of(key, key_len) != key_len ||
        (value != NULL && !is_value(value, value_len))) {
        return USPAN_ERR_ARG;
    }
    if (size > USPAN_TRACESTATE_BYTES) {
        return USPAN_ERR_FULL;
    }
    size_t from = find_key(c, key, key_len), to = member_end(text, c->tracestate_len, from);
    if (to < c->tracestate_len) {
        to++;
    } else if (from < to && from > 0u) {
        from--; /* the last member is removed with the comma before it */
    }
    remove_part(c, from, to);
    if (value == NULL) {
        return USPAN_OK;
    }
    size_t keep = 0, count = 1;
    for (size_t at = 0; at < c->tracestate_len; at = keep + 1u) {
        size_t end = member_end(text, c->tracestate_len, at);
        if (++count > MEMBERS_MAX || end + 1u + size > USPAN_TRACESTATE_BYTES) {
            break;
        }
        keep = end;
    }
    uspan_err_t err = keep < c->tracestate_len ? USPAN_TRUNCATED : USPAN_OK;
    if (keep != 0u) {
        for (size_t i = keep; i-- > 0u;) {
            text[i + size + 1u] = text[i];
        }
        text[size] = ',';
        keep++;
    }
    memcpy(text, key, key_len);
    text[key_len] = '=';
    memcpy(text + key_len + 1u, value, value_len);
    c->tracestate_len = (uint16_t)(keep + size);
    return err;
}
#endif
