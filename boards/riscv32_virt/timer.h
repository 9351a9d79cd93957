/* timer.h: monotonic time and sleep, from the CLINT's mtime, 10 MHz. */
#ifndef RISCV32_VIRT_TIMER_H
#define RISCV32_VIRT_TIMER_H

#include <stdint.h>

/* Nanoseconds since reset. Context: any. */
uint64_t timer_ns(void);
/* Stop the core until a device wants attention (plic.h) or `ms` have passed. May return early. Context: main
 * loop, interrupts off. */
void timer_sleep_ms(uint32_t ms);

#endif
