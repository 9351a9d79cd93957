/* test_whole_faults.c: four boots of a device with two collectors, one of them through a proxy and with a
 * spool. They have an outage, a crash, a sleep and a stop. Each call of transport, flash, entropy and clocks
 * fails once, twice in a row, or from then on, or it is busy, or short by one byte, and each two of these in
 * pairs. After each sequence of boots every span arrived or is counted, no lock is held, nothing leaks, and
 * later operations work. Calls are sampled at a fixed interval, and pairs at random. WHOLE_FAULTS_EVERY=1
 * tests each call, WHOLE_FAULTS_PAIRS=4000 that many pairs of each two kinds (by hand, takes minutes).
 * uspan-config: USPAN_KEEP=1 USPAN_SPOOL=1 USPAN_HTTP_PROXY=1 USPAN_DESTINATIONS_MAX=2 USPAN_EXCHANGES_MAX=1
 * uspan-config: USPAN_ATTRS_MAX=8 USPAN_TEXT_BYTES=4096 USPAN_SPANS_MAX=16 */
#include "delivery.h"
#include "flash_model.h"
#include "keep_image.h"
#include "uspan/genai.h"
#include "uspan/spool.h"

#define SPANS_MAX 64u

/* ---- faults -------------------------------------------------------------------------------------------- */

typedef enum kind { TRANSPORT = 1, FLASH = 2, ENTROPY = 4, UNIX_TIME = 8, CLOCK = 16, ALL = 31 } kind_t;
typedef enum how { NEVER, ONCE, TWICE, FROM, BUSY, SHORT } how_t;

/* Two of them for calls that fail in pairs, of any two kinds. */
static struct plan {
    unsigned kinds, at;
    how_t how;
    unsigned calls, hits;
} plans[2];
static how_t how; /* of the call that fails now */

static bool fails(unsigned kind)
{
    bool fails_now = false;
    for (struct plan *p = plans; p < plans + COUNT(plans); p++) {
        if (p->how == NEVER || (p->kinds & kind) == 0u) {
            continue;
        }
        const unsigned n = p->calls++;
        bool hit = n == p->at;
        hit = hit || (p->how == TWICE && n == p->at + 1u) || (p->how == BUSY && n > p->at && n < p->at + 3u) ||
              (p->how == FROM && n > p->at && (kind != CLOCK || n < p->at + 200u));
        p->hits += hit;
        how = hit ? p->how : how;
        fails_now = fails_now || hit;
    }
    return fails_now;
}

static world_t *world;
static uspan_port_t port;
static uspan_transport_t direct, through;
static uspan_proxy_t proxy;
static uspan_spool_t spool;
static uspan_spool_storage_t storage;
static flash_model_t flash;
static uint64_t last_ns;

/* A clock that fails does not advance. */
static uint64_t mono_ns(void *ctx)
{
    last_ns = fails(CLOCK) ? last_ns : world->port.mono_ns(ctx);
    return last_ns;
}

static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    return fails(UNIX_TIME) ? USPAN_ERR_AGAIN : world->port.unix_ns(ctx, out);
}

static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    return fails(ENTROPY) ? USPAN_ERR_AGAIN : world->port.random(ctx, out, len);
}

static uspan_err_t open_peer(void *ctx, const uspan_peer_t *peer)
{
    if (fails(TRANSPORT)) {
        assert_int_equal(world->lock_depth, 0);
        world->transport_calls++;
        return how == BUSY ? USPAN_ERR_AGAIN : USPAN_ERR_IO;
    }
    return world->transport.open(ctx, peer);
}

static int32_t send_bytes(void *ctx, const uint8_t *buf, size_t len)
{
    if (fails(TRANSPORT)) {
        if (how == SHORT && len > 1u) {
            return world->transport.send(ctx, buf, len - 1u);
        }
        world->transport_calls++;
        return how == BUSY || how == SHORT ? 0 : USPAN_ERR_IO;
    }
    return world->transport.send(ctx, buf, len);
}

static int32_t recv_bytes(void *ctx, uint8_t *buf, size_t len)
{
    if (fails(TRANSPORT)) {
        if (how == SHORT && len > 1u) {
            return world->transport.recv(ctx, buf, len - 1u);
        }
        world->transport_calls++;
        return how == BUSY || how == SHORT ? 0 : USPAN_ERR_CLOSED;
    }
    return world->transport.recv(ctx, buf, len);
}

static int read_flash(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    assert_int_equal(world->lock_depth, 0);
    if (fails(FLASH)) {
        if (how == SHORT && len > 1u) { /* and it reports that */
            (void)flash.storage.read(ctx, address, out, len - 1u);
        }
        return how == BUSY ? 1 : -1;
    }
    return flash.storage.read(ctx, address, out, len);
}

static int program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    assert_int_equal(world->lock_depth, 0);
    if (fails(FLASH)) {
        if (how == SHORT) { /* and it does not report that */
            uint8_t cut[USPAN_SPOOL_UNIT];
            memcpy(cut, data, len);
            cut[len - 1u] = storage.erased;
            return flash.storage.program(ctx, address, cut, len);
        }
        return how == BUSY ? 1 : -1;
    }
    return flash.storage.program(ctx, address, data, len);
}

static int erase(void *ctx, uint32_t sector)
{
    assert_int_equal(world->lock_depth, 0);
    if (fails(FLASH)) {
        return how == BUSY ? 1 : -1;
    }
    return flash.storage.erase(ctx, sector);
}

/* It is never busy. */
static int sync_flash(void *ctx)
{
    assert_int_equal(world->lock_depth, 0);
    return plans[0].how != BUSY && plans[1].how != BUSY && fails(FLASH) ? -1 : flash.storage.sync(ctx);
}

/* ---- a device ------------------------------------------------------------------------------------------ */

static unsigned recorded;
static struct account {
    bool seen[SPANS_MAX];
    unsigned arrived;
    uint32_t lost, without_ids; /* counted as dropped; of them, because entropy or a parent was missing */
    uint32_t with_ram;          /* waited in RAM that was not kept */
} accounts[2];
static unsigned read_requests; /* of the world's, read so far */
static uint32_t mount_lost;

/* Which spans arrived, and where. */
static void read_arrivals(void)
{
    for (; read_requests < world->request_count; read_requests++) {
        const unsigned d = head_has(world, read_requests, "POST /two ") ? 1u : 0u;
        if (d == 0u && !head_has(world, read_requests, "POST /v1/traces ")) {
            continue; /* CONNECT, Studio */
        }
        const view_t body = body_of(world, read_requests);
        for (unsigned n = 0; n < view_span_count(body); n++) {
            view_t name;
            char text[16] = { 0 };
            assert_true(view_get(view_span(body, n), 5u, 0u, &name) && name.len < sizeof text);
            memcpy(text, name.at, name.len);
            const unsigned i = (unsigned)strtoul(text + 1, NULL, 10);
            assert_true(text[0] == 's' && i < recorded);
            accounts[d].arrived += !accounts[d].seen[i];
            accounts[d].seen[i] = true;
        }
    }
}

/* A boot has ended. Only its own counts know what it dropped. */
static void close_accounts(void)
{
    read_arrivals();
    for (unsigned d = 0; d < 2u; d++) {
        const uspan_stats_t s = stats_of(world, d);
        for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
            accounts[d].lost += (uint32_t)s.dropped[c];
        }
        accounts[d].without_ids += (uint32_t)(s.dropped[USPAN_DROP_NO_ENTROPY] + s.dropped[USPAN_DROP_PARENT]);
        accounts[d].with_ram += USPAN_KEEP ? 0u : s.queued + s.open;
    }
}

static bool studio_answers(world_t *w, unsigned n)
{
    return head_has(w, n, "POST /trpc/");
}

/* Sometimes a collector is busy, and takes fewer bytes at a time. */
static void answer(world_t *w, unsigned n)
{
    static const char busy[] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    static const char large[] = "HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n";
    const bool two_spans =
        w->requests[n].body_len > 0u && !studio_answers(w, n) && view_span_count(body_of(w, n)) > 1u;
    w->answer = n == 4u ? busy : n == 7u && two_spans ? large : NULL;
}

static void start_device(uspan_reset_t reason)
{
    world_t *w = world;
    w->unix_ns += w->now_ns; /* Unix time advances */
    w->now_ns = last_ns = 1000000u;
    w->is_open = false;
    w->open_error = USPAN_OK;
    w->request_at = w->sent_len;
    w->answer_at = SIZE_MAX;
    const uspan_keep_options_t o = keep_options(reason);
    uspan_keep_report_t report;
    assert_int_equal(uspan_keep_mount(&w->tracer, &port, &o, &report), USPAN_OK);
    mount_lost += report.lost;
    const uspan_proxy_options_t by = { .url = "http://proxy:3128", .tunnel = true };
    assert_int_equal(uspan_proxy_init(&proxy, &direct, &by, &through), USPAN_OK);
    const uspan_collector_t first = { .endpoint = "http://collector:4318/v1/traces" };
    const uspan_collector_t second = { .endpoint = "http://second:4318/two", .timeout_ms = 2000u };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &through, &first), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 1u, &direct, &second), USPAN_OK);
#if USPAN_STUDIO
    const uspan_studio_t studio = { .url = "http://studio:3000", .project = "p", .run_id = "run-1" };
    assert_int_equal(uspan_studio_start(&w->tracer, &direct, &studio), USPAN_OK);
#endif
    uspan_err_t err = USPAN_ERR_AGAIN;
    for (unsigned n = 0; err == USPAN_ERR_AGAIN && n < 1000u; n++) {
        err = uspan_spool_mount(&w->tracer, 0u, &spool, &storage);
    }
    assert_int_equal(err, USPAN_OK);
}

static void run_ms(uint32_t ms)
{
    const uint64_t end = world->now_ns + (uint64_t)ms * MS;
    while (world->now_ns < end) {
        uint32_t wait_ms = 0;
        (void)world_poll(world, &wait_ms);
        world->now_ns += wait_ms == 0u ? 2000u : 0u;
        world_advance_ms(world, wait_ms < 300u ? wait_ms : 300u);
    }
}

static uspan_t begin_span(uspan_t parent)
{
    char name[16];
    assert_true(recorded < SPANS_MAX);
    snprintf(name, sizeof name, "s%u", recorded++);
    return uspan_start(&world->tracer, parent, name);
}

/* A turn with a chat and a tool. If the device crashes in the tool, two spans stay open. */
static void turn(bool dies)
{
    uspan_tracer_t *t = &world->tracer;
    const uspan_attr_t attr = USPAN_ATTR_TEXT(USPAN_KEY("valve"), "the third one from the left");
    uspan_context_t c;
    uspan_t root = begin_span(USPAN_ROOT), chat = begin_span(root);
    (void)uspan_set_str(
        t, chat, &uspan_key_input_messages,
        "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Water the tomatoes.\"}]}]");
    (void)uspan_append_str(t, chat, &uspan_key_output_messages,
                           "a text that streams in, and takes some blocks of the pool");
    (void)uspan_end(t, chat);
    uspan_t tool = begin_span(root);
    (void)uspan_event_n(t, tool, "valve opens", 11u, 0u, &attr, 1u);
    if (uspan_context_of(t, root, &c) == USPAN_OK) {
        const uspan_link_t link = { &c, NULL, 0u };
        (void)uspan_add_link(t, tool, &link);
    }
    if (!dies) {
        (void)uspan_record_error(t, tool, "timeout", "the valve did not answer");
        (void)uspan_end(t, tool);
        (void)uspan_end(t, root);
    }
}

static void live(void)
{
    world_t *w = world;
    world_reset(w);
    w->port.ctx = w;
    port = w->port;
    port.mono_ns = mono_ns;
    port.unix_ns = unix_ns;
    port.random = random_bytes;
    direct = w->transport;
    direct.open = open_peer;
    direct.send = send_bytes;
    direct.recv = recv_bytes;
    w->on_request = answer;
    w->opens_needed = 1u;
    flash_init(&flash, 1024u, 12u, 8u, 0xFFu);
    flash_cache(&flash);
    storage = flash.storage;
    storage.read = read_flash;
    storage.program = program;
    storage.erase = erase;
    /* a storage with sync() guarantees that its bytes are stored */
    storage.sync = plans[0].how == SHORT || plans[1].how == SHORT ? NULL : sync_flash;
    memset(&w->tracer, 0xA5, sizeof w->tracer);
    memset(accounts, 0, sizeof accounts);
    recorded = read_requests = 0u;
    mount_lost = 0u;

    start_device(USPAN_RESET_UNKNOWN);
    turn(false);
    run_ms(7000u);
    w->open_error = USPAN_ERR_IO;
    turn(false);
    run_ms(9000u); /* spans that have waited long enough are stored */
    turn(true);
    uspan_keep_crash(&w->tracer, &(uspan_crash_t){ .reason = USPAN_RESET_HARD_FAULT, .now_ns = w->now_ns });
    close_accounts();

    start_device(USPAN_RESET_HARD_FAULT);
    turn(false);
    run_ms(12000u);
    w->open_error = USPAN_ERR_IO;
    turn(false);
    uspan_err_t err = USPAN_ERR_AGAIN;
    for (unsigned n = 0; n < 1000u && err == USPAN_ERR_AGAIN; n++) {
        err = uspan_spool_all(&w->tracer);
        world_assert_balanced(w);
        world_advance_ms(w, 1u);
    }
    close_accounts(); /* deep sleep: spans that are not in flash are kept in RAM */

    start_device(USPAN_RESET_SOFTWARE);
    turn(false);
    run_ms(40000u);
    uspan_shutdown(&w->tracer, 4000u);
    for (unsigned n = 0; !uspan_stopped(&w->tracer); n++) {
        assert_true(n < 100u);
        run_ms(1000u);
    }
    for (unsigned d = 0; d < 2u; d++) {
        const uspan_stats_t s = stats_of(w, d);
        assert_int_equal(s.queued + s.open, 0);
        assert_int_equal(s.blocks_live, 0);
        assert_int_equal(s.spool_records, s.replayed + s.spool_lost + s.spool_waiting);
    }
    assert_int_equal(w->tracer.trace.slots_live, 0);
    assert_false(w->is_open);
    close_accounts();

    const unsigned before = recorded;
    const how_t hows[] = { plans[0].how, plans[1].how };
    plans[0].how = plans[1].how = NEVER; /* everything works again */
    start_device(USPAN_RESET_POWER_ON);
    turn(false);
    run_ms(40000u);
    plans[0].how = hows[0];
    plans[1].how = hows[1];
    close_accounts();
    const uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.spool_waiting, 0);
    accounts[0].lost += s.spool_lost;
    for (unsigned d = 0; d < 2u; d++) {
        for (unsigned i = before; i < recorded; i++) {
            assert_true(accounts[d].seen[i]);
        }
        assert_int_equal(stats_of(w, d).delivered + stats_of(w, d).spooled, recorded - before);
    }
}

/* ---- sweeps -------------------------------------------------------------------------------------------- */

static void check_life(void)
{
    const struct plan *p = &plans[0], *q = &plans[1];
    for (unsigned d = 0; d < 2u; d++) {
        const struct account *a = &accounts[d];
        const unsigned told = a->arrived + a->lost + a->with_ram + mount_lost;
        /* Flash that cannot be read twice in a row counts as defective. */
        const bool spared = p->how != FROM && q->how == NEVER && (p->how != TWICE || p->kinds != FLASH);
        if (told < recorded || mount_lost != 0u || (spared && a->lost != a->without_ids)) {
            fail_msg("kinds %u, how %u, at %u, and %u, %u, %u: destination %u: %u of %u arrived, %u lost, %u "
                     "without ids, %u at mounts",
                     p->kinds, p->how, p->at, q->kinds, q->how, q->at, d, a->arrived, recorded, a->lost,
                     a->without_ids, mount_lost);
        }
    }
}

/* Returns the number of sequences. */
static unsigned sweep(unsigned kinds, how_t each, unsigned every)
{
    unsigned lives = 0;
    for (unsigned at = 0;; at += every) {
        plans[0] = (struct plan){ .kinds = kinds, .how = each, .at = at };
        plans[1].how = NEVER;
        live();
        check_life();
        lives++;
        if (plans[0].hits == 0u) {
            assert_true(plans[0].calls <= at);
            return lives;
        }
    }
}

static unsigned number_of(const char *variable, unsigned usual)
{
    const char *text = getenv(variable);
    const unsigned n = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 0u;
    return n > 0u ? n : usual;
}

/* Returns the number of calls of that kind without faults. */
static unsigned live_without_faults(unsigned kinds)
{
    plans[0] = (struct plan){ .kinds = kinds, .how = ONCE, .at = UINT32_MAX };
    plans[1].how = NEVER;
    live();
    return plans[0].calls;
}

static void test_without_faults_all_arrives(void **state)
{
    (void)state;
    const unsigned calls = live_without_faults(ALL);
    assert_int_equal(accounts[0].arrived + accounts[0].with_ram, recorded);
    assert_int_equal(accounts[1].arrived + accounts[1].with_ram, recorded);
    assert_true(accounts[0].arrived > 16u);
    assert_int_equal(accounts[0].lost + accounts[1].lost, 0);
    assert_true(stats_of(world, 0).replayed > 3u); /* flash was used */
    printf("%u calls\n", calls);
}

static void test_each_call_fails(void **state)
{
    (void)state;
    static const struct {
        unsigned kinds, every;
    } rows[] = { { TRANSPORT, 7u }, { FLASH, 41u }, { ENTROPY, 1u }, { UNIX_TIME, 3u }, { CLOCK, 173u } };
    static const how_t hows[] = { ONCE, TWICE, FROM, BUSY, SHORT };
    unsigned lives = 0;
    for (unsigned r = 0; r < COUNT(rows); r++) {
        for (unsigned h = 0; h < COUNT(hows); h++) {
            lives += sweep(rows[r].kinds, hows[h], number_of("WHOLE_FAULTS_EVERY", rows[r].every));
        }
    }
    printf("%u lives\n", lives);
    assert_true(lives > 200u);
}

/* A seeded sample of the pairs of each two kinds, in any two ways, at any two calls. */
static void test_calls_fail_in_pairs(void **state)
{
    (void)state;
    static const how_t hows[] = { ONCE, TWICE, FROM, BUSY, SHORT };
    const unsigned each = number_of("WHOLE_FAULTS_PAIRS", 24u);
    uint32_t random = 20261201u;
    unsigned calls[5], both = 0;
    for (unsigned k = 0; k < COUNT(calls); k++) {
        calls[k] = live_without_faults(1u << k);
    }
    for (unsigned n = 0; n < each * COUNT(calls) * COUNT(calls); n++) {
        for (unsigned i = 0; i < 2u; i++) {
            const unsigned k = i == 0u ? n % COUNT(calls) : n / COUNT(calls) % COUNT(calls);
            random = random * 1664525u + 1013904223u;
            plans[i] = (struct plan){ .kinds = 1u << k, .at = (random >> 8) % calls[k] };
            plans[i].how = hows[(random >> 4) % COUNT(hows)];
        }
        live();
        check_life();
        both += plans[0].hits > 0u && plans[1].hits > 0u;
    }
    printf("%u pairs of %u\n", both, each * 25u);
    assert_true(both > each * 20u);
}

static int setup(void **state)
{
    int result = world_setup(state);
    world = *state;
    return result;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_faults_all_arrives),
        cmocka_unit_test(test_each_call_fails),
        cmocka_unit_test(test_calls_fail_in_pairs),
    };
    return cmocka_run_group_tests(tests, setup, world_teardown);
}
