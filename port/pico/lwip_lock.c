/* lwip_lock.c: the lock of uspan_pico_lwip.h. port/lwip calls it.
 * Invariant: the context that runs lwIP holds this lock. With a Wi-Fi chip's arch library it is that
 * library's. With pico_lwip_freertos alone it is lwIP's core lock. With NO_SYS 1 lwIP runs in the main loop,
 * and there is nothing to lock. */
#include "uspan_pico_lwip.h"

#include <lwip/opt.h>

#if defined(LIB_PICO_CYW43_ARCH)
#include <pico/cyw43_arch.h>

void uspan_pico_lwip_lock(void)
{
    cyw43_arch_lwip_begin();
}

void uspan_pico_lwip_unlock(void)
{
    cyw43_arch_lwip_end();
}
#elif !NO_SYS
#include <lwip/tcpip.h>

#if !LWIP_TCPIP_CORE_LOCKING
#error "uspan::pico_lwip needs LWIP_TCPIP_CORE_LOCKING 1 in lwipopts.h"
#endif

void uspan_pico_lwip_lock(void)
{
    LOCK_TCPIP_CORE();
}

void uspan_pico_lwip_unlock(void)
{
    UNLOCK_TCPIP_CORE();
}
#else
void uspan_pico_lwip_lock(void)
{
}

void uspan_pico_lwip_unlock(void)
{
}
#endif
