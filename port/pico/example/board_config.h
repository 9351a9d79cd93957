/* board_config.h: properties of a Pico that boards/common needs for the edge agent. */
#ifndef USPAN_BOARD_CONFIG_H
#define USPAN_BOARD_CONFIG_H

#define BOARD_NAME PICO_BOARD
#define BOARD_SNTP 0 /* aon_timer if it runs, otherwise the collector's Date header */

#endif
