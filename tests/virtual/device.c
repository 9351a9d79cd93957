/* device.c: implements device.h. Invariant: the clock advances only after a round in which no part did
 * anything. */
#include "device.h"
#include <stdlib.h>
#include <string.h>
#include <mbedtls/memory_buffer_alloc.h>
#include <psa/crypto.h>

device_t device_;
static uspan_tls_blob_t anchor;

static uint32_t lock(void *ctx)
{
    (void)ctx;
    return 0;
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx, (void)state;
}

static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
    return cable.now_ns;
}

static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    (void)ctx;
    *out = (uint64_t)1800000000u * 1000u * MS + cable.now_ns;
    return USPAN_OK;
}

static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(virtual_random() >> 8);
    }
    return USPAN_OK;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *out, size_t len,
                                             size_t *out_len)
{
    (void)context;
    *out_len = len;
    return random_bytes(NULL, out, len) == USPAN_OK ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}

static uintptr_t task(void *ctx)
{
    (void)ctx;
    return 1;
}

static void say(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx, (void)level;
    if (getenv("USPAN_TEST_LOG") != NULL) {
        fprintf(stderr, "%8.3f %s\n", (double)cable.now_ns / 1e9, text);
    }
}

static void must(uspan_err_t err)
{
    if (err != USPAN_OK) {
        abort();
    }
}

void device_start(uint64_t seed)
{
    device_t *d = &device_;
    cable_start(seed);
    collector_start();
    memset(d, 0, sizeof *d);
    d->port = (uspan_port_t){ USPAN_PORT_ABI, NULL, lock, unlock, mono_ns, unix_ns, random_bytes, task, say };
    uspan_lwip_tcp_init(&d->tcp, &d->network);
    anchor = (uspan_tls_blob_t){ .data = collector.ca, .len = collector.ca_len };
    const uspan_tls_options_t options = { .port = &d->port, .anchors = &anchor, .anchor_count = 1 };
    must(uspan_tls_init(&d->tls, &d->network, &options, &d->secure));
    (void)snprintf(d->endpoint, sizeof d->endpoint, "https://collector.test:%u/v1/traces", (unsigned)collector.port);
    const uspan_collector_t settings = { .endpoint = d->endpoint };
    must(uspan_init(&d->tracer, &d->port));
    must(uspan_export_to(&d->tracer, 0, &d->secure, &settings));
}

uspan_stats_t device_stats(void)
{
    uspan_stats_t stats;
    uspan_stats(&device_.tracer, 0, &stats);
    return stats;
}

size_t device_tls_in_use(void)
{
    size_t used = 0, blocks = 0;
    mbedtls_memory_buffer_alloc_cur_get(&used, &blocks);
    return used;
}

static bool poll_tracer(void)
{
    bool busy = false;
    uint32_t wait_ms = 0;
    do {
        const uint8_t step = device_.tracer.out.exchanges[0].step;
        uspan_err_t err = uspan_poll(&device_.tracer, &wait_ms);
        if (err != USPAN_OK && err != USPAN_ERR_AGAIN) {
            abort();
        }
        busy = busy || wait_ms == 0u || step != device_.tracer.out.exchanges[0].step;
    } while (wait_ms == 0u);
    device_.poll_at_ns = wait_ms == USPAN_FOREVER ? UINT64_MAX : cable.now_ns + wait_ms * MS;
    return busy;
}

void device_round(uint64_t until_ns)
{
    int fds[COLLECTOR_FDS];
    uint64_t next_ns = UINT64_MAX;
    device_.rounds++;
    bool busy = device_.app != NULL && device_.app(&next_ns);
    busy = poll_tracer() || busy;
    busy = collector_step() || busy;
    busy = cable_step(fds, collector_fds(fds)) || busy;
    if (!busy) {
        next_ns = next_ns < device_.poll_at_ns ? next_ns : device_.poll_at_ns;
        cable_wait(next_ns < until_ns ? next_ns : until_ns);
    }
}

bool device_run_until(bool (*done)(void), uint64_t ns)
{
    uint64_t until_ns = cable.now_ns + ns;
    while (!done() && cable.now_ns < until_ns) {
        device_round(until_ns);
    }
    return done();
}

static bool never(void)
{
    return false;
}

void device_run_ns(uint64_t ns)
{
    (void)device_run_until(never, ns);
}

static bool stopped(void)
{
    return uspan_stopped(&device_.tracer);
}

void device_stop(void)
{
    uspan_shutdown(&device_.tracer, 600000u);
    (void)device_run_until(stopped, 700000u * MS);
    uspan_tls_free(&device_.tls);
    cable.loss = 0;
    device_run_ns(600000u * MS); /* TIME_WAIT takes two minutes */
}
