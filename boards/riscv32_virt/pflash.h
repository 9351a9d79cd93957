/* pflash.h: uses the second flash bank of the machine as the storage of a spool. */
#ifndef RISCV32_VIRT_PFLASH_H
#define RISCV32_VIRT_PFLASH_H

#include "uspan/spool.h"

/* Eight sectors of 256 KB. Never busy. QEMU keeps them in the file of -drive if=pflash,unit=1. A program
 * operation in QEMU overwrites bytes, while real flash only clears bits. Context: one task. */
extern const uspan_spool_storage_t pflash_storage;

#endif
