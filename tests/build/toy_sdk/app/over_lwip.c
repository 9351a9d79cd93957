/* over_lwip.c: links all components of the toy SDK. It does not run, because the SDK has no network
 * interface. */
#include "own_port.h"
#include "uspan/genai.h"
#include "uspan_lwip.h"
#include "uspan_mbedtls.h"

#ifndef TOY_SDK
#error "the SDK's definitions did not arrive"
#endif

uint32_t toy_random(void);
uint32_t toy_random(void)
{
    return 4u;
}

uint32_t sys_now(void)
{
    return (uint32_t)(own_mono_ns(NULL) / 1000000u);
}

int main(void)
{
    static uspan_tracer_t tracer;
    static uspan_lwip_tcp_t tcp;
    static uspan_tls_t tls;
    static uspan_transport_t plain, secure;
    static uspan_tls_options_t options;
    uspan_lwip_tcp_init(&tcp, &plain);
    return uspan_init(&tracer, &own_port) == USPAN_OK && uspan_tls_init(&tls, &plain, &options, &secure) == USPAN_OK
               ? 0
               : 1;
}
