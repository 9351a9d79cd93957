/* main.c: both cores of a Pico record spans into one tracer, and core 0 polls: linked only. */
#include <pico/multicore.h>
#include <pico/stdlib.h>
#include "uspan/export.h"
#include "uspan_pico.h"

static uspan_tracer_t tracer;

static void record(void)
{
    uspan_t span = uspan_start(&tracer, USPAN_CURRENT, "read_temperature");
    uspan_end(&tracer, span);
}

static void run_core1(void)
{
    for (;;) {
        record();
        sleep_ms(10);
    }
}

int main(void)
{
    if (uspan_init(&tracer, &uspan_pico_port) != USPAN_OK) {
        return 1;
    }
    multicore_launch_core1(run_core1);
    for (;;) {
        uint32_t wait_ms = 0;
        record();
        (void)(uspan_poll(&tracer, &wait_ms) < 0);
        sleep_ms(wait_ms < 10u ? wait_ms : 10u);
    }
}
