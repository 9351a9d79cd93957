/* board_config.h: figures of the LM3S6965 that common/ needs. */
#ifndef USPAN_BOARD_CONFIG_H
#define USPAN_BOARD_CONFIG_H

#define BOARD_NAME "lm3s6965evb"
#define BOARD_ETHERNET_IRQ 42u
#define BOARD_SNTP 0 /* the collector's Date tells the time: no second protocol, no second server */

#endif
