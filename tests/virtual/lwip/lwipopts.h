/* lwipopts.h: lwIP as on a board with 64 KB of RAM: one main loop, static pools, a window of two segments. */
#ifndef USPAN_TEST_LWIPOPTS_H
#define USPAN_TEST_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define MEM_ALIGNMENT 8

#define MEM_SIZE 4096
#define MEMP_NUM_TCP_PCB 3
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 12
#define MEMP_NUM_UDP_PCB 4
#define MEMP_NUM_ARP_QUEUE 4
#define PBUF_POOL_SIZE 6
#define PBUF_POOL_BUFSIZE 592
#define TCP_MSS 536
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 8
#define TCP_QUEUE_OOSEQ 0
#define ETH_PAD_SIZE 2

#define LWIP_ARP 1
#define LWIP_DHCP 0
#define LWIP_DNS 1
#define LWIP_IPV6 1
#define LWIP_IPV6_MLD 1
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_IPV6_FRAG 0
#define LWIP_IPV6_REASS 0

#define LWIP_STATS 1
#define LWIP_STATS_DISPLAY 0
#define LWIP_NETIF_LINK_CALLBACK 0

#if MEM_LIBC_MALLOC /* the build in which ASan can check the pools */
#include <stddef.h>
void *virtual_malloc(size_t len);
void *virtual_calloc(size_t count, size_t len);
void virtual_free(void *at);
#define mem_clib_malloc virtual_malloc
#define mem_clib_calloc virtual_calloc
#define mem_clib_free virtual_free
#endif

#include "uspan_lwip_sntp.h"

#endif
