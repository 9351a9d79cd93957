/* uspan_pico_lwip.h: lets the transport of port/lwip take the lock under which the Pico SDK runs lwIP.
 * Include it at the end of lwipopts.h. It works with each variant of pico_cyw43_arch: poll (no lock),
 * threadsafe background (lwIP runs in an interrupt) and FreeRTOS (lwIP has a task). It also works with
 * pico_lwip_freertos without a Wi-Fi chip: with NO_SYS 0 it is lwIP's core lock. */
#ifndef USPAN_PICO_LWIP_H
#define USPAN_PICO_LWIP_H

#ifdef __cplusplus
extern "C" {
#endif

/* Take and release the lock. Calls may be nested. Context: task, not an interrupt. */
void uspan_pico_lwip_lock(void);
void uspan_pico_lwip_unlock(void);
#define USPAN_LWIP_LOCK() uspan_pico_lwip_lock()
#define USPAN_LWIP_UNLOCK() uspan_pico_lwip_unlock()

#ifdef __cplusplus
}
#endif
#endif
