/* net_slip.c: the network over a serial line (SLIP, RFC 1055) on UART 1, pins 4 and 5. It is for an emulator,
 * or a host with slattach. The address is fixed: 10.0.2.15. The other end is 10.0.2.2.
 * Invariant: the ring keeps received bytes in their order. While it is full, the interrupt is masked and
 * bytes stay in the queue of the UART. There is no flow control, so bytes are lost if that is full too. */
#include "net.h"

#include <hardware/gpio.h>
#include <hardware/irq.h>
#include <hardware/uart.h>
#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/sio.h>
#include <lwip/timeouts.h>
#include <netif/slipif.h>

#define RING 2048u /* a power of two */

static struct netif line;
static uint8_t ring[RING];
static volatile uint32_t head, tail; /* the interrupt writes head, the loop writes tail */

static void on_uart(void)
{
    while (uart_is_readable(uart1)) {
        if (head - tail == RING) {
            uart_set_irq_enables(uart1, false, false);
            return;
        }
        ring[head % RING] = (uint8_t)uart_get_hw(uart1)->dr;
        head++;
    }
}

sio_fd_t sio_open(u8_t number)
{
    (void)number;
    uart_init(uart1, 921600);
    gpio_set_function(4, GPIO_FUNC_UART);
    gpio_set_function(5, GPIO_FUNC_UART);
    irq_set_exclusive_handler(UART1_IRQ, on_uart);
    irq_set_enabled(UART1_IRQ, true);
    uart_set_irq_enables(uart1, true, false);
    return uart1;
}

void sio_send(u8_t byte, sio_fd_t fd)
{
    uart_putc_raw(fd, (char)byte);
}

u32_t sio_tryread(sio_fd_t fd, u8_t *data, u32_t len)
{
    u32_t n = 0;
    (void)fd;
    while (n < len && tail != head) {
        data[n++] = ring[tail % RING];
        tail++;
    }
    if (n > 0u) {
        uart_set_irq_enables(uart1, true, false);
    }
    return n;
}

u32_t sio_read(sio_fd_t fd, u8_t *data, u32_t len)
{
    return sio_tryread(fd, data, len);
}

bool net_start(void)
{
    ip4_addr_t own, mask, peer;
    ip_addr_t names;
    lwip_init();
    IP4_ADDR(&own, 10, 0, 2, 15);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&peer, 10, 0, 2, 2);
    IP_ADDR4(&names, 10, 0, 2, 3);
    if (netif_add(&line, &own, &mask, &peer, NULL, slipif_init, ip_input) == NULL) {
        return false;
    }
    netif_set_default(&line);
    netif_set_up(&line);
    netif_set_link_up(&line);
    dns_setserver(0, &names);
    return true;
}

uint32_t net_poll(void)
{
    slipif_poll(&line);
    sys_check_timeouts();
    return sys_timeouts_sleeptime();
}

bool net_is_up(void)
{
    return true;
}
