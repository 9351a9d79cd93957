/* request.c: RFC 9112 request heads. Content-Length is always known; nothing secret passes anywhere but the
 * send buffer. */
#include "request.h"
#include <string.h>
#include "headers.h"

void uspan_window_put(uspan_window_t *w, const void *data, size_t len)
{
    const uint8_t *from = data;
    size_t at = w->at;
    w->at += len;
    if (at + len <= w->from || at >= w->from + w->cap) {
        return;
    }
    size_t skip = at < w->from ? w->from - at : 0u;
    size_t to = at + skip - w->from;
    size_t n = len - skip;
    n = n < w->cap - to ? n : w->cap - to;
    memcpy(w->out + to, from + skip, n);
}

void uspan_window_text(uspan_window_t *w, const char *text)
{
    uspan_window_put(w, text, strlen(text));
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

static void put_char(uspan_window_t *w, char c)
{
    uspan_window_put(w, &c, 1u);
}

static bool is_user_agent(const uspan_pair_t *pair)
{
    static const char name[] = "user-agent";
    if (pair->key_len != sizeof name - 1u) {
        return false;
    }
    for (size_t i = 0; i < pair->key_len; i++) {
        if ((pair->key[i] | 0x20) != name[i]) { /* a token has no CR, so only a dash becomes a dash */
            return false;
        }
    }
    return true;
}

/* The configured headers; false where they hold no User-Agent. */
static bool put_pairs(uspan_window_t *w, const char *list)
{
    uspan_pair_t pair;
    size_t pos = 0;
    bool agent = false;
    while (uspan_pair_next(list, &pos, &pair) == USPAN_OK) {
        agent = agent || is_user_agent(&pair);
        uspan_window_put(w, pair.key, pair.key_len);
        uspan_window_text(w, ": ");
        size_t at = 0;
        for (int c; (c = uspan_pair_byte(pair.value, pair.value_len, &at)) >= 0;) {
            put_char(w, (char)c);
        }
        uspan_window_text(w, "\r\n");
    }
    return agent;
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
        size_t user_len = strlen(target->basic_user);
        size_t pass_len = target->basic_pass != NULL ? strlen(target->basic_pass) : 0u;
        size_t n = uspan_base64_len(user_len + 1u + pass_len);
        for (size_t i = 0; i < n; i++) {
            put_char(w, uspan_basic_char(target->basic_user, user_len, target->basic_pass, pass_len, i));
        }
    }
    uspan_window_text(w, "\r\n");
}

void uspan_request_render(const uspan_target_t *target, const uspan_request_t *r, uspan_window_t *w)
{
    const uspan_url_t *url = &target->url;
    const char *path = r->path != NULL ? r->path : url->path;
    uspan_window_text(w, r->method);
    if (path[0] != '/') {
        put_char(w, '/'); /* none, or a query only */
    }
    uspan_window_put(w, path, strcspn(path, "#"));
    uspan_window_text(w, " HTTP/1.1\r\nHost: ");
    uspan_window_text(w, url->literal6 ? "[" : "");
    uspan_window_text(w, url->host);
    uspan_window_text(w, url->literal6 ? "]" : "");
    if (url->port != (url->tls ? 443u : 80u)) {
        put_char(w, ':');
        uspan_window_number(w, url->port);
    }
    uspan_window_text(w, "\r\n");
    if (r->content_type != NULL) {
        uspan_window_text(w, "Content-Type: ");
        uspan_window_text(w, r->content_type);
        uspan_window_text(w, "\r\nContent-Length: ");
        uspan_window_number(w, r->body_len);
        uspan_window_text(w, "\r\n");
    }
    if (USPAN_KEEP_ALIVE_MS == 0) {
        uspan_window_text(w, "Connection: close\r\n");
    }
    if (!put_pairs(w, target->headers)) {
        uspan_window_text(w, "User-Agent: uspan/" USPAN_VERSION " (C)\r\n");
    }
    put_basic(w, target);
    uspan_window_text(w, "\r\n");
}
