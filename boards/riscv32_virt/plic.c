/* plic.c: external interrupts. They end sleep, but no handler runs, because mstatus.MIE stays off.
 * Invariant: every claim is completed before the next one is made. */
#include "plic.h"

#include "mmio.h"

/* Context 0 is hart 0's machine mode. */
#define PRIORITY(source) (MMIO_PLIC + 4u * (source))
#define ENABLE (MMIO_PLIC + 0x2000u) /* sources 0..31 */
#define THRESHOLD (MMIO_PLIC + 0x200000u)
#define CLAIM (MMIO_PLIC + 0x200004u) /* read: claim; write: complete */
#define MIE_MEIE 0x800u

void plic_enable(uint32_t source)
{
    mmio_write(PRIORITY(source), 1u);
    mmio_write(THRESHOLD, 0u);
    mmio_write(ENABLE, mmio_read(ENABLE) | 1u << source);
    __asm__ volatile("csrs mie, %0" ::"r"(MIE_MEIE));
}

void plic_drain(void)
{
    for (uint32_t source = mmio_read(CLAIM); source != 0u; source = mmio_read(CLAIM)) {
        mmio_write(CLAIM, source);
    }
}
