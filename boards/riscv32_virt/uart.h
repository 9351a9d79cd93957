/* uart.h: writes text to the 16550 UART. */
#ifndef RISCV32_VIRT_UART_H
#define RISCV32_VIRT_UART_H

#include <stddef.h>
#include <stdint.h>

/* Write text. Waits for the UART, about 90 us per byte at 115,200 baud (no wait in QEMU). Context: any, also
 * a trap. */
void uart_write(const char *text, size_t len);

#endif
