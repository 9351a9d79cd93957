/* fuzz_context.c: any bytes as traceparent, tracestate and baggage, separated by zeros. */
#include "uspan/uspan.h"
#include "fuzz.h"

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0u) {
            return false;
        }
    }
    return true;
}

/* The tracestate of c follows the rules of its module. */
static void check_tracestate(const uspan_context_t *c)
{
    size_t len, members = 1;
    const char *text = uspan_tracestate(c, &len);
    CHECK(len <= USPAN_TRACESTATE_BYTES);
    for (size_t i = 0; i < len; i++) {
        CHECK(text[i] >= ' ' && text[i] <= '~');
        members += text[i] == ',';
        CHECK(text[i] != ',' || (i > 0u && text[i - 1u] != ',' && text[i - 1u] != ' '));
    }
    CHECK(members <= 32u);
    uspan_context_t again;
    char traceparent[56];
    CHECK(uspan_traceparent(c, traceparent) == USPAN_TRACEPARENT_LEN);
    CHECK(uspan_context_parse_n(&again, traceparent, 55, text, len) == USPAN_OK);
    CHECK(again.flags == c->flags && memcmp(again.trace_id, c->trace_id, 16) == 0 &&
          memcmp(again.span_id, c->span_id, 8) == 0);
    CHECK(again.tracestate_len == len && memcmp(again.tracestate, text, len) == 0);
}

static void check_context(const char *parent, size_t parent_len, const char *state, size_t state_len,
                          const char *word)
{
    uspan_context_t c;
    memset(&c, 0xA5, sizeof(c));
    uspan_err_t err = uspan_context_parse_n(&c, parent, parent_len, state, state_len);
    if (err == USPAN_ERR_ARG) {
        char text[56] = "x";
        CHECK(is_zero((const uint8_t *)&c, sizeof(c)));
        CHECK(uspan_traceparent(&c, text) == 0u && text[0] == '\0');
        return;
    }
    CHECK(err == USPAN_OK || err == USPAN_TRUNCATED);
    CHECK(parent_len >= 55u && c.remote == 1u && c.flags <= 3u);
    CHECK(!is_zero(c.trace_id, 16) && !is_zero(c.span_id, 8));
    CHECK(c.tracestate_len <= state_len);
    check_tracestate(&c);
    /* Set a member from arbitrary bytes, and remove it again. */
    uspan_context_t before = c;
    err = uspan_tracestate_set(&c, word, word);
    if (err == USPAN_ERR_ARG || err == USPAN_ERR_FULL) {
        CHECK(memcmp(&before, &c, sizeof(c)) == 0);
    } else {
        size_t word_len = strlen(word);
        CHECK(memcmp(c.tracestate, word, word_len) == 0 && c.tracestate[word_len] == '=');
        check_tracestate(&c);
        CHECK(uspan_tracestate_set(&c, word, NULL) == USPAN_OK);
        CHECK(c.tracestate_len <= before.tracestate_len);
        check_tracestate(&c);
    }
}

static bool is_utf8(const uint8_t *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = s[i] < 0x80u ? 1u : s[i] < 0xE0u ? 2u : s[i] < 0xF0u ? 3u : 4u;
        uint32_t code = n == 1u ? s[i] : s[i] & (0x7Fu >> n);
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        if (n > len - i || (s[i] >= 0x80u && s[i] < 0xC0u) || s[i] > 0xF7u) {
            return false;
        }
        for (size_t k = 1; k < n; k++) {
            if ((s[i + k] & 0xC0u) != 0x80u) {
                return false;
            }
            code = code << 6 | (s[i + k] & 0x3Fu);
        }
        if (code < least[n] || code > 0x10FFFFu || (code >= 0xD800u && code < 0xE000u)) {
            return false;
        }
        i += n;
    }
    return true;
}

static void check_baggage(const char *text, size_t len, const char *word)
{
    uspan_baggage_t b, found;
    size_t pos = 0, out_len, small_len;
    while (uspan_baggage_next(text, len, &pos, &b) == USPAN_OK) {
        CHECK(pos <= len && b.key_len > 0u);
        CHECK(b.key >= text && b.key + b.key_len < b.value + 1 && b.value + b.value_len <= b.props);
        CHECK(b.props + b.props_len <= text + len);
        char *out = malloc(3u * b.value_len + 1u), *small = malloc(b.value_len / 2u + 1u),
             *key = fuzz_text((const uint8_t *)b.key, b.key_len);
        CHECK(out != NULL && small != NULL);
        CHECK(uspan_baggage_decode(b.value, b.value_len, out, 3u * b.value_len, &out_len) == USPAN_OK);
        CHECK(is_utf8((const uint8_t *)out, out_len));
        uspan_err_t err = uspan_baggage_decode(b.value, b.value_len, small, b.value_len / 2u, &small_len);
        CHECK(small_len <= b.value_len / 2u && small_len <= out_len && memcmp(out, small, small_len) == 0);
        CHECK((err == USPAN_OK) == (small_len == out_len));
        CHECK(is_utf8((const uint8_t *)small, small_len));
        CHECK(uspan_baggage_find(text, len, key, &found) == USPAN_OK && found.key >= b.key);
        free(key);
        free(small);
        free(out);
    }
    CHECK(pos == len);
    /* An added member is found, and decodes to the given value if that was UTF-8. */
    char out[256], back[768];
    size_t cap = len < sizeof(out) ? len : sizeof(out), at = cap / 2u;
    memset(out, 'a', sizeof(out));
    memcpy(out, text, at);
    size_t before = at;
    uspan_err_t err = uspan_baggage_add(out, cap, &at, "k", word);
    CHECK(at <= cap && memcmp(out, text, before) == 0);
    CHECK(err == USPAN_OK ? at > before : err == USPAN_ERR_FULL && at == before);
    if (err == USPAN_OK) {
        CHECK(uspan_baggage_find(out, at, "k", &found) == USPAN_OK);
        CHECK(found.key >= out + before);
        CHECK(uspan_baggage_decode(found.value, found.value_len, back, sizeof(back), &out_len) == USPAN_OK);
        CHECK(!is_utf8((const uint8_t *)word, strlen(word)) ||
              (out_len == strlen(word) && memcmp(back, word, out_len) == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t input_len)
{
    static const char *const words[] = {
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "cc-",
        "0af7651916cd43dd8448eb211c80319c-",
        "b7ad6b7169203331-",
        "ot=th:8;rv:0123456789abcd",
        "a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,",
        "tenant@system=",
        "userId=Am%C3%A9lie",
        ";property=1",
        "%F0%9F%98%80",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "%ED%A0",
    };
    size_t len;
    char *expanded = fuzz_expand(words, sizeof(words) / sizeof(words[0]), input, input_len, 4096, &len);
    const uint8_t *data = (const uint8_t *)expanded;
    size_t first_len = 0;
    while (first_len < len && data[first_len] != 0u) {
        first_len++;
    }
    size_t rest = first_len < len ? first_len + 1u : len, second_len = 0;
    while (rest + second_len < len && data[rest + second_len] != 0u) {
        second_len++;
    }
    size_t last = rest + second_len < len ? rest + second_len + 1u : len;
    char *first = fuzz_copy(data, first_len), *second = fuzz_copy(data + rest, second_len),
         *word = fuzz_text(data + last, len - last);
    check_context(first, first_len, second, second_len, word);
    /* Most inputs have no valid traceparent: use a fixed one for the tracestate. */
    check_context("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 55, second, second_len, word);
    check_baggage(first, first_len, word);
    free(word);
    free(second);
    free(first);
    free(expanded);
    return 0;
}
