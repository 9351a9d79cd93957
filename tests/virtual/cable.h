/* cable.h: a network in one process and in virtual time. lwIP is the device's network stack, and libslirp is
 * the rest of the network. The cable between them loses, duplicates and reorders frames, and can be
 * disconnected. Only cable_wait() advances the clock, when no part has anything to do. */
#ifndef USPAN_TEST_CABLE_H
#define USPAN_TEST_CABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS 1000000ull /* in ns */
#define CABLE_FDS 16u

typedef struct cable {
    uint64_t now_ns;
    unsigned loss, duplicate, reorder; /* percent of frames */
    uint64_t latency_ns;               /* one way */
    bool pulled;
    /* The name server at 10.0.2.3. It knows only collector.test. */
    enum { CABLE_ANSWERS, CABLE_SILENT } names;
    bool names_v4_only, names_v6_only;
    uint64_t names_wait_ns;
    uint64_t sntp_unix_s; /* time of an SNTP server there; 0: it does not respond */
    /* Called with each frame before the cable. True: the frame is dropped. */
    bool (*tap)(const uint8_t *frame, size_t len, bool to_device);
    /* what happened */
    unsigned frames, lost, no_pbuf, asked_names;
    uint64_t hash; /* over time, direction and length of each frame */
} cable_t;
extern cable_t cable;

/* Call it once per process. */
void cable_start(uint64_t seed);
void cable_stop(void);
/* Do everything that is due now. True: something was done. peer_fds: sockets of the collector, to which
 * slirp's sockets lead. */
bool cable_step(const int *peer_fds, unsigned peer_count);
/* Advance the clock to the next event of cable, lwIP or slirp, at most to until_ns. */
void cable_wait(uint64_t until_ns);
/* Disconnect or connect the cable. noticed: the device's PHY detects it. Otherwise frames are lost without
 * notice. */
void cable_pull(bool pulled, bool noticed);
/* Send an Ethernet frame without a sender to the device or to slirp, through the cable. */
void cable_send(const uint8_t *frame, size_t len, bool to_device);

/* Bytes and objects that are allocated from lwIP's pools. */
unsigned cable_lwip_in_use(void);
uint32_t virtual_random(void);

#endif
