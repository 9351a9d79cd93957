/* far_peer.h: a collector behind its own link, in the world's virtual time: rate, delay, the size of the
 * system's send buffer, and kinds of failure. It counts the spans that reach it, also those whose response
 * was lost. */
#ifndef USPAN_TEST_FAR_PEER_H
#define USPAN_TEST_FAR_PEER_H

#include <stdlib.h>
#include "delivery.h"

#define FAR_BYTES (1u << 20)

typedef enum far_mode { FAR_GOOD, FAR_NEVER_OPENS, FAR_REFUSES, FAR_SILENT, FAR_NEVER_TAKES } far_mode_t;

typedef struct far_peer {
    world_t *w;
    uspan_transport_t transport;
    far_mode_t mode;
    const char *answer; /* NULL: 200 */
    uint64_t rate;      /* bytes per second; 0: no limit */
    uint64_t delay_ns;  /* one way */
    size_t buffer;      /* bytes that the system accepts before it blocks; 0: no limit */
    bool is_open, opening;
    uint64_t open_ns, link_free_ns, answer_ns; /* answer_ns 0: none is due */
    size_t len, answer_at;
    unsigned requests, connects, calls;
    uint64_t spans, largest;
    void (*on_body)(struct far_peer *p, view_t body); /* called for each request that arrives; NULL: none */
    uint8_t *bytes;
} far_peer_t;

static inline void far_arrives(far_peer_t *p)
{
    const char *head = (const char *)p->bytes;
    const char *end = strstr(head, "\r\n\r\n") + 4;
    view_t body = { (const uint8_t *)end, p->len - (size_t)(end - head) };
    size_t n = strstr(head, "application/json") == NULL ? view_span_count(body) : 0u; /* not a registration */
    if (p->on_body != NULL) {
        p->on_body(p, body);
    }
    p->spans += n;
    p->largest = n > p->largest ? n : p->largest;
    p->requests++;
}

static inline bool far_is_whole(far_peer_t *p)
{
    p->bytes[p->len] = '\0';
    const char *head = (const char *)p->bytes, *end = strstr(head, "\r\n\r\n");
    const char *length = end != NULL ? strstr(head, "Content-Length: ") : NULL;
    return length != NULL && p->len == (size_t)(end + 4 - head) + strtoul(length + 16, NULL, 10);
}

static inline uspan_err_t far_open(void *ctx, const uspan_peer_t *to)
{
    far_peer_t *p = ctx;
    (void)to;
    p->calls++;
    if (p->mode == FAR_REFUSES) {
        return USPAN_ERR_IO;
    }
    if (!p->opening) {
        p->opening = true;
        p->open_ns = p->w->now_ns + 2u * p->delay_ns;
        p->connects++;
    }
    if (p->mode == FAR_NEVER_OPENS || p->w->now_ns < p->open_ns) {
        return USPAN_ERR_AGAIN;
    }
    p->is_open = true;
    p->len = 0;
    p->answer_ns = 0;
    p->link_free_ns = p->w->now_ns;
    return USPAN_OK;
}

static inline int32_t far_send(void *ctx, const uint8_t *buf, size_t len)
{
    far_peer_t *p = ctx;
    p->calls++;
    assert_true(p->is_open);
    uint64_t now = p->w->now_ns;
    size_t queued = p->rate != 0u && p->link_free_ns > now
                        ? (size_t)((p->link_free_ns - now) * p->rate / 1000000000u)
                        : 0u;
    size_t room = p->buffer == 0u ? len : queued < p->buffer ? p->buffer - queued : 0u;
    len = len < room ? len : room;
    if (p->mode == FAR_NEVER_TAKES || len == 0u) {
        return 0;
    }
    assert_true(p->len + len < FAR_BYTES);
    memcpy(p->bytes + p->len, buf, len);
    p->len += len;
    p->link_free_ns =
        (p->link_free_ns > now ? p->link_free_ns : now) + (p->rate != 0u ? len * 1000000000u / p->rate : 0u);
    if (far_is_whole(p)) {
        p->answer_ns = p->link_free_ns + 2u * p->delay_ns;
        p->answer_at = 0;
    }
    return (int32_t)len;
}

static inline int32_t far_recv(void *ctx, uint8_t *buf, size_t len)
{
    far_peer_t *p = ctx;
    p->calls++;
    assert_true(p->is_open);
    if (p->answer_ns == 0u || p->w->now_ns < p->answer_ns || p->mode == FAR_SILENT) {
        return 0;
    }
    const char *answer = p->answer != NULL ? p->answer : OK_200;
    size_t n = strlen(answer) - p->answer_at;
    n = n < len ? n : len;
    memcpy(buf, answer + p->answer_at, n);
    p->answer_at += n;
    if (answer[p->answer_at] == '\0') {
        if (p->answer == NULL) {
            far_arrives(p);
        }
        p->answer_ns = 0;
        p->len = 0;
    }
    return (int32_t)n;
}

static inline void far_close(void *ctx)
{
    far_peer_t *p = ctx;
    if (p->is_open && p->answer_ns != 0u && p->w->now_ns >= p->answer_ns - p->delay_ns && p->answer == NULL) {
        far_arrives(p); /* the collector had the request, but the device does not know */
    }
    p->is_open = p->opening = false;
    p->answer_ns = 0;
}

static inline const char *far_why(void *ctx)
{
    (void)ctx;
    return "";
}

static inline void far_init(far_peer_t *p, world_t *w)
{
    static const far_peer_t none;
    uint8_t *bytes = p->bytes != NULL ? p->bytes : malloc(FAR_BYTES);
    *p = none;
    p->w = w;
    p->bytes = bytes;
    p->transport =
        (uspan_transport_t){ USPAN_TRANSPORT_ABI, 0u, p, far_open, far_send, far_recv, far_close, far_why };
}

static inline void far_free(far_peer_t *p)
{
    free(p->bytes);
    p->bytes = NULL;
}

/* Poll at the times that uspan_poll() returns, until that time, in steps of at most step_ms. */
static inline void far_run(world_t *w, uint64_t until_ns, uint32_t step_ms)
{
    while (w->now_ns < until_ns) {
        uint32_t wait_ms = 0;
        assert_true(uspan_poll(&w->tracer, &wait_ms) != USPAN_ERR_ARG);
        if (wait_ms != 0u) {
            uint64_t left_ms = (until_ns - w->now_ns + 999999u) / 1000000u;
            wait_ms = wait_ms < step_ms ? wait_ms : step_ms;
            world_advance_ms(w, wait_ms < left_ms ? wait_ms : left_ms);
        }
    }
}

#endif
