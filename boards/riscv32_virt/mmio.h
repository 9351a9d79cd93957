/* mmio.h: access to device registers, and the part of the memory map that the drivers use (QEMU,
 * hw/riscv/virt.c).
 * Invariant: mmio_read() and mmio_write() make one 32-bit access each. */
#ifndef RISCV32_VIRT_MMIO_H
#define RISCV32_VIRT_MMIO_H

#include <stdint.h>

#define MMIO_FINISHER 0x00100000u
#define MMIO_RTC 0x00101000u
#define MMIO_CLINT 0x02000000u
#define MMIO_PLIC 0x0c000000u
#define MMIO_UART 0x10000000u
#define MMIO_VIRTIO 0x10001000u    /* MMIO_VIRTIO_SLOTS slots. Slot i is interrupt source 1 + i */
#define MMIO_VIRTIO_STRIDE 0x1000u /* bytes from slot to slot */
#define MMIO_VIRTIO_SLOTS 8u

static inline uint32_t mmio_read(uintptr_t address)
{
    return *(volatile uint32_t *)address;
}

static inline void mmio_write(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

#endif
