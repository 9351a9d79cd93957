/* world.c: implements the fakes of world.h. */
#include "world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool faulty(world_t *w)
{
    unsigned n = w->calls++;
    bool hit =
        w->fault != WORLD_NO_FAULT && (w->fault == WORLD_FAIL_ONCE ? n == w->fault_at : n >= w->fault_at);
    w->fired = w->fired || hit;
    return hit;
}

static uint32_t fake_lock(void *ctx)
{
    world_t *w = ctx;
    assert_int_equal(w->lock_depth, 0);
    w->lock_depth++;
    w->locks++;
    return 77u;
}

static void fake_unlock(void *ctx, uint32_t state)
{
    world_t *w = ctx;
    assert_int_equal(state, 77u);
    assert_int_equal(w->lock_depth, 1);
    w->lock_depth--;
}

static uint64_t fake_mono(void *ctx)
{
    return ((world_t *)ctx)->now_ns;
}

static uspan_err_t fake_unix(void *ctx, uint64_t *out)
{
    world_t *w = ctx;
    assert_int_equal(w->lock_depth, 0);
    if (w->unix_ns == 0u) {
        return USPAN_ERR_AGAIN;
    }
    *out = w->unix_ns + w->now_ns;
    return USPAN_OK;
}

static uspan_err_t fake_random(void *ctx, uint8_t *out, size_t len)
{
    world_t *w = ctx;
    assert_int_equal(w->lock_depth, 0);
    assert_true(len <= 32u);
    if (!w->entropy || faulty(w)) {
        return USPAN_ERR_AGAIN;
    }
    for (size_t i = 0; i < len; i++) { /* splitmix64: any bytes are suitable */
        uint64_t z = (w->random_state += 0x9E3779B97F4A7C15u);
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        out[i] = (uint8_t)(z >> 24);
    }
    return USPAN_OK;
}

static uintptr_t fake_task(void *ctx)
{
    return ((world_t *)ctx)->task;
}

static void fake_log(void *ctx, uspan_level_t level, const char *text)
{
    world_t *w = ctx;
    assert_int_equal(w->lock_depth, 0);
    assert_true(level >= USPAN_LEVEL_ERROR && level <= USPAN_LEVEL_DEBUG);
    w->log_lines++;
    int n = snprintf(w->log + w->log_len, sizeof w->log - w->log_len, "%s\n", text);
    w->log_len += (size_t)n < sizeof w->log - w->log_len ? (size_t)n : 0u;
}

static uspan_err_t fake_open(void *ctx, const uspan_peer_t *peer)
{
    world_t *w = ctx;
    assert_int_equal(w->lock_depth, 0);
    assert_false(w->is_open);
    w->transport_calls++;
    if (faulty(w)) {
        return USPAN_ERR_IO;
    }
    if (w->open_error != USPAN_OK) {
        return w->open_error;
    }
    if (w->opens++ < w->opens_needed) {
        return USPAN_ERR_AGAIN;
    }
    snprintf(w->host, sizeof w->host, "%s", peer->host);
    w->peer_port = peer->port;
    w->peer_has_failed = peer->has_failed;
    w->is_open = true;
    w->connections++;
    w->request_at = w->sent_len;
    w->answer_at = SIZE_MAX;
    w->on_connection = 0u;
    return USPAN_OK;
}

static int32_t broken(const world_t *w)
{
    return w->cut_how != USPAN_OK ? w->cut_how : USPAN_ERR_IO;
}

/* Check if the bytes since request_at are a complete request. If so, store it and make a response due. */
static void look_for_request(world_t *w)
{
    const char *head = (const char *)w->sent + w->request_at;
    size_t len = w->sent_len - w->request_at;
    size_t head_len = 0;
    for (size_t i = 0; i + 4u <= len; i++) {
        if (memcmp(head + i, "\r\n\r\n", 4) == 0) {
            head_len = i + 4u;
            break;
        }
    }
    if (head_len == 0u) {
        return;
    }
    size_t body_len = 0;
    for (size_t i = 0; i + 16u <= head_len; i++) {
        if (memcmp(head + i, "Content-Length: ", 16) == 0) {
            body_len = strtoul(head + i + 16, NULL, 10);
        }
    }
    if (len < head_len + body_len) {
        return;
    }
    assert_int_equal(len, head_len + body_len); /* no bytes may follow the request before its response */
    assert_true(w->request_count < WORLD_REQUESTS_MAX);
    w->requests[w->request_count++] = (world_request_t){ w->request_at, head_len, body_len, w->connections };
    w->request_at = w->sent_len;
    w->on_connection++;
    if (w->on_request != NULL) {
        w->on_request(w, w->request_count - 1u);
    }
    w->answer_at = w->silent ? SIZE_MAX : 0u;
}

static int32_t fake_send(void *ctx, const uint8_t *buf, size_t len)
{
    world_t *w = ctx;
    assert_int_equal(w->lock_depth, 0);
    assert_true(w->is_open);
    assert_true(len > 0u);
    w->transport_calls++;
    if (faulty(w)) {
        return USPAN_ERR_IO;
    }
    if (w->never_sends) {
        return 0;
    }
    size_t of_request = w->sent_len - w->request_at;
    if (w->kept == WORLD_DIES_ON_SEND && w->on_connection > 0u) {
        w->kept = WORLD_KEEPS;
        return broken(w);
    }
    if (w->early_after != 0u) {
        if (of_request >= w->early_after) {
            return w->early_breaks ? USPAN_ERR_IO : 0;
        }
        len = len > w->early_after - of_request ? w->early_after - of_request : len;
    }
    if (w->cut_request != 0u) {
        if (of_request >= w->cut_request) {
            return broken(w);
        }
        len = len > w->cut_request - of_request ? w->cut_request - of_request : len;
    }
    if (w->send_max != 0u && len > w->send_max) {
        len = w->send_max;
    }
    assert_true(w->sent_len + len <= WORLD_SENT_MAX);
    memcpy(w->sent + w->sent_len, buf, len);
    w->sent_len += len;
    if (w->early_after != 0u && w->sent_len - w->request_at >= w->early_after) {
        w->answer_at = 0u;
    }
    look_for_request(w);
    return (int32_t)len;
}

static int32_t fake_recv(void *ctx, uint8_t *buf, size_t len)
{
    static const char good[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
    world_t *w = ctx;
    assert_int_equal(w->lock_depth, 0);
    assert_true(w->is_open);
    assert_true(len > 0u);
    w->transport_calls++;
    if (faulty(w)) {
        return USPAN_ERR_IO;
    }
    if (w->kept == WORLD_DIES_ON_RECV && w->on_connection > 1u) {
        w->kept = WORLD_KEEPS;
        w->request_count -= w->answer_at == 0u; /* the response was never read */
        return broken(w);
    }
    if (w->cut_request != 0u && w->sent_len - w->request_at >= w->cut_request) {
        return broken(w);
    }
    if (w->answer_at == SIZE_MAX) {
        return 0;
    }
    const char *answer = w->answer != NULL ? w->answer : good;
    size_t total = w->answer == NULL     ? sizeof good - 1u
                   : w->answer_len != 0u ? w->answer_len
                                         : strlen(answer);
    if (w->answer_at >= total) {
        return w->close_after ? USPAN_ERR_CLOSED : 0;
    }
    if (w->answer_at >= w->cut_answer) {
        return broken(w);
    }
    size_t n = total - w->answer_at < len ? total - w->answer_at : len;
    n = n > w->cut_answer - w->answer_at ? w->cut_answer - w->answer_at : n;
    n = w->recv_max != 0u && n > w->recv_max ? w->recv_max : n;
    memcpy(buf, answer + w->answer_at, n);
    w->answer_at += n;
    return (int32_t)n;
}

static void fake_close(void *ctx)
{
    world_t *w = ctx;
    assert_int_equal(w->lock_depth, 0);
    w->is_open = false;
    w->closes++;
}

static const char *fake_why(void *ctx)
{
    const world_t *w = ctx;
    return w->why != NULL ? w->why : "";
}

void world_reset(world_t *w)
{
    uint8_t *sent = w->sent;
    memset(w, 0, sizeof *w);
    w->sent = sent;
    w->answer_at = SIZE_MAX;
    w->cut_answer = SIZE_MAX;
    w->now_ns = 5000000000u;
    w->unix_ns = 1700000000000000000u;
    w->entropy = true;
    w->random_state = 42u;
    w->task = 1u;
    w->port = (uspan_port_t){ USPAN_PORT_ABI, w,           fake_lock, fake_unlock, fake_mono,
                              fake_unix,      fake_random, fake_task, fake_log };
    w->transport = (uspan_transport_t){ USPAN_TRANSPORT_ABI, 0u,        w,          fake_open,
                                        fake_send,           fake_recv, fake_close, fake_why };
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
}

void world_reset_with_collector(world_t *w)
{
    world_reset(w);
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces" };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
}

int world_setup(void **state)
{
    world_t *w = calloc(1, sizeof *w);
    w->sent = malloc(WORLD_SENT_MAX);
    *state = w;
    world_reset(w);
    return 0;
}

int world_teardown(void **state)
{
    world_t *w = *state;
    assert_int_equal(w->lock_depth, 0);
    world_assert_balanced(w);
    free(w->sent);
    free(w);
    return 0;
}

void world_advance_ms(world_t *w, uint64_t ms)
{
    w->now_ns += ms * 1000000u;
}

uspan_err_t world_poll(world_t *w, uint32_t *wait_ms)
{
    unsigned before = w->transport_calls;
    uspan_err_t err = uspan_poll(&w->tracer, wait_ms);
    assert_true(w->transport_calls - before <= 1u);
    assert_true(err == USPAN_OK || err == USPAN_ERR_AGAIN);
    world_assert_balanced(w);
    return err;
}

unsigned world_run(world_t *w, unsigned limit)
{
    for (unsigned n = 1; n <= limit; n++) {
        uint32_t wait_ms = 0;
        uspan_err_t err = world_poll(w, &wait_ms);
        if (err == USPAN_OK && wait_ms != 0u) {
            return n;
        }
        if (wait_ms != USPAN_FOREVER) {
            world_advance_ms(w, wait_ms);
        }
    }
    return limit;
}

void world_drain(world_t *w)
{
    uspan_flush(&w->tracer);
    for (unsigned n = 0; n < 100000u && !uspan_flushed(&w->tracer); n++) {
        uint32_t wait_ms = 0;
        (void)world_poll(w, &wait_ms);
        if (wait_ms != USPAN_FOREVER) {
            world_advance_ms(w, wait_ms);
        }
    }
    assert_true(uspan_flushed(&w->tracer));
}

const uint8_t *world_body(const world_t *w, unsigned request, size_t *len)
{
    assert_true(request < w->request_count);
    *len = w->requests[request].body_len;
    return w->sent + w->requests[request].at + w->requests[request].head_len;
}

void world_assert_balanced(world_t *w)
{
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        if (w->tracer.out.dests[d].used == 0u) {
            continue;
        }
        uspan_stats_t s;
        uspan_stats(&w->tracer, d, &s);
        uint64_t sum = s.delivered + s.rejected + s.spooled + s.queued + s.open + s.unsampled;
        for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
            sum += s.dropped[c];
        }
        assert_true(s.started == sum);
    }
}
