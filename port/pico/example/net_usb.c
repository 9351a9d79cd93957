/* net_usb.c: lwIP over TinyUSB's NCM device. The board is a network device of the computer, and gets its
 * address by DHCP.
 * Invariant: at most one received frame waits here. TinyUSB holds back the next one until it is taken. */
#include "net.h"

#include <string.h>
#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <tusb.h>

#define SETTLE_MS \
    20u /* TinyUSB 0.18 holds back a frame sent before the host selects the setting of the data interface */
#define SEND_TURNS 1000

static struct netif usb;
static struct pbuf *received;
static uint32_t not_ready_ms; /* last time at which the host had not configured the device */

bool tud_network_recv_cb(const uint8_t *frame, uint16_t size)
{
    if (received != NULL) {
        return false;
    }
    received = pbuf_alloc(PBUF_RAW, size, PBUF_POOL);
    if (received == NULL) {
        return true; /* no buffer: the frame is lost, and TCP sends it again */
    }
    (void)pbuf_take(received, frame, size);
    return true;
}

uint16_t tud_network_xmit_cb(uint8_t *to, void *frame, uint16_t arg)
{
    const struct pbuf *p = frame;
    (void)arg;
    return pbuf_copy_partial(p, to, p->tot_len, 0);
}

void tud_network_init_cb(void)
{
    if (received != NULL) {
        pbuf_free(received);
        received = NULL;
    }
}

static err_t send(struct netif *netif, struct pbuf *p)
{
    (void)netif;
    for (int i = 0; i < SEND_TURNS && tud_ready(); i++) {
        if (tud_network_can_xmit(p->tot_len)) {
            tud_network_xmit(p, 0);
            return ERR_OK;
        }
        tud_task();
    }
    return ERR_USE;
}

static err_t begin(struct netif *netif)
{
    netif->name[0] = 'u';
    netif->name[1] = 's';
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    netif->linkoutput = send;
    netif->output = etharp_output;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    memcpy(netif->hwaddr, tud_network_mac_address, ETH_HWADDR_LEN);
    netif->hwaddr[5] ^= 1u; /* the address in the descriptor is that of the host's end */
    return ERR_OK;
}

bool net_start(void)
{
    static const tusb_rhport_init_t device = { .role = TUSB_ROLE_DEVICE, .speed = TUSB_SPEED_AUTO };
    lwip_init();
    if (netif_add_noaddr(&usb, NULL, begin, netif_input) == NULL) {
        return false;
    }
    netif_set_default(&usb);
    netif_set_up(&usb);
    return tusb_init(0, &device) && dhcp_start(&usb) == ERR_OK;
}

uint32_t net_poll(void)
{
    tud_task();
    if (!tud_ready()) {
        not_ready_ms = sys_now();
        netif_set_link_down(&usb);
    } else if (!netif_is_link_up(&usb) && sys_now() - not_ready_ms > SETTLE_MS) {
        netif_set_link_up(&usb);
    }
    if (received != NULL) {
        struct pbuf *p = received;
        received = NULL;
        if (usb.input(p, &usb) != ERR_OK) {
            pbuf_free(p);
        }
        tud_network_recv_renew();
    }
    sys_check_timeouts();
    return netif_is_link_up(&usb) ? sys_timeouts_sleeptime() : 1u;
}

bool net_is_up(void)
{
    return netif_is_link_up(&usb) && dhcp_supplied_address(&usb) != 0u;
}
