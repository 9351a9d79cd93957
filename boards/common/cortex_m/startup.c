/* startup.c: runs from reset to main() on a Cortex-M3 or M4, and handles exceptions.
 * Invariant: before main(), .data is copied, .bss is zero, and the stack below the start-up code is filled
 * with BOARD_STACK_PAINT. */
#include "board.h"
#include "board_config.h" /* in the folder of the board */
#include "cortex_m.h"
#include "crash.h"
#include "semihost.h"

#ifndef BOARD_SERIAL
#define BOARD_SERIAL 0 /* 1: the image has the board's second serial line */
#endif
#define HFSR 0xE000ED2Cu
#define HFSR_DEBUGEVT 0x80000000u
#define BKPT_SEMIHOST 0xBEABu

extern uint32_t data_load[], data_low[], data_high[], bss_low[], bss_high[];
int main(void);
void reset(void);
void hard_fault_at(uint32_t *frame);
void systick_handler(void);
void ethernet_handler(void);
#if BOARD_SERIAL
void serial_handler(void);
#endif

__attribute__((noreturn)) void reset(void)
{
    const uint32_t *here;
    __asm__ volatile("mov %0, sp" : "=r"(here)); /* below the frame of this function and an inlined main() */
    for (volatile uint32_t *p = board_stack_low; p < here; p++) { /* volatile: no call of memset() */
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

#if USPAN_KEEP
#define AIRCR 0xE000ED0Cu
#define AIRCR_RESET 0x05FA0004u /* SYSRESETREQ */
#define CFSR 0xE000ED28u
#define MMFAR 0xE000ED34u
#define BFAR 0xE000ED38u
#define OUTSIDE 0x70000004u /* an address without memory, at which some boards fault */

/* frame: the stack pointer of the interrupted code. */
void nmi_at(const uint32_t *frame);

void board_restart(void)
{
    __asm__ volatile("dsb" ::: "memory");
    REG32(AIRCR) = AIRCR_RESET;
    for (;;) {
    }
}

void board_fault(void)
{
    (void)REG32(OUTSIDE);
    __asm__ volatile("udf #0");
}

__attribute__((noreturn)) static void crash(uspan_reset_t reason, const uint32_t *frame)
{
    const struct uspan_crash_reg regs[] = {
        { "pc", frame[6] },         { "lr", frame[5] },      { "xpsr", frame[7] },
        { "sp", (uintptr_t)frame }, { "cfsr", REG32(CFSR) }, { "hfsr", REG32(HFSR) },
        { "mmfar", REG32(MMFAR) },  { "bfar", REG32(BFAR) },
    };
    crash_end(reason, regs, sizeof regs / sizeof regs[0]);
}

/* Handle the first time-out of the watchdog. Feed it, so that the second time-out does not reset the chip
 * before the crash is sealed. */
__attribute__((used)) void nmi_at(const uint32_t *frame)
{
    board_watchdog_feed();
    crash(USPAN_RESET_WATCHDOG, frame);
}

__attribute__((naked)) static void nmi(void)
{
    __asm__ volatile("mov r0, sp\n b nmi_at\n");
}
#endif

/* Handle a hard fault. frame: r0-r3, r12, lr, pc and xpsr, as the core pushed them. A semihosting breakpoint
 * without a host also ends here. In that case return -1 from the call, and continue after it. */
__attribute__((used)) void hard_fault_at(uint32_t *frame)
{
    uint32_t pc = frame[6];
    if (pc < (uintptr_t)board_flash_bytes && *(const uint16_t *)pc == BKPT_SEMIHOST) {
        REG32(HFSR) = HFSR_DEBUGEVT; /* cleared by writing it */
        frame[0] = (uint32_t)-1;
        frame[6] = pc + 2u;
        return;
    }
#if USPAN_KEEP
    crash(USPAN_RESET_HARD_FAULT, frame);
#else
    board_stop("hard fault");
#endif
}

__attribute__((naked)) static void hard_fault(void)
{
    __asm__ volatile("mov r0, sp\n b hard_fault_at\n"); /* lr still has EXC_RETURN */
}

__attribute__((noreturn)) static void unexpected(void)
{
    board_stop("unexpected exception");
}

/* Vector table (ARMv7-M B1.5.2): stack, reset, exceptions 2..15, then interrupts up to Ethernet's. */
__attribute__((used, section(".vectors"))) static void (*const vectors[16 + BOARD_ETHERNET_IRQ + 1])(void) = {
    [0] = (void (*)(void))board_stack_high,
    [1] = reset,
#if USPAN_KEEP
    [2] = nmi,
#else
    [2] = unexpected,
#endif
    [3] = hard_fault,
    [4] = unexpected,
    [5] = unexpected,
    [6] = unexpected,
    [11] = unexpected,
    [12] = unexpected,
    [14] = unexpected,
    [15] = systick_handler,
#if BOARD_SERIAL
    [16 + BOARD_SERIAL_IRQ] = serial_handler,
#endif
    [16 + BOARD_ETHERNET_IRQ] = ethernet_handler,
};
