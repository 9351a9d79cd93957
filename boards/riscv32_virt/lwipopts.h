/* lwipopts.h: lwIP's sizes on riscv32_virt, as a chip of 128 KB of RAM has them. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define MEM_SIZE 8192
/* An answer that streams comes in small segments, each in a buffer of its own; a full one takes three. */
#define PBUF_POOL_SIZE 32
#define PBUF_POOL_BUFSIZE 512
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#include "lwipopts_base.h"

#endif
