/* proxy.c: a transport through an HTTP proxy. With `tunnel` it sends CONNECT (RFC 9110 §9.3.6). Without, the
 * requests name the collector (http_request.c writes them), and responses are only checked for a 407.
 * Invariant: of the proxy's own response only the status is used. No byte of it reaches the layer above a
 * tunnel. */
#include <string.h>
#include "export/window.h"
#include "export/log_line.h"
#include "export/url.h"
#include "trace/ascii.h"

#if USPAN_HTTP_PROXY

enum { CLOSED, CONNECTING, ASKING, LISTENING, OPEN, DIRECT };

#define ANSWER_MAX 4096u      /* bytes of a head, which proxies make longer */
#define STATUS_BYTES 12u      /* "HTTP/1.1 200" */
#define ANSWER_OVER UINT8_MAX /* in line_at: the rest of the response is not read */

static const char why_407[] = USPAN_WORDS(
    "the proxy wants a user name and password (407): http://user:password@host:port", "407 of the proxy");
static const char why_refused[] = USPAN_WORDS("the proxy refused this user name or password", "407 again");

/* Parse the URL of the proxy. Returns NULL if it can be used, otherwise what is wrong. */
static const char *take_apart(const char *text, uspan_url_t *url, const char **user, size_t *user_len)
{
    *user = NULL;
    *user_len = 0;
    if (text == NULL) {
        return USPAN_WORDS("no proxy: set USPAN_PROXY", "no proxy");
    }
    for (size_t i = 0; i < 7u; i++) {
        if (uspan_lower(text[i]) != "http://"[i]) {
            return USPAN_WORDS("a proxy's URL must begin with http://", "proxy unusable");
        }
    }
    text += 7;
    size_t len = strcspn(text, "/?#"), at = 0;
    for (size_t i = 0; i < len; i++) {
        at = text[i] == '@' ? i + 1u : at;
    }
    if (at > 0u) {
        *user = text;
        *user_len = at - 1u;
        size_t pos = 0;
        int c;
        while ((c = uspan_percent_byte(text, at - 1u, &pos)) >= 0) {
            if (c == 0) {
                return USPAN_WORDS("a zero byte in the proxy's user name", "proxy unusable");
            }
        }
        if (c == -2 || at > UINT16_MAX) {
            return USPAN_WORDS("broken % in the proxy's user name or password: write %25", "proxy unusable");
        }
    }
    return uspan_url_authority(text + at, false, url);
}

const char *uspan_proxy_wrong(const char *text)
{
    uspan_url_t url;
    const char *user;
    size_t user_len;
    return take_apart(text, &url, &user, &user_len);
}

/* Write "\r\nProxy-Authorization: Basic ..." if the URL has a user name. */
static void authorize(const uspan_proxy_t *p, uspan_window_t *w)
{
    if (p->user == NULL) {
        return;
    }
    uint32_t group = USPAN_BASE64_BEGIN;
    size_t at = 0;
    uspan_window_text(w, "\r\nProxy-Authorization: Basic ");
    for (int c; (c = uspan_percent_byte(p->user, p->user_len, &at)) >= 0;) {
        group = uspan_window_base64(w, group, (unsigned)c);
    }
    if (memchr(p->user, ':', p->user_len) == NULL) {
        group = uspan_window_base64(w, group, ':');
    }
    uspan_window_base64_end(w, group);
}

/* ---- the answer ---------------------------------------------------------------------------------------- */

static uspan_err_t give_up(uspan_proxy_t *p, uspan_err_t err, const char *why)
{
    p->state = CLOSED;
    p->why = why;
    return err;
}

/* Read the next byte of a status line. Returns true when the status is complete. It is 0 if the line has
 * none. */
static bool tells_status(uspan_proxy_t *p, uint8_t byte)
{
    static const char form[STATUS_BYTES + 1u] = "HTTP/1.d ddd";
    char want = form[p->line_at++];
    bool digit = byte - (unsigned)'0' < 10u;
    bool good = want == 'd' ? digit : want == (char)byte;
    if (p->line_at > STATUS_BYTES - 3u && digit) {
        p->status = (uint16_t)(p->status * 10u + byte - (unsigned)'0');
    }
    if (!good) {
        p->status = 0;
        p->line_at = STATUS_BYTES;
    }
    return p->line_at == STATUS_BYTES;
}

/* ---- 407 ----------------------------------------------------------------------------------------------- */

static const char wants[] = "the proxy wants ", only_basic[] = "; uspan speaks Basic only";
#define SCHEME_AT (sizeof wants - 1u)
#define WORD_OVER 15u /* the longest name in IANA's list is SCRAM-SHA-256, with 13 bytes */
USPAN_STATIC_ASSERT(sizeof(((uspan_proxy_t *)0)->words) >= SCHEME_AT + WORD_OVER + sizeof only_basic,
                    "room for the words about a scheme");

/* Read a byte after the status of a 407, to find the schemes in its Proxy-Authenticate lines (RFC 9110
 * §11.7.1). A scheme is at the start of the value or after a comma, and a blank ends it. The first one other
 * than Basic stays in words, followed by the current word. */
static void read_challenge(uspan_proxy_t *p, uint8_t byte)
{
    static const char field[] = "\nproxy-authenticate:";
    const char c = uspan_lower((char)byte);
    char *word = p->words + SCHEME_AT + p->scheme_len;
    if (p->field_at < sizeof field - 1u || c == '\n') {
        p->field_at = c == '\n' ? 1u : c == field[p->field_at] ? (uint8_t)(p->field_at + 1u) : 0u;
        p->word_len = 0u;
    } else if (c == ',' || byte <= ' ') {
        if (p->word_len > 0u && p->word_len < WORD_OVER) {
            p->has_basic = p->has_basic || uspan_word_index("basic\0", word, p->word_len) != 0u;
            p->scheme_len = p->scheme_len == 0u ? p->word_len : p->scheme_len;
            p->word_len = WORD_OVER;
        }
        p->word_len = c == ',' ? 0u : p->word_len;
    } else if (uspan_is_token((const char *)&byte, 1u) && p->word_len < WORD_OVER) {
        word[p->word_len++] = (char)byte;
    } else {
        p->word_len = WORD_OVER; /* not a scheme: too long, or a parameter */
    }
}

/* End the connection after a 407 of the proxy. */
static uspan_err_t refuse_407(uspan_proxy_t *p)
{
    if (USPAN_MESSAGE_TEXTS && !p->has_basic && p->scheme_len > 0u) {
        memcpy(p->words, wants, SCHEME_AT);
        memcpy(p->words + SCHEME_AT + p->scheme_len, only_basic, sizeof only_basic);
        return give_up(p, USPAN_ERR_CONFIG, p->words);
    }
    return give_up(p, USPAN_ERR_CONFIG, p->user != NULL ? why_refused : why_407);
}

/* Returns true if the status of a 407 was read and its head may still name schemes. */
static bool is_407(const uspan_proxy_t *p)
{
    return p->line_at == STATUS_BYTES && p->status == 407u;
}

static void begin_answer(uspan_proxy_t *p)
{
    p->status = 0;
    p->line_at = p->newlines = 0;
    p->field_at = p->word_len = p->scheme_len = 0;
    p->has_basic = false;
}

/* Read the next byte of a response. Returns true when all that is used was read: the status of a refusal,
 * otherwise the head. Interim responses may come before (RFC 9110 §15.2). */
static bool is_judged(uspan_proxy_t *p, uint8_t byte)
{
    const bool in_line = p->line_at < STATUS_BYTES;
    if (in_line && !tells_status(p, byte)) {
        return false;
    }
    const unsigned kind = p->status / 100u;
    const bool is_interim = kind == 1u && p->status != 101u;
    if (in_line) {
        return kind != 2u && !is_interim && !(USPAN_MESSAGE_TEXTS && is_407(p));
    }
    if (USPAN_MESSAGE_TEXTS && is_407(p)) {
        read_challenge(p, byte);
    }
    p->newlines = byte == '\n' ? (uint8_t)(p->newlines + 1u) : byte == '\r' ? p->newlines : 0u;
    if (p->newlines == 2u && is_interim) {
        begin_answer(p);
    }
    return p->newlines == 2u;
}

/* End the connection after a CONNECT response that is not a success. */
static uspan_err_t refuse_tunnel(uspan_proxy_t *p)
{
    if (p->status == 407u || p->status == 401u) { /* tinyproxy sends 401 for a wrong password */
        return refuse_407(p);
    }
    if (p->status < 100u || p->status > 599u) {
        return give_up(p, USPAN_ERR_IO, USPAN_WORDS("the proxy's response is not HTTP", "proxy"));
    }
    uspan_window_t w = { .out = (uint8_t *)p->words, .cap = sizeof p->words - 1u };
    uspan_window_text(&w, USPAN_WORDS("the proxy refused a tunnel: ", "proxy "));
    uspan_window_number(&w, p->status);
    p->words[w.at] = '\0';
    bool forbidden = p->status / 100u == 4u && p->status != 408u && p->status != 429u;
    return give_up(p, forbidden ? USPAN_ERR_CONFIG : USPAN_ERR_IO, p->words);
}

/* Read the response to CONNECT up to the empty line at its end. */
static uspan_err_t listen_step(uspan_proxy_t *p)
{
    uint8_t buf[64];
    int32_t n = p->under->recv(p->under->ctx, buf, sizeof buf);
    if (n <= 0 && is_407(p)) {
        return refuse_407(p); /* no more of it will come */
    }
    if (n == 0) {
        return USPAN_ERR_AGAIN;
    }
    if (n < 0) {
        const char *why = p->under->last_error_text(p->under->ctx);
        bool said = n != USPAN_ERR_CLOSED && why[0] != '\0';
        return give_up(p, USPAN_ERR_IO,
                       said ? why : USPAN_WORDS("the proxy closed the connection", "proxy closed"));
    }
    for (int32_t i = 0; i < n; i++) {
        if (!is_judged(p, buf[i])) {
            continue;
        }
        if (p->status / 100u != 2u) {
            return refuse_tunnel(p);
        }
        p->state = OPEN;
        return i + 1 == n ? USPAN_OK
                          : give_up(p, USPAN_ERR_IO,
                                    USPAN_WORDS("the proxy sent data after its response", "proxy bytes"));
    }
    p->at = (uint16_t)(p->at + (unsigned)n);
    if (p->at >= ANSWER_MAX && is_407(p)) {
        return refuse_407(p);
    }
    return p->at < ANSWER_MAX
               ? USPAN_ERR_AGAIN
               : give_up(p, USPAN_ERR_IO, USPAN_WORDS("the proxy's response is too long", "proxy head"));
}

/* ---- transport ----------------------------------------------------------------------------------------- */

static void put_peer(uspan_window_t *w, const uspan_peer_t *peer)
{
    bool literal6 = strchr(peer->host, ':') != NULL;
    uspan_window_text(w, literal6 ? "[" : "");
    uspan_window_text(w, peer->host);
    uspan_window_text(w, literal6 ? "]:" : ":");
    uspan_window_number(w, peer->port);
}

/* Send more of the CONNECT request. */
static uspan_err_t ask_step(uspan_proxy_t *p, const uspan_peer_t *peer)
{
    uint8_t buf[64];
    uspan_window_t w = { .out = buf, .from = p->at, .cap = sizeof buf };
    uspan_window_text(&w, "CONNECT ");
    put_peer(&w, peer);
    uspan_window_text(&w, " HTTP/1.1\r\nHost: ");
    put_peer(&w, peer);
    authorize(p, &w);
    uspan_window_text(&w, "\r\n\r\n");
    size_t left = w.at - p->at;
    int32_t n = p->under->send(p->under->ctx, buf, left < sizeof buf ? left : sizeof buf);
    if (n < 0) {
        return give_up(p, USPAN_ERR_IO, p->under->last_error_text(p->under->ctx));
    }
    p->at = (uint16_t)(p->at + (unsigned)n);
    if (p->at == w.at) {
        p->state = LISTENING;
        p->at = 0;
        begin_answer(p);
    }
    return USPAN_ERR_AGAIN;
}

static uspan_err_t open_proxy(void *ctx, const uspan_peer_t *peer)
{
    uspan_proxy_t *p = ctx;
    uspan_err_t err;
    switch (p->state) {
    case CLOSED:
        p->why = "";
        p->at = 0;
        p->state =
            p->tunnel && p->is_direct != NULL && p->is_direct(p->direct_ctx, peer) ? DIRECT : CONNECTING;
        return USPAN_ERR_AGAIN;
    case CONNECTING:
        p->peer.has_failed = peer->has_failed;
        err = p->under->open(p->under->ctx, &p->peer);
        if (err == USPAN_OK && p->tunnel) {
            p->state = ASKING;
            return USPAN_ERR_AGAIN;
        }
        if (err == USPAN_OK) {
            p->state = OPEN;
            begin_answer(p);
        }
        return err == USPAN_OK || err == USPAN_ERR_AGAIN
                   ? err
                   : give_up(p, err, p->under->last_error_text(p->under->ctx));
    case ASKING:
        return ask_step(p, peer);
    case LISTENING:
        return listen_step(p);
    case DIRECT:
        return p->under->open(p->under->ctx, peer);
    default:
        return USPAN_OK;
    }
}

static int32_t send_proxy(void *ctx, const uint8_t *buf, size_t len)
{
    uspan_proxy_t *p = ctx;
    if (!is_407(p)) {
        begin_answer(p); /* the next response starts at its first byte */
    }
    return p->state >= OPEN ? p->under->send(p->under->ctx, buf, len) : USPAN_ERR_IO;
}

static int32_t recv_proxy(void *ctx, uint8_t *buf, size_t len)
{
    uspan_proxy_t *p = ctx;
    if (p->state < OPEN) {
        return USPAN_ERR_IO;
    }
    int32_t n = p->under->recv(p->under->ctx, buf, len);
    if (p->tunnel || p->line_at == ANSWER_OVER) {
        return n;
    }
    bool judged = n <= 0;
    for (int32_t i = 0; !judged && i < n; i++) {
        judged = is_judged(p, buf[i]);
    }
    if (is_407(p)) { /* the settings are wrong, not the batch */
        return judged ? (int32_t)refuse_407(p) : 0;
    }
    p->line_at = judged && n > 0 ? ANSWER_OVER : p->line_at;
    return n;
}

static void close_proxy(void *ctx)
{
    uspan_proxy_t *p = ctx;
    p->state = CLOSED;
    p->under->close(p->under->ctx);
}

static const char *why_proxy(void *ctx)
{
    const uspan_proxy_t *p = ctx;
    return p->why[0] != '\0' ? p->why : p->under->last_error_text(p->under->ctx);
}

uspan_err_t uspan_proxy_init_sized(uspan_proxy_t *p, const uspan_transport_t *under,
                                   const uspan_proxy_options_t *options, uspan_transport_t *out,
                                   size_t proxy_size)
{
    uspan_url_t url;
    size_t user_len;
    if (proxy_size != sizeof *p || p == NULL || under == NULL || under->abi != USPAN_TRANSPORT_ABI ||
        options == NULL || out == NULL) {
        return USPAN_ERR_ARG;
    }
    const char *text = options->url;
#ifdef USPAN_PROXY
    text = text != NULL ? text : USPAN_PROXY;
#endif
    memset(p, 0, sizeof *p);
    if (take_apart(text, &url, &p->user, &user_len) != NULL) {
        return USPAN_ERR_CONFIG;
    }
    p->user_len = (uint16_t)user_len;
    p->under = under;
    p->tunnel = options->tunnel;
    p->is_direct = options->is_direct;
    p->direct_ctx = options->direct_ctx;
    p->why = "";
    p->authorize = authorize;
    memcpy(p->host, url.host, sizeof p->host);
    p->peer.host = p->host;
    p->peer.port = url.port;
    *out = (uspan_transport_t){
        .abi = USPAN_TRANSPORT_ABI,
        .flags = p->tunnel ? 0u : USPAN_TRANSPORT_PROXY,
        .ctx = p,
        .open = open_proxy,
        .send = send_proxy,
        .recv = recv_proxy,
        .close = close_proxy,
        .last_error_text = why_proxy,
    };
    return USPAN_OK;
}
#endif
