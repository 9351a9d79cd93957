/* pflash.h: the machine's second bank of flash, as the storage of a spool. */
#ifndef RISCV32_VIRT_PFLASH_H
#define RISCV32_VIRT_PFLASH_H

#include "uspan/spool.h"

/* Eight sectors of 256 KB. Never busy. QEMU keeps them in the file of -drive if=pflash,unit=1. It overwrites
 * where flash would only clear bits. Context: one task. */
extern const uspan_spool_storage_t pflash_storage;

#endif
