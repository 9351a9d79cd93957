/* quote.c: short JSON in a buffer of fixed size: what does not fit is left out whole, so it is valid at every
 * moment. */
#include "typed.h"

static size_t escape(char out[6], char c)
{
    if ((unsigned char)c >= 0x20u && c != '"' && c != '\\') {
        out[0] = c;
        return 1u;
    }
    out[0] = '\\';
    if (c == '"' || c == '\\') {
        out[1] = c;
        return 2u;
    }
    out[1] = 'u';
    out[2] = '0';
    out[3] = '0';
    out[4] = (char)('0' + (c >> 4));
    out[5] = "0123456789abcdef"[c & 15];
    return 6u;
}

bool uspan_quote(char *out, size_t cap, size_t *len, const char *text)
{
    size_t at = *len;
    if (at + 3u > cap) {
        return false;
    }
    out[at++] = '"';
    for (; *text != '\0'; text++) {
        char escaped[6];
        size_t n = escape(escaped, *text);
        if (at + n + 2u > cap) {
            return false;
        }
        memcpy(out + at, escaped, n);
        at += n;
    }
    out[at++] = '"';
    out[at] = '\0';
    *len = at;
    return true;
}

uspan_err_t uspan_set_tool_names(uspan_tracer_t *t, uspan_t s, const char *const *names)
{
#if USPAN_CONTENT
    static const char head[] = ",{\"type\":\"function\",\"name\":";
    const size_t head_len = sizeof head - 1u;
    char json[256];
    const size_t cap = sizeof json - 1u; /* "}" and "]": a quote keeps room for a closing 0 */
    size_t len = 0;
    if (names == NULL || names[0] == NULL) {
        return USPAN_OK;
    }
    for (; *names != NULL; names++) {
        size_t before = len;
        if (len + head_len >= cap) {
            break;
        }
        memcpy(json + len, head, head_len);
        len += head_len;
        if (!uspan_quote(json, cap, &len, *names)) {
            len = before;
            continue;
        }
        json[len++] = '}';
    }
    if (len == 0u) {
        return USPAN_ERR_FULL;
    }
    json[0] = '['; /* in place of the first comma */
    json[len++] = ']';
    return uspan_set_str_n(t, s, &uspan_key_tool_definitions, json, len);
#else
    (void)t, (void)s, (void)names;
    return USPAN_OK;
#endif
}
