/* clock.c: monotonic time, sleep and locking with units of every Cortex-M: SysTick, NVIC, PRIMASK.
 * Invariant: `counted` holds complete periods, and only SysTick's interrupt adds to it. board_mono_ns() adds
 * the counts of the current period, and a period whose interrupt is pending. Time never steps back. No time
 * is lost if interrupts are locked out for less than a period. */
#include "board.h"
#include "board_config.h"
#include "cortex_m.h"

#define SYST_CSR 0xE000E010u
#define SYST_RVR 0xE000E014u
#define SYST_CVR 0xE000E018u
#define SYST_RUN 7u /* core clock, interrupt, on */
#define ICSR 0xE000ED04u
#define ICSR_SYST_WAITS 0x04000000u /* PENDSTSET */
#define NVIC_ISER 0xE000E100u
#define NVIC_ICER 0xE000E180u
#define PERIOD_MS 10u /* a sleep can end later by this time */

static uint32_t period, ns_each; /* counts of one period, and nanoseconds of one count */
static uint64_t counted, told;   /* counts of past periods, and the last time returned */

void systick_handler(void);
void ethernet_handler(void);

uint32_t board_lock(void)
{
    uint32_t primask;
    __asm__ volatile("mrs %0, primask\n cpsid i" : "=r"(primask)::"memory");
    return primask;
}

void board_unlock(uint32_t state)
{
    __asm__ volatile("msr primask, %0" ::"r"(state) : "memory");
}

void systick_init(uint32_t core_hz)
{
    period = core_hz / 1000u * PERIOD_MS;
    ns_each = 1000000000u / core_hz;
    REG32(SYST_RVR) = period - 1u;
    REG32(SYST_CVR) = 0;
    REG32(SYST_CSR) = SYST_RUN;
    while (REG32(SYST_CVR) == 0u) { /* takes one count. From then on 0 means that a period ends */
    }
}

uint64_t board_mono_ns(void)
{
    uint32_t state = board_lock();
    uint32_t left = REG32(SYST_CVR);
    uint64_t now = counted;
    if ((REG32(ICSR) & ICSR_SYST_WAITS) != 0u) {
        left = REG32(SYST_CVR); /* the first reading may be of the previous period */
        now += left != 0u ? period : 0u;
    }
    now += period - left; /* 0 left: a period ends, even if its interrupt is not pending yet */
    told = now > told ? now : told;
    uint64_t ns = told * ns_each;
    board_unlock(state);
    return ns;
}

void systick_handler(void)
{
    counted += period;
}

/* The device requests its interrupt until the main loop has served it, so mask the interrupt until then. */
void ethernet_handler(void)
{
    REG32(NVIC_ICER + 4u * (BOARD_ETHERNET_IRQ / 32u)) = 1u << (BOARD_ETHERNET_IRQ % 32u);
}

void board_wait(uint32_t ms)
{
    const uint32_t device = NVIC_ISER + 4u * (BOARD_ETHERNET_IRQ / 32u);
    const uint32_t bit = 1u << (BOARD_ETHERNET_IRQ % 32u);
    uint64_t until_ns = board_mono_ns() + (uint64_t)ms * 1000000u;
    REG32(device) = bit;
    do {
        uint32_t state = board_lock(); /* a masked interrupt also ends WFI, so none is missed */
        if ((REG32(device) & bit) != 0u) {
            __asm__ volatile("dsb\n wfi" ::: "memory");
        }
        board_unlock(state); /* the handlers run here */
    } while ((REG32(device) & bit) != 0u && board_mono_ns() < until_ns);
}
