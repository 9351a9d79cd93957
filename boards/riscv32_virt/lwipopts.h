/* lwipopts.h: sizes of lwIP on riscv32_virt, suitable for a chip with 128 KB of RAM. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define MEM_SIZE 8192
/* A streamed response comes in small segments, each in a buffer of its own. A full segment needs three. */
#define PBUF_POOL_SIZE 32
#define PBUF_POOL_BUFSIZE 512
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#include "lwipopts_base.h"

#endif
