/* test_exchange_model.c: 10,000 seeded exchanges with a server that combines unusual statuses, lengths,
 * encodings, early ends, extra bytes, delays and unsolicited responses. A model computes the required result
 * of each span. If the client could read that spans were accepted, they are not sent again. If it could read
 * that they were refused, they do not count as delivered. No span is lost without a count. Usage:
 * faults_test_exchange_model [exchanges [first seed]] */
#include <stdlib.h>
#include "delivery.h"

#define SEEDS 4u
#define ANSWER_MAX 80000u

typedef enum fate { WAITS, ACCEPTED, REFUSED } fate_t;

typedef struct server {
    world_t *w;
    uspan_transport_t transport;
    uint64_t random;
    /* the connection */
    bool is_open;
    unsigned requests_here;
    uint8_t request[65536];
    size_t len, total; /* of the request; total 0: unknown yet */
    /* the response */
    char answer[ANSWER_MAX];
    size_t answer_len, given, code_at; /* code_at: bytes that make the status readable */
    size_t early_at; /* sent after this number of bytes of the request; SIZE_MAX: after all */
    size_t end_at;   /* the connection ends, or no more bytes come, after this number of bytes of it */
    size_t break_at; /* sending fails after this number of bytes of the request; SIZE_MAX: never */
    int32_t end_how; /* 0: no more bytes */
    uint64_t due_ns;
    unsigned status;
    bool is_due, was_whole, judged;
    /* the model */
    unsigned members[64], member_count;
    uint8_t *fates; /* spans_max of them */
    unsigned accepted, refused, exchanges, whole_requests;
} server_t;

static server_t server;
static uint64_t first_seed = 1;
static unsigned exchanges = 10000, spans_max;

static unsigned below(unsigned n)
{
    uint64_t z = (server.random += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (unsigned)((z ^ z >> 31) >> 33) % n;
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

static void put(const char *text)
{
    size_t n = strlen(text);
    assert_true(server.answer_len + n < ANSWER_MAX);
    memcpy(server.answer + server.answer_len, text, n);
    server.answer_len += n;
}

static void put_fill(size_t n)
{
    assert_true(server.answer_len + n < ANSWER_MAX);
    memset(server.answer + server.answer_len, 'x', n);
    server.answer_len += n;
}

/* A response to the next request, in one of many unusual forms. */
static void make_answer(void)
{
    static const unsigned statuses[] = { 200, 200, 200, 202, 204, 205, 429, 502, 503, 504,
                                         400, 413, 500, 308, 404, 401, 304, 425, 511 };
    char line[128];
    server.answer_len = server.given = 0;
    server.status = statuses[below(sizeof statuses / sizeof statuses[0])];
    if (chance(10)) {
        put(chance(50) ? "\r\n" : "\n\r\n");
    }
    for (unsigned n = chance(15) ? 1u + below(3) : 0u; n > 0u; n--) {
        put(chance(50) ? "HTTP/1.1 100 Continue\r\n\r\n"
                       : "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 7\r\n\r\n");
    }
    (void)snprintf(line, sizeof line, chance(90) ? "HTTP/1.%u %u " : "HTTP/1.%u\t%u\t", chance(90),
                   server.status);
    put(line);
    server.code_at = server.answer_len;
    put(chance(20) ? "\r\n" : "Some Words\r\n");
    if (chance(10)) {
        put("X-Padding: ");
        put_fill(chance(50) ? 300u : 17000u);
        put("\r\n");
    }
    static const char *const types[] = { "", "Content-Type: application/x-protobuf\r\n",
                                         "Content-Type: text/html; charset=utf-8\r\n",
                                         "Content-Type: application/json\r\n",
                                         "Location: https://elsewhere.example/v1/traces\r\n" };
    put(types[below(5)]);
    put(chance(15) ? "Connection: close\r\n" : chance(10) ? "Connection: x,\r\n Close\r\n" : "");
    put(chance(5) ? "Transfer-Encoding: identity\r\n" : "");
    put(chance(10) ? "Retry-After: 3\r\n" : "");
    size_t body = chance(50) ? 0u : chance(90) ? below(300) : 20000u + below(20000);
    unsigned form = below(9);
    if (form < 4u || form == 5u || form == 6u) {
        size_t said = form == 5u ? body + 1u + below(100) : form == 6u && body > 0u ? body - 1u : body;
        (void)snprintf(line, sizeof line, "Content-Length: %zu\r\n", said);
        put(line);
        put(form == 3u ? line : ""); /* the same field twice */
        put(form == 2u && chance(50) ? "Content-Length: 7\r\n" : "");
        put("\r\n");
        put_fill(body);
    } else if (form < 8u) {
        put(form == 7u ? "Content-Length: 3\r\n" : "");
        put("Transfer-Encoding: chunked\r\n\r\n");
        for (size_t left = body; left > 0u;) {
            size_t n = 1u + below((unsigned)left);
            (void)snprintf(line, sizeof line, "%zx%s\r\n", n, chance(10) ? ";ext=1" : "");
            put(chance(3) ? "zz\r\n" : line);
            put_fill(n);
            put("\r\n");
            left -= n;
        }
        put(chance(80) ? "0\r\n\r\n" : "0\r\nX-Trailer: y\r\n\r\n");
    } else {
        put("\r\n"); /* the body ends with the connection */
        put_fill(body);
    }
    put(chance(5) ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" : ""); /* more than one response */
    server.end_at = chance(25) ? below((unsigned)server.answer_len + 1u) : server.answer_len;
    server.end_how = chance(40) ? USPAN_ERR_CLOSED : chance(50) ? USPAN_ERR_IO : 0;
    if (chance(60) && form < 5u) {
        server.end_how = 0;
    }
    server.early_at = chance(10) ? below(400) : SIZE_MAX;
    server.break_at = chance(6) ? below(600) : SIZE_MAX;
    server.is_due = server.was_whole = server.judged = false;
}

/* What the client can read now decides the result of the members. */
static void judge(void)
{
    if (server.judged || server.given < server.code_at) {
        return;
    }
    server.judged = true;
    bool good = server.status - 200u < 100u;
    bool waits = server.status == 429u || server.status - 502u < 3u;
    if ((good && !server.was_whole) || waits) {
        return;
    }
    if (server.status == 413u && server.member_count > 1u) {
        return; /* halved and sent again */
    }
    for (unsigned i = 0; i < server.member_count; i++) {
        assert_int_equal(server.fates[server.members[i]], WAITS);
        server.fates[server.members[i]] = good ? ACCEPTED : REFUSED;
        server.accepted += good;
        server.refused += !good;
    }
}

static void read_members(void)
{
    const char *head = (const char *)server.request;
    const char *end = strstr(head, "\r\n\r\n") + 4;
    view_t body = { (const uint8_t *)end, server.total - (size_t)(end - head) };
    server.member_count = view_span_count(body);
    assert_in_range(server.member_count, 1, 64);
    for (unsigned i = 0; i < server.member_count; i++) {
        view_t name;
        char text[16] = { 0 };
        assert_true(view_get(view_span(body, i), 5u, 0u, &name) && name.len < sizeof text);
        memcpy(text, name.at, name.len);
        server.members[i] = (unsigned)strtoul(text, NULL, 10);
        assert_int_equal(server.fates[server.members[i]],
                         WAITS); /* accepted or refused spans are never sent again */
    }
    server.whole_requests++;
}

static uspan_err_t open_server(void *ctx, const uspan_peer_t *peer)
{
    (void)ctx;
    (void)peer;
    if (chance(5)) {
        return USPAN_ERR_IO;
    }
    server.is_open = true;
    server.requests_here = 0;
    server.len = server.total = 0;
    make_answer();
    return USPAN_OK;
}

static int32_t send_server(void *ctx, const uint8_t *buf, size_t len)
{
    (void)ctx;
    assert_true(server.is_open);
    if (chance(10) || server.len >= server.early_at) {
        return 0;
    }
    if (server.len >= server.break_at) {
        return USPAN_ERR_IO;
    }
    if (server.len == 0u) {
        server.exchanges++;
        if (server.requests_here > 0u) {
            make_answer(); /* remaining bytes of the previous one are removed: they were checked */
        }
        server.requests_here++;
        /* members whose result a part of the request would decide, read from the tracer's own batch */
        server.member_count = 0;
        const uspan_batch_t *b = &server.w->tracer.out.dests[0].batch;
        for (uint16_t i = b->first;; i = server.w->tracer.trace.slots[i].queued[0].next) {
            const uspan_slot_t *slot = &server.w->tracer.trace.slots[i];
            char text[16] = { 0 };
            memcpy(text, slot->name, slot->name_len);
            server.members[server.member_count++] = (unsigned)strtoul(text, NULL, 10);
            if (i == b->last) {
                break;
            }
        }
    }
    len = 1u + below((unsigned)(len < 700u ? len : 700u));
    size_t stop = server.early_at < server.break_at ? server.early_at : server.break_at;
    len = len > stop - server.len ? stop - server.len : len;
    if (len == 0u) {
        return server.break_at == stop ? USPAN_ERR_IO : 0;
    }
    memcpy(server.request + server.len, buf, len);
    server.len += len;
    server.request[server.len] = '\0';
    const char *head = (const char *)server.request, *end = strstr(head, "\r\n\r\n");
    const char *length = strstr(head, "Content-Length: ");
    if (end != NULL && length != NULL && server.total == 0u) {
        server.total = (size_t)(end + 4 - head) + strtoul(length + 16, NULL, 10);
    }
    if (server.total != 0u && server.len == server.total) {
        server.was_whole = true;
        read_members();
    }
    if (!server.is_due && (server.was_whole || server.len >= server.early_at)) {
        server.is_due = true;
        server.due_ns = server.w->now_ns + (chance(20) ? below(9000) * (uint64_t)MS : 0u);
    }
    return (int32_t)len;
}

static int32_t recv_server(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    assert_true(server.is_open);
    if (server.len >= server.break_at && !server.is_due) {
        return USPAN_ERR_IO;
    }
    if (!server.is_due || server.w->now_ns < server.due_ns || chance(10)) {
        return 0;
    }
    size_t n = server.end_at - server.given;
    if (n == 0u) {
        return server.end_how;
    }
    n = n < len ? n : len;
    n = chance(30) ? 1u + below((unsigned)n) : n;
    memcpy(buf, server.answer + server.given, n);
    server.given += n;
    judge();
    return (int32_t)n;
}

static void close_server(void *ctx)
{
    (void)ctx;
    server.is_open = false;
}

static const char *why_server(void *ctx)
{
    (void)ctx;
    return "";
}

/* While the connection is idle, unsolicited bytes may come. The next request must not read them as its
 * response. */
static void between_requests(void)
{
    uspan_exchange_t *e = &server.w->tracer.out.exchanges[0];
    if (e->step == 0u && server.is_open && server.len > 0u) {
        server.len = server.total = 0;
        server.early_at = server.break_at = SIZE_MAX;
        if (chance(20)) {
            server.answer_len = server.given = 0;
            put(chance(50) ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                           : "HTTP/1.1 408 Request Time-out\r\n\r\n");
            server.end_at = chance(80) ? server.answer_len : 0u;
            server.end_how = USPAN_ERR_CLOSED;
            server.due_ns = 0;
            server.is_due = true;
            server.judged = true; /* it decides nothing */
        } else if (server.given == server.end_at && server.end_how == 0) {
            server.is_due = false;
        }
    }
}

static void run(world_t *w, uint64_t seed)
{
    static const server_t none;
    world_reset(w);
    server = none;
    server.w = w;
    server.fates = test_calloc(spans_max, 1u);
    server.random = seed;
    server.transport = (uspan_transport_t){ USPAN_TRANSPORT_ABI, 0u,          &server,      open_server,
                                            send_server,         recv_server, close_server, why_server };
    const uspan_collector_t c = { .endpoint = "http://odd:4318/v1/traces" };
    assert_int_equal(uspan_export_to(&w->tracer, 0, &server.transport, &c), USPAN_OK);
    unsigned started = 0;
    while (server.exchanges < exchanges / SEEDS) {
        uint32_t wait_ms = 0;
        if (w->tracer.trace.queues[0].count < 8u && chance(30)) {
            for (unsigned n = 1u + below(4); n > 0u; n--) {
                char name[16];
                (void)snprintf(name, sizeof name, "%u", started++);
                assert_true(started < spans_max);
                record(w, name);
            }
            uspan_flush(&w->tracer);
        }
        assert_true(uspan_poll(&w->tracer, &wait_ms) != USPAN_ERR_ARG);
        between_requests();
        world_advance_ms(w, wait_ms != USPAN_FOREVER ? wait_ms : 100u);
        w->log_len = 0;
        world_assert_balanced(w);
        uspan_stats_t s = stats_of(w, 0);
        if (w->tracer.out.exchanges[0].step == 0u) { /* spans have the result that the client could read */
            assert_int_equal(s.delivered, server.accepted);
            assert_int_equal(s.dropped[USPAN_DROP_REFUSED] + s.dropped[USPAN_DROP_TOO_LARGE], server.refused);
            assert_int_equal(s.queued, started - server.accepted - server.refused);
        }
    }
    uspan_stats_t s = stats_of(w, 0);
    assert_true(server.accepted > 500u && server.refused > 200u && s.retries > 200u &&
                server.whole_requests > 500u);
    test_free(server.fates);
}

static void test_each_span_has_the_fate_that_could_be_read(void **state)
{
    for (unsigned i = 0; i < SEEDS; i++) {
        run(*state, first_seed + i);
    }
}

int main(int argc, char **argv)
{
    exchanges = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : exchanges;
    first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    spans_max = exchanges * 4u;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_span_has_the_fate_that_could_be_read, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
