/* cortex_m.h: register access and SysTick of a Cortex-M (ARMv7-M manual, B3). */
#ifndef USPAN_CORTEX_M_H
#define USPAN_CORTEX_M_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))

/* Start the clock. core_hz must divide 1,000,000,000. Context: board_init(), after the core has its final
 * clock. */
void systick_init(uint32_t core_hz);

#endif
