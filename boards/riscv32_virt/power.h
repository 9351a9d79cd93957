/* power.h: ends or restarts the machine. */
#ifndef RISCV32_VIRT_POWER_H
#define RISCV32_VIRT_POWER_H

/* End QEMU with `status` (0..255) as its exit status. Context: any, also a trap. */
_Noreturn void power_off(int status);
/* Restart the machine without clearing RAM. Context: any, also a trap. */
_Noreturn void power_reset(void);

#endif
