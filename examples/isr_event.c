/* isr_event.c: an interrupt that adds an event to an open span and records a span of its own. An ISR may
 * start spans, set attributes, add events and end spans if there is no processor. None of these calls waits.
 * On the host a thread replaces the interrupt, because a signal handler must not take the port's lock. */
#include <pthread.h>
#include <stdatomic.h>
#include "uspan/genai.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;
static _Atomic uint32_t watering; /* the span for the interrupt. Its handle is read and written atomically */

/* On a board: void EXTI0_IRQHandler(void). */
static void valve_pulse_isr(int pulses)
{
    const uspan_t tool = { atomic_load(&watering) }; /* null or stale: the calls do nothing */
    const uspan_attr_t count[] = { USPAN_ATTR_INT(USPAN_KEY("valve.pulses"), pulses) };
    uspan_event_n(&tracer, tool, "valve pulse", strlen("valve pulse"), 0u, count, 1u);
    uspan_t irq = uspan_start(&tracer, tool, "valve interrupt");
    uspan_end(&tracer, irq);
}

static void *interrupts(void *arg)
{
    for (int i = 1; i <= 2; i++) {
        valve_pulse_isr(i);
    }
    return arg;
}

int main(void)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    pthread_t source;
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1;
    }
    uspan_t tool = uspan_tool_begin(&tracer, USPAN_ROOT, "open_valve", "call_1");
    atomic_store(&watering, tool.id);
    if (pthread_create(&source, NULL, interrupts, NULL) == 0) {
        (void)pthread_join(source, NULL);
    }
    atomic_store(&watering, USPAN_NULL.id);
    uspan_end(&tracer, tool);
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
