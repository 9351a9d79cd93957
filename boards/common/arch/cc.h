/* cc.h: what lwIP asks of compiler and platform, the same on every board: no stdio; a failed assertion
 * stops. */
#ifndef USPAN_BOARDS_CC_H
#define USPAN_BOARDS_CC_H

#include <stdint.h>

/* console.c and ip.c */
__attribute__((noreturn)) void board_stop(const char *why);
uint32_t ip_random(void);
extern uint16_t ip_sntp_port;

#define LWIP_PLATFORM_DIAG(words)
#define LWIP_PLATFORM_ASSERT(why) board_stop("lwIP") /* its words would take 4 KB of flash */
#define LWIP_RAND() ip_random()
#define LWIP_NO_CTYPE_H 1

#endif
