/* proxy.c: a transport through an HTTP proxy. With `tunnel` it sends CONNECT (RFC 9110 §9.3.6). Without, the
 * requests name the collector (http_request.c writes them), and responses are only checked for a 407.
 * Invariant: of the proxy's own response only the status is used. No byte of it reaches the layer above a
 * tunnel. */
#include <string.h>
#include "export/log_line.h"
#include "export/proxy_schemes.h"
#include "export/proxy_url.h"
#include "export/window.h"
#include "trace/ascii.h"
#include "trace/lock.h"

#if USPAN_HTTP_PROXY

enum { CLOSED, CONNECTING, DIRECT, ASKING, LISTENING, OPEN };

#define ANSWER_MAX 4096u       /* bytes of a head, which proxies make longer */
#define STATUS_BYTES 12u       /* "HTTP/1.1 200" */
#define ANSWER_OVER UINT16_MAX /* in at: the rest of the response is not read */
#define IS_TUNNEL(p) (!uspan_proxy_plain_possible() || (p)->tunnel)

/* ---- the user name ------------------------------------------------------------------------------------- */

#if USPAN_PROXY_FIXED
USPAN_STATIC_ASSERT(sizeof(USPAN_PROXY) > 8u, "USPAN_PROXY: http://host:port");
/* What follows "http://" in USPAN_PROXY, and the '@' after its user name. The compiler folds all of them. */
#define AFTER_SCHEME (&USPAN_PROXY[7])
#define FIXED_AT strrchr(AFTER_SCHEME, '@')
#define USER(p) ((void)(p), FIXED_AT != NULL ? AFTER_SCHEME : NULL)
#define USER_LEN(p) ((void)(p), (size_t)(FIXED_AT - AFTER_SCHEME))
#define USER_HINT
#else
#define USER(p) ((p)->user)
#define USER_LEN(p) ((size_t)(p)->user_len)
#define USER_HINT ": http://user:password@host:port"
#endif

/* Returns the next byte of the user name, or below 0 at its end. */
static int next_user_byte(const uspan_proxy_t *p, size_t *at)
{
#if USPAN_PROXY_FIXED
    if (strchr(AFTER_SCHEME, '%') == NULL) { /* folded: nothing to decode */
        return *at < USER_LEN(p) ? (uint8_t)USER(p)[(*at)++] : -1;
    }
#endif
    return uspan_percent_byte(USER(p), USER_LEN(p), at);
}

#if USPAN_PROXY_FIXED
#define SHORT_HOST 12u   /* bytes of a host that costs less as instructions than as a part of USPAN_PROXY */
#define FOLDED_BYTES 48u /* of the longest user name and password that the compiler encodes */
/* Bytes of "user:password", with the ':' that USPAN_PROXY may lack. */
#define FOLDED_LEN (USER_LEN(NULL) + (memchr(AFTER_SCHEME, ':', USER_LEN(NULL)) == NULL))
#define FOLDED_BYTE(at) \
    ((at) < USER_LEN(NULL) ? (uint8_t)AFTER_SCHEME[at] : (at) < FOLDED_LEN ? (unsigned)':' : 0u)
#define LETTER(bits) "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(bits)&63u]
#endif

/* Write base64 of the user name of USPAN_PROXY if the compiler can compute it. Firmware then has the result
 * and no code for base64. Returns false otherwise: the name is long, or has a '%'. */
static inline bool put_folded_user(uspan_window_t *w)
{
#if USPAN_PROXY_FIXED
    char out[FOLDED_BYTES / 3u * 4u];
    const size_t len = FOLDED_LEN;
    if (len > FOLDED_BYTES || strchr(AFTER_SCHEME, '%') != NULL) {
        return false;
    }
#pragma GCC unroll 16
    for (size_t at = 0; at < FOLDED_BYTES; at += 3u) {
        if (at < len) {
            const unsigned group = FOLDED_BYTE(at) << 16 | FOLDED_BYTE(at + 1u) << 8 | FOLDED_BYTE(at + 2u);
            char *to = out + at / 3u * 4u;
            to[0] = LETTER(group >> 18);
            to[1] = LETTER(group >> 12);
            to[2] = LETTER(group >> 6);
            to[3] = LETTER(group);
            if (at + 1u == len) {
                to[2] = '=';
            }
            if (at + 2u >= len) {
                to[3] = '=';
            }
        }
    }
    uspan_window_put(w, out, (len + 2u) / 3u * 4u);
    return true;
#else
    (void)w;
    return false;
#endif
}

/* Write "\r\nProxy-Authorization: Basic ..." if the URL has a user name. */
static void authorize(const uspan_proxy_t *p, uspan_window_t *w)
{
    if (USER(p) == NULL) {
        return;
    }
    uint32_t group = USPAN_BASE64_BEGIN;
    size_t at = 0;
    uspan_window_text(w, "\r\nProxy-Authorization: Basic ");
    if (put_folded_user(w)) {
        return;
    }
    for (int c; (c = next_user_byte(p, &at)) >= 0;) {
        group = uspan_window_base64(w, group, (unsigned)c);
    }
    if (memchr(USER(p), ':', USER_LEN(p)) == NULL) {
        group = uspan_window_base64(w, group, ':');
    }
    uspan_window_base64_end(w, group);
}

/* ---- the response -------------------------------------------------------------------------------------- */

/* The number of the status follows. is_judged() writes it there. */
static const char refused[] = USPAN_WORDS("proxy refused a tunnel: ", "the proxy: ");
#define NUMBER_AT (sizeof refused - 1u)
USPAN_STATIC_ASSERT(sizeof refused > STATUS_BYTES - 3u, "words has room before the number for the version");

/* Returns true if the head after this status is read for the schemes that it names. */
static bool names_schemes(unsigned status)
{
    return USPAN_PROXY_SCHEMES && status == 407u;
}

/* Returns true if the status of a 407 was read. */
static bool is_407(const uspan_proxy_t *p)
{
    return p->at >= STATUS_BYTES && p->status == 407u;
}

static void begin_answer(uspan_proxy_t *p)
{
    p->at = p->status = 0;
    p->at_line = false;
#if USPAN_PROXY_SCHEMES
    uspan_proxy_schemes_begin(p);
#endif
}

/* Read the next byte of a response. Returns true when all that is used was read: the status of a refusal,
 * otherwise the head. Interim responses may come before (RFC 9110 §15.2). status is 0 if it is not HTTP, or
 * too long. */
USPAN_NOINLINE_SMALL static bool is_judged(uspan_proxy_t *p, uint8_t byte)
{
    static const char form[STATUS_BYTES + 1u] = "HTTP/1.9 999"; /* 9: any digit */
    const unsigned at = p->at++;
    unsigned status = p->status;
    if (at < STATUS_BYTES) {
        const unsigned digit = byte - (unsigned)'0';
        p->words[NUMBER_AT + at - (STATUS_BYTES - 3u)] = (char)byte; /* the number for refuse() */
        if (form[at] == '9' && digit < 10u) {
            status = status * 10u + digit;
            p->status = (uint16_t)status;
            return at == STATUS_BYTES - 1u && (status - 100u > 199u || status == 101u) &&
                   !names_schemes(status);
        }
        p->status = 0; /* the digit so far was of the version */
        return form[at] != (char)byte;
    }
#if USPAN_PROXY_SCHEMES
    if (names_schemes(status)) {
        uspan_proxy_schemes_feed(p, byte);
    }
#endif
    if (at == ANSWER_MAX) {
        p->status = names_schemes(status) ? (uint16_t)status : 0u;
        return true;
    }
    if (byte == '\r') {
        return false;
    }
    if (byte != '\n') {
        p->at_line = false;
        return false;
    }
    if (!p->at_line) {
        p->at_line = true;
    } else if (status >= 200u) {
        return true;
    } else {
        begin_answer(p);
    }
    return false;
}

/* Choose the result and the text for a status that is not a success. */
static uspan_err_t refuse(uspan_proxy_t *p)
{
    const unsigned status = p->status;
    const char *why = NULL;
    if (status == 407u ||
        (status == 401u && USER(p) != NULL)) { /* tinyproxy sends 401 for a wrong password */
#if USPAN_PROXY_SCHEMES
        why = uspan_proxy_schemes_text(p);
#endif
        if (why == NULL) {
            why = USER(p) != NULL ? USPAN_WORDS("proxy refused this user name or password", "407 again")
                                  : USPAN_WORDS("proxy wants a user name and password (407)" USER_HINT,
                                                "407 of the proxy");
        }
    } else if (status - 100u > 499u) {
        why = USPAN_WORDS("proxy response is not HTTP or too long", "proxy");
    } else {
        memcpy(p->words, refused, sizeof refused - 1u); /* the number is there already */
#if USPAN_PROXY_SCHEMES
        p->words[NUMBER_AT + 3u] = '\0'; /* the text about a scheme may have been longer */
#endif
        why = p->words;
    }
    p->why = why;
    return status - 400u < 100u && status != 408u && status != 429u ? USPAN_ERR_CONFIG : USPAN_ERR_IO;
}

/* ---- the tunnel ---------------------------------------------------------------------------------------- */

/* Send more of the CONNECT request. */
static uspan_err_t ask_step(uspan_proxy_t *p, const uspan_peer_t *peer)
{
    uint8_t buf[64];
    uspan_window_t w = { .out = buf, .from = p->at, .cap = sizeof buf };
    /* otherwise IPv6, in brackets */
    const size_t is_name = !uspan_literal6_possible() || strchr(peer->host, ':') == NULL ? 1u : 0u;
    for (const char *before = "CONNECT ";; before = " HTTP/1.1\r\nHost: ") {
        uspan_window_text(&w, before);
        if (uspan_literal6_possible()) {
            uspan_window_text(&w, &"["[is_name]);
        }
        uspan_window_text(&w, peer->host);
        uspan_window_labelled(&w, &"]:"[is_name], peer -> port);
        if (before[0] == ' ') {
            break;
        }
    }
    authorize(p, &w);
    uspan_window_text(&w, "\r\n\r\n");
    const size_t left = w.at - p->at;
    int32_t n = p->under->send(p->under->ctx, buf, left < sizeof buf ? left : sizeof buf);
    if (n < 0) {
        return USPAN_ERR_IO;
    }
    p->at = (uint16_t)(p->at + (unsigned)n);
    if (p->at == w.at) {
        p->state = LISTENING;
        begin_answer(p);
    }
    return USPAN_ERR_AGAIN;
}

/* Read the response to CONNECT up to the empty line at its end. */
static uspan_err_t listen_step(uspan_proxy_t *p)
{
    uint8_t buf[64];
    const int32_t n = p->under->recv(p->under->ctx, buf, sizeof buf);
    if (USPAN_PROXY_SCHEMES && n <= 0 && is_407(p)) {
        return refuse(p); /* no more of it will come */
    }
    if (n == USPAN_ERR_CLOSED) {
        p->why = USPAN_WORDS("proxy: connection closed before the response ended", "proxy: e3");
    }
    if (n < 0) {
        return USPAN_ERR_IO;
    }
    const uint8_t *at = buf, *const end = buf + n;
    do {
        if (at == end) {
            return USPAN_ERR_AGAIN;
        }
    } while (!is_judged(p, *at++));
    if (p->status - 200u > 99u) {
        return refuse(p);
    }
    if (at < end) {
        p->why = USPAN_WORDS("proxy sent data after its response", "proxy bytes");
        return USPAN_ERR_IO;
    }
    p->state = OPEN;
    return USPAN_OK;
}

/* ---- transport ----------------------------------------------------------------------------------------- */

/* Connect to the proxy, or to the peer itself. */
static uspan_err_t connect_step(uspan_proxy_t *p, const uspan_peer_t *peer)
{
#if USPAN_PROXY_FIXED
    const bool is_direct = false;
#else
    if (p->state == CLOSED) {
        const bool asks = p->tunnel && p->is_direct != NULL;
        p->state = asks && p->is_direct(p->direct_ctx, peer) ? DIRECT : CONNECTING;
    }
    const bool is_direct = p->state == DIRECT;
#endif
    p->why = NULL;
    p->peer.has_failed = peer->has_failed;
    const uspan_err_t err = p->under->open(p->under->ctx, is_direct ? peer : &p->peer);
    if (err != USPAN_OK) {
        return err;
    }
    begin_answer(p);
    p->state = OPEN;
    if (is_direct || !IS_TUNNEL(p)) {
        return USPAN_OK;
    }
    p->state = ASKING;
    return USPAN_ERR_AGAIN;
}

/* After a failure the core calls close(). */
static uspan_err_t open_proxy(void *ctx, const uspan_peer_t *peer)
{
    uspan_proxy_t *p = ctx;
    if (p->state < ASKING) {
        return connect_step(p, peer);
    }
    if (p->state == ASKING) {
        return ask_step(p, peer);
    }
    return p->state == LISTENING ? listen_step(p) : USPAN_OK;
}

static int32_t send_proxy(void *ctx, const uint8_t *buf, size_t len)
{
    uspan_proxy_t *p = ctx;
    if (!IS_TUNNEL(p) && !is_407(p)) {
        begin_answer(p); /* the next response starts at its first byte */
    }
    return p->state == OPEN ? p->under->send(p->under->ctx, buf, len) : USPAN_ERR_IO;
}

static int32_t recv_proxy(void *ctx, uint8_t *buf, size_t len)
{
    uspan_proxy_t *p = ctx;
    if (p->state != OPEN) {
        return USPAN_ERR_IO;
    }
    int32_t n = p->under->recv(p->under->ctx, buf, len);
    if (IS_TUNNEL(p) || p->at == ANSWER_OVER) {
        return n;
    }
    bool judged = n <= 0;
    for (int32_t i = 0; !judged && i < n; i++) {
        judged = is_judged(p, buf[i]);
    }
    if (is_407(p)) { /* the settings are wrong, not the batch */
        if (!judged) {
            return 0;
        }
        p->state = CLOSED;
        return (int32_t)refuse(p);
    }
    p->at = judged && n > 0 ? ANSWER_OVER : p->at;
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
    return p->why != NULL ? p->why : p->under->last_error_text(p->under->ctx);
}

/* ---- set up -------------------------------------------------------------------------------------------- */

#if USPAN_PROXY_FIXED
/* Returns true if the user name of USPAN_PROXY can be decoded. */
static bool is_user_good(void)
{
    size_t at = 0;
    int c = -1;
    if (USER(NULL) != NULL && strchr(AFTER_SCHEME, '%') != NULL) {
        while ((c = next_user_byte(NULL, &at)) > 0) {
        }
    }
    return c == -1;
}
#endif

/* Load the URL. Returns false if it cannot be used. */
static bool load_url(uspan_proxy_t *p, const uspan_proxy_options_t *options)
{
    uspan_url_t url = { 0 };
#if USPAN_PROXY_FIXED
    const char *const authority = USER(p) != NULL ? FIXED_AT + 1 : AFTER_SCHEME;
    if (options->url != NULL || options->is_direct != NULL ||
        (!options->tunnel && !uspan_proxy_plain_possible()) || !uspan_url_has_scheme(USPAN_PROXY, false) ||
        !uspan_url_take_authority(&url, authority, false) || !is_user_good()) {
        return false;
    }
    const char *const host = authority + (authority[0] == '[');
    const size_t len = uspan_url_host_len(authority);
    if (sizeof(USPAN_PROXY) > sizeof "http://" + SHORT_HOST && len > SHORT_HOST) {
        memcpy(p->host, host, len);
    } else { /* The firmware then has no USPAN_PROXY with user name and password. */
#pragma GCC unroll 12
        for (size_t i = 0; i < SHORT_HOST; i++) {
            if (i < len) {
                p->host[i] = host[i];
            }
        }
    }
#else
    size_t user_len;
    const char *text = options->url;
#ifdef USPAN_PROXY
    text = text != NULL ? text : USPAN_PROXY;
#endif
    if (uspan_proxy_parse(text, &url, &p->user, &user_len) != NULL) {
        return false;
    }
    p->user_len = (uint16_t)user_len;
    memcpy(p->host, url.host, sizeof p->host);
#endif
    p->peer.port = url.port;
    p->peer.host = p->host;
    return true;
}

uspan_err_t uspan_proxy_init_sized(uspan_proxy_t *p, const uspan_transport_t *under,
                                   const uspan_proxy_options_t *options, uspan_transport_t *out,
                                   size_t proxy_size)
{
    if (proxy_size != sizeof *p || p == NULL || under == NULL || under->abi != USPAN_TRANSPORT_ABI ||
        options == NULL || out == NULL) {
        return USPAN_ERR_ARG;
    }
    memset(p, 0, sizeof *p);
    if (!load_url(p, options)) {
        return USPAN_ERR_CONFIG;
    }
    p->under = under;
    if (uspan_proxy_plain_possible()) {
        p->tunnel = options->tunnel;
        p->authorize = authorize;
    }
#if !USPAN_PROXY_FIXED
    p->is_direct = options->is_direct;
    p->direct_ctx = options->direct_ctx;
#endif
    *out = (uspan_transport_t){
        .abi = USPAN_TRANSPORT_ABI,
        .flags = IS_TUNNEL(p) ? 0u : USPAN_TRANSPORT_PROXY,
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
