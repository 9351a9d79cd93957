/* post_client.h: a scripted HTTP client that accepts complete POSTs. It can wait or fail at every call, and
 * respond early, late or never. It stores what it received. */
#ifndef POST_CLIENT_H
#define POST_CLIENT_H

#include "uspan/post.h"
#include "delivery.h"

#define BUFFER_BYTES (USPAN_POST_BUFFER_MIN + 256u)

static struct client {
    /* how it behaves */
    unsigned status; /* 0: never gives one */
    const char *retry_after, *type, *date, *location;
    const void *body;
    size_t body_len;
    unsigned again;   /* number of USPAN_ERR_AGAIN before each step */
    unsigned fail_at; /* this call of an exchange, from 1, fails; 0: none */
    uspan_err_t fail_with;
    size_t take_most;       /* bytes per read */
    unsigned more_takes;    /* further reads per call */
    size_t early_after;     /* responds after this number of bytes of a body */
    bool silent;            /* never responds */
    bool peeks;             /* takes bytes with a peek and a read */
    void (*on_begin)(void); /* may change the behaviour */
    /* what happened */
    unsigned begins, ends, calls, waited, ended_calls;
    char head[1024];
    char got[64 * 1024];
    size_t got_len;
    bool running;
} client;
static uspan_post_t post;
static char buffer[BUFFER_BYTES];
static uspan_transport_t over;

/* Whether this call only waits, or fails. */
static inline uspan_err_t hesitate(void)
{
    client.calls++;
    if (client.fail_at != 0u && client.calls == client.fail_at) {
        return client.fail_with;
    }
    if (client.waited < client.again) {
        client.waited++;
        return USPAN_ERR_AGAIN;
    }
    client.waited = 0;
    return USPAN_OK;
}

static inline uspan_err_t begin_client(void *ctx, uspan_post_t *p)
{
    assert_ptr_equal(ctx, &client);
    assert_ptr_equal(p, &post);
    assert_false(client.running);
    const uint8_t *none;
    assert_int_equal(uspan_post_peek(p, &none), 0);
    uspan_post_answer_status(p, 200); /* too early: no request was made yet */
    if (client.on_begin != NULL && client.waited == 0u) {
        client.on_begin();
    }
    uspan_err_t err = hesitate();
    if (err != USPAN_OK) {
        return err;
    }
    client.begins++;
    client.running = true;
    client.got_len = 0;
    size_t pos = 0;
    const char *name, *value;
    int at = snprintf(client.head, sizeof client.head, "%s %s:%u%s %u\n", p->method, p->host,
                      (unsigned)p->port, p->path, (unsigned)p->body_len);
    while (uspan_post_header(p, &pos, &name, &value)) {
        at += snprintf(client.head + at, sizeof client.head - (size_t)at, "%s=%s\n", name, value);
    }
    return USPAN_OK;
}

static inline void take_body(uspan_post_t *p)
{
    uint8_t *to = (uint8_t *)client.got + client.got_len;
    size_t most = sizeof client.got - client.got_len;
    most = client.take_most != 0u && client.take_most < most ? client.take_most : most;
    const uint8_t *bytes;
    size_t n = uspan_post_peek(p, &bytes);
    n = n < most ? n : most;
    if (client.peeks && n > 0u) {
        memcpy(to, bytes, n);
        assert_int_equal(uspan_post_read(p, NULL, n), n);
    } else {
        assert_int_equal(uspan_post_read(p, to, most), n);
    }
    client.got_len += n;
}

static inline uspan_err_t step_client(void *ctx, uspan_post_t *p)
{
    (void)ctx;
    assert_true(client.running);
    uspan_err_t err = hesitate();
    if (err != USPAN_OK) {
        return err;
    }
    for (unsigned i = 0; i <= client.more_takes; i++) {
        take_body(p);
    }
    assert_int_equal(p->body_taken, client.got_len);
    bool early = client.early_after != 0u && client.got_len >= client.early_after;
    if (client.silent || (client.got_len < p->body_len && !early)) {
        return USPAN_ERR_AGAIN;
    }
    if (client.status != 0u) {
        uspan_post_answer_status(p, client.status);
    }
    const char *const headers[][2] = { { "Server", "x" },
                                       { "Retry-After", client.retry_after },
                                       { "CONTENT-TYPE", client.type },
                                       { "date", client.date },
                                       { "Location", client.location } };
    for (size_t i = 0; i < COUNT(headers); i++) {
        if (headers[i][1] != NULL) {
            uspan_post_answer_header(p, headers[i][0], headers[i][1]);
        }
    }
    for (size_t at = 0; at < client.body_len; at += 7u) {
        size_t n = client.body_len - at < 7u ? client.body_len - at : 7u;
        uspan_post_answer_body(p, (const char *)client.body + at, n);
    }
    if (client.body_len > 0u) {
        uspan_post_answer_header(p, "Retry-After", "9999"); /* a trailer has no effect */
    }
    return USPAN_OK;
}

static inline void end_client(void *ctx)
{
    (void)ctx;
    client.ends++;
    client.ended_calls = client.calls;
    client.running = false;
    client.calls = client.waited = 0;
}

static const char *why_client(void *ctx)
{
    (void)ctx;
    return client.fail_with == USPAN_ERR_TRUST ? "certificate expired" : "the client's words";
}

static const uspan_post_engine_t engine = { .abi = USPAN_POST_ABI,
                                            .ctx = &client,
                                            .begin = begin_client,
                                            .step = step_client,
                                            .end = end_client,
                                            .last_error_text = why_client };

static inline void reset(world_t *w, const uspan_collector_t *c)
{
    static const uspan_collector_t plain = { .endpoint = "http://collector:4318/v1/traces" };
    memset(&client, 0, sizeof client);
    client.status = 200;
    world_reset(w);
    assert_int_equal(uspan_post_init(&post, &engine, buffer, sizeof buffer, &over), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &over, c != NULL ? c : &plain), USPAN_OK);
}

/* Poll once. At most one call of the client follows. */
static inline uint32_t poll_once(world_t *w)
{
    uint32_t wait_ms = 0;
    const unsigned before = client.calls, ends = client.ends;
    (void)world_poll(w, &wait_ms);
    const unsigned calls = client.ends == ends ? client.calls : client.ended_calls;
    assert_true(calls - before <= 1u);
    return wait_ms;
}

/* Poll until the client was asked to begin `begins` times and has ended. Returns the milliseconds. */
static inline uint64_t run_until(world_t *w, unsigned ends)
{
    const uint64_t from = w->now_ns;
    uspan_flush(&w->tracer);
    for (unsigned n = 0; client.ends < ends; n++) {
        assert_true(n < 100000u);
        uint32_t wait_ms = poll_once(w);
        assert_int_not_equal(wait_ms, USPAN_FOREVER);
        world_advance_ms(w, client.ends < ends ? wait_ms : 0u);
    }
    return (w->now_ns - from) / MS;
}

#endif
