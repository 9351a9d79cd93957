/* small_json.c: writes short JSON into a buffer of fixed size. An element that does not fit is dropped
 * completely, so the result is valid. */
#include "genai/typed.h"

static size_t escape(char out[6], char c)
{
    out[0] = c;
    if ((unsigned char)c >= 0x20u && c != '"' && c != '\\') {
        return 1u;
    }
    memcpy(out, "\\u00", 4u);
    out[4] = (char)('0' + (c >> 4));
    out[5] = "0123456789abcdef"[c & 15];
    return 6u;
}

/* Parts with an odd index become JSON strings. */
bool uspan_put(char *out, size_t cap, size_t *len, const char *const *parts, unsigned count)
{
    size_t at = *len;
    for (unsigned i = 0; i < count; i++) {
        bool string = i % 2u != 0u;
        char bytes[6] = "\"";
        size_t n = string;
        for (const char *text = parts[i];; text++) {
            if (at + n >= cap) {
                return false;
            }
            memcpy(out + at, bytes, n);
            at += n;
            if (*text == '\0') {
                break;
            }
            n = escape(bytes, *text);
            if (!string) {
                bytes[0] = *text;
                n = 1u;
            }
        }
        if (string && at + 1u < cap) {
            out[at++] = '"';
        }
    }
    out[at] = '\0';
    *len = at;
    return true;
}

uspan_err_t uspan_set_tool_names(uspan_tracer_t *t, uspan_t s, const char *const *names)
{
#if USPAN_CONTENT
    char json[256];
    size_t len = 0;
    if (names == NULL || names[0] == NULL) {
        return USPAN_OK;
    }
    for (; *names != NULL; names++) {
        const char *const parts[] = { ",{\"type\":\"function\",\"name\":", *names, "}" };
        (void)uspan_put(json, sizeof json, &len, parts, 3u);
    }
    if (len == 0u) {
        return USPAN_ERR_FULL;
    }
    json[0] = '[';   /* replaces the first comma */
    json[len] = ']'; /* replaces the terminating 0 */
    return uspan_set_str_n(t, s, &uspan_key_tool_definitions, json, len + 1u);
#else
    (void)t, (void)s, (void)names;
    return USPAN_OK;
#endif
}
