/* lwipopts.h: sizes of lwIP on MPS2, which has much memory. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define MEM_SIZE 16384
#define PBUF_POOL_SIZE 32 /* a streamed response comes in many small segments, each in its own buffer */
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#include "lwipopts_base.h"

#endif
