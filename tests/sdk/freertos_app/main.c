/* main.c: a firmware on FreeRTOS with the port, the exporter's task, and two spans. */
#include "uspan/genai.h"
#include "uspan_freertos.h"

static uspan_tracer_t tracer;
static uspan_port_t port;
static uspan_freertos_exporter_t exporter;
static StackType_t stack[512];

static uspan_err_t random_bytes(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(i + 1u); /* a board uses its random generator */
    }
    return USPAN_OK;
}

int main(void)
{
    static const uspan_freertos_board_t board = { .random = random_bytes };
    uspan_freertos_port_init(&port, &board);
    if (uspan_init(&tracer, &port) != USPAN_OK ||
        uspan_freertos_exporter_start(&exporter, &tracer, stack, 512u, 1u) != USPAN_OK) {
        return 1;
    }
    uspan_t turn = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    uspan_t tool = uspan_tool_begin(&tracer, turn, "read_sensor", NULL);
    (void)uspan_end(&tracer, tool);
    (void)uspan_end(&tracer, turn);
    if (uspan_freertos_exporter_stop(&exporter, 1000u) != USPAN_OK) {
        return 2;
    }
    uspan_stats_t stats;
    uspan_stats(&tracer, 0, &stats);
    return stats.started == 2u ? 0 : 3;
}
