/* world.h: fakes of everything that a tracer uses: clock, entropy, lock, log, and a transport with a
 * collector behind it. The fakes check the contracts of what they replace. The lock is never nested and
 * always released, and no transport call comes at a wrong time. */
#ifndef USPAN_TEST_WORLD_H
#define USPAN_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "uspan/uspan.h"

#define WORLD_SENT_MAX (8u * 1024u * 1024u)
#define WORLD_REQUESTS_MAX 4096u

/* One request as the fake collector received it. */
typedef struct world_request {
    size_t at, head_len, body_len; /* in world_t.sent */
    unsigned connection;
} world_request_t;

typedef enum world_fault { WORLD_NO_FAULT, WORLD_FAIL_ONCE, WORLD_FAIL_FROM } world_fault_t;

typedef struct world {
    uspan_tracer_t tracer;
    uspan_port_t port;
    uspan_transport_t transport;
    /* port */
    uint64_t now_ns;
    uint64_t unix_ns; /* Unix time at now_ns = 0; 0: unknown */
    bool entropy;
    uint64_t random_state;
    uintptr_t task;
    int lock_depth;
    uint64_t locks;
    char log[4096];
    size_t log_len;
    unsigned log_lines;
    /* behaviour of the transport */
    const char *answer;    /* to every complete request; NULL: 200 and no body. May be changed at any time. */
    size_t answer_len;     /* 0: strlen */
    bool silent;           /* never responds */
    bool never_sends;      /* send() would always block */
    bool close_after;      /* the peer closes after each answer */
    unsigned opens_needed; /* number of USPAN_ERR_AGAIN before a connection is open */
    uspan_err_t open_error; /* USPAN_OK: none */
    const char *why;        /* the transport's error text; NULL: "" */
    /* Called when the n-th request (from 0) is complete, before its response is due. May change the
     * behaviour. */
    void (*on_request)(struct world *w, unsigned n);
    size_t early_after;  /* a response is due after this number of bytes, and no more are taken; 0: off */
    bool early_breaks;   /* the rest of such a request fails, as if the connection were lost */
    size_t cut_request;  /* the connection fails after this number of bytes of a request were sent; 0: off */
    size_t cut_answer;   /* it ends after this number of bytes of a response; SIZE_MAX: off */
    uspan_err_t cut_how; /* USPAN_OK: USPAN_ERR_IO */
    enum {
        WORLD_KEEPS,
        WORLD_DIES_ON_SEND,
        WORLD_DIES_ON_RECV
    } kept;                    /* the next reuse of a connection gets this, once */
    size_t send_max, recv_max; /* bytes per call; 0: no limit */
    /* the n-th transport or entropy call fails, once or from then on */
    world_fault_t fault;
    unsigned fault_at;
    unsigned calls;
    bool fired;
    /* what happened in the transport */
    bool is_open;
    unsigned opens, closes, connections;
    unsigned transport_calls; /* open, send, recv; close frees at once and is not counted */
    unsigned on_connection;   /* requests answered on this connection */
    uint8_t *sent;
    size_t sent_len, request_at;
    world_request_t requests[WORLD_REQUESTS_MAX];
    unsigned request_count;
    size_t answer_at; /* bytes of the response that were delivered; SIZE_MAX: none is due */
    char host[256];
    uint16_t peer_port;
    bool peer_has_failed;
} world_t;

/* Setup and teardown of cmocka: *state is the world. Teardown asserts lock depth 0 and that the counts
 * balance. */
int world_setup(void **state);
int world_teardown(void **state);
/* Start again: zeroed, with Unix time and entropy, tracer initialised, no destination. */
void world_reset(world_t *w);
/* The same with a collector at http://collector:4318/v1/traces as destination 0. */
void world_reset_with_collector(world_t *w);
/* Call uspan_poll() once. Asserts at most one transport call, and that the counts balance. */
uspan_err_t world_poll(world_t *w, uint32_t *wait_ms);
/* Poll, and advance the clock by the wait that uspan_poll() returns, until it is idle or after limit polls.
 * Returns the polls. */
unsigned world_run(world_t *w, unsigned limit);
/* Flush, and run until all spans have their result. Asserts that they do. */
void world_drain(world_t *w);
/* Bytes of one request's body. */
const uint8_t *world_body(const world_t *w, unsigned request, size_t *len);
/* started = delivered + rejected + queued + open + unsampled + dropped, for every destination in use. */
void world_assert_balanced(world_t *w);
void world_advance_ms(world_t *w, uint64_t ms);

#endif
