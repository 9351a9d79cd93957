/* lwipopts.h: lwIP's sizes on MPS2, where memory is plenty. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define MEM_SIZE 16384
#define PBUF_POOL_SIZE 32 /* an answer that streams comes in many small segments, each in one */
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#include "lwipopts_base.h"

#endif
