/* headers.c: "key=value,key=value" lists, read where they stand.
 * Invariant: *pos never passes the text's end, and grows with every call that returns a member. */
#include "headers.h"
#include "exporter.h"

#define WHY(text) USPAN_WORDS(text, "headers unusable")

uspan_err_t uspan_pair_next(const char *text, size_t *pos, uspan_pair_t *out)
{
    while (text != NULL && text[*pos] != '\0') {
        const char *member = text + *pos;
        size_t len = 0, equals = 0; /* equals: of key and '=' */
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

static bool is_secret(const uspan_pair_t *pair)
{
    static const char words[] = "authorization\0key\0token\0secret\0";
    for (size_t from = 0; from < pair->key_len; from++) {
        for (size_t len = 1; len <= pair->key_len - from; len++) {
            if (uspan_word_index(words, pair->key + from, len) != 0u) {
                return true;
            }
        }
    }
    return false;
}

const char *uspan_headers_check(const char *text, bool *secret)
{
    static const char own[] = "host\0content-length\0content-type\0transfer-encoding\0connection\0expect\0";
    uspan_pair_t pair;
    size_t pos = 0;
    uspan_err_t err;
    while ((err = uspan_pair_next(text, &pos, &pair)) == USPAN_OK) {
        if (!uspan_is_token(pair.key, pair.key_len)) {
            return WHY("wrong character in header name");
        }
        if (uspan_word_index(own, pair.key, pair.key_len) != 0u) {
            return WHY("leave out headers of uspan's own");
        }
        int byte;
        size_t at = 0;
        while ((byte = uspan_pair_byte(pair.value, pair.value_len, &at)) >= 0) {
            if (byte < ' ' || byte == 0x7F) {
                return WHY("control character in header");
            }
        }
        if (byte == -2) {
            return WHY("broken % in header: write %25");
        }
        *secret = *secret || is_secret(&pair);
    }
    return err == USPAN_ERR_CLOSED ? NULL : WHY("headers are not key=value,...");
}
