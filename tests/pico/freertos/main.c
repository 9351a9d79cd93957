/* main.c: firmware for a Pico that exports in a FreeRTOS task, over lwIP's sockets: compiled only. */
#include "uspan_freertos.h"
#include "uspan_pico.h"
#include "uspan_posix.h"

static uspan_tracer_t tracer;
static uspan_freertos_exporter_t exporter;
static uspan_posix_tcp_t tcp;
static uspan_transport_t transport;
static StackType_t stack[1024];

int main(void)
{
    uspan_posix_tcp_init(&tcp, &transport);
    return uspan_init(&tracer, &uspan_pico_port) == USPAN_OK &&
                   uspan_export_to(&tracer, 0u, &transport, NULL) == USPAN_OK &&
                   uspan_freertos_exporter_start(&exporter, &tracer, stack, 1024u, 1u) == USPAN_OK
               ? 0
               : 1;
}
