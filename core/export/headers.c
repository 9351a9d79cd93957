/* headers.c: reads "key=value,key=value" lists in place, and says what is wrong with a member. Invariant:
 * *pos never exceeds the end of the text, and grows with every call that returns a member. A wrong member
 * does not affect the others. */
#include "export/headers.h"
#include <string.h>
#include "export/log_line.h"
#include "trace/poison.h"
#include "trace/utf8.h"

#define WHY(text) USPAN_WORDS(text, "headers unusable")

uspan_err_t uspan_pair_next(const char *text, size_t *pos, uspan_pair_t *out)
{
    while (text != NULL && text[*pos] != '\0') {
        const char *member = text + *pos;
        size_t len = 0, equals = 0; /* length of the key with its '=' */
        for (; member[len] != '\0' && member[len] != ','; len++) {
            if (member[len] == '=' && equals == 0u) {
                equals = len + 1u;
            }
        }
        *pos += len + (member[len] == ',');
        out->key = member;
        out->key_len = uspan_trim(&out->key, equals != 0u ? equals - 1u : len);
        if (equals == 0u && out->key_len == 0u) {
            continue;
        }
        out->value = member + equals;
        out->value_len = uspan_trim(&out->value, len - equals);
        return equals != 0u && out->key_len != 0u ? USPAN_OK : USPAN_ERR_ARG;
    }
    return USPAN_ERR_CLOSED;
}

int uspan_pair_byte(const char *text, size_t len, size_t *at)
{
    return uspan_percent_byte(text, len, at);
}

bool uspan_header_is_secret(const uspan_pair_t *pair)
{
    static const char words[] = "authorization\0cookie\0key\0token\0secret\0";
    for (size_t from = 0; from < pair->key_len; from++) {
        for (size_t len = 1; len <= pair->key_len - from; len++) {
            if (uspan_word_index(words, pair->key + from, len) != 0u) {
                return true;
            }
        }
    }
    return false;
}

const char *uspan_header_wrong(const uspan_pair_t *pair)
{
    static const char own[] = "host\0content-length\0content-type\0content-encoding\0transfer-encoding\0"
                              "accept-encoding\0connection\0upgrade\0expect\0";
    if (!uspan_is_token(pair->key, pair->key_len)) {
        return WHY("invalid character in header name");
    }
    if (uspan_word_index(own, pair->key, pair->key_len) != 0u) {
        return WHY("uspan sets this header itself: remove it");
    }
    int byte;
    size_t at = 0;
    while ((byte = uspan_percent_byte(pair->value, pair->value_len, &at)) >= 0) {
        if (byte < ' ' || byte == 0x7F) {
            return WHY("control character in header");
        }
    }
    return byte == -2 ? WHY("% without two hex digits in header: write %25") : NULL;
}

const char *uspan_headers_check(const char *text, bool *secret)
{
    uspan_pair_t pair;
    size_t pos = 0;
    uspan_err_t err;
    bool found = false;
    while ((err = uspan_pair_next(text, &pos, &pair)) == USPAN_OK) {
        const char *wrong = uspan_header_wrong(&pair);
        if (wrong != NULL) {
            return wrong;
        }
        found = found || uspan_header_is_secret(&pair);
    }
    if (err != USPAN_ERR_CLOSED) {
        return WHY("headers are not key=value,...");
    }
    *secret = *secret || found;
    return NULL;
}

bool uspan_header_next(const char *list, size_t *pos, uspan_pair_t *out)
{
    uspan_err_t err;
    while ((err = uspan_pair_next(list, pos, out)) != USPAN_ERR_CLOSED) {
        if (err == USPAN_OK && uspan_header_wrong(out) == NULL) {
            return true;
        }
    }
    return false;
}

const char *uspan_attribute_wrong(uspan_pair_t *pair)
{
    char part[4]; /* of a character */
    unsigned part_len = 0;
    size_t n = 0, at = 0; /* bytes of complete characters; where the next byte is */
    size_t end = 0;       /* after the last character that fits */
    bool is_text = true;
    int byte = 0;
    if (pair->key_len > USPAN_RESOURCE_KEY_MAX) {
        return USPAN_WORDS("key longer than 64 bytes", "long key");
    }
    if (uspan_key_is_poison(pair->key, pair->key_len)) {
        return USPAN_WORDS("a part of the key is __proto__, constructor or prototype", "bad key");
    }
    /* Read one character more than fits. */
    while (n <= USPAN_RESOURCE_VALUE_MAX &&
           (byte = uspan_percent_byte(pair->value, pair->value_len, &at)) >= 0) {
        part[part_len++] = (char)byte;
        const int step = uspan_utf8_step(part, part_len); /* 0: the character continues */
        if (step != 0) {
            is_text = is_text && step > 0;
            n += part_len;
            part_len = 0;
            end = n <= USPAN_RESOURCE_VALUE_MAX ? at : end;
        }
    }
    if (byte == -2) {
        return USPAN_WORDS("broken %: write %25", "broken %");
    }
    if (!is_text || part_len > 0u || uspan_utf8_run(pair->key, pair->key_len) < pair->key_len) {
        return USPAN_WORDS("not UTF-8", "not UTF-8");
    }
    if (n > USPAN_RESOURCE_VALUE_MAX) {
        pair->value_len = end;
    }
    return NULL;
}
