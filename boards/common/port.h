/* port.h: the board as uspan sees it. */
#ifndef USPAN_BOARDS_PORT_H
#define USPAN_BOARDS_PORT_H

#include "uspan/port.h"

extern const uspan_port_t board_port;
extern uspan_transport_t board_collector; /* uspan's way to the collector; main.c's */

#endif
