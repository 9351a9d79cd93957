/* lwip_lock.c: the lock of uspan_pico_lwip.h. port/lwip calls it.
 * Invariant: without the arch library of a Wi-Fi chip, lwIP runs in the main loop and needs no lock. */
#include "uspan_pico_lwip.h"

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
#else
void uspan_pico_lwip_lock(void)
{
}

void uspan_pico_lwip_unlock(void)
{
}
#endif
