/* timer.h: monotonic time and sleep, from mtime of the CLINT (10 MHz). */
#ifndef RISCV32_VIRT_TIMER_H
#define RISCV32_VIRT_TIMER_H

#include <stdint.h>

/* Returns nanoseconds since reset. Context: any. */
uint64_t timer_ns(void);
/* Stop the core until a device interrupts (plic.h) or `ms` milliseconds have passed. May return early.
 * Context: main loop, interrupts off. */
void timer_sleep_ms(uint32_t ms);

#endif
