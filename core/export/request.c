/* request.c: RFC 9112 request heads. Content-Length is always known; nothing secret passes anywhere but the
 * send buffer. */
#include "request.h"
#include <string.h>
#include "headers.h"

void uspan_window_put(uspan_window_t *w, const void *data, size_t len)
{
    const uint8_t *from = data;
    size_t skip = w->at < w->from ? w->from - w->at : 0u; /* passed over */
    size_t to = w->at + skip - w->from;
    w->at += len;
    if (skip < len && to < w->cap) {
        size_t n = len - skip;
        memcpy(w->out + to, from + skip, n < w->cap - to ? n : w->cap - to);
    }
}

void uspan_window_text(uspan_window_t *w, const char *text)
{
    uspan_window_put(w, text, strlen(text));
}

void uspan_window_char(uspan_window_t *w, char c)
{
    uspan_window_put(w, &c, 1u);
}

void uspan_window_number(uspan_window_t *w, uint32_t n)
{
    char digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + n % 10u);
        n /= 10u;
    } while (n > 0u);
    uspan_window_put(w, digits + at, sizeof digits - at);
}

/* Four digits of 24 bits, those beyond `digits` as padding. */
static void put_group(uspan_window_t *w, uint32_t group, unsigned digits)
{
    for (unsigned i = 0; i < 4u; i++, group <<= 6) {
        unsigned digit = group >> 18 & 63u;
        unsigned c = digit < 26u ? 'A' + digit : digit < 52u ? 'a' - 26u + digit : digit - 52u + '0';
        c = digit == 62u ? '+' : digit == 63u ? '/' : c;
        uspan_window_char(w, i < digits ? (char)c : '=');
    }
}

void uspan_window_basic(uspan_window_t *w, const char *user, const char *pass)
{
    uint32_t group = 1u; /* the 1 in front counts the bytes */
    for (const char *text = user;;) {
        unsigned c = (uint8_t)*text++;
        if (c == 0u) {
            if (pass == NULL) {
                break;
            }
            c = ':';
            text = pass;
            pass = NULL;
        }
        group = group << 8 | c;
        if (group >> 24 != 0u) {
            put_group(w, group, 4u);
            group = 1u;
        }
    }
    if (group > 1u) {
        bool one = group >> 16 == 0u;
        put_group(w, group << (one ? 16 : 8), one ? 2u : 3u);
    }
}

#define AGENT "User-Agent: uspan/" USPAN_VERSION " (C)\r\n"
#if USPAN_KEEP_ALIVE_MS == 0
#define LAST_OWN "\r\nConnection: close\r\n"
#else
#define LAST_OWN "\r\n"
#endif

#if USPAN_WITH_HEADERS
/* The configured headers, and ours where they hold no User-Agent. */
static void put_pairs(uspan_window_t *w, const char *list)
{
    uspan_pair_t pair;
    size_t pos = 0;
    bool agent = false;
    while (uspan_pair_next(list, &pos, &pair) == USPAN_OK) {
        agent = agent || uspan_word_index("user-agent\0", pair.key, pair.key_len) != 0u;
        uspan_window_put(w, pair.key, pair.key_len);
        uspan_window_text(w, ": ");
        size_t at = 0;
        for (int c; (c = uspan_pair_byte(pair.value, pair.value_len, &at)) >= 0;) {
            uspan_window_char(w, (char)c);
        }
        uspan_window_text(w, "\r\n");
    }
    if (!agent) {
        uspan_window_text(w, AGENT);
    }
}

static void put_basic(uspan_window_t *w, const uspan_target_t *target)
{
    if (target->basic64 == NULL && target->basic_user == NULL) {
        return;
    }
    uspan_window_text(w, "Authorization: Basic ");
    if (target->basic64 != NULL) {
        uspan_window_text(w, target->basic64);
    } else {
        uspan_window_basic(w, target->basic_user, target->basic_pass != NULL ? target->basic_pass : "");
    }
    uspan_window_text(w, "\r\n");
}

#endif

void uspan_request_render(const uspan_target_t *target, const uspan_request_t *r, uspan_window_t *w)
{
    const uspan_url_t *url = &target->url;
    const char *path = USPAN_ONLY_BATCHES || r->path == NULL ? url->path : r->path;
    uspan_window_text(w, USPAN_ONLY_BATCHES ? "POST " : r->method);
    if (path[0] != '/') {
        uspan_window_text(w, "/"); /* none, or a query only */
    }
    uspan_window_put(w, path, strcspn(path, "#"));
    uspan_window_text(w, " HTTP/1.1\r\nHost: ");
    uspan_window_put(w, url->authority, (size_t)(url->path - url->authority));
#if USPAN_ONLY_BATCHES
    uspan_window_text(w, "\r\nContent-Type: application/x-protobuf\r\nContent-Length: ");
    uspan_window_number(w, r->body_len);
#else
    if (r->content_type != NULL) {
        uspan_window_text(w, "\r\nContent-Type: ");
        uspan_window_text(w, r->content_type);
        uspan_window_text(w, "\r\nContent-Length: ");
        uspan_window_number(w, r->body_len);
    }
#endif
#if USPAN_WITH_HEADERS
    uspan_window_text(w, LAST_OWN);
    put_pairs(w, target->headers);
    put_basic(w, target);
    uspan_window_text(w, "\r\n");
#else
    uspan_window_text(w, LAST_OWN AGENT "\r\n");
#endif
}
