/* random_args.h: arguments for the calls of random_batches.c, and how they are printed. Random values depend
 * on the seed alone. A text is printed as x and two hexadecimal digits per byte. An attribute is key index,
 * type, value. */
#ifndef USPAN_TESTS_WIRE_RANDOM_ARGS_H
#define USPAN_TESTS_WIRE_RANDOM_ARGS_H

#include <stdio.h>
#include <string.h>
#include "world.h"

#define HANDLES_MAX 400u
#define CONTEXTS_MAX 16u
#define ARENA_BYTES 98304u
#define ARENA_NEED 30000u /* most that one call uses of it */
#define TEXT_MAX 7000u
#define LIST_MAX 700u

static world_t *w;
static uint64_t random_state;
static uint64_t seed;
static uspan_t handles[HANDLES_MAX];
static unsigned handle_count;
static uspan_context_t contexts[CONTEXTS_MAX];
static unsigned context_count;
static char arena[ARENA_BYTES]; /* texts that are referenced and not copied, and what an argument points to */
static size_t arena_len;
static uint8_t pieces[WORLD_SENT_MAX];

static const uspan_scope_t scopes[] = { { "agentscope", "1.0.21" }, { "app", NULL }, { "Gerät", "ß" } };

#define LONG_KEY                                                                                             \
    "a.key.of.more.than.a.head.of.the.encoder.accepts_attrs.copy.at.once..................................." \
    ".........."                                                                                             \
    "....."
static const uspan_key_t keys[] = {
    USPAN_KEY_INIT("a"),
    USPAN_KEY_INIT("gen_ai.operation.name"),
    USPAN_KEY_INIT("gen_ai.usage.input_tokens"),
    USPAN_KEY_INIT("gen_ai.input.messages"),
    USPAN_KEY_INIT("k4"),
    USPAN_KEY_INIT("k5"),
    USPAN_KEY_INIT("k6"),
    USPAN_KEY_INIT("k7"),
    USPAN_KEY_INIT("schlüssel"),
    USPAN_KEY_INIT("k9"),
    USPAN_KEY_INIT("k10"),
    USPAN_KEY_INIT("k11"),
    USPAN_KEY_INIT("k12"),
    USPAN_KEY_INIT("k13"),
    USPAN_KEY_INIT("k14"),
    USPAN_KEY_INIT("k15"),
    USPAN_KEY_INIT("k16"),
    USPAN_KEY_INIT("k17"),
    USPAN_KEY_INIT("k18"),
    USPAN_KEY_INIT("k19"),
    USPAN_KEY_INIT(LONG_KEY),
    USPAN_KEY_INIT(LONG_KEY LONG_KEY),
    USPAN_KEY_INIT("exactly.sixty-four.bytes........................................"),
    USPAN_KEY_INIT("error.type"),
};
#define KEYS (sizeof keys / sizeof keys[0])

/* ---- random values ------------------------------------------------------------------------------------- */

static uint64_t any(void)
{
    uint64_t z = (random_state += 0x9E3779B97F4A7C15u); /* splitmix64 */
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static unsigned below(unsigned n)
{
    return (unsigned)(any() >> 32) % n;
}

static bool one_in(unsigned n)
{
    return below(n) == 0u;
}

static size_t any_len(void)
{
    switch (below(16)) {
    case 0:
        return 0;
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
        return below(10);
    case 14:
        return below(800);
    case 15:
        return one_in(12) ? 3000u + below(TEXT_MAX - 3000u) : 120u + below(20);
    default:
        return below(100);
    }
}

/* One character, well-formed; at most 4 bytes. */
static size_t put_char(uint8_t *out)
{
    uint32_t c;
    switch (below(4)) {
    case 0:
        c = 0x80u + below(0x780u);
        break;
    case 1:
        c = 0x800u + below(0xD000u);
        break;
    case 2:
        c = 0x10000u + below(0x100000u);
        break;
    default:
        out[0] = (uint8_t)below(0x80u);
        return 1;
    }
    if (c < 0x800u) {
        out[0] = (uint8_t)(0xC0u | c >> 6);
        out[1] = (uint8_t)(0x80u | (c & 0x3Fu));
        return 2;
    }
    if (c < 0x10000u) {
        out[0] = (uint8_t)(0xE0u | c >> 12);
        out[1] = (uint8_t)(0x80u | (c >> 6 & 0x3Fu));
        out[2] = (uint8_t)(0x80u | (c & 0x3Fu));
        return 3;
    }
    out[0] = (uint8_t)(0xF0u | c >> 18);
    out[1] = (uint8_t)(0x80u | (c >> 12 & 0x3Fu));
    out[2] = (uint8_t)(0x80u | (c >> 6 & 0x3Fu));
    out[3] = (uint8_t)(0x80u | (c & 0x3Fu));
    return 4;
}

/* Write len bytes to out: ASCII, characters, characters with damaged bytes, or random bytes. */
static void fill_text(uint8_t *out, size_t len)
{
    static const uint8_t damage[] = { 0x80, 0xBF, 0xC0, 0xC3, 0xE2, 0x82, 0xED, 0xA0, 0xF0,
                                      0x9F, 0x98, 0xF4, 0x90, 0xF5, 0xFF, 0xE0, 'x' };
    unsigned kind = below(6);
    for (size_t at = 0; at < len;) {
        uint8_t c[4];
        size_t n = 1;
        if (kind < 2u) {
            c[0] = (uint8_t)(' ' + below(95));
        } else if (kind < 4u) {
            n = put_char(c);
        } else if (kind == 4u && !one_in(3)) {
            n = one_in(4) ? put_char(c) : 1u;
            c[0] = n == 1u ? (uint8_t)(' ' + below(95)) : c[0];
        } else {
            c[0] = damage[below(sizeof damage)];
        }
        n = n < len - at ? n : len - at; /* the end may cut a character */
        memcpy(out + at, c, n);
        at += n;
    }
}

/* A text in the arena with a closing 0 and no other 0. It is shorter if the arena is nearly full. */
static char *arena_text(size_t len, size_t *out_len)
{
    size_t room = ARENA_BYTES - 1u > arena_len ? ARENA_BYTES - 1u - arena_len : 0u;
    len = len < room ? len : room;
    char *text = arena + arena_len;
    fill_text((uint8_t *)text, len);
    for (size_t i = 0; i < len; i++) {
        text[i] = text[i] == '\0' ? '0' : text[i];
    }
    text[len] = '\0';
    arena_len += len + 1u;
    *out_len = len;
    return text;
}

/* ---- the log --------------------------------------------------------------------------------------------- */

static void put_hex(const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    static char line[2u * WORLD_SENT_MAX];
    const uint8_t *b = data;
    for (size_t i = 0; i < len; i++) {
        line[2u * i] = digits[b[i] >> 4];
        line[2u * i + 1u] = digits[b[i] & 15u];
    }
    fputc('x', stdout);
    fwrite(line, 1, 2u * len, stdout);
}

static void put_arg_hex(const void *data, size_t len)
{
    fputc(' ', stdout);
    put_hex(data, len);
}

static unsigned blocks_free(void)
{
    uspan_stats_t s;
    uspan_stats(&w->tracer, 0, &s);
    unsigned used =
        s.blocks_live + USPAN_TEXT_RESERVE / USPAN_BLOCK_BYTES; /* long values leave the reserve free */
    return used < USPAN_TEXT_BYTES / USPAN_BLOCK_BYTES
               ? (unsigned)(USPAN_TEXT_BYTES / USPAN_BLOCK_BYTES - used)
               : 0u;
}

static void put_attr(const uspan_attr_t *a)
{
    printf(" %u %u ", (unsigned)(a->key - keys), (unsigned)a->type);
    size_t len = a->count;
    switch (a->type) {
    case USPAN_TYPE_INT:
    case USPAN_TYPE_BOOL:
        printf("%lld", (long long)a->v.i);
        break;
    case USPAN_TYPE_DOUBLE:
        put_hex(&a->v.d, 8);
        break;
    case USPAN_TYPE_TEXT:
    case USPAN_TYPE_STATIC:
        put_hex(a->v.text, len == USPAN_TO_NUL ? strlen(a->v.text) : len);
        break;
    case USPAN_TYPE_INTS:
    case USPAN_TYPE_DOUBLES:
        put_hex(a->v.ints, 8u * len);
        break;
    case USPAN_TYPE_TEXTS:
        fputc('x', stdout);
        for (size_t i = 0; i < len; i++) {
            put_hex(a->v.texts[i], strlen(a->v.texts[i]));
        }
        break;
    default:
        put_hex(a->v.bytes, len);
        break;
    }
}

/* ---- arguments ------------------------------------------------------------------------------------------- */

static int64_t any_int(void)
{
    int64_t n = (int64_t)(any() >> below(64));
    return one_in(3) ? -n : one_in(20) ? INT64_MIN : n;
}

/* A value of any type, of at most about max bytes. Long data is in static memory that the next value
 * overwrites. */
static uspan_attr_t any_attr(size_t max)
{
    static uint8_t text[4][TEXT_MAX];
    static int64_t numbers[4][LIST_MAX];
    static bool flags[4][LIST_MAX];
    static const char *texts[4][LIST_MAX];
    static unsigned turn;
    turn = (turn + 1u) % 4u;
    uspan_attr_t a = { .key = &keys[one_in(4) ? below(KEYS) : below(12)] };
    size_t len = any_len();
    len = len < max ? len : max;
    a.count = (uint32_t)(len < LIST_MAX ? len : LIST_MAX);
    a.type = (uspan_type_t)(1u + below(16));
    switch (a.type) {
    case USPAN_TYPE_INT:
        a.count = 0;
        a.v.i = any_int();
        break;
    case USPAN_TYPE_BOOL:
        a.count = 0;
        a.v.i = below(2);
        break;
    case USPAN_TYPE_DOUBLE: {
        uint64_t bits = one_in(4) ? any() : one_in(4) ? 0u : 0x3FF0000000000000u + below(1u << 20);
        a.count = 0;
        memcpy(&a.v.d, &bits, 8);
        break;
    }
    case USPAN_TYPE_STATIC:
        a.v.text = arena_text(len, &len);
        a.count = one_in(2) ? (uint32_t)len : USPAN_TO_NUL;
        break;
    case USPAN_TYPE_INTS:
    case USPAN_TYPE_DOUBLES:
        a.count /= one_in(2) ? 1u : 8u;
        for (size_t i = 0; i < a.count; i++) {
            numbers[turn][i] = any_int();
        }
        a.v.ints = numbers[turn];
        if (a.type == USPAN_TYPE_DOUBLES) {
            static double reals[4][LIST_MAX];
            for (size_t i = 0; i < a.count; i++) {
                reals[turn][i] = (double)numbers[turn][i] / 8.0;
            }
            a.v.doubles = reals[turn];
        }
        break;
    case USPAN_TYPE_BOOLS:
        for (size_t i = 0; i < a.count; i++) {
            flags[turn][i] = one_in(2);
        }
        a.v.bools = flags[turn];
        break;
    case USPAN_TYPE_TEXTS:
        a.count = below(one_in(10) ? 60 : 6);
        for (size_t i = 0; i < a.count; i++) {
            size_t n;
            texts[turn][i] = arena_text(below(one_in(4) ? 90 : 12), &n);
        }
        a.v.texts = texts[turn];
        break;
    case USPAN_TYPE_BYTES:
        fill_text(text[turn], len);
        a.count = (uint32_t)len;
        a.v.bytes = text[turn];
        break;
    default:
        fill_text(text[turn], len);
        a.type = USPAN_TYPE_TEXT;
        a.count = (uint32_t)len;
        a.v.text = (const char *)text[turn];
        break;
    }
    return a;
}

/* Up to three attributes: any_attr() has room for four. */
static size_t any_attrs(uspan_attr_t out[12])
{
    size_t n = below(4);
    for (size_t i = 0; i < n; i++) {
        out[i] = any_attr(one_in(20) ? TEXT_MAX : 60);
    }
    if (n > 0u && one_in(8)) { /* more than an event may have, and repeated keys */
        for (; n < 12u; n++) {
            out[n] = (uspan_attr_t)USPAN_ATTR_INT(&keys[below(KEYS)], any_int());
        }
    }
    return n;
}

static void any_hex_id(char *out, unsigned digits)
{
    for (unsigned i = 0; i < digits; i++) {
        out[i] = "0123456789abcdef"[below(16)];
    }
    out[digits - 1u] = '7'; /* not all zero */
    out[digits] = '\0';
}

/* A context, from headers or of an open span, is stored in contexts[]. */
static void make_context(void)
{
    unsigned i = context_count < CONTEXTS_MAX ? context_count++ : below(CONTEXTS_MAX);
    if (handle_count > 0u && one_in(2)) {
        unsigned of = below(handle_count);
        uspan_err_t err = uspan_context_of(&w->tracer, handles[of], &contexts[i]);
        printf("O %u %u %d", i, of, (int)err);
        put_arg_hex(contexts[i].trace_id, 16);
        put_arg_hex(contexts[i].span_id, 8);
        printf(" %u\n", contexts[i].flags);
        return;
    }
    static const char *const states[] = { NULL,
                                          NULL,
                                          "k=v",
                                          "ot=th:8;rv:0123456789abcd",
                                          "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
                                          "tenant@system=a value of more than thirty-two bytes,b=c" };
    char trace[33], span[17], parent[64];
    any_hex_id(trace, 32);
    any_hex_id(span, 16);
    unsigned flags = below(8) == 0u ? 0u : one_in(2) ? 1u : 3u;
    snprintf(parent, sizeof parent, "00-%s-%s-%02x", trace, span, flags);
    const char *state = states[below(sizeof states / sizeof states[0])];
    uspan_err_t err = uspan_context_parse(&contexts[i], parent, state);
    printf("C %u x%s x%s %u", i, trace, span, flags);
    put_arg_hex(state != NULL ? state : "", state != NULL ? strlen(state) : 0u);
    printf(" %d\n", (int)err);
}

#endif
