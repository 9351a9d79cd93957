/* lwipopts.h: sizes of lwIP on the LM3S6965. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define MEM_SIZE 3072
#define PBUF_POOL_SIZE 6
#define MEMP_NUM_TCP_PCB 3
#define MEMP_NUM_PBUF 4
#define TCP_MSS 536 /* every host can send this size (RFC 9293, 3.7.1) */
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define LWIP_ICMP 0                  /* does not answer ping, saves 0.6 KB of flash */
#define TCP_CALCULATE_EFF_SEND_MSS 0 /* TCP_MSS fits every link */
#include "lwipopts_base.h"

#endif
