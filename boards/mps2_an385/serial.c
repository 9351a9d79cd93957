/* serial.c: a second serial line on MPS2, UART 1. Bytes come in by interrupt and wait in a ring.
 * Invariant: a byte that finds the ring full stays in the UART, until board_serial_read() has made room. On a
 * chip the next byte is lost then, and QEMU makes the sender wait. */
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
#define UART_ON 0x0Bu /* transmitter, receiver, the receiver's interrupt */
#define UART_RX_INT 2u
#define UART_BAUDDIV_MIN 16u /* as fast as it can */
#define NVIC_ISER 0xE000E100u
#define RING_BYTES 1024u

static uint8_t ring[RING_BYTES];
static volatile uint32_t taken, given; /* bytes, counted from the start */

void serial_handler(void);

/* Context: the interrupt, or with it kept out. */
void serial_handler(void)
{
    REG32(UART_INT_CLEAR) = UART_RX_INT; /* before the look, so that a byte after it interrupts again */
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
