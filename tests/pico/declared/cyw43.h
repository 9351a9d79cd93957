/* cyw43.h: what port/pico uses of the Wi-Fi chip's driver (cyw43-driver 1.1), which no package here has: declared, so
 * that the port compiles. */
#ifndef CYW43_H
#define CYW43_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pico/async_context.h>

#define CYW43_ITF_STA 0
#define CYW43_ITF_AP 1
#define CYW43_LINK_UP 3
#define CYW43_AUTH_OPEN 0u
#define CYW43_AUTH_WPA2_AES_PSK 0x00400004u
#define CYW43_AUTH_WPA2_MIXED_PSK 0x00400006u

typedef struct cyw43 {
    int declared_only;
} cyw43_t;
extern cyw43_t cyw43_state;

int cyw43_tcpip_link_status(cyw43_t *self, int itf);
/* of the SDK's pico_cyw43_driver, whose header wants the driver's configuration */
void cyw43_thread_enter(void);
void cyw43_thread_exit(void);
void cyw43_thread_lock_check(void);

#endif
