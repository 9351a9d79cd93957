/* power.h: the end of the machine. */
#ifndef RISCV32_VIRT_POWER_H
#define RISCV32_VIRT_POWER_H

/* Ends QEMU with `status` (0..255) as its exit status. Context: any, traps included. */
_Noreturn void power_off(int status);
/* Restarts the machine; RAM stays. Context: the same. */
_Noreturn void power_reset(void);

#endif
