/* lwipopts_base.h: configures lwIP for every board: no RTOS, IPv4, only outgoing TCP, DHCP, DNS. lwipopts.h
 * of a board sets the sizes (MEM_SIZE, PBUF_POOL_SIZE, TCP_MSS, TCP_WND, TCP_SND_BUF) and includes this file.
 * All memory is static. */
#ifndef USPAN_LWIPOPTS_BASE_H
#define USPAN_LWIPOPTS_BASE_H

#include "board_config.h"

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0 /* interrupts never enter lwIP */
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define MEM_ALIGNMENT 4
#define ETH_PAD_SIZE 2    /* aligns IP headers, and lets drivers move complete words */
#ifndef PBUF_POOL_BUFSIZE /* one received segment fits one buffer */
#define PBUF_POOL_BUFSIZE LWIP_MEM_ALIGN_SIZE(TCP_MSS + 40 + 14 + ETH_PAD_SIZE)
#endif
#ifndef MEMP_NUM_PBUF
#define MEMP_NUM_PBUF 8 /* for data that is sent without a copy, which boards do not use */
#endif
#ifndef MEMP_NUM_TCP_PCB
#define MEMP_NUM_TCP_PCB 4 /* open connections, and closed ones that wait for the peer */
#endif
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG TCP_SND_QUEUELEN
#define MEMP_NUM_UDP_PCB (2 + BOARD_SNTP)
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + BOARD_SNTP)
#define ARP_TABLE_SIZE 4
#define ARP_QUEUEING 0

#define LWIP_SINGLE_NETIF 1
#define LWIP_IPV6 0
#define LWIP_RAW 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define LWIP_DNS 1
#define DNS_TABLE_SIZE 1
#define DNS_MAX_SERVERS 1
#define LWIP_DNS_SECURE (LWIP_DNS_SECURE_RAND_XID | LWIP_DNS_SECURE_RAND_SRC_PORT)
#define TCP_QUEUE_OOSEQ 0
#define TCP_LISTEN_BACKLOG 0
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_NETIF_LINK_CALLBACK 0

/* High-water marks for the report. */
#define LWIP_STATS 1
#define LWIP_STATS_LARGE 0
#define MEM_STATS 1
#define MEMP_STATS 1
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IP_STATS 0
#define IPFRAG_STATS 0
#define ICMP_STATS 0
#define IGMP_STATS 0
#define UDP_STATS 0
#define TCP_STATS 0
#define SYS_STATS 0

#if BOARD_SNTP
#define SNTP_SERVER_DNS 1
#define SNTP_MAX_SERVERS 1
#define SNTP_STARTUP_DELAY 0
#define SNTP_CHECK_RESPONSE 2 /* check address and originate timestamp, which is a random number here */
#define SNTP_GET_SYSTEM_TIME_NTP(s, f) ((s) = (s32_t)ip_random(), (f) = ip_random())
#include "uspan_lwip_sntp.h" /* passes the time to uspan_lwip_unix_ns() */
#define SNTP_PORT ip_sntp_port
#endif

#endif
