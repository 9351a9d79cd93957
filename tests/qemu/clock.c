/* clock.c: a firmware that is busy for long and rarely asks what time it is, and then holds the board's clock against a timer
 * that does not turn over. Prints "off N", the most nanoseconds that they were apart.
 * Invariant: in a round nobody looks at the clock but its own interrupt. */
#include "board.h"
#include "cortex_m.h"

#define TIMER 0x40000000u /* CMSDK APB timer 0 */
#define TIMER_CTRL (TIMER + 0x0u)
#define TIMER_VALUE (TIMER + 0x4u)
#define TIMER_RELOAD (TIMER + 0x8u)
#define NS_EACH 40u
#define ROUNDS 40u
#define LOOPS 400000u /* some 30 ms, three periods of SysTick, as a step of a TLS handshake */

static uint64_t timer_ns(void)
{
    return (uint64_t)(0xFFFFFFFFu - REG32(TIMER_VALUE)) * NS_EACH;
}

/* Instructions of unequal length, so that interrupts come a little earlier or later. */
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
