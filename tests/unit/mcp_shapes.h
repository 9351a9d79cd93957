/* mcp_shapes.h: helpers of the tests of mcp.h. They print a span as one line of text, pass bytes in
 * fragments of any size, and change the order of a message's members. */
#ifndef USPAN_TEST_MCP_SHAPES_H
#define USPAN_TEST_MCP_SHAPES_H

#include <stdio.h>
#include <stdlib.h>
#include "cmocka_all.h"
#include "uspan/mcp.h"
#include "uspan/read.h"
#include "world.h"

#define LINE_MAX_BYTES 4096u
#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define CALLER "00f067aa0ba902b7"
#define PARENT "00-" TRACE "-" CALLER "-01"

static inline uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* ---- a span as text ------------------------------------------------------------------------------------ */

/* Print the name, kind, status and message, the parent, the attributes in the order of their keys, and the
 * links. */
static inline const char *line_of(world_t *w, uspan_t s)
{
    static char line[LINE_MAX_BYTES];
    static const char *const kinds[] = { "?", "INTERNAL", "SERVER", "CLIENT" };
    static const char *const statuses[] = { "UNSET", "OK", "ERROR" };
    uspan_view_t view;
    if (uspan_read(&w->tracer, s, &view) != USPAN_OK) {
        return "none";
    }
    char message[128];
    size_t message_len = uspan_read_status_message(&w->tracer, s, message, sizeof message);
    size_t len = (size_t)snprintf(line, sizeof line, "%s %s %s%s%.*s", view.name, kinds[view.kind],
                                  view.ended ? statuses[view.status] : "open", message_len > 0u ? " " : "",
                                  (int)message_len, message);
    static const uint8_t root[8] = { 0 };
    if (memcmp(view.parent_id, root, 8) != 0) {
        len +=
            (size_t)snprintf(line + len, sizeof line - len, view.remote_parent ? " below %02x%02x" : " child",
                             view.parent_id[0], view.parent_id[1]);
    }
    const char *before = "";
    for (unsigned n = 0; n < view.attr_count; n++) { /* find the next key in order */
        uspan_value_t v;
        uspan_value_t least = { .key = NULL };
        unsigned index = 0;
        for (unsigned i = 0; i < view.attr_count; i++) {
            assert_int_equal(uspan_read_attr(&w->tracer, s, USPAN_OF_SPAN, i, &v), USPAN_OK);
            if (strcmp(v.key->text, before) > 0 &&
                (least.key == NULL || strcmp(v.key->text, least.key->text) < 0)) {
                least = v;
                index = i;
            }
        }
        assert_non_null(least.key);
        before = least.key->text;
        len += (size_t)snprintf(line + len, sizeof line - len, "; %s=", before);
        if (least.type == USPAN_TYPE_INT) {
            len += (size_t)snprintf(line + len, sizeof line - len, "%d", (int)least.i);
        } else {
            assert_int_equal(least.type, USPAN_TYPE_TEXT);
            assert_true(least.len + len < sizeof line);
            char *text = line + len;
            len += uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, index, 0, text, sizeof line - len - 1u);
            line[len] = '\0';
            for (; (size_t)(text - line) < len; text++) {
                *text = *text == '\0' ? '~' : *text; /* a 0 in the text */
            }
        }
    }
    if (view.link_count > 0u) {
        (void)snprintf(line + len, sizeof line - len, "; links=%u", view.link_count);
    }
    return line;
}

/* ---- fragments ----------------------------------------------------------------------------------------- */

typedef uspan_t (*feed_t)(uspan_mcp_t *m, const void *data, size_t len, bool is_last);

static inline uspan_t response_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    (void)uspan_mcp_response_part(m, data, len, is_last);
    return USPAN_NULL;
}
static inline uspan_t result_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    (void)uspan_mcp_result_part(m, data, len, is_last);
    return USPAN_NULL;
}

#define WHOLE 0u
#define BYTES 1u /* other values: seed of random sizes */

/* Pass text in fragments, each in memory of its own. Returns the last span that the calls returned. */
static inline uspan_t feed(uspan_mcp_t *m, feed_t call, const char *text, uint32_t how)
{
    size_t len = strlen(text);
    uspan_t s = USPAN_NULL;
    for (size_t at = 0; at < len || at == 0u;) {
        size_t n = how == WHOLE ? len : how == BYTES ? 1u : 1u + next_random(&how) % 24u;
        n = n < len - at ? n : len - at;
        char *piece = malloc(n + (n == 0u));
        assert_non_null(piece);
        memcpy(piece, text + at, n);
        at += n;
        uspan_t got = call(m, piece, n, at == len);
        s = got.id != 0u ? got : s;
        free(piece);
        if (len == 0u) {
            break;
        }
    }
    return s;
}

/* ---- order of members ---------------------------------------------------------------------------------- */

enum { SORTED, REVERSED, SHUFFLED }; /* SHUFFLED and above: seeds */
#define MEMBERS_MAX 16u

/* Returns the end of the value at p. */
static inline const char *value_end(const char *p)
{
    int depth = 0;
    bool in_text = false;
    for (;; p++) {
        assert_true(*p != '\0');
        if (in_text) {
            p += *p == '\\';
            in_text = *p != '"' || p[-1] == '\\';
            if (!in_text && depth == 0) {
                return p + 1;
            }
        } else if (*p == '"') {
            in_text = true;
        } else if (*p == '{' || *p == '[') {
            depth++;
        } else if (*p == '}' || *p == ']') {
            if (depth == 0) {
                return p;
            }
            if (--depth == 0) {
                return p + 1;
            }
        } else if (*p == ',' && depth == 0) {
            return p;
        }
    }
}

typedef struct member {
    const char *key, *value, *end;
} member_t;

static inline bool comes_first(const member_t *a, const member_t *b)
{
    size_t n = (size_t)(a->value - a->key);
    size_t k = (size_t)(b->value - b->key);
    int order = memcmp(a->key, b->key, n < k ? n : k);
    return order < 0 || (order == 0 && n < k);
}

/* Write the value at p with its members in another order. Content is copied unchanged. Recursive: the
 * messages of a test are not nested deeply. */
static inline char *reorder(const char *p, const char *end, unsigned order, uint32_t *seed, char *out)
{
    member_t members[MEMBERS_MAX];
    unsigned count = 0;
    if (*p != '{' && *p != '[') {
        memcpy(out, p, (size_t)(end - p));
        return out + (end - p);
    }
    bool is_object = *p == '{';
    for (const char *at = p + 1; *at != '}' && *at != ']';) {
        member_t *m = &members[count++];
        assert_true(count < MEMBERS_MAX);
        m->key = m->value = at;
        if (is_object) {
            at = value_end(at);
            assert_true(*at == ':');
            m->value = at + 1;
        }
        m->end = at = value_end(m->value);
        at += *at == ',';
    }
    for (unsigned i = 0; is_object && i < count; i++) {
        for (unsigned k = i + 1u; k < count; k++) {
            bool swap = order == SORTED     ? comes_first(&members[k], &members[i])
                        : order == REVERSED ? comes_first(&members[i], &members[k])
                                            : next_random(seed) % 2u == 0u;
            if (swap) {
                member_t other = members[i];
                members[i] = members[k];
                members[k] = other;
            }
        }
    }
    *out++ = *p;
    for (unsigned i = 0; i < count; i++) {
        const member_t *m = &members[i];
        bool is_content = strncmp(m->key, "\"arguments\"", 11) == 0 || strncmp(m->key, "\"content\"", 9) == 0;
        *out = ',';
        out += i > 0u;
        memcpy(out, m->key, (size_t)(m->value - m->key));
        out += m->value - m->key;
        if (is_content) {
            memcpy(out, m->value, (size_t)(m->end - m->value));
            out += m->end - m->value;
        } else {
            out = reorder(m->value, m->end, order, seed, out);
        }
    }
    *out++ = is_object ? '}' : ']';
    return out;
}

static inline const char *reordered(const char *message, unsigned order)
{
    static char out[LINE_MAX_BYTES];
    uint32_t seed = order * 2654435761u;
    *reorder(message, message + strlen(message), order, &seed, out) = '\0';
    assert_int_equal(strlen(out), strlen(message));
    return out;
}

#endif
