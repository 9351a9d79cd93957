/* peer.h: a plain TCP peer on the host's loopback, and the time that lwIP and slirp need to reach it. No
 * function blocks. */
#ifndef USPAN_TEST_PEER_H
#define USPAN_TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct peer {
    int listener, fd; /* -1: none */
    uint16_t port;
} peer_t;
extern peer_t peer;

/* Listen on a free port of 127.0.0.1, or of ::1. */
void peer_listen(bool v6);
void peer_stop_listening(void);
/* Let virtual time pass. */
void peer_run_ms(uint64_t ms);
/* Read the available bytes. Returns their number, 0 for none, -1 for the end, -2 for a reset. */
int peer_read(void *out, size_t cap);
/* Returns the bytes that the kernel accepted. */
size_t peer_write(const void *bytes, size_t len);
void peer_end_sending(void);
void peer_close(void);
void peer_reset(void);

#endif
