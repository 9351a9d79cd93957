/* timer.c: monotonic time and sleep, from the CLINT.
 * Invariant: both halves of a read of mtime belong together. The interrupt of mtimecmp is enabled only during
 * sleep. */
#include "timer.h"

#include "mmio.h"

#define MTIMECMP (MMIO_CLINT + 0x4000u)
#define MTIME (MMIO_CLINT + 0xbff8u)
#define NS_PER_TICK 100u /* 10 MHz */
#define TICKS_PER_MS 10000u
#define MIE_MTIE 0x80u

static uint64_t now_ticks(void)
{
    uint32_t high = mmio_read(MTIME + 4u);
    for (;;) {
        uint32_t low = mmio_read(MTIME);
        uint32_t again = mmio_read(MTIME + 4u);
        if (again == high) {
            return (uint64_t)high << 32 | low;
        }
        high = again; /* the low half wrapped between the reads */
    }
}

uint64_t timer_ns(void)
{
    return now_ticks() * NS_PER_TICK;
}

void timer_sleep_ms(uint32_t ms)
{
    uint64_t until = now_ticks() + (uint64_t)ms * TICKS_PER_MS;
    mmio_write(MTIMECMP, UINT32_MAX); /* no early match while the halves differ (privileged spec 3.2.1) */
    mmio_write(MTIMECMP + 4u, (uint32_t)(until >> 32));
    mmio_write(MTIMECMP, (uint32_t)until);
    /* While MIE is off, an enabled interrupt that is pending ends WFI at once, and no handler runs. An event
     * before the WFI therefore ends the sleep too. */
    __asm__ volatile("csrs mie, %0\n"
                     "wfi\n"
                     "csrc mie, %0" ::"r"(MIE_MTIE)
                     : "memory");
}
