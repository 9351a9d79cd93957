/* wire_fuzz.h: the common code of every dialect's target: any bytes as request and response of any URL of the
 * dialect, in any fragments. The span equals the one from a single piece, its lists are JSON, no text is in
 * its output messages more often than in the traffic, members in another order give the same span, and the
 * caller gets no error. A text pool without free blocks, disabled content and any status change only what
 * could be kept. The input is a URL, options (see HOW_), then the bodies. The request ends at the first
 * byte 0. */
#ifndef USPAN_TESTS_WIRE_FUZZ_H
#define USPAN_TESTS_WIRE_FUZZ_H

#include <stdio.h>
#include "tracer_fuzz.h"
#include "uspan/wire.h"
#include "wire_order.h"

/* Every target's config: a span can hold everything that an input contains. */
#define BODIES_MAX 1200u
_Static_assert(USPAN_VALUE_MAX >= 6u * BODIES_MAX && USPAN_TEXT_BYTES >= 2u * USPAN_VALUE_MAX, "room for escapes");

/* Bits of the second byte. */
#define HOW_STATUS 3u /* index of a status */
#define HOW_NO_CONTENT 4u
#define HOW_DRY 8u    /* the upper bits give how little text is free */
#define HOW_FAILED 16u
#define HOW_LEFT_SHIFT 5u

/* A text of these words. Its DEL is rare: each mark in a span needs one in the traffic, as it is or escaped. */
#define MARK "told\177once"

/* Words of all dialects. A target's own words come first. */
#define WIRE_WORDS \
    "{\"", "\":", "\",\"", "null", "true", "{", "}", "[", "]", ",", ":", "\"", "}}", "]}", "\"}}]}", "data: ", "\n\n", "\r\n", \
    "\\ud83c", "\\udf31", "\\u0000", "\"model\":\"", "\"id\":\"", "\"name\":\"", "\"type\":\"", "\"text\":\"", "\"content\":\"", \
    "\"role\":\"tool\"", "\"messages\":[{", "\"tools\":[{", "\"stream\":true", "\"error\":{\"message\":\"", "\"usage\":{", \
    "\"content\":\"" MARK "\"", "\"text\":\"" MARK "\"", "\"thinking\":\"" MARK "\"", "\"delta\":\"" MARK "\"", \
    "\"reasoning_content\":\"" MARK "\"", "\"message\":{\"content\":\"" MARK "\"}"

/* Number of marks in text. memcmp() would show the fuzzer how to spell them. */
FUZZ_UNSEEN static unsigned count_marks(const char *text, size_t len)
{
    unsigned count = 0;
    size_t matched = 0;
    for (size_t at = 0; at < len; at++) {
        matched = text[at] == MARK[matched] ? matched + 1u : text[at] == MARK[0] ? 1u : 0u;
        count += matched == sizeof MARK - 1u ? 1u : 0u;
        matched = matched == sizeof MARK - 1u ? 0u : matched;
    }
    return count;
}

FUZZ_UNSEEN static unsigned count_dels(const char *text, size_t len)
{
    unsigned count = 0;
    for (size_t at = 0; at < len; at++) {
        count += text[at] == '\177' || (at > 0u && text[at - 1u] == '7' && (text[at] | 0x20) == 'f') ? 1u : 0u;
    }
    return count;
}

/* Everything in the span as one number. The order of its attributes counts. */
static uint64_t digest(uspan_t s, bool whole)
{
    static char text[USPAN_VALUE_MAX + 1u];
    uspan_view_t view;
    CHECK(uspan_read(&fuzz_tracer, s, &view) == USPAN_OK && view.ended && (!whole || view.dropped_attrs == 0u));
    uint64_t hash = mix(1u, view.name, view.name_len);
    for (unsigned i = 0; i < view.attr_count; i++) {
        uspan_value_t v, element;
        CHECK(uspan_read_attr(&fuzz_tracer, s, USPAN_OF_SPAN, i, &v) == USPAN_OK);
        hash = mix(hash, v.key->text, v.key->len);
        if (v.type == USPAN_TYPE_TEXT) {
            size_t len = uspan_read_text(&fuzz_tracer, s, USPAN_OF_SPAN, i, 0, text, sizeof text);
            hash = mix(hash, text, len);
            if ((v.key->flags & USPAN_KEY_CONTENT) != 0u) {
                check_json(text, len);
            }
        } else if (v.type == USPAN_TYPE_TEXTS) {
            for (unsigned k = 0; k < v.len; k++) {
                CHECK(uspan_read_element(&fuzz_tracer, s, USPAN_OF_SPAN, i, k, &element, text, sizeof text) == USPAN_OK);
                hash = mix(hash, text, element.len < sizeof text ? element.len : sizeof text);
            }
        } else {
            hash = mix(hash, &v.i, sizeof v.i);
            hash = mix(hash, &v.d, sizeof v.d);
        }
    }
    return mix(hash, &view.status, sizeof view.status);
}

/* USPAN_FUZZ_SHOW=1 prints the bodies and the span of each run, for one input. */
static bool shows(void)
{
    static int shown = -1;
    shown = shown < 0 ? getenv("USPAN_FUZZ_SHOW") != NULL : shown;
    return shown != 0;
}

static void show_span(uspan_t s, unsigned unread)
{
    static char text[USPAN_VALUE_MAX + 1u];
    uspan_view_t view;
    CHECK(uspan_read(&fuzz_tracer, s, &view) == USPAN_OK);
    printf("\n==== span %.*s, status %d, unread %u\n", (int)view.name_len, view.name, (int)view.status, unread);
    for (unsigned i = 0; i < view.attr_count; i++) {
        uspan_value_t v, element;
        CHECK(uspan_read_attr(&fuzz_tracer, s, USPAN_OF_SPAN, i, &v) == USPAN_OK);
        printf("%.*s:", (int)v.key->len, v.key->text);
        if (v.type == USPAN_TYPE_TEXT) {
            size_t len = uspan_read_text(&fuzz_tracer, s, USPAN_OF_SPAN, i, 0, text, sizeof text);
            printf(" %.*s\n", (int)len, text);
        } else if (v.type == USPAN_TYPE_TEXTS) {
            for (unsigned k = 0; k < v.len; k++) {
                (void)uspan_read_element(&fuzz_tracer, s, USPAN_OF_SPAN, i, k, &element, text, sizeof text);
                printf(" %.*s", (int)element.len, text);
            }
            printf("\n");
        } else {
            printf(" %lld %g\n", (long long)v.i, v.d);
        }
    }
}

#define PIECE_MAX 13u

static void feed(uspan_wire_t *w, void (*call)(uspan_wire_t *, const void *, size_t), const char *data, size_t len,
                 uint32_t seed)
{
    static uint8_t *pieces[PIECE_MAX + 1u]; /* of exactly this number of bytes */
    while (len > 0u) {
        seed = seed * 1664525u + 1013904223u;
        size_t n = 1u + (seed >> 24) % PIECE_MAX;
        n = n < len ? n : len;
        if (pieces[n] == NULL) {
            pieces[n] = fuzz_copy((const uint8_t *)data, n);
        }
        memcpy(pieces[n], data, n);
        call(w, pieces[n], n);
        data += n;
        len -= n;
    }
}

/* The exchange, in pieces unless seed is 0. */
static uint64_t play(const char *url, const char *data, size_t len, uint8_t how, uint32_t seed)
{
    static const int statuses[] = { 200, 0, 429, 500 };
    uspan_wire_t w;
    memset(&w, 0x5A, sizeof w);
    uspan_t s = uspan_wire_begin(&w, &fuzz_tracer, USPAN_ROOT, url);
    const char *end = memchr(data, '\0', len);
    size_t request_len = end != NULL ? (size_t)(end - data) : len / 2u;
    size_t skip = end != NULL ? request_len + 1u : request_len;
    if (seed == 0u) {
        void *request = fuzz_copy((const uint8_t *)data, request_len);
        void *response = fuzz_copy((const uint8_t *)data + skip, len - skip);
        uspan_wire_request(&w, request, request_len);
        uspan_wire_response(&w, response, len - skip);
        free(request);
        free(response);
    } else {
        feed(&w, uspan_wire_request, data, request_len, seed);
        feed(&w, uspan_wire_response, data + skip, len - skip, seed + 1u);
    }
    const char *error = (how & HOW_FAILED) != 0u ? "timeout" : NULL;
    uspan_err_t ended = uspan_wire_end(&w, statuses[how & HOW_STATUS], error);
    static char messages[USPAN_VALUE_MAX + 1u];
    uspan_value_t output;
    unsigned index;
    if (uspan_find_attr(&fuzz_tracer, s, USPAN_OF_SPAN, "gen_ai.output.messages", &output, &index) == USPAN_OK) {
        size_t told = uspan_read_text(&fuzz_tracer, s, USPAN_OF_SPAN, index, 0, messages, sizeof messages);
        CHECK(count_marks(messages, told) <= count_dels(data + skip, len - skip));
    }
    CHECK(ended >= USPAN_OK || ((how & HOW_DRY) != 0u && ended == USPAN_ERR_FULL));
    unsigned unread = uspan_wire_unread(&w);
    if (shows()) {
        printf("\n==== %s, seed %u\n", url, (unsigned)seed);
        (void)fwrite(data, 1u, len, stdout);
        show_span(s, unread);
        (void)fflush(stdout);
    }
    CHECK(uspan_wire_end(&w, 200, NULL) == USPAN_ERR_STALE);
    uint64_t hash = mix(digest(s, (how & HOW_DRY) == 0u), &unread, sizeof unread);
    for (unsigned i = 0; i < 3u; i++) { /* tools that the response requested, and one that it did not */
        uspan_t tool = uspan_wire_tool_begin(&w, &fuzz_tracer, USPAN_ROOT, NULL, i == 2u ? "a" : NULL);
        CHECK(uspan_tool_end(&fuzz_tracer, tool, NULL) == USPAN_OK);
        uint64_t own = digest(tool, (how & HOW_DRY) == 0u);
        hash = mix(hash, &own, sizeof own);
    }
    return hash;
}

/* urls, words: of the dialect. */
static int fuzz_wire(const char *const *urls, size_t url_count, const char *const *words, size_t word_count,
                     const uint8_t *data, size_t len)
{
    if (len < 3u) {
        return 0;
    }
    const char *url = urls[data[0] % url_count];
    uint8_t how = data[1];
    size_t expanded;
    char *text = fuzz_expand(words, word_count, data + 2, len - 2u, BODIES_MAX, &expanded);
    uint64_t seen[3];
    for (uint32_t seed = 0; seed < 3u; seed++) { /* in one piece, in random pieces, in other random pieces */
        fuzz_begin();
        uspan_set_content(&fuzz_tracer, (how & HOW_NO_CONTENT) == 0u);
        if ((how & HOW_DRY) != 0u) {
            run_dry((unsigned)how >> HOW_LEFT_SHIFT);
        }
        seen[seed] = play(url, text, expanded, how, seed * (77u + data[2]));
    }
    CHECK((seen[0] == seen[1] && seen[0] == seen[2]) || (how & HOW_DRY) != 0u); /* then the pieces matter */
    const char *zero = memchr(text, '\0', expanded);
    size_t request_len = zero != NULL ? (size_t)(zero - text) : expanded / 2u;
    unsigned count = exchange_members(text, request_len);
    count += exchange_members(text + request_len, expanded - request_len);
    if ((how & HOW_DRY) == 0u && count > 0u && !keeps_json(text, expanded)) {
        fuzz_begin();
        uspan_set_content(&fuzz_tracer, (how & HOW_NO_CONTENT) == 0u);
        CHECK(seen[0] == play(url, text, expanded, how, 0u));
    }
    free(text);
    return 0;
}

#endif
