/* scan.c: finds values in a JSON document. Strings are skipped completely, so JSON inside a text is not read.
 * Invariant: no byte at or after the end of a scan_t is read. */
#include "scan.h"
#include <string.h>

static const scan_t none = { NULL, NULL };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* at points to a quote. Returns the position after the closing quote, or NULL if there is none. */
static const char *after_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '\\') {
            at++;
        } else if (*at == '"') {
            return at + 1;
        }
    }
    return NULL;
}

/* Returns the position after the value at `at`, or NULL if it does not end. */
static const char *after_value(const char *at, const char *end)
{
    unsigned depth = 0;
    while (at != NULL && at < end) {
        if (*at == '"') {
            at = after_string(at, end);
            if (depth == 0u) {
                return at;
            }
            continue;
        }
        if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            if (depth <= 1u) {
                return at + depth;
            }
            depth--;
        } else if (depth == 0u && (*at == ',' || is_space(*at))) {
            return at;
        }
        at++;
    }
    return NULL;
}

static const char *skip_spaces(const char *at, const char *end)
{
    while (at < end && is_space(*at)) {
        at++;
    }
    return at;
}

scan_t scan_document(const char *json)
{
    const char *end = json + strlen(json), *from = skip_spaces(json, end), *to = after_value(from, end);
    return to != NULL ? (scan_t){ from, to } : none;
}

scan_t scan_find(scan_t in, const char *name)
{
    size_t len = strlen(name);
    const char *at = in.from;
    while (at != NULL && at < in.to) {
        if (*at != '"') {
            at++;
            continue;
        }
        const char *text = at + 1;
        at = after_string(at, in.to);
        if (at == NULL || (size_t)(at - 1 - text) != len || memcmp(text, name, len) != 0) {
            continue;
        }
        const char *colon = skip_spaces(at, in.to);
        if (colon < in.to && *colon == ':') {
            const char *from = skip_spaces(colon + 1, in.to);
            const char *to = after_value(from, in.to);
            return to != NULL ? (scan_t){ from, to } : none;
        }
    }
    return none;
}

bool scan_text(scan_t value, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    if (value.from == NULL || *value.from != '"') {
        return false;
    }
    for (const char *at = value.from + 1; at + 1 < value.to && len + 1u < size; at++) {
        char c = *at;
        if (c == '\\') {
            c = *++at;
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'u' ? '?' : c;
            at += *at == 'u' && value.to - at > 5 ? 4 : 0;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return true;
}

long scan_number(scan_t value)
{
    long n = 0;
    const char *at = value.from;
    if (at == NULL || *at < '0' || *at > '9') {
        return -1;
    }
    for (; at < value.to && *at >= '0' && *at <= '9'; at++) {
        n = n < 100000000L ? n * 10 + (*at - '0') : n;
    }
    return n;
}
