/* world.h: everything around a tracer, faked: clock, entropy, lock, log, and a transport with a collector
 * behind it. The fakes check the contracts they stand for: the lock is never nested and always let go, and
 * no transport call comes at a wrong time. */
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

/* One request as the fake collector got it. */
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
    /* transport: how it behaves */
    const char *answer;    /* to every complete request; NULL: 200 and no body. May be changed at any time. */
    size_t answer_len;     /* 0: strlen */
    bool silent;           /* never answers */
    bool never_sends;      /* send always would block */
    bool close_after;      /* the peer closes after each answer */
    unsigned opens_needed; /* USPAN_ERR_AGAIN so often before a connection stands */
    uspan_err_t open_error; /* USPAN_OK: none */
    const char *why;        /* of the transport; NULL: "" */
    /* Called when the n-th request (from 0) is whole, before its answer is due: may change the behaviour. */
    void (*on_request)(struct world *w, unsigned n);
    size_t early_after;  /* the answer is due after so many bytes of a request, and no more is taken; 0: no */
    bool early_breaks;   /* the rest of such a request meets a broken connection */
    size_t cut_request;  /* the connection breaks when so many bytes of a request were sent; 0: no */
    size_t cut_answer;   /* it ends after so many bytes of an answer; SIZE_MAX: no */
    uspan_err_t cut_how; /* USPAN_OK: USPAN_ERR_IO */
    enum {
        WORLD_KEEPS,
        WORLD_DIES_ON_SEND,
        WORLD_DIES_ON_RECV
    } kept;                    /* the next reuse of a connection meets that; once */
    size_t send_max, recv_max; /* bytes a call, 0: all */
    /* the n-th transport or entropy call fails, once or from then on */
    world_fault_t fault;
    unsigned fault_at;
    unsigned calls;
    bool fired;
    /* transport: what happened */
    bool is_open;
    unsigned opens, closes, connections;
    unsigned transport_calls; /* open, send, recv; close gives back at once and is not counted */
    unsigned on_connection;   /* requests answered on this connection */
    uint8_t *sent;
    size_t sent_len, request_at;
    world_request_t requests[WORLD_REQUESTS_MAX];
    unsigned request_count;
    size_t answer_at; /* bytes of the answer given out; SIZE_MAX: none is due */
    char host[256];
    uint16_t peer_port;
} world_t;

/* cmocka setup and teardown: *state is the world. Teardown asserts lock depth 0 and that the accounts balance. */
int world_setup(void **state);
int world_teardown(void **state);
/* Start over: zeroed, Unix time known, entropy there, tracer initialised, no destination. */
void world_reset(world_t *w);
/* The same with a collector at http://collector:4318/v1/traces as destination 0. */
void world_reset_with_collector(world_t *w);
/* uspan_poll() once; asserts at most one transport call, and that the accounts balance. */
uspan_err_t world_poll(world_t *w, uint32_t *wait_ms);
/* Poll, moving the clock on by what uspan_poll() asks for, until it is idle or limit polls are over. Returns the polls. */
unsigned world_run(world_t *w, unsigned limit);
/* Flush, and run until everything is settled; asserts that it is. */
void world_drain(world_t *w);
/* Bytes of one request's body. */
const uint8_t *world_body(const world_t *w, unsigned request, size_t *len);
/* started = delivered + rejected + queued + open + unsampled + dropped, for every destination in use. */
void world_assert_balanced(world_t *w);
void world_advance_ms(world_t *w, uint64_t ms);

#endif
