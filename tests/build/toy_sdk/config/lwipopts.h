/* lwipopts.h: lwIP's settings of the application. */
#ifndef TOY_LWIPOPTS_H
#define TOY_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define MEM_ALIGNMENT 8
#define LWIP_DNS 1
#define LWIP_IPV6 0
#include "uspan_lwip_sntp.h"

#endif
