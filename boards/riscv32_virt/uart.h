/* uart.h: text out on the 16550 UART. */
#ifndef RISCV32_VIRT_UART_H
#define RISCV32_VIRT_UART_H

#include <stddef.h>
#include <stdint.h>

/* Context: any, traps included. Waits for the UART, some 90 us a byte at 115,200 baud (in QEMU: not at
 * all). */
void uart_write(const char *text, size_t len);

#endif
