/* http_request.c: writes RFC 9112 request heads. Invariant: Content-Length is always known, and secrets are
 * written only to the send buffer. */
#include "export/http_request.h"
#include <string.h>
#include "export/headers.h"
#include "export/proxy_url.h"

#define AGENT "User-Agent: uspan/" USPAN_VERSION " (C)\r\n"
#if USPAN_KEEP_ALIVE_MS == 0
#define LAST_OWN "\r\nConnection: close\r\n"
#else
#define LAST_OWN "\r\n"
#endif

#if USPAN_WITH_HEADERS
/* Write the configured headers, and uspan's User-Agent if they have none. */
static void put_pairs(uspan_window_t *w, const uspan_target_t *target)
{
    const char *list = target->headers;
    uspan_pair_t pair;
    size_t pos = 0;
    bool agent = false;
    while (target->headers_flawed != 0u ? uspan_header_next(list, &pos, &pair)
                                        : uspan_pair_next(list, &pos, &pair) == USPAN_OK) {
        agent = agent || uspan_word_index("user-agent\0", pair.key, pair.key_len) != 0u;
        uspan_window_put(w, pair.key, pair.key_len);
        uspan_window_text(w, ": ");
        size_t at = 0;
        for (int c; (c = uspan_percent_byte(pair.value, pair.value_len, &at)) >= 0;) {
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

/* Write host and port. A dot at the end of the host name is for DNS only and is removed. */
static void put_authority(uspan_window_t *w, const uspan_url_t *url)
{
    size_t len = strlen(url->host), all = (size_t)(url->path - url->authority);
    bool has_dot = len > 1u && url->authority[len - 1u] == '.';
    uspan_window_put(w, url->authority, has_dot ? len - 1u : len);
    uspan_window_put(w, url->authority + len, all - len);
}

void uspan_request_render(const uspan_target_t *target, const uspan_http_request_t *r, uspan_window_t *w)
{
    const uspan_url_t *url = &target->url;
    const char *path = USPAN_ONLY_BATCHES || r->path == NULL ? url->path : r->path;
    uspan_window_text(w, USPAN_ONLY_BATCHES ? "POST " : r->method);
#if USPAN_HTTP_PROXY
    const bool by_proxy = uspan_proxy_plain_possible() && target->transport != NULL &&
                          (target->transport->flags & USPAN_TRANSPORT_PROXY) != 0u;
    if (by_proxy) { /* RFC 9112 §3.2.2 */
        uspan_window_text(w, "http://");
        put_authority(w, url);
    }
#endif
    if (path[0] != '/') {
        uspan_window_text(w, "/"); /* no path, or only a query */
    }
    size_t len = 0;
    while (path[len] != '\0' && path[len] != '#') {
        len++;
    }
    uspan_window_put(w, path, len);
    uspan_window_text(w, " HTTP/1.1\r\nHost: ");
    put_authority(w, url);
#if USPAN_HTTP_PROXY
    if (by_proxy) {
        const uspan_proxy_t *proxy = target->transport->ctx;
        proxy->authorize(proxy, w);
    }
#endif
#if USPAN_ONLY_BATCHES
    uspan_window_labelled(w, "\r\nContent-Type: application/x-protobuf\r\nContent-Length: ", r->body_len);
#else
    if (r->content_type != NULL) {
        uspan_window_text(w, "\r\nContent-Type: ");
        uspan_window_text(w, r->content_type);
        uspan_window_labelled(w, "\r\nContent-Length: ", r->body_len);
    }
#endif
#if USPAN_GZIP
    if (r->is_gzip) {
        uspan_window_text(w, "\r\nContent-Encoding: gzip");
    }
#endif
#if USPAN_WITH_HEADERS
    uspan_window_text(w, LAST_OWN);
    put_pairs(w, target);
    put_basic(w, target);
    uspan_window_text(w, "\r\n");
#else
    uspan_window_text(w, LAST_OWN AGENT "\r\n");
#endif
}
