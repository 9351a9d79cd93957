/* plic.h: external interrupts, used to end sleep. */
#ifndef RISCV32_VIRT_PLIC_H
#define RISCV32_VIRT_PLIC_H

#include <stdint.h>

/* Let interrupt `source` end sleep. Context: main loop, before the first sleep. */
void plic_enable(uint32_t source);
/* Take what is pending, so that the sources may interrupt again. Quiet the devices first. Context: main
 * loop. */
void plic_drain(void);

#endif
