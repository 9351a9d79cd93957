/* device.h: the device under test: a tracer, TLS and TCP like those of a board, and a main loop in virtual
 * time. */
#ifndef USPAN_TEST_DEVICE_H
#define USPAN_TEST_DEVICE_H

#include "collector.h"
#include "uspan_lwip.h"
#include "uspan_mbedtls.h"
#include "cable.h"

typedef struct device {
    uspan_tracer_t tracer;
    uspan_port_t port;
    uspan_lwip_tcp_t tcp;
    uspan_tls_t tls;
    uspan_transport_t network, secure;
    char endpoint[64];
    /* The application, called in every round. True: something was done. *next_ns: the time of its next
     * call. */
    bool (*app)(uint64_t *next_ns);
    uint64_t poll_at_ns;
    unsigned rounds;
} device_t;
extern device_t device_;

/* Call cable_start() and collector_start(), and make a tracer that exports to the collector over TLS. */
void device_start(uint64_t seed);
/* Run one round. The clock advances if no part has anything to do, at most to until_ns. */
void device_round(uint64_t until_ns);
void device_run_ns(uint64_t ns);
/* Run rounds until done() is true or ns have passed. Returns the result of done(). */
bool device_run_until(bool (*done)(void), uint64_t ns);
/* Shut the tracer down, free TLS, and let lwIP's timers expire. */
void device_stop(void);
uspan_stats_t device_stats(void);
size_t device_tls_in_use(void);

#endif
