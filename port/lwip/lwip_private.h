/* lwip_private.h: lwIP's lock, shared by the files of this port. */
#ifndef USPAN_LWIP_PRIVATE_H
#define USPAN_LWIP_PRIVATE_H

#define USPAN_INTERNAL /* config.h */
#include "uspan_lwip.h"

#include <string.h>
#include <lwip/opt.h>

#ifndef USPAN_LWIP_LOCK /* lwipopts.h may define its own */
#if NO_SYS
#define USPAN_LWIP_LOCK() ((void)0)
#define USPAN_LWIP_UNLOCK() ((void)0)
#else
#include <lwip/tcpip.h>
#if !LWIP_TCPIP_CORE_LOCKING
#error "uspan's port/lwip needs LWIP_TCPIP_CORE_LOCKING 1, or USPAN_LWIP_LOCK() and USPAN_LWIP_UNLOCK()"
#endif
#define USPAN_LWIP_LOCK() LOCK_TCPIP_CORE()
#define USPAN_LWIP_UNLOCK() UNLOCK_TCPIP_CORE()
#endif
#endif

#endif
