/* uspan_lwip_sntp.h: passes the time of lwIP's SNTP client to uspan. lwipopts.h includes it. See
 * uspan_lwip.h. */
#ifndef USPAN_LWIP_SNTP_H
#define USPAN_LWIP_SNTP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Unix time since 1970, seconds and microseconds. Context: lwIP's. */
void uspan_lwip_sntp_set(uint32_t seconds, uint32_t micros);
#define SNTP_SET_SYSTEM_TIME_US(sec, us) uspan_lwip_sntp_set((sec), (us))

#ifdef __cplusplus
}
#endif
#endif
