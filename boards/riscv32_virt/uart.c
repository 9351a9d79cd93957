/* uart.c: writes text to the 16550 UART by polling.
 * Invariant: a byte is written only if the holding register is empty. */
#include "uart.h"

#include "mmio.h"

enum { THR = 0, LSR = 5 }; /* byte registers */
#define LSR_THR_EMPTY 0x20u

void uart_write(const char *text, size_t len)
{
    volatile uint8_t *uart = (volatile uint8_t *)MMIO_UART;
    for (size_t i = 0; i < len; i++) {
        while ((uart[LSR] & LSR_THR_EMPTY) == 0u) {
        }
        uart[THR] = (uint8_t)text[i];
    }
}
