/* lwipopts.h: configures lwIP in the images: no RTOS, IPv4, all memory static. CMakeLists.txt selects the
 * network. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#ifndef NET_SLIP
#define NET_SLIP 0
#endif
#ifndef NET_WIFI
#define NET_WIFI 0
#endif
#define NO_SYS 1
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define MEM_ALIGNMENT 4
#define MEM_SIZE 8192
/* A streamed response comes in small segments, each in a buffer of its own. A full segment needs three. */
#define PBUF_POOL_SIZE 32
#define PBUF_POOL_BUFSIZE 512
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define MEMP_NUM_TCP_SEG TCP_SND_QUEUELEN
#define LWIP_SINGLE_NETIF 1
#define LWIP_ETHERNET !NET_SLIP
#define LWIP_ARP !NET_SLIP
#define LWIP_DHCP !NET_SLIP
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define LWIP_DNS 1
#define LWIP_NETIF_LINK_CALLBACK 0
#define LWIP_NETIF_HOSTNAME NET_WIFI
#define LWIP_NETIF_STATUS_CALLBACK NET_WIFI
#define LWIP_NETIF_TX_SINGLE_PBUF NET_WIFI
#define LWIP_CHKSUM_ALGORITHM 3

/* High-water marks for the report of the edge agent. */
#define LWIP_STATS 1
#define LWIP_STATS_LARGE 0
#define MEM_STATS 1
#define MEMP_STATS 1
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IP_STATS 0
#define IPFRAG_STATS 0
#define ICMP_STATS 0
#define UDP_STATS 0
#define TCP_STATS 0
#define SYS_STATS 0

#include "uspan_pico_lwip.h"

#endif
