/* lan9118.c: drives the SMSC LAN9118 through its FIFO window (data sheet DS00002266, chapters 3 and 5).
 * Invariant: only the main loop moves frames, one complete frame at a time. The interrupt only wakes the
 * core. */
#include "board.h"
#include "cortex_m.h"
#include "frame.h"

#include <lwip/etharp.h>

#define BASE 0x40200000u
#define RX_DATA (BASE + 0x00u)
#define TX_DATA (BASE + 0x20u)
#define RX_STATUS (BASE + 0x40u)
#define TX_STATUS (BASE + 0x48u)
#define IRQ_CFG (BASE + 0x54u)
#define INT_STS (BASE + 0x58u)
#define INT_EN (BASE + 0x5Cu)
#define BYTE_TEST (BASE + 0x64u)
#define FIFO_INT (BASE + 0x68u)
#define RX_CFG (BASE + 0x6Cu)
#define TX_CFG (BASE + 0x70u)
#define HW_CFG (BASE + 0x74u)
#define RX_FIFO_INF (BASE + 0x7Cu)
#define TX_FIFO_INF (BASE + 0x80u)
#define MAC_CSR_CMD (BASE + 0xA4u)
#define MAC_CSR_DATA (BASE + 0xA8u)

#define BYTE_TEST_VALUE 0x87654321u
#define HW_CFG_RESET 1u
#define HW_CFG_MBO 0x00100000u    /* must be one */
#define HW_CFG_TX_5KB 0x00050000u /* TX FIFO. The rest of 16 KB is for reception */
#define TX_CFG_ON 2u
#define RX_CFG_OFFSET_2 0x200u /* two bytes before the frame, for lwIP's pad */
#define IRQ_CFG_ON 0x00000111u /* enabled, active high, push-pull */
#define INT_RX_LEVEL 8u        /* RSFL: more frames than FIFO_INT has */
#define MAC_BUSY 0x80000000u
#define MAC_READ 0x40000000u
#define MAC_CR 1u
#define MAC_ADDRH 2u
#define MAC_ADDRL 3u
#define MAC_CR_RX_TX 0x0000000Cu
#define MAC_MII_ACC 6u
#define MAC_MII_DATA 7u
#define MII_BSR (1u << 11 | 1u << 6) /* PHY 1, basic status */
#define MII_BUSY 1u
#define BSR_LINK 4u
#define TX_FIRST_LAST 0x00003000u
#define LOOKS_MAX 100000u /* most reads of a bit that a working controller changes in microseconds */

static void wait_while(uint32_t address, uint32_t bits)
{
    for (uint32_t i = 0; i < LOOKS_MAX && (REG32(address) & bits) != 0u; i++) {
    }
}

static uint32_t mac_read(uint32_t reg)
{
    REG32(MAC_CSR_CMD) = MAC_BUSY | MAC_READ | reg;
    wait_while(MAC_CSR_CMD, MAC_BUSY);
    return REG32(MAC_CSR_DATA);
}

static void mac_write(uint32_t reg, uint32_t value)
{
    REG32(MAC_CSR_DATA) = value;
    REG32(MAC_CSR_CMD) = MAC_BUSY | reg;
    wait_while(MAC_CSR_CMD, MAC_BUSY);
}

static bool has_link(void)
{
    mac_write(MAC_MII_ACC, MII_BSR | MII_BUSY);
    for (uint32_t i = 0; i < LOOKS_MAX && (mac_read(MAC_MII_ACC) & MII_BUSY) != 0u; i++) {
    }
    return (mac_read(MAC_MII_DATA) & BSR_LINK) != 0u;
}

static err_t send(struct netif *netif, struct pbuf *frame)
{
    uint32_t bytes = (uint32_t)frame->tot_len - ETH_PAD_SIZE;
    (void)netif;
    if ((REG32(TX_FIFO_INF) & 0xFFFFu) < bytes + 16u) {
        return ERR_MEM; /* lwIP sends it again */
    }
    while ((REG32(TX_FIFO_INF) & 0x00FF0000u) != 0u) {
        (void)REG32(TX_STATUS); /* remove the status of sent frames */
    }
    REG32(TX_DATA) = TX_FIRST_LAST | (ETH_PAD_SIZE << 16) | bytes;
    REG32(TX_DATA) = bytes;
    frame_write(frame, &REG32(TX_DATA));
    return ERR_OK;
}

bool board_netif_poll(struct netif *netif)
{
    while ((REG32(RX_FIFO_INF) & 0x00FF0000u) != 0u) {
        uint32_t status = REG32(RX_STATUS);
        uint32_t bytes = (status >> 16 & 0x3FFFu) + ETH_PAD_SIZE; /* with the CRC, which lwIP removes */
        frame_read(netif, &REG32(RX_DATA), NULL, bytes);
    }
    REG32(INT_STS) = INT_RX_LEVEL;
    return has_link();
}

signed char board_netif_init(struct netif *netif)
{
    REG32(HW_CFG) = HW_CFG_RESET;
    wait_while(HW_CFG, HW_CFG_RESET);
    if (REG32(BYTE_TEST) != BYTE_TEST_VALUE) {
        board_stop("no LAN9118");
    }
    REG32(HW_CFG) = HW_CFG_MBO | HW_CFG_TX_5KB;
    REG32(TX_CFG) = TX_CFG_ON;
    REG32(RX_CFG) = RX_CFG_OFFSET_2;
    mac_write(MAC_CR, MAC_CR_RX_TX);
    REG32(FIFO_INT) = 0; /* an interrupt from the first frame on */
    REG32(INT_EN) = INT_RX_LEVEL;
    REG32(IRQ_CFG) = IRQ_CFG_ON;
    uint32_t low = mac_read(MAC_ADDRL), high = mac_read(MAC_ADDRH); /* from its EEPROM */
    for (unsigned i = 0; i < 6u; i++) {
        netif->hwaddr[i] = (uint8_t)(i < 4u ? low >> (8u * i) : high >> (8u * (i - 4u)));
    }
    netif->linkoutput = send;
    return ERR_OK;
}
