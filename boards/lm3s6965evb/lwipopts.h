/* lwipopts.h: lwIP's sizes on the LM3S6965. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define MEM_SIZE 4096
#define PBUF_POOL_SIZE 6
#define TCP_MSS 536 /* every host can send that (RFC 9293, 3.7.1) */
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#include "lwipopts_base.h"

#endif
