/* board.c: board.h on QEMU's riscv32 `virt`.
 * Invariant: the functions here call the drivers, and this file keeps no state. */
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
#define FIRST_ENTROPY_NS 100000000u /* longest wait since reset. QEMU's entropy comes within 10 ms */

/* Settings in the last page of flash, which the program that starts the machine writes: "name=value" texts.
 * Each ends in 0. An empty text, or the 0xff of erased flash, ends the list. */
extern const char settings[], settings_end[];

/* Wait for the first bytes of the generator, so that the first span gets its ids. Without a generator
 * board_random() returns USPAN_ERR_AGAIN. */
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
    *out = rtc_unix_ns();
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

/* Returns NULL if no pbuf is free. The frame is then lost, and TCP sends it again. */
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
