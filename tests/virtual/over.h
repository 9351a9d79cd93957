/* over.h: port/lwip's transport alone over the cable, to a plain peer, and functions for its tests. Include
 * it once per program. */
#ifndef USPAN_TEST_OVER_H
#define USPAN_TEST_OVER_H

#include "alone.h"
#include <string.h>
#include <lwip/tcp.h>
#include "cable.h"
#include "peer.h"
#include "uspan_lwip.h"

static uspan_lwip_tcp_t tcp;
static uspan_transport_t transport;
static uint8_t buffer[65536];
static unsigned resets; /* RSTs that the device sent */

static inline uspan_err_t open_once(const char *host)
{
    const uspan_peer_t to = { .host = host, .port = peer.port };
    return transport.open(transport.ctx, &to);
}

/* Call open() until it succeeds or fails, or until the time has passed. */
static inline uspan_err_t open_for_ms(const char *host, unsigned ms)
{
    uspan_err_t err = open_once(host);
    for (unsigned passed = 0; err == USPAN_ERR_AGAIN && passed < ms; passed += 5u) {
        peer_run_ms(5);
        err = open_once(host);
    }
    return err;
}

static inline void connect_fully(void)
{
    assert_int_equal(open_for_ms("10.0.2.2", 10000), USPAN_OK);
    peer_run_ms(50);
    assert_true(peer.fd >= 0);
}

static inline int32_t send_text(const char *text)
{
    return transport.send(transport.ctx, (const uint8_t *)text, strlen(text));
}

static inline int32_t receive(size_t cap)
{
    return transport.recv(transport.ctx, buffer, cap);
}

static inline void hang_up(void)
{
    transport.close(transport.ctx);
    transport.close(transport.ctx);
    assert_null(tcp.pcb);
    assert_null(tcp.in);
    assert_null(tcp.lookup);
}

static inline void assert_why(const char *why)
{
    assert_string_equal(transport.last_error_text(transport.ctx), why);
}

static inline bool count_resets(const uint8_t *frame, size_t len, bool to_device)
{
    if (len > 47u && frame[12] == 0x08u && frame[13] == 0x00u && frame[23] == 6u && (frame[47] & 4u) != 0u) {
        resets += !to_device;
    }
    return false;
}

/* Run a test with a new stack in a new process. Afterwards nothing may be allocated. */
static void around(const void *test, void *out)
{
    void (*inner)(void);
    memcpy(&inner, test, sizeof inner);
    memset(out, 0, 1);
    cable_start(7u);
    uspan_lwip_tcp_init(&tcp, &transport);
    transport.close(transport.ctx); /* before open: nothing */
    cable.tap = count_resets;
    peer_listen(false);
    peer_run_ms(5000); /* time for IPv6 to join its groups */
    unsigned before = cable_lwip_in_use();
    inner();
    hang_up();
    peer_close();
    peer_stop_listening();
    peer_run_ms(600000);
    assert_int_equal(cable_lwip_in_use(), before);
    cable_stop();
}

static void over_run_one(void **state)
{
    char out;
    run_alone(around, state, &out, sizeof out);
}

/* A case runs over the link in a process of its own. */
#define OVER_THE_LINK(test) { "test_" #test, over_run_one, NULL, NULL, (void *)(uintptr_t)(test) }

#endif
