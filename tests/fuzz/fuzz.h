/* fuzz.h: common code of the fuzz targets. A target asserts, line by line, what its module guarantees for
 * hostile input. */
#ifndef USPAN_TESTS_FUZZ_H
#define USPAN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

/* Before a function of the target whose branches are no news to the fuzzer. */
#define FUZZ_UNSEEN __attribute__((no_sanitize("coverage")))

/* A copy of exactly len bytes (and, for text, a closing 0), so that the sanitizer detects a read beyond
 * it. */
static inline void *fuzz_copy(const uint8_t *data, size_t len)
{
    void *copy = malloc(len > 0u ? len : 1u);
    CHECK(copy != NULL);
    if (len > 0u) {
        memcpy(copy, data, len);
    }
    return copy;
}
static inline char *fuzz_text(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1u);
    CHECK(text != NULL);
    if (len > 0u) {
        memcpy(text, data, len);
    }
    text[len] = '\0';
    return text;
}

/* The input with each pair 0xFF, n replaced by word n (modulo count), so that the fuzzer need not find words
 * letter by letter. The copy is truncated at cap bytes. It ends in 0, which *out_len does not count. The
 * caller frees it. */
FUZZ_UNSEEN static inline char *fuzz_expand(const char *const *words, size_t count, const uint8_t *data,
                                            size_t len, size_t cap, size_t *out_len)
{
    char *out = malloc(cap + 1u);
    CHECK(out != NULL);
    size_t n = 0;
    for (size_t i = 0; i < len && n < cap; i++) {
        if (data[i] == 0xFFu && i + 1u < len) {
            const char *word = words[data[++i] % count];
            size_t word_len = strlen(word) < cap - n ? strlen(word) : cap - n;
            memcpy(out + n, word, word_len);
            n += word_len;
        } else {
            out[n++] = (char)data[i];
        }
    }
    out[n] = '\0';
    *out_len = n;
    return out;
}

#endif
