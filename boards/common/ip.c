/* ip.c: runs lwIP in the main loop of a board: one Ethernet interface, an address by DHCP, time by SNTP.
 * Invariant: lwIP is called only in the main loop. */
#include "board.h"

#include <string.h>
#include "board_config.h"
#include "uspan/config.h"

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/timeouts.h>
#if BOARD_SNTP
#include <lwip/apps/sntp.h>
#endif

static struct netif netif;
static bool has_cable;

/* ---- time server --------------------------------------------------------------------------------------- */

#if BOARD_SNTP
uint16_t ip_sntp_port = 123; /* cc.h */

static const char *time_server(void)
{
    const char *server = board_option("sntp");
#ifdef BOARD_SNTP_SERVER
    server = server != NULL ? server : BOARD_SNTP_SERVER;
#endif
    return server;
}

/* Start SNTP with the setting "host" or "host:port" after the board has an address. Without such a setting
 * the time comes from the collector's Date header. */
static void ask_time(void)
{
    static char host[USPAN_HOST_BYTES];
    static bool has_looked; /* a look-up of the option takes 8,000 instructions */
    const char *server = has_looked ? NULL : time_server();
    size_t len = server != NULL ? strcspn(server, ":") : sizeof(host);
    has_looked = true;
    if (len >= sizeof(host)) {
        return;
    }
    memcpy(host, server, len);
    if (server[len] == ':') {
        ip_sntp_port = (uint16_t)number_of(server + len + 1u);
    }
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_setservername(0, host);
    sntp_init();
}
#else
static void ask_time(void)
{
}
#endif

/* ---- interface ----------------------------------------------------------------------------------------- */

/* lwIP's clock in milliseconds, which wraps. */
u32_t sys_now(void)
{
    return (u32_t)(board_mono_ns() / 1000000u);
}

/* Returns a random number for ports, transaction ids and sequence numbers. Without entropy it is made from
 * the clock and can be guessed. TLS does not start in that case, so no secret is sent over such a
 * connection. */
uint32_t ip_random(void)
{
    uint32_t n = 0;
    if (board_random((uint8_t *)&n, sizeof(n)) != USPAN_OK) {
        n = (uint32_t)board_mono_ns() * 2654435761u;
    }
    return n;
}

static err_t begin(struct netif *n)
{
    n->name[0] = 'e';
    n->name[1] = 'n';
    n->hwaddr_len = ETH_HWADDR_LEN;
    n->mtu = 1500;
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    n->output = etharp_output;
    return board_netif_init(n);
}

void ip_start(void)
{
    lwip_init();
    (void)netif_add_noaddr(&netif, NULL, begin, netif_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    (void)dhcp_start(&netif); /* sends after the link is up */
}

uint32_t ip_poll(void)
{
    bool cable = board_netif_poll(&netif);
    if (cable != has_cable) {
        has_cable = cable;
        (cable ? netif_set_link_up : netif_set_link_down)(&netif);
    }
    if (ip_is_up()) {
        ask_time();
    }
    sys_check_timeouts();
    return sys_timeouts_sleeptime();
}

bool ip_is_up(void)
{
    return has_cable && dhcp_supplied_address(&netif) != 0u;
}
