/* delivery.c: three tasks and, if the platform calls it, an ISR record spans, and the exporter's task sends
 * them. A program for a real kernel adds a main(), as posix_main.c does. tests/interop/freertos.py runs it. */
#include "delivery.h"

#include <stdio.h>
#include "uspan/genai.h"

#define TURNS 50u
#define TASKS 3u
#define TURN_MS 20u
#define PATIENCE 100u
#define FLUSH_MS 4000u
#define STOP_MS 8000u
#define STOP_FAILED_MS 500u /* for a peer that is refused */
#define ISR_SPANS 40u
#define ISR_EACH 100u /* ticks */
#define STACK_BYTES 16384u

static uspan_tracer_t tracer;
static uspan_port_t port;
static uspan_tls_t tls;
static uspan_transport_t secure;
static uspan_freertos_exporter_t exporter;
static StackType_t exporter_stack[2u * STACK_BYTES / sizeof(StackType_t)];
static StackType_t stacks[TASKS][STACK_BYTES / sizeof(StackType_t)];
static StaticTask_t controls[TASKS];
static volatile bool has_ended[TASKS], is_on;
static volatile unsigned isr_calls, isr_spans;

/* Record a turn and its tool. While the pool is full of spans that wait to be sent, wait too, *patience times
 * in all. */
static void record_turn(unsigned i, unsigned *patience)
{
    uspan_t turn = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    for (; turn.id == 0u && *patience > 0u; --*patience) {
        vTaskDelay(pdMS_TO_TICKS(TURN_MS));
        turn = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    }
    uspan_t tool = uspan_tool_begin(&tracer, turn, "read_sensor", NULL);
    for (; turn.id != 0u && tool.id == 0u && *patience > 0u; --*patience) {
        vTaskDelay(pdMS_TO_TICKS(TURN_MS));
        tool = uspan_tool_begin(&tracer, turn, "read_sensor", NULL);
    }
    (void)uspan_set_int(&tracer, tool, USPAN_KEY("garden.number"), (int64_t)i);
    (void)uspan_end(&tracer, tool);
    (void)uspan_end(&tracer, turn);
}

static void record(void *argument)
{
    unsigned patience = PATIENCE;
    while (!is_on) {
        vTaskDelay(pdMS_TO_TICKS(TURN_MS));
    }
    for (unsigned i = 0; i < TURNS; i++) {
        record_turn(i, &patience);
        vTaskDelay(pdMS_TO_TICKS(TURN_MS));
    }
    *(volatile bool *)argument = true;
    for (;;) {
        vTaskDelay(pdMS_TO_TICKS(STOP_MS));
    }
}

void deliver_isr(void)
{
    if (is_on && isr_spans < ISR_SPANS && ++isr_calls % ISR_EACH == 0u) {
        uspan_t span = uspan_start(&tracer, USPAN_ROOT, "interrupt");
        isr_spans += span.id != 0u;
        (void)uspan_end(&tracer, span);
    }
}

static void wait_for_tasks(void)
{
    for (unsigned i = 0; i < TASKS; i++) {
        while (!has_ended[i]) {
            vTaskDelay(pdMS_TO_TICKS(20u));
        }
    }
}

int deliver(const delivery_t *d)
{
    const uspan_collector_t collector = { .endpoint = d->endpoint };
    const uspan_transport_t *transport = d->tcp;
    uspan_stats_t stats;
    char line[120];
    uspan_freertos_port_init(&port, d->board);
    if (uspan_init(&tracer, &port) != USPAN_OK) {
        return 1;
    }
    if (d->ca != NULL) {
        const uspan_tls_options_t options = {
            .port = &port, .tracer = &tracer, .anchors = d->ca, .anchor_count = 1
        };
        if (uspan_tls_init(&tls, d->tcp, &options, &secure) != USPAN_OK) {
            return 2;
        }
        transport = &secure;
    }
    for (unsigned i = 0; i < TASKS; i++) { /* first: on the POSIX port this allocates, as a look-up does */
        (void)xTaskCreateStatic(record, "record", sizeof stacks[0] / sizeof stacks[0][0],
                                (void *)(uintptr_t)&has_ended[i], 2u, stacks[i], &controls[i]);
    }
    if (uspan_export_to(&tracer, 0, transport, &collector) != USPAN_OK ||
        uspan_freertos_exporter_start(&exporter, &tracer, exporter_stack,
                                      sizeof exporter_stack / sizeof exporter_stack[0], 1u) != USPAN_OK) {
        return 3;
    }
    unsigned patience = 0;
    record_turn(0, &patience); /* a peer that is refused is logged before the lost spans are */
    (void)uspan_freertos_exporter_flush(&exporter, FLUSH_MS);
    uspan_stats(&tracer, 0, &stats);
    const uint32_t stop_ms = stats.last_error != 0 ? STOP_FAILED_MS : STOP_MS;
    is_on = true;
    wait_for_tasks();
    is_on = false;
    uspan_err_t stopped = uspan_freertos_exporter_stop(&exporter, stop_ms);
    uspan_stats(&tracer, 0, &stats);
    const unsigned recorded = 2u * (TURNS * TASKS + 1u) + isr_spans;
    (void)snprintf(line, sizeof line, "recorded %u spans, %u in an ISR, delivered %lu, stop %d", recorded,
                   isr_spans, (unsigned long)stats.delivered, (int)stopped);
    d->say(line);
    return stopped == USPAN_OK && stats.delivered == recorded ? 0 : 4;
}
