/* serial.c: the second serial line of MPS2, UART 1. An interrupt puts received bytes into a ring.
 * Invariant: if the ring is full, a byte stays in the UART until board_serial_read() has made room. On real
 * hardware the next byte is lost in that case. QEMU makes the sender wait. */
#include "board.h"
#include "board_config.h"
#include "cortex_m.h"

#define UART1 0x40005000u /* CMSDK APB UART */
#define UART_DATA (UART1 + 0x00u)
#define UART_STATE (UART1 + 0x04u)
#define UART_CTRL (UART1 + 0x08u)
#define UART_INT_CLEAR (UART1 + 0x0Cu)
#define UART_BAUDDIV (UART1 + 0x10u)
#define UART_TX_FULL 1u
#define UART_RX_FULL 2u
#define UART_ON 0x0Bu /* transmitter, receiver, receive interrupt */
#define UART_RX_INT 2u
#define UART_BAUDDIV_MIN 16u /* the highest speed */
#define NVIC_ISER 0xE000E100u
#define RING_BYTES 1024u

static uint8_t ring[RING_BYTES];
static volatile uint32_t taken, given; /* bytes put into the ring, and bytes read from it, since the start */

void serial_handler(void);

/* Move bytes from the UART to the ring. Context: the interrupt, or while it is locked out. */
void serial_handler(void)
{
    REG32(UART_INT_CLEAR) = UART_RX_INT; /* before reading, so that a later byte interrupts again */
    while ((REG32(UART_STATE) & UART_RX_FULL) != 0u && taken - given < RING_BYTES) {
        ring[taken % RING_BYTES] = (uint8_t)REG32(UART_DATA);
        taken++;
    }
}

void board_serial_start(void)
{
    REG32(UART_BAUDDIV) = UART_BAUDDIV_MIN;
    REG32(UART_CTRL) = UART_ON;
    REG32(NVIC_ISER) = 1u << BOARD_SERIAL_IRQ;
}

bool board_serial_read(uint8_t *out)
{
    uint32_t state = board_lock();
    serial_handler();
    bool is_there = given != taken;
    if (is_there) {
        *out = ring[given++ % RING_BYTES];
    }
    board_unlock(state);
    return is_there;
}

void board_serial_write(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while ((REG32(UART_STATE) & UART_TX_FULL) != 0u) {
        }
        REG32(UART_DATA) = data[i];
    }
}
