/* net.h: the network of an image: net_usb.c (the board is a network device of the computer), net_wifi.c, or
 * net_slip.c (a serial line). */
#ifndef USPAN_PICO_NET_H
#define USPAN_PICO_NET_H

#include <stdbool.h>
#include <stdint.h>

/* Start lwIP and the interface. Context: once, main loop. Returns false where the hardware does not start. */
bool net_start(void);
/* One turn: frames, timers. Returns milliseconds until the next timer. Context: main loop. */
uint32_t net_poll(void);
bool net_is_up(void); /* there is an address */

#endif
