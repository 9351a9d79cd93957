/* fuzz_headers.c: any text as a header list, and any bytes through base64. */
#include "export/headers.h"
#include "export/window.h"
#include "fuzz.h"

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = memchr(digits, c, 64);
    return at != NULL ? (int)(at - digits) : -1;
}

static void check_base64(const uint8_t *data, size_t len)
{
    char *text = fuzz_text(data, len);
    size_t n = strlen(text) + 1u + strlen(text); /* of "text:text" */
    size_t out_len = (n + 2u) / 3u * 4u;
    char *out = malloc(out_len);
    CHECK(out != NULL);
    uspan_window_t w = { .out = (uint8_t *)out, .cap = out_len };
    uspan_window_basic(&w, text, text);
    CHECK(w.at == out_len);
    for (size_t i = 0; i < n; i++) { /* byte i from its two digits */
        size_t at = i / 3u * 4u + i % 3u;
        int high = digit_of(out[at]), low = digit_of(out[at + 1u]);
        CHECK(high >= 0 && low >= 0);
        unsigned both = (unsigned)high << 6 | (unsigned)low;
        char byte = i < n / 2u ? text[i] : i == n / 2u ? ':' : text[i - n / 2u - 1u];
        CHECK((uint8_t)(both >> (4u - 2u * (i % 3u))) == (uint8_t)byte);
    }
    for (size_t i = (n * 4u + 2u) / 3u; i < out_len; i++) {
        CHECK(out[i] == '=');
    }
    free(out);
    free(text);
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
            CHECK(why != NULL || (byte >= ' ' && byte != 0x7F)); /* an accepted byte cannot inject a header */
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
