/* cc.h: what lwIP needs from compiler and platform, for every board. It uses no stdio, and a failed assertion
 * ends the firmware. */
#ifndef USPAN_BOARDS_CC_H
#define USPAN_BOARDS_CC_H

#include <stdint.h>

/* console.c and ip.c */
__attribute__((noreturn)) void board_stop(const char *why);
uint32_t ip_random(void);
extern uint16_t ip_sntp_port;

#define LWIP_PLATFORM_DIAG(words)
#define LWIP_PLATFORM_ASSERT(why) board_stop("lwIP") /* lwIP's texts would take 4 KB of flash */
#define LWIP_RAND() ip_random()
#define LWIP_NO_CTYPE_H 1

#endif
