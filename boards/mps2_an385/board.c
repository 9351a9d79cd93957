/* board.c: board.h on the MPS2 with AN385 or AN386 (Arm DAI 0385, DAI 0386): 25 MHz, CMSDK UART, LAN9118
 * (lan9118.c). Invariant: only board_putc() waits, for room in the UART. */
#include "board.h"

#include "cortex_m.h"
#include "crash.h"
#include "semihost.h"

#define CORE_HZ 25000000u
#define UART0 0x40004000u /* CMSDK APB UART */
#define UART_DATA (UART0 + 0x00u)
#define UART_STATE (UART0 + 0x04u)
#define UART_CTRL (UART0 + 0x08u)
#define UART_BAUDDIV (UART0 + 0x10u)
#define UART_TX_FULL 1u
#define UART_TX_ENABLE 1u

void board_init(void)
{
    REG32(UART_BAUDDIV) = CORE_HZ / 115200u;
    REG32(UART_CTRL) = UART_TX_ENABLE;
    systick_init(CORE_HZ);
}

void board_putc(char c)
{
    while ((REG32(UART_STATE) & UART_TX_FULL) != 0u) {
    }
    REG32(UART_DATA) = (uint8_t)c;
}

/* The FPGA image has no generator. QEMU provides that of the host. A product must add one. Without one TLS
 * and tracing do not start. */
uspan_err_t board_random(uint8_t *out, size_t len)
{
    return semihost_random(out, len);
}

uspan_err_t board_unix_ns(uint64_t *out)
{
    (void)out;
    return USPAN_ERR_AGAIN; /* no RTC. The time comes from SNTP, or from the collector's Date header */
}

#if USPAN_KEEP
#define WATCHDOG 0x40008000u /* CMSDK APB watchdog: NMI at the first time-out, reset at the second */
#define WATCHDOG_LOAD (WATCHDOG + 0x000u)
#define WATCHDOG_CONTROL (WATCHDOG + 0x008u)
#define WATCHDOG_CLEAR (WATCHDOG + 0x00Cu)
#define WATCHDOG_LOCK (WATCHDOG + 0xC00u)
#define WATCHDOG_KEY 0x1ACCE551u
#define WATCHDOG_INTERRUPT_RESET 3u
#define WATCHDOG_S 5u

void board_watchdog_start(void)
{
    REG32(WATCHDOG_LOCK) = WATCHDOG_KEY;
    REG32(WATCHDOG_LOAD) = CORE_HZ * WATCHDOG_S;
    REG32(WATCHDOG_CONTROL) = WATCHDOG_INTERRUPT_RESET;
}

void board_watchdog_feed(void)
{
    REG32(WATCHDOG_CLEAR) = 1u;
}
#endif

const char *board_option(const char *name)
{
    return semihost_option(name);
}

void board_exit(int status)
{
    semihost_exit(status);
    for (;;) {
        __asm__ volatile("wfi");
    }
}
