/* tracer_fuzz.h: a started tracer for targets that read external bytes. Its collector never responds, so that
 * every span stays and can be read. Also the checks of its spans that such targets share. */
#ifndef USPAN_TESTS_TRACER_FUZZ_H
#define USPAN_TESTS_TRACER_FUZZ_H

#include "fuzz.h"
#include "json/json_read.h"
#include "trace/blocks.h"
#include "uspan/port_none.h"
#include "uspan/read.h"

static uspan_tracer_t fuzz_tracer;
static uint64_t fuzz_now;

static uint64_t fuzz_mono(void *ctx)
{
    (void)ctx;
    return fuzz_now += 1000u;
}
static uspan_err_t fuzz_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0x5A, len);
    return USPAN_OK;
}
static uspan_err_t fuzz_open(void *ctx, const uspan_peer_t *peer)
{
    (void)ctx, (void)peer;
    return USPAN_ERR_AGAIN;
}
static int32_t fuzz_send(void *ctx, const uint8_t *buf, size_t len)
{
    (void)ctx, (void)buf, (void)len;
    return 0;
}
static int32_t fuzz_recv(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx, (void)buf, (void)len;
    return 0;
}
static void fuzz_close(void *ctx)
{
    (void)ctx;
}
static const char *fuzz_why(void *ctx)
{
    (void)ctx;
    return "";
}

static void fuzz_begin(void)
{
    static const uspan_port_t port = { USPAN_PORT_ABI,     NULL,        uspan_none_lock, uspan_none_unlock, fuzz_mono,
                                       uspan_none_unix_ns, fuzz_random, uspan_none_task, uspan_none_log };
    static const uspan_transport_t nowhere = { USPAN_TRANSPORT_ABI, 0u,        NULL,       fuzz_open,
                                               fuzz_send,           fuzz_recv, fuzz_close, fuzz_why };
    static const uspan_collector_t collector = { .endpoint = "http://collector:4318/v1/traces" };
    fuzz_now = 5000000000u;
    CHECK(uspan_init(&fuzz_tracer, &port) == USPAN_OK);
    CHECK(uspan_export_to(&fuzz_tracer, 0u, &nowhere, &collector) == USPAN_OK);
}

static void fuzz_ignore(void *ctx, uspan_json_event_t event, const char *text, size_t len)
{
    (void)ctx, (void)event, (void)text, (void)len;
}

static void check_json(const char *text, size_t len)
{
    static const uspan_json_table_t none = { NULL, NULL, 0u, false, NULL };
    uspan_json_read_t j;
    memset(&j, 0, sizeof j);
    size_t used = uspan_json_read_feed(&j, &none, fuzz_ignore, NULL, text, len);
    (void)uspan_json_read_feed(&j, &none, fuzz_ignore, NULL, " ", 1u); /* the next byte ends a number */
    CHECK(uspan_json_read_is_done(&j));
    for (; used < len; used++) { /* reserved for truncation */
        CHECK(text[used] == ' ');
    }
}

FUZZ_UNSEEN static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* All text but a little is used: from the reserve, or outside it. */
static void run_dry(unsigned choice)
{
    unsigned left = choice < 4u ? choice : USPAN_BLOCKS_RESERVED + choice - 4u;
    unsigned take = USPAN_BLOCKS_MAX - left;
    uint16_t head, tail;
    CHECK(uspan_blocks_alloc(&fuzz_tracer.trace, take, &head, &tail) == take);
}

#endif
