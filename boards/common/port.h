/* port.h: the port of the boards, and their transport to the collector. */
#ifndef USPAN_BOARDS_PORT_H
#define USPAN_BOARDS_PORT_H

#include "uspan/port.h"

extern const uspan_port_t board_port;
extern uspan_transport_t board_collector; /* TLS transport to the collector, set by main.c */

#endif
