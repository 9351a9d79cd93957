/* fuzz_json_read.c: any bytes, in any fragments, give the same events as in one piece. A second reader
 * accepts what is read as a document. The SSE reader is fed the same bytes. */
#include "json/json_read.h"
#include "wire/sse.h"
#include "fuzz.h"

#define ROWS(X)      \
    X("", 1)         \
    X("a", 2)        \
    X("#", 3)        \
    X("a.#", 7)      \
    X("a.#.b", 4)    \
    X("b", USPAN_JSON_AS_IS | 5) \
    X("a.b", USPAN_JSON_AS_IS | 6)
USPAN_JSON_TABLE(table, ROWS);

typedef struct told {
    const uspan_json_read_t *j;
    uint64_t hash;
    unsigned open;  /* containers that were reported open */
    bool piece;
} told_t;

static void mix(told_t *t, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        t->hash = (t->hash ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
    }
}

static void hear(void *ctx, uspan_json_event_t event, const char *text, size_t len)
{
    told_t *t = ctx;
    unsigned action = t->j->action;
    bool piece = event == USPAN_READ_TEXT || event == USPAN_READ_RAW;
    CHECK(action >= 1u && action <= 7u);
    CHECK(piece ? len > 0u && text != NULL : len == 0u);
    CHECK(!t->piece || piece || event == USPAN_READ_TEXT_END || event == USPAN_READ_RAW_END);
    if (!t->piece || !piece) {
        const char head[2] = { (char)action, (char)event };
        mix(t, head, sizeof head);
    }
    t->piece = piece;
    t->open += event == USPAN_READ_OPEN ? 1u : 0u;
    CHECK(event != USPAN_READ_CLOSE || t->open > 0u);
    t->open -= event == USPAN_READ_CLOSE ? 1u : 0u;
    mix(t, text, len);
    int64_t i = 0;
    double d = 0.0;
    if (event == USPAN_READ_NUMBER) {
        (void)uspan_json_read_int(t->j, &i);
        CHECK(!uspan_json_read_double(t->j, &d) || (d > -1e20 && d < 1e20));
        mix(t, (const char *)&i, sizeof i);
        mix(t, (const char *)&d, sizeof d);
    }
}

/* A second reader, recursive. Returns where the value at p ends, or NULL if it is invalid. */
static const char *skip(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
        p++;
    }
    return p;
}
static const char *string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++) {
        if ((uint8_t)*p < 0x20u) {
            return NULL;
        }
        if (*p == '\\') {
            p++;
            if (p == end || strchr("\"\\/bfnrtu", *p) == NULL || *p == '\0') {
                return NULL;
            }
            for (int i = 0; *p == 'u' && i < 4; i++) {
                if (p + i + 1 >= end || p[i + 1] == '\0' || strchr("0123456789abcdefABCDEF", p[i + 1]) == NULL) {
                    return NULL;
                }
            }
        }
    }
    return p < end ? p + 1 : NULL;
}
static const char *digits(const char *p, const char *end)
{
    const char *from = p;
    while (p < end && *p >= '0' && *p <= '9') {
        p++;
    }
    return p > from ? p : NULL;
}
static const char *number(const char *p, const char *end)
{
    p += *p == '-' ? 1 : 0;
    if (p < end && *p == '0') {
        p++;
        if (p < end && *p >= '0' && *p <= '9') {
            return NULL;
        }
    } else {
        p = digits(p, end);
    }
    if (p != NULL && p < end && *p == '.') {
        p = digits(p + 1, end);
    }
    if (p != NULL && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-') ? 1 : 0;
        p = digits(p, end);
    }
    return p;
}
static const char *value(const char *p, const char *end, unsigned depth)
{
    p = skip(p, end);
    if (p == end) {
        return NULL;
    }
    if (*p == '{' || *p == '[') {
        char close = *p == '{' ? '}' : ']';
        bool object = *p == '{';
        if (depth == USPAN_JSON_DEPTH_MAX) {
            return NULL;
        }
        p = skip(p + 1, end);
        if (p < end && *p == close) {
            return p + 1;
        }
        for (;;) {
            if (object) {
                p = skip(p, end);
                p = p < end && *p == '"' ? string(p, end) : NULL;
                p = p != NULL ? skip(p, end) : NULL;
                if (p == NULL || p == end || *p++ != ':') {
                    return NULL;
                }
            }
            p = value(p, end, depth + 1u);
            p = p != NULL ? skip(p, end) : NULL;
            if (p == NULL || p == end || (*p != ',' && *p != close)) {
                return NULL;
            }
            if (*p++ == close) {
                return p;
            }
        }
    }
    if (*p == '"') {
        return string(p, end);
    }
    static const char *const words[] = { "true", "false", "null" };
    for (unsigned i = 0; i < 3u; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - p) >= n && memcmp(p, words[i], n) == 0) {
            return p + n;
        }
    }
    return number(p, end);
}

static void check_sse(const uint8_t *data, size_t len)
{
    uspan_sse_t s = { 0 };
    const char *at = (const char *)data;
    const char *end = at + len;
    for (const char *before = at; at < end; before = at) {
        uspan_sse_next_t next = uspan_sse_next(&s, &at, end);
        CHECK(at >= before && at <= end && (next != USPAN_SSE_MORE || at == end));
        if (next == USPAN_SSE_DATA || next == USPAN_SSE_NAME) {
            CHECK(at < end && *at != '\n' && *at != '\r');
            if ((*at & 1) != 0) {
                uspan_sse_pass(&s);
            } else {
                at++;
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2u) {
        return 0;
    }
    uint32_t seed = data[0];
    uint8_t *copy = fuzz_copy(data + 1, len - 1u);
    len--;
    uspan_json_read_t whole, parts;
    told_t a = { &whole, 1u, 0u, false }, b = { &parts, 1u, 0u, false };
    memset(&whole, 0, sizeof whole);
    memset(&parts, 0x77, sizeof parts); /* begin() sets everything but the mode, and halves of characters */
    parts.line = false;
    parts.half = parts.next_half = 0u;
    uspan_json_read_begin(&parts);
    size_t used = uspan_json_read_feed(&whole, &table, hear, &a, (const char *)copy, len);
    size_t at = 0;
    while (at < len) {
        seed = seed * 1664525u + 1013904223u;
        size_t n = 1u + (seed >> 24) % 9u;
        n = n < len - at ? n : len - at;
        uint8_t *piece = fuzz_copy(copy + at, n);
        size_t taken = uspan_json_read_feed(&parts, &table, hear, &b, (const char *)piece, n);
        free(piece);
        at += taken;
        if (taken < n) {
            break;
        }
    }
    CHECK(at == used && a.hash == b.hash && a.open == b.open);
    CHECK(whole.state == parts.state && whole.depth == parts.depth && whole.depth <= USPAN_JSON_DEPTH_MAX);
    CHECK(used == len || uspan_json_read_is_done(&whole) || uspan_json_read_is_bad(&whole));
    if (len > 0u) {
        const char *text = (const char *)copy;
        const char *end = value(text, text + len, 0u);
        /* A number at the very end may continue. */
        bool open = end == text + len && !uspan_json_read_is_done(&whole) && !uspan_json_read_is_bad(&whole);
        CHECK(open || uspan_json_read_is_done(&whole) == (end != NULL));
        CHECK(!uspan_json_read_is_done(&whole) || text + used == end);
        CHECK(!uspan_json_read_is_done(&whole) || a.open == 0u);
    }
    check_sse(copy, len);
    free(copy);
    return 0;
}
