/* board.c: QEMU's riscv32 `virt` as boards/common sees it.
 * Invariant: nothing here but the way from a board_* call to its driver. */
#include "board.h"

#include "pflash.h"
#include "power.h"
#include "rtc.h"
#include "timer.h"
#include "uart.h"
#include "virtio_net.h"
#include "virtio_rng.h"

#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <string.h>

#define MSTATUS_MIE 8u
#define UNIX_2020_NS 1577836800000000000u /* an RTC that was never set says less */
#define FIRST_ENTROPY_NS 100000000u       /* since reset; QEMU's comes within 10 ms */

/* Written into the flash's last page by the program that starts the machine: "name=value" texts, each ending
 * in 0, then an empty one (or the 0xff of erased flash). */
extern const char settings[], settings_end[];

/* Waits for the generator's first bytes, so that the first span has its ids; where there is no generator,
 * board_random() says so. */
void board_init(void)
{
    uint8_t probe;
    bool runs = rng_start();
    while (runs && !rng_read(&probe, 1u) && timer_ns() < FIRST_ENTROPY_NS) {
    }
}

void board_putc(char c)
{
    uart_write(&c, 1u);
}

uint64_t board_mono_ns(void)
{
    return timer_ns();
}

uint32_t board_lock(void)
{
    uint32_t before;
    __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(before)::"memory");
    return before & MSTATUS_MIE;
}

void board_unlock(uint32_t state)
{
    __asm__ volatile("csrs mstatus, %0" ::"r"(state) : "memory");
}

uspan_err_t board_random(uint8_t *out, size_t len)
{
    return rng_read(out, len) ? USPAN_OK : USPAN_ERR_AGAIN;
}

uspan_err_t board_unix_ns(uint64_t *out)
{
    uint64_t now_ns = rtc_unix_ns();
    if (now_ns < UNIX_2020_NS) {
        return USPAN_ERR_AGAIN;
    }
    *out = now_ns;
    return USPAN_OK;
}

/* ---- Ethernet ------------------------------------------------------------------------------------------ */

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
    size_t len = (size_t)frame->tot_len - ETH_PAD_SIZE;
    if (len > NET_FRAME_BYTES) {
        return ERR_BUF;
    }
    uint8_t *buffer = net_send_buffer();
    if (buffer == NULL) {
        return ERR_MEM; /* lwIP sends it again */
    }
    (void)pbuf_copy_partial(frame, buffer, (u16_t)len, ETH_PAD_SIZE);
    net_send(len);
    return ERR_OK;
}

signed char board_netif_init(struct netif *netif)
{
    if (!net_start(netif->hwaddr)) {
        board_stop("no virtio-net");
    }
    netif->linkoutput = send_frame;
    return ERR_OK;
}

/* NULL: no pbuf is free; the frame is lost, as on a wire. */
static struct pbuf *copy_frame(const uint8_t *frame, size_t len)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL);
    if (p != NULL) {
        (void)pbuf_take_at(p, frame, (u16_t)len, ETH_PAD_SIZE);
    }
    return p;
}

bool board_netif_poll(struct netif *netif)
{
    size_t len;
    for (const uint8_t *frame = net_recv(&len); frame != NULL; frame = net_recv(&len)) {
        struct pbuf *p = copy_frame(frame, len);
        net_recv_done();
        if (p != NULL && netif->input(p, netif) != ERR_OK) {
            (void)pbuf_free(p);
        }
    }
    return net_has_cable();
}

/* ---- the machine --------------------------------------------------------------------------------------- */

void board_wait(uint32_t ms)
{
    net_sleep_ms(ms);
}

const char *board_option(const char *name)
{
    size_t len = strlen(name);
    for (const char *word = settings; word<settings_end && * word> 0 && *word < 0x7f;
         word += strlen(word) + 1u) {
        if (strncmp(word, name, len) == 0 && word[len] == '=') {
            return word + len + 1u;
        }
    }
    return NULL;
}

void board_exit(int status)
{
    power_off(status);
}

const struct uspan_spool_storage *board_spool_storage(void)
{
    return &pflash_storage;
}
