/* random_json.h: texts with everything that is difficult for a writer of JSON, and JSON as text, valid and
 * invalid. Random values depend on the seed alone. */
#ifndef USPAN_TESTS_WIRE_RANDOM_JSON_H
#define USPAN_TESTS_WIRE_RANDOM_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 6000u

static uint64_t random_state;

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
    return one_in(300) ? below(TEXT_MAX) : one_in(12) ? below(400) : one_in(5) ? below(3) : below(24);
}

/* Text with everything that is difficult for a writer. It contains no 0 if `ends` is true. */
static size_t fill_text(char *to, size_t len, bool ends)
{
    static const char *const odd[] = { "\"",
                                       "\\",
                                       "\n",
                                       "\t",
                                       "\x01",
                                       "\x1F",
                                       "\x7F",
                                       "/",
                                       "\xC3\xA4",
                                       "\xE2\x82\xAC",
                                       "\xF0\x9F\x8C\xB1",
                                       "\xFF",
                                       "\xC3",
                                       "\xE2\x82",
                                       "\xF0\x9F\x8C",
                                       "\xED\xA0\x80",
                                       "\xC0\x80",
                                       "}",
                                       "]",
                                       "{",
                                       "[",
                                       ",",
                                       ":",
                                       "\\u0041",
                                       "...[truncated]",
                                       "\xEF\xBF\xBD",
                                       "\xF4\x90\x80\x80" };
    bool plain = one_in(3);
    size_t n = 0;
    while (n < len) {
        if (!plain && one_in(4)) {
            const char *piece = odd[below(sizeof odd / sizeof odd[0])];
            size_t size = strlen(piece);
            if (size > len - n) {
                break;
            }
            memcpy(to + n, piece, size);
            n += size;
        } else if (!plain && one_in(30)) {
            to[n] = (char)below(256);
            n += !ends || to[n] != '\0';
        } else {
            to[n++] = (char)('a' + below(26));
        }
    }
    return n;
}

static const char *any_text(char to[64])
{
    to[fill_text(to, below(20), true)] = '\0';
    return to;
}

static char json[TEXT_MAX];
static size_t json_len;

static void put_json(const char *text)
{
    size_t n = strlen(text);
    if (json_len + n < sizeof json - 200u) {
        memcpy(json + json_len, text, n);
        json_len += n;
    }
}

static bool spaces_alone; /* no white space except blanks; white space that becomes part of a string stays */

static void space(void)
{
    static const char *const spaces[] = { " ", "\n", "\t ", "\r\n", "  " };
    if (one_in(8)) {
        put_json(spaces_alone ? " " : spaces[below(5)]);
    }
}

/* simple: only what does not change when it is made compact. */
static void json_string(bool simple)
{
    static const char *const odd[] = { "\\\"",
                                       "\\\\",
                                       "\\n",
                                       "\xE2\x82\xAC",
                                       "{",
                                       "]",
                                       ":",
                                       ",",
                                       "\\t",
                                       "\\u0001",
                                       "\\/",
                                       "\\u0041",
                                       "\\u20aC",
                                       "\\ud83c\\udf31",
                                       "\\ud83c",
                                       "\\udf31x",
                                       "\\ud83cA",
                                       "\\ud83c\\n",
                                       "\\ud83c\\u0042",
                                       "\\ud83c\\ud83c\\udf31",
                                       "\\u0000",
                                       "\\b\\f\\r",
                                       "\xF0\x9F\x8C\xB1",
                                       "\xFF",
                                       "\xE2\x82",
                                       "\n",
                                       "\x01" };
    put_json("\"");
    for (unsigned n = one_in(20) ? below(150) : below(12); n > 0u; n--) {
        if (one_in(4)) {
            put_json(odd[below(simple ? 10u : sizeof odd / sizeof odd[0])]);
        } else {
            put_json((const char[2]){ (char)('a' + below(26)), '\0' });
        }
    }
    put_json("\"");
}

static void json_value(unsigned depth, bool simple);

static void json_scalar(bool simple)
{
    static const char *const words[] = {
        "0",     "-0",    "7",    "-12",     "1.5",
        "-0.25", "1e5",   "2E-3", "3.25e+2", "123456789012345678901234567890",
        "true",  "false", "null", "1e308",   "0.1"
    };
    if (one_in(2)) {
        json_string(simple);
    } else {
        put_json(words[below(sizeof words / sizeof words[0])]);
    }
}

static void json_container(unsigned depth, bool simple)
{
    bool object = one_in(2);
    put_json(object ? "{" : "[");
    for (unsigned i = 0, n = below(4); i < n; i++) {
        if (i > 0u) {
            put_json(",");
        }
        space();
        if (object) {
            char name[16];
            snprintf(name, sizeof name, "\"k%c", (int)("abcd"[i])); /* damaged, it must be no other name */
            put_json(name);
            put_json("\"");
            space();
            put_json(":");
            space();
        }
        json_value(depth + 1u, simple);
        space();
    }
    space();
    put_json(object ? "}" : "]");
}

static void json_value(unsigned depth, bool simple)
{
    if (depth < 5u && one_in(2)) {
        json_container(depth, simple);
    } else {
        json_scalar(simple);
    }
}

/* JSON as text: valid, cut, damaged, too deep, or plain text. */
static void any_json(void)
{
    static const char *const plain[] = { "",       " ",          "ok",          "12 degrees",
                                         "-5 C",   "true story", "[INFO] up",   "NaN",
                                         "01",     "1.",         "-",           "{\"a\"}",
                                         "{a:1}",  "[1,]",       "{\"a\":1,}",  "[1 2]",
                                         "\"a",    "\"\\x\"",    "\"\\u12g4\"", "\"\\ud83c\\u12",
                                         "nul",    "{\"a\":tru", "1e+",         "\"\\",
                                         "[1,2",   "{\"k\":\"v", "]",           "1,2",
                                         "\"a\"b", "{}}",        "\xE2\x82\xAC" };
    json_len = 0;
    if (one_in(6)) {
        put_json(plain[below(sizeof plain / sizeof plain[0])]);
        return;
    }
    if (one_in(60)) {
        unsigned n = 1u + below(30);
        for (unsigned i = 0; i < n; i++) {
            put_json("[");
        }
        for (unsigned i = 0; i < n; i++) {
            put_json("]");
        }
        return;
    }
    bool spoil = one_in(4);
    spaces_alone = spoil;
    space();
    if (one_in(2)) {
        json_container(0, spoil);
    } else {
        json_value(0, spoil);
    }
    space();
    if (spoil && json_len > 0u) {
        static const char bad[] = "{}[],:\"\\x019.-e ";
        if (one_in(2)) {
            json_len = below((unsigned)json_len);
        } else {
            json[below((unsigned)json_len)] = bad[below(sizeof bad - 1u)];
        }
    }
}

#endif
