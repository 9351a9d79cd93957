/* ethernet.c: drives the MAC and PHY of the LM3S6965 (data sheet DS-LM3S6965, chapter 16).
 * Invariant: only the main loop moves frames, one complete frame at a time. The interrupt only wakes the
 * core. */
#include "board.h"
#include "cortex_m.h"
#include "frame.h"

#include <lwip/etharp.h>
#include <string.h>

#define BASE 0x40048000u
#define IACK (BASE + 0x00u)
#define IM (BASE + 0x04u)
#define RCTL (BASE + 0x08u)
#define TCTL (BASE + 0x0Cu)
#define DATA (BASE + 0x10u)
#define IA0 (BASE + 0x14u)
#define IA1 (BASE + 0x18u)
#define MCTL (BASE + 0x20u)
#define MDV (BASE + 0x24u)
#define MRXD (BASE + 0x30u)
#define NP (BASE + 0x34u)
#define TR (BASE + 0x38u)
#define INT_RX 1u
#define RCTL_ON 0x01u
#define RCTL_DROP_BAD 0x08u
#define RCTL_RESET_FIFO 0x10u
#define TCTL_ON 0x17u                  /* full duplex, CRC and padding by the MAC */
#define MII_READ_STATUS (1u << 3 | 1u) /* PHY register 1, start */
#define MII_BUSY 1u
#define STATUS_LINK 4u
#define USER_REG0 0x400FE1E0u /* MAC address from the factory: 3 bytes, and 3 in the next register */
#define USER_REG1 0x400FE1E4u
#define LOOKS_MAX 100000u /* most reads of a bit that a working MAC changes in microseconds */
#define HEADER_BYTES 14u

static void wait_while(uint32_t address, uint32_t bits)
{
    for (uint32_t i = 0; i < LOOKS_MAX && (REG32(address) & bits) != 0u; i++) {
    }
}

/* Returns true if there is a link. The status of a PHY has bits for its abilities and is never 0. QEMU has no
 * PHY, and its link is always up. */
static bool has_link(void)
{
    REG32(MCTL) = MII_READ_STATUS;
    wait_while(MCTL, MII_BUSY);
    uint32_t status = REG32(MRXD);
    return status == 0u || (status & STATUS_LINK) != 0u;
}

static err_t send(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
    if ((REG32(TR) & 1u) != 0u) {
        return ERR_MEM; /* the previous frame is still being sent. lwIP sends this one again */
    }
    /* The first word begins with the number of bytes after the header. lwIP's pad is in this position. */
    uint16_t bytes = (uint16_t)(frame->tot_len - ETH_PAD_SIZE - HEADER_BYTES);
    memcpy(frame->payload, &bytes, sizeof(bytes));
    frame_write(frame, &REG32(DATA));
    REG32(TR) = 1u;
    return ERR_OK;
}

/* Read a frame. Its first word begins with its length, which includes these two bytes and the CRC. lwIP's pad
 * is in this position. */
static void receive(struct netif *netif)
{
    uint32_t first = REG32(DATA);
    frame_read(netif, &REG32(DATA), &first, first & 0xFFFFu);
}

bool board_netif_poll(struct netif *netif)
{
    REG32(IACK) = INT_RX; /* before NP is read, so that a later frame interrupts again */
    while ((REG32(NP) & 0x3Fu) != 0u) {
        receive(netif);
    }
    return has_link();
}

signed char board_netif_init(struct netif *netif)
{
    uint32_t low = REG32(USER_REG0), high = REG32(USER_REG1);
    for (unsigned i = 0; i < 3u; i++) {
        netif->hwaddr[i] = (uint8_t)(low >> (8u * i));
        netif->hwaddr[i + 3u] = (uint8_t)(high >> (8u * i));
    }
    REG32(IA0) = (low & 0xFFFFFFu) | high << 24;
    REG32(IA1) = high >> 8 & 0xFFFFu;
    REG32(MDV) = 10; /* MII clock: 50 MHz / 22, at most 2.5 MHz */
    REG32(RCTL) = RCTL_RESET_FIFO;
    REG32(RCTL) = RCTL_ON | RCTL_DROP_BAD;
    REG32(TCTL) = TCTL_ON;
    REG32(IM) = INT_RX;
    netif->linkoutput = send;
    return ERR_OK;
}
