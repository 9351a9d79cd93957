/* lwipopts.h: lwIP with its own thread and its socket API, as ESP-IDF and FreeRTOS users have it, but with
 * short time-outs. */
#ifndef USPAN_TEST_SOCKETS_LWIPOPTS_H
#define USPAN_TEST_SOCKETS_LWIPOPTS_H

#define NO_SYS 0
#define SYS_LIGHTWEIGHT_PROT 1
#define LWIP_NETCONN 1
#define LWIP_SOCKET 1
#define LWIP_COMPAT_SOCKETS 0 /* the test uses the host's sockets too */
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS 1
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#define LWIP_SO_SNDTIMEO 1
#ifndef LWIP_TCPIP_CORE_LOCKING /* the tests run with both, and with poll and select */
#define LWIP_TCPIP_CORE_LOCKING 0
#endif

#define MEM_ALIGNMENT 8
#define MEM_SIZE 65536
#define MEMP_NUM_NETCONN 4
#define MEMP_NUM_TCP_PCB 8
#define MEMP_NUM_TCP_SEG 32
#define PBUF_POOL_SIZE 32
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define TCPIP_MBOX_SIZE 16
#define DEFAULT_TCP_RECVMBOX_SIZE 16
#define DEFAULT_ACCEPTMBOX_SIZE 4
#define TCPIP_THREAD_STACKSIZE 0
#define TCPIP_THREAD_PRIO 1

#define TCP_MSL 100UL /* milliseconds: waiting pcbs are freed soon */
#define LWIP_TCP_RTO_TIME 300
#define TCP_MAXRTX 2
#define TCP_SYNMAXRTX 2

#define LWIP_ARP 1
#define LWIP_IPV6 1
#define IPV6_FRAG_COPYHEADER 1 /* 64-bit pointers */
#define LWIP_NETIF_LOOPBACK 1
#define LWIP_HAVE_LOOPIF 0 /* it would answer for "localhost" */
#define LWIP_DNS 1
#define DNS_TABLE_SIZE 8
#define DNS_MAX_RETRIES 2
extern unsigned short names_port;
#define DNS_SERVER_PORT names_port /* a name server without root privileges */

#define LWIP_STATS 1
#define LWIP_STATS_DISPLAY 0

void sys_check_core_locking(void);
#define LWIP_ASSERT_CORE_LOCKED() sys_check_core_locking()

#endif
