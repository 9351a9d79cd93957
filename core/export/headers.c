/* headers.c: "key=value,key=value" lists, read where they stand; base64 without a buffer.
 * Invariant: *pos never passes the text's end, and grows with every call that returns a member. */
#include "headers.h"
#include "ascii.h"

#if USPAN_TEXTS
#define WHY(text) text
#else
#define WHY(text) "headers unusable"
#endif

uspan_err_t uspan_pair_next(const char *text, size_t *pos, uspan_pair_t *out)
{
    if (text == NULL) {
        return USPAN_ERR_CLOSED;
    }
    while (text[*pos] != '\0') {
        const char *member = text + *pos;
        size_t len = 0, key_len = 0;
        while (member[len] != '\0' && member[len] != ',') {
            len++;
        }
        *pos += len + (member[len] == ',');
        len = uspan_trim(&member, len);
        if (len == 0u) {
            continue;
        }
        while (key_len < len && member[key_len] != '=') {
            key_len++;
        }
        uspan_pair_t pair = { .key = member, .value = member + key_len + 1u };
        pair.key_len = uspan_trim(&pair.key, key_len);
        if (key_len == len || pair.key_len == 0u) {
            return USPAN_ERR_ARG;
        }
        pair.value_len = uspan_trim(&pair.value, len - key_len - 1u);
        *out = pair;
        return USPAN_OK;
    }
    return USPAN_ERR_CLOSED;
}

int uspan_pair_byte(const char *value, size_t len, size_t *at)
{
    return uspan_percent_byte(value, len, at);
}

const char *uspan_headers_check(const char *text)
{
    static const char own[] = "host\0content-length\0content-type\0transfer-encoding\0connection\0expect\0";
    uspan_pair_t pair;
    size_t pos = 0;
    uspan_err_t err;
    while ((err = uspan_pair_next(text, &pos, &pair)) == USPAN_OK) {
        if (!uspan_is_token(pair.key, pair.key_len)) {
            return WHY("wrong character in a header name");
        }
        if (uspan_word_index(own, pair.key, pair.key_len) != 0u) {
            return WHY("leave out headers that uspan sets itself");
        }
        int byte;
        size_t at = 0;
        while ((byte = uspan_pair_byte(pair.value, pair.value_len, &at)) >= 0) {
            if (byte < ' ' || byte == 0x7F) {
                return WHY("control character in a header value");
            }
        }
        if (byte == -2) {
            return WHY("broken % in a header value: write %25");
        }
    }
    return err == USPAN_ERR_CLOSED ? NULL : WHY("headers are not key=value,key=value");
}

bool uspan_headers_secret(const char *text)
{
    static const char words[] = "authorization\0key\0token\0secret\0";
    uspan_pair_t pair;
    size_t pos = 0;
    uspan_err_t err;
    while ((err = uspan_pair_next(text, &pos, &pair)) != USPAN_ERR_CLOSED) {
        if (err != USPAN_OK) {
            continue;
        }
        for (size_t from = 0; from < pair.key_len; from++) {
            for (size_t len = 1; len <= pair.key_len - from && len < sizeof(words); len++) {
                if (uspan_word_index(words, pair.key + from, len) != 0u) {
                    return true;
                }
            }
        }
    }
    return false;
}

size_t uspan_base64_len(size_t n)
{
    return n / 3u * 4u + (n % 3u != 0u ? 4u : 0u);
}

/* Base64 byte `at` of head, or of head ':' tail where total, their length in bytes, is above head_len. RFC
 * 4648 §4. */
static char base64_at(const char *head, size_t head_len, const char *tail, size_t total, size_t at)
{
    size_t from = at / 4u * 3u, sextet = at % 4u;
    uint32_t group = 0;
    for (size_t i = from; i < from + 3u; i++) {
        char byte = '\0';
        if (i < head_len) {
            byte = head[i];
        } else if (i < total) {
            byte = i == head_len ? ':' : tail[i - head_len - 1u];
        }
        group = group << 8 | (uint8_t)byte;
    }
    if (from + sextet > total) {
        return '=';
    }
    unsigned digit = (group >> (18u - 6u * sextet)) & 63u;
    if (digit < 52u) {
        return (char)(digit < 26u ? 'A' + digit : 'a' - 26u + digit);
    }
    if (digit < 62u) {
        return (char)('0' - 52 + (int)digit);
    }
    return digit == 62u ? '+' : '/';
}

char uspan_basic_char(const char *user, size_t user_len, const char *pass, size_t pass_len, size_t at)
{
    return base64_at(user, user_len, pass, user_len + 1u + pass_len, at);
}

void uspan_base64(const uint8_t *in, size_t n, char *out)
{
    size_t len = uspan_base64_len(n);
    for (size_t at = 0; at < len; at++) {
        out[at] = base64_at((const char *)in, n, NULL, n, at);
    }
}
