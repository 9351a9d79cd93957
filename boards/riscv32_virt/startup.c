/* startup.c: runs from reset to main(), and handles traps.
 * Invariant: before main(), .data is copied, .bss is zero, the stack is filled with BOARD_STACK_PAINT, FLASH
 * is write-protected and interrupts are off. Every trap is a fatal error. It is printed, and ends the
 * machine, or restarts it with USPAN_KEEP 1. */
#include "board.h"
#include "crash.h"
#include "power.h"
#include "uart.h"

#include <stdint.h>
#include <string.h>

_Static_assert(BOARD_STACK_PAINT == 0xa5a5a5a5u, "what the assembler writes below");

int main(void);
void start_c(void);
_Noreturn void trapped(uint32_t cause, uint32_t where, uint32_t value);

extern uint32_t data_load[], data_low[], data_high[], bss_low[], bss_high[];

#define TRAP_STATUS 70 /* exit status after a trap: EX_SOFTWARE */

/* pmpaddr0 describes FLASH as a power of two (privileged spec 3.7.1): (origin >> 2) | (size / 8 - 1), here
 * 512 KB at 0x80000000. 0x9d: locked (also for machine mode), NAPOT, execute, read. A trap has its own stack,
 * because the usual one may have overflowed. */
__asm__(".section .start, \"ax\"\n"
        ".global start\n"
        "start:\n"
        "    csrw mie, zero\n"
        "    csrci mstatus, 8\n"
        "    .option push\n"
        "    .option norelax\n"
        "    la gp, __global_pointer$\n"
        "    .option pop\n"
        "    la sp, board_stack_high\n"
        "    la tp, tls_low\n"
        "    la t0, trap\n"
        "    csrw mtvec, t0\n"
        "    li t0, 0x2000ffff\n"
        "    csrw pmpaddr0, t0\n"
        "    li t0, 0x9d\n"
        "    csrw pmpcfg0, t0\n"
        "    la t0, board_stack_low\n"
        "    li t1, 0xa5a5a5a5\n" /* BOARD_STACK_PAINT */
        "1:  sw t1, 0(t0)\n"
        "    addi t0, t0, 4\n"
        "    bltu t0, sp, 1b\n"
        "    tail start_c\n"
        "    .balign 4\n"
        "trap:\n"
        "    la sp, trap_stack_high\n"
        "    csrr a0, mcause\n"
        "    csrr a1, mepc\n"
        "    csrr a2, mtval\n"
        "    tail trapped\n"
        "    .text\n");

__attribute__((used)) void start_c(void)
{
    const uint32_t *from = data_load;
    for (uint32_t *to = data_low; to < data_high; to++) {
        *to = *from++;
    }
    for (uint32_t *to = bss_low; to < bss_high; to++) {
        *to = 0;
    }
    power_off(main());
}

#if USPAN_KEEP
void board_restart(void)
{
    power_reset();
}

void board_fault(void)
{
    __asm__ volatile("unimp");
}

void board_watchdog_start(void)
{
}

void board_watchdog_feed(void)
{
}
#endif

static void write_hex(const char *name, uint32_t value)
{
    char text[9];
    for (unsigned i = 0; i < 8u; i++) {
        text[i] = "0123456789abcdef"[value >> (28u - 4u * i) & 15u];
    }
    text[8] = ' ';
    uart_write(name, strlen(name));
    uart_write(text, sizeof(text));
}

/* Print the trap and end. cause, where, value: mcause, mepc, mtval (privileged spec 3.1.15 to 3.1.17). */
__attribute__((used)) _Noreturn void trapped(uint32_t cause, uint32_t where, uint32_t value)
{
    write_hex("\ntrap: cause ", cause);
    write_hex("at ", where);
    write_hex("value ", value);
    uart_write("\n", 1u);
#if USPAN_KEEP
    const struct uspan_crash_reg regs[] = { { "mepc", where }, { "mcause", cause }, { "mtval", value } };
    crash_end(USPAN_RESET_HARD_FAULT, regs, sizeof(regs) / sizeof(regs[0]));
#else
    power_off(TRAP_STATUS);
#endif
}
