/* cable.h: a network in one process and in virtual time: lwIP as the device has it, libslirp as the rest of the
 * world, and between them a cable that loses, doubles, reorders and can be pulled.
 * The clock stands still unless cable_wait() moves it, and that is for when nobody has anything to do. */
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
    /* The name server at 10.0.2.3; it knows collector.test only. */
    enum { CABLE_ANSWERS, CABLE_SILENT } names;
    bool names_v4_only, names_v6_only;
    uint64_t names_wait_ns;
    uint64_t sntp_unix_s; /* an SNTP server there says so; 0: it is silent */
    /* Sees each frame before the cable; true: swallowed. */
    bool (*tap)(const uint8_t *frame, size_t len, bool to_device);
    /* what happened */
    unsigned frames, lost, no_pbuf, asked_names;
    uint64_t hash; /* over time, direction and length of each frame */
} cable_t;
extern cable_t cable;

/* Once a process. */
void cable_start(uint64_t seed);
void cable_stop(void);
/* Everything that is due now. True: something was done. peer_fds: sockets of the collector that slirp's lead
 * to. */
bool cable_step(const int *peer_fds, unsigned peer_count);
/* Move the clock to the next event of cable, lwIP or slirp, at most to until_ns. */
void cable_wait(uint64_t until_ns);
/* Pull the cable or put it back. noticed: the device's PHY sees it, else frames just vanish. */
void cable_pull(bool pulled, bool noticed);
/* An Ethernet frame from nobody to the device, or to slirp, through the cable. */
void cable_send(const uint8_t *frame, size_t len, bool to_device);

/* Bytes and objects that lwIP's pools have given out. */
unsigned cable_lwip_in_use(void);
uint32_t virtual_random(void);

#endif
