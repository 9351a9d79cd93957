/* clock.c: a firmware that is busy for long and rarely reads the time. It then compares the board's clock
 * with a timer that does not wrap. Prints "off N", the maximum difference in nanoseconds. Invariant: during a
 * round only the clock's own interrupt reads the clock. */
#include "board.h"
#include "cortex_m.h"

#define TIMER 0x40000000u /* CMSDK APB timer 0 */
#define TIMER_CTRL (TIMER + 0x0u)
#define TIMER_VALUE (TIMER + 0x4u)
#define TIMER_RELOAD (TIMER + 0x8u)
#define NS_EACH 40u
#define ROUNDS 40u
#define LOOPS 400000u /* about 30 ms, three periods of SysTick, like a step of a TLS handshake */

static uint64_t timer_ns(void)
{
    return (uint64_t)(0xFFFFFFFFu - REG32(TIMER_VALUE)) * NS_EACH;
}

/* Instructions of different durations, so that interrupts come a little earlier or later. */
static void be_busy(uint32_t loops)
{
    for (volatile uint32_t i = 0; i < loops; i++) {
        __asm__ volatile("nop\n nop\n push {r0-r7}\n pop {r0-r7}" ::: "memory");
    }
}

int main(void)
{
    uint64_t most = 0;
    board_init();
    REG32(TIMER_RELOAD) = 0xFFFFFFFFu;
    REG32(TIMER_VALUE) = 0xFFFFFFFFu;
    REG32(TIMER_CTRL) = 1u;
    uint64_t apart = board_mono_ns() - timer_ns();
    for (uint32_t n = 0; n < ROUNDS; n++) {
        be_busy(LOOPS + n * 997u);
        uint64_t off = board_mono_ns() - timer_ns() - apart;
        off = off > UINT64_MAX / 2u ? 0u - off : off;
        most = off > most ? off : most;
    }
    put_text("off ");
    put_number((uint32_t)most);
    put_text("\n");
    return 0;
}
