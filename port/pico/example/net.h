/* net.h: the network of an image. One file implements it: net_usb.c (the board is a network device of the
 * computer), net_wifi.c, or net_slip.c (a serial line). */
#ifndef USPAN_PICO_NET_H
#define USPAN_PICO_NET_H

#include <stdbool.h>
#include <stdint.h>

/* Start lwIP and the interface. Returns false if the hardware does not start. Context: main loop, once. */
bool net_start(void);
/* Process frames and timers once. Returns milliseconds until the next timer. Context: main loop. */
uint32_t net_poll(void);
bool net_is_up(void); /* true: the board has an address */

#endif
