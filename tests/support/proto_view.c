/* proto_view.c: implements proto_view.h. */
#include "proto_view.h"
#include <string.h>
#include "cmocka_all.h"

typedef struct cursor {
    view_t rest;
    uint32_t field;
    unsigned type;
    uint64_t number;
    view_t bytes;
} cursor_t;

static uint64_t read_varint(view_t *v)
{
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 64u; shift += 7u) {
        assert_true(v->len > 0u);
        uint8_t byte = *v->at++;
        v->len--;
        n |= (uint64_t)(byte & 0x7Fu) << shift;
        if (byte < 0x80u) {
            return n;
        }
    }
    fail_msg("a varint of more than ten bytes");
    return 0;
}

static bool next_field(cursor_t *c)
{
    if (c->rest.len == 0u) {
        return false;
    }
    uint64_t tag = read_varint(&c->rest);
    size_t fixed = 0;
    c->field = (uint32_t)(tag >> 3);
    c->type = (unsigned)(tag & 7u);
    c->number = 0;
    switch (c->type) {
    case 0:
        c->number = read_varint(&c->rest);
        return true;
    case 1:
    case 5:
        fixed = c->type == 1u ? 8u : 4u;
        assert_true(c->rest.len >= fixed);
        for (size_t i = fixed; i-- > 0u;) {
            c->number = c->number << 8 | c->rest.at[i];
        }
        break;
    default:
        assert_int_equal(c->type, 2);
        fixed = (size_t)read_varint(&c->rest);
        assert_true(c->rest.len >= fixed);
        c->bytes = (view_t){ c->rest.at, fixed };
        break;
    }
    c->rest.at += fixed;
    c->rest.len -= fixed;
    return true;
}

bool view_get(view_t message, uint32_t field, unsigned nth, view_t *out)
{
    cursor_t c = { .rest = message };
    while (next_field(&c)) {
        if (c.field == field && c.type == 2u && nth-- == 0u) {
            *out = c.bytes;
            return true;
        }
    }
    return false;
}

uint64_t view_number(view_t message, uint32_t field)
{
    cursor_t c = { .rest = message };
    uint64_t number = 0;
    while (next_field(&c)) {
        if (c.field == field && c.type != 2u) {
            number = c.number;
        }
    }
    return number;
}

bool view_is(view_t v, const char *text)
{
    return v.len == strlen(text) && memcmp(v.at, text, v.len) == 0;
}

static bool find_span(view_t request, unsigned nth, view_t *span, unsigned *count)
{
    view_t block, scope;
    *count = 0;
    assert_true(view_get(request, 1u, 0u, &block));
    for (unsigned s = 0; view_get(block, 2u, s, &scope); s++) {
        for (unsigned i = 0; view_get(scope, 2u, i, span); i++) {
            if ((*count)++ == nth) {
                return true;
            }
        }
    }
    return false;
}

unsigned view_span_count(view_t request)
{
    view_t span;
    unsigned count;
    (void)find_span(request, UINT32_MAX, &span, &count);
    return count;
}

view_t view_span(view_t request, unsigned nth)
{
    view_t span = { NULL, 0u };
    unsigned count;
    assert_true(find_span(request, nth, &span, &count));
    return span;
}

bool view_attr(view_t message, uint32_t field, const char *key, view_t *value)
{
    view_t pair, name;
    for (unsigned i = 0; view_get(message, field, i, &pair); i++) {
        if (view_get(pair, 1u, 0u, &name) && view_is(name, key)) {
            return view_get(pair, 2u, 0u, value);
        }
    }
    return false;
}

uint64_t view_scope_int(view_t request, const char *key)
{
    view_t block, spans, scope, value;
    assert_true(view_get(request, 1u, 0u, &block));
    assert_true(view_get(block, 2u, 0u, &spans));
    assert_true(view_get(spans, 1u, 0u, &scope));
    return view_attr(scope, 3u, key, &value) ? view_number(value, 3u) : 0u;
}
