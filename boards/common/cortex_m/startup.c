/* startup.c: from reset to main() on a Cortex-M3 or M4, and what happens when things go wrong.
 * Invariant: before main(), .data is copied, .bss is zero, and the stack below the start-up code is
 * painted. */
#include "board.h"
#include "board_config.h" /* of the board's folder */
#include "cortex_m.h"
#include "semihost.h"

#define HFSR 0xE000ED2Cu
#define HFSR_DEBUGEVT 0x80000000u
#define BKPT_SEMIHOST 0xBEABu

extern uint32_t data_load[], data_low[], data_high[], bss_low[], bss_high[];
int main(void);
void reset(void);
void hard_fault_at(uint32_t *frame);
void systick_handler(void);
void ethernet_handler(void);

__attribute__((noreturn)) void reset(void)
{
    uint32_t here;
    for (uint32_t *p = board_stack_low; p < &here - 16; p++) { /* 16: this function's own */
        *p = BOARD_STACK_PAINT;
    }
    for (uint32_t *to = data_low, *from = data_load; to < data_high; to++, from++) {
        *to = *from;
    }
    for (uint32_t *p = bss_low; p < bss_high; p++) {
        *p = 0;
    }
    board_exit(main());
}

/* frame: r0-r3, r12, lr, pc, xpsr as the core pushed them. A breakpoint that asks a host for something, with
 * no host there, ends here: the question is answered with -1 and the firmware goes on. */
__attribute__((used)) void hard_fault_at(uint32_t *frame)
{
    uint32_t pc = frame[6];
    if (pc < (uintptr_t)board_flash_bytes && *(const uint16_t *)pc == BKPT_SEMIHOST) {
        REG32(HFSR) = HFSR_DEBUGEVT; /* cleared by writing it */
        frame[0] = (uint32_t)-1;
        frame[6] = pc + 2u;
        return;
    }
    board_stop("hard fault");
}

__attribute__((naked)) static void hard_fault(void)
{
    __asm__ volatile("mov r0, sp\n b hard_fault_at\n"); /* lr still says how to return */
}

__attribute__((noreturn)) static void unexpected(void)
{
    board_stop("unexpected exception");
}

/* Table of ARMv7-M B1.5.2: stack, reset, exceptions 2..15, then the devices up to the one that is used. */
__attribute__((used, section(".vectors"))) static void (*const vectors[16 + BOARD_ETHERNET_IRQ + 1])(void) = {
    [0] = (void (*)(void))board_stack_high,
    [1] = reset,
    [2] = unexpected,
    [3] = hard_fault,
    [4] = unexpected,
    [5] = unexpected,
    [6] = unexpected,
    [11] = unexpected,
    [12] = unexpected,
    [14] = unexpected,
    [15] = systick_handler,
    [16 + BOARD_ETHERNET_IRQ] = ethernet_handler,
};
