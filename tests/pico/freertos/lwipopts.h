/* lwipopts.h: lwIP with a task of its own and its socket API, as pico_lwip_freertos has it. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 0
#define LWIP_SOCKET 1
#define LWIP_NETCONN 1
#define LWIP_SO_SNDTIMEO 1
#define LWIP_DNS 1
#define LWIP_TIMEVAL_PRIVATE 0
#define LWIP_ERRNO_STDINCLUDE 1 /* the C library has an errno for each task */
#define LWIP_TCPIP_CORE_LOCKING 1
#define MEM_ALIGNMENT 4
#define TCPIP_THREAD_STACKSIZE 1024
#define TCPIP_MBOX_SIZE 8
#define DEFAULT_TCP_RECVMBOX_SIZE 8

#include "uspan_pico_lwip.h"

#endif
