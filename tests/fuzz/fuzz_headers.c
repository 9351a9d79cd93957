/* fuzz_headers.c: any text as a header list, any bytes through base64. */
#include "headers.h"
#include "fuzz.h"

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = memchr(digits, c, 64);
    return at != NULL ? (int)(at - digits) : -1;
}

static void check_base64(const uint8_t *data, size_t len)
{
    size_t out_len = uspan_base64_len(len);
    CHECK(out_len % 4u == 0u && out_len / 4u * 3u >= len && out_len / 4u * 3u < len + 3u);
    char *out = malloc(out_len + 1u);
    CHECK(out != NULL);
    uspan_base64(data, len, out);
    for (size_t i = 0; i < len; i++) { /* byte i from its two digits */
        size_t at = i / 3u * 4u + i % 3u;
        int high = digit_of(out[at]), low = digit_of(out[at + 1u]);
        CHECK(high >= 0 && low >= 0);
        unsigned both = (unsigned)high << 6 | (unsigned)low;
        CHECK((uint8_t)(both >> (4u - 2u * (i % 3u))) == data[i]);
    }
    for (size_t i = (len * 4u + 2u) / 3u; i < out_len; i++) {
        CHECK(out[i] == '=');
    }
    const uint8_t *colon = len > 0u ? memchr(data, ':', len) : NULL;
    if (colon != NULL) {
        size_t user_len = (size_t)(colon - data);
        for (size_t at = 0; at < out_len; at++) {
            CHECK(uspan_basic_char((const char *)data, user_len, (const char *)colon + 1, len - user_len - 1u,
                                   at) == out[at]);
        }
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t *copy = fuzz_copy(data, len);
    check_base64(copy, len);
    free(copy);

    static const char *const words[] = { "authorization",
                                         "Host",
                                         "content-length=1",
                                         "Content-Type",
                                         "x-api-key",
                                         "token",
                                         "Secret",
                                         "=",
                                         ",",
                                         "%0d%0a",
                                         "%25",
                                         "%2",
                                         "Basic%20",
                                         "transfer-encoding",
                                         "connection",
                                         "expect" };
    size_t expanded;
    char *text = fuzz_expand(words, sizeof(words) / sizeof(words[0]), data, len, 4096, &expanded);
    size_t pos = 0, text_len = strlen(text);
    bool secret = false, authorization = false;
    const char *why = uspan_headers_check(text, &secret);
    for (;;) {
        uspan_pair_t pair;
        size_t before = pos;
        uspan_err_t err = uspan_pair_next(text, &pos, &pair);
        CHECK(pos >= before && pos <= text_len);
        if (err == USPAN_ERR_CLOSED) {
            CHECK(pos == text_len);
            break;
        }
        CHECK(pos > before);
        CHECK(err == USPAN_OK || err == USPAN_ERR_ARG);
        CHECK(err == USPAN_OK || why != NULL);
        if (err != USPAN_OK) {
            continue;
        }
        CHECK(pair.key_len > 0u && pair.key >= text && pair.key + pair.key_len < pair.value);
        CHECK(pair.value + pair.value_len <= text + text_len);
        CHECK(memchr(pair.key, '=', pair.key_len) == NULL && memchr(pair.key, ',', pair.key_len) == NULL);
        CHECK(memchr(pair.value, ',', pair.value_len) == NULL);
        size_t at = 0, count = 0;
        int byte;
        while ((byte = uspan_pair_byte(pair.value, pair.value_len, &at)) >= 0) {
            CHECK(at <= pair.value_len && byte <= 255);
            CHECK(why != NULL || (byte >= ' ' && byte != 0x7F)); /* what passes cannot inject a header */
            count++;
        }
        CHECK(count <= pair.value_len);
        CHECK(byte == -1 ? at == pair.value_len : why != NULL);
        authorization |= pair.key_len == 13u && memcmp(pair.key, "authorization", 13) == 0;
    }
    CHECK(!authorization || secret || why != NULL);
    free(text);
    return 0;
}
