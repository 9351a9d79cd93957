/* board_config.h: what boards/common must know of a Pico for the edge agent. */
#ifndef USPAN_BOARD_CONFIG_H
#define USPAN_BOARD_CONFIG_H

#define BOARD_NAME PICO_BOARD
#define BOARD_SNTP 0 /* aon_timer where it runs, else the collector's Date */

#endif
