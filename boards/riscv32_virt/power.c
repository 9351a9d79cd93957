/* power.c: ends or restarts the machine through the SiFive test finisher.
 * Invariant: no function here returns, even if there is no finisher. */
#include "power.h"

#include "mmio.h"

#define FINISHER_PASS 0x5555u
#define FINISHER_RESET 0x7777u
#define FINISHER_FAIL 0x3333u /* status in the upper half */

_Noreturn void power_off(int status)
{
    uint32_t code = (uint32_t)status & 0xffu;
    mmio_write(MMIO_FINISHER, status == 0 ? FINISHER_PASS : code << 16 | FINISHER_FAIL);
    for (;;) {
        __asm__ volatile("wfi");
    }
}

_Noreturn void power_reset(void)
{
    mmio_write(MMIO_FINISHER, FINISHER_RESET);
    for (;;) {
        __asm__ volatile("wfi");
    }
}
