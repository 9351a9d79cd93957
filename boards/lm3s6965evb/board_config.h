/* board_config.h: properties of the LM3S6965 that common/ needs. */
#ifndef USPAN_BOARD_CONFIG_H
#define USPAN_BOARD_CONFIG_H

#define BOARD_NAME "lm3s6965evb"
#define BOARD_ETHERNET_IRQ 42u
#define BOARD_SNTP 0 /* the time comes from the collector's Date header, without a second server */

#endif
