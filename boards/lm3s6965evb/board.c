/* board.c: board.h on the EK-LM3S6965 (data sheet DS-LM3S6965): 8 MHz crystal, core at 50 MHz from the PLL,
 * UART 0 on PA0 and PA1.
 * Invariant: the wait for the PLL has a limit. Only board_putc() waits without one, for room in the UART. */
#include "board.h"

#include "cortex_m.h"
#include "crash.h"
#include "semihost.h"

#define CORE_HZ 50000000u
#define SYSCTL 0x400FE000u
#define RIS (SYSCTL + 0x050u)
#define RIS_PLL_LOCK 0x40u
#define RCC (SYSCTL + 0x060u)
#define RCC_SYSDIV_4 (3u << 23) /* 200 MHz / 4 */
#define RCC_USESYSDIV (1u << 22)
#define RCC_PWRDN (1u << 13)
#define RCC_BYPASS (1u << 11)
#define RCC_XTAL_8MHZ (0xEu << 6)
#define RCGC1 (SYSCTL + 0x104u)
#define RCGC1_UART0 1u
#define RCGC2 (SYSCTL + 0x108u)
#define RCGC2_PORTS_ETHERNET (1u << 30 | 1u << 28 | 1u << 5 | 1u) /* PHY, MAC, port F (its LEDs), port A */
#define PORTA_AFSEL 0x40004420u
#define PORTA_DEN 0x4000451Cu
#define PORTF_AFSEL 0x40025420u
#define PORTF_DEN 0x4002551Cu
#define UART0 0x4000C000u
#define UART_DR (UART0 + 0x00u)
#define UART_FR (UART0 + 0x18u)
#define UART_FR_TXFF 0x20u
#define UART_IBRD (UART0 + 0x24u)
#define UART_FBRD (UART0 + 0x28u)
#define UART_LCRH (UART0 + 0x2Cu)
#define UART_LCRH_8N1_FIFO 0x70u
#define UART_CTL (UART0 + 0x30u)
#define UART_CTL_TX_ON 0x101u

static void start_pll(void)
{
    REG32(RCC) = RCC_BYPASS | RCC_PWRDN | RCC_XTAL_8MHZ; /* the core runs on the crystal */
    REG32(RCC) = RCC_BYPASS | RCC_XTAL_8MHZ;
    for (uint32_t i = 0; i < 100000u && (REG32(RIS) & RIS_PLL_LOCK) == 0u; i++) {
    }
    REG32(RCC) = RCC_BYPASS | RCC_XTAL_8MHZ | RCC_SYSDIV_4 | RCC_USESYSDIV;
    REG32(RCC) = RCC_XTAL_8MHZ | RCC_SYSDIV_4 | RCC_USESYSDIV;
}

void board_init(void)
{
    start_pll();
    REG32(RCGC1) |= RCGC1_UART0;
    REG32(RCGC2) |= RCGC2_PORTS_ETHERNET;
    (void)REG32(RCGC2); /* three clocks before the first access */
    (void)REG32(RCGC2);
    REG32(PORTA_AFSEL) |= 0x03u;
    REG32(PORTA_DEN) |= 0x03u;
    REG32(PORTF_AFSEL) |= 0x0Cu;
    REG32(PORTF_DEN) |= 0x0Cu;
    REG32(UART_IBRD) = CORE_HZ / (16u * 115200u);
    REG32(UART_FBRD) = (CORE_HZ * 4u / 115200u) & 63u;
    REG32(UART_LCRH) = UART_LCRH_8N1_FIFO;
    REG32(UART_CTL) = UART_CTL_TX_ON;
    systick_init(CORE_HZ);
}

void board_putc(char c)
{
    while ((REG32(UART_FR) & UART_FR_TXFF) != 0u) {
    }
    REG32(UART_DR) = (uint8_t)c;
}

/* The chip has no generator. QEMU or a debugger provides that of the host. A product must add one, for
 * example an I2C secure element. Without one TLS and tracing do not start. */
uspan_err_t board_random(uint8_t *out, size_t len)
{
    return semihost_random(out, len);
}

uspan_err_t board_unix_ns(uint64_t *out)
{
    (void)out;
    return USPAN_ERR_AGAIN; /* no RTC. The time comes from the collector's Date header */
}

#if USPAN_KEEP
void board_watchdog_start(void)
{
}

void board_watchdog_feed(void)
{
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
