/* proxy_script.h: a transport below uspan_proxy_init() that records what the proxy receives, and responds with
 * a text in fragments of any size. For one source file of each test. */
#ifndef USPAN_TESTS_PROXY_SCRIPT_H
#define USPAN_TESTS_PROXY_SCRIPT_H

#include <stdio.h>
#include <string.h>
#include "cmocka_all.h"
#include "uspan/uspan.h"

static struct script {
    char sent[1024];
    size_t sent_len;
    const char *answer;
    size_t answer_len, answered;
    size_t most;   /* bytes per call, at most */
    bool hesitant; /* every other call would block */
    unsigned calls, opened, closed;
    int32_t end; /* result of recv after the response */
    char host[64];
    uint16_t port;
} script;

static bool hesitates(void)
{
    return script.hesitant && script.calls++ % 2u == 0u;
}

static uspan_err_t open_script(void *ctx, const uspan_peer_t *peer)
{
    (void)ctx;
    if (hesitates()) {
        return USPAN_ERR_AGAIN;
    }
    (void)snprintf(script.host, sizeof script.host, "%s", peer->host);
    script.port = peer->port;
    script.opened++;
    return USPAN_OK;
}

static int32_t send_script(void *ctx, const uint8_t *buf, size_t len)
{
    (void)ctx;
    size_t n = len < script.most ? len : script.most;
    if (hesitates()) {
        return 0;
    }
    assert_true(script.sent_len + n < sizeof script.sent);
    memcpy(script.sent + script.sent_len, buf, n);
    script.sent_len += n;
    return (int32_t)n;
}

static int32_t recv_script(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    size_t left = script.answer_len - script.answered;
    size_t n = len < script.most ? len : script.most;
    n = n < left ? n : left;
    if (hesitates()) {
        return 0;
    }
    if (n == 0u) {
        return script.end;
    }
    memcpy(buf, script.answer + script.answered, n);
    script.answered += n;
    return (int32_t)n;
}

static void close_script(void *ctx)
{
    (void)ctx;
    script.closed++;
}

static const char *why_script(void *ctx)
{
    (void)ctx;
    return script.end == USPAN_ERR_IO ? "cut" : "";
}

static const uspan_transport_t under = { .abi = USPAN_TRANSPORT_ABI,
                                         .open = open_script,
                                         .send = send_script,
                                         .recv = recv_script,
                                         .close = close_script,
                                         .last_error_text = why_script };
static uspan_proxy_t proxy;
static uspan_transport_t through;

static void begin(const char *url, bool tunnel, const char *answer, size_t most)
{
    const uspan_proxy_options_t options = { .url = url, .tunnel = tunnel };
    memset(&script, 0, sizeof script);
    script.answer = answer;
    script.answer_len = strlen(answer);
    script.most = most;
    script.hesitant = most % 2u != 0u;
    assert_int_equal(uspan_proxy_init(&proxy, &under, &options, &through), USPAN_OK);
}

static uspan_err_t open_fully(const char *host, uint16_t port)
{
    const uspan_peer_t peer = { .host = host, .port = port };
    uspan_err_t err = USPAN_ERR_AGAIN;
    for (unsigned i = 0; err == USPAN_ERR_AGAIN; i++) {
        assert_true(i < 20000u);
        err = through.open(through.ctx, &peer);
    }
    return err;
}

#endif
