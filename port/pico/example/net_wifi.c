/* net_wifi.c: the network of a Pico W or Pico 2 W. It joins an access point (settings ssid=, password=), and
 * joins again if the connection is lost.
 * Invariant: joining never blocks the loop. The SDK's arch library owns lwIP and its lock. */
#include "net.h"

#include <lwip/netif.h>
#include <pico/cyw43_arch.h>
#include <pico/time.h>
#include "settings.h"
#include "wifi.h" /* made by the build */

#define AGAIN_MS 15000u /* between two attempts to join */
#define TURN_MS 10u

static uint32_t tried_ms;
static bool has_tried;

static void join(void)
{
    const char *password = setting("password", WIFI_PASSWORD);
    uint32_t kind = password[0] != 0 ? CYW43_AUTH_WPA2_AES_PSK : CYW43_AUTH_OPEN;
    tried_ms = to_ms_since_boot(get_absolute_time());
    has_tried = true;
    (void)cyw43_arch_wifi_connect_async(setting("ssid", WIFI_SSID), password, kind);
}

bool net_start(void)
{
    if (cyw43_arch_init() != 0) {
        return false;
    }
    cyw43_arch_enable_sta_mode();
    return true;
}

uint32_t net_poll(void)
{
#if defined(PICO_CYW43_ARCH_POLL)
    cyw43_arch_poll();
#endif
    if (!net_is_up() && (!has_tried || to_ms_since_boot(get_absolute_time()) - tried_ms > AGAIN_MS)) {
        join();
    }
    return TURN_MS;
}

bool net_is_up(void)
{
    return cyw43_tcpip_link_status(&cyw43_state, CYW43_ITF_STA) == CYW43_LINK_UP;
}
