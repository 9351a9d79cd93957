/* plic.h: external interrupts that end sleep. */
#ifndef RISCV32_VIRT_PLIC_H
#define RISCV32_VIRT_PLIC_H

#include <stdint.h>

/* Let interrupt `source` end sleep. Context: main loop, before the first sleep. */
void plic_enable(uint32_t source);
/* Claim and complete all pending interrupts, so that the sources can interrupt again. Clear the interrupts of
 * the devices first. Context: main loop. */
void plic_drain(void);

#endif
