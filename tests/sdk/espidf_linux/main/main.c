/* main.c: spans of a task under ESP-IDF's FreeRTOS on the host. They are sent to ENDPOINT over the host's
 * sockets, or over esp-tls with the CA in the file CA. The program prints the number of recorded spans and
 * the exporter's result, and ends. */
#include <stdio.h>
#include <stdlib.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "nvs_flash.h"
#include "uspan/genai.h"
#include "uspan_espidf.h"
#include "uspan_freertos.h"

#define TURNS 50

static uspan_tracer_t tracer;
static uspan_freertos_exporter_t exporter;
static uspan_espidf_tls_t tls;
static uspan_transport_t transport;
static StackType_t stack[32768];
static char ca[8192];

static uspan_err_t start_with_ca(const char *name, const char *endpoint)
{
    FILE *file = fopen(name, "r");
    size_t len = file != NULL ? fread(ca, 1, sizeof ca - 1u, file) : 0u;
    const uspan_espidf_tls_options_t options = { .ca = (const unsigned char *)ca,
                                                 .ca_bytes = (unsigned)len + 1u };
    const uspan_collector_t collector = { .endpoint = endpoint };
    if (file == NULL || fclose(file) != 0 || uspan_init(&tracer, uspan_espidf_port()) != USPAN_OK ||
        uspan_espidf_tls_init(&tls, &options, &transport) != USPAN_OK) {
        return USPAN_ERR_CONFIG;
    }
    uspan_err_t err = uspan_export_to(&tracer, 0u, &transport, &collector);
    return err != USPAN_OK
               ? err
               : uspan_freertos_exporter_start(&exporter, &tracer, stack, sizeof stack / sizeof stack[0], 3u);
}

static void record(void)
{
    for (int i = 0; i < TURNS; i++) {
        uspan_t turn = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
        uspan_t tool = uspan_tool_begin(&tracer, turn, "read_sensor", NULL);
        (void)uspan_set_int(&tracer, tool, USPAN_KEY("garden.number"), i);
        (void)uspan_end(&tracer, tool);
        (void)uspan_end(&tracer, turn);
        vTaskDelay(pdMS_TO_TICKS(100));
    }
}

void app_main(void);
void app_main(void)
{
    const char *file = getenv("CA"), *endpoint = getenv("ENDPOINT");
    uspan_err_t err = nvs_flash_init() == ESP_OK ? USPAN_OK : USPAN_ERR_IO;
    if (err == USPAN_OK && file == NULL) {
        err = uspan_espidf_save(endpoint, "");
    }
    if (err == USPAN_OK) {
        err = file != NULL ? start_with_ca(file, endpoint) : uspan_espidf_start(&tracer, NULL);
    }
    record();
    uspan_err_t stopped =
        file != NULL ? uspan_freertos_exporter_stop(&exporter, 10000) : uspan_espidf_stop(&tracer, 10000);
    printf("recorded %d spans, start %d, stop %d\n", 2 * TURNS, err, stopped);
    (void)fflush(stdout);
    exit(0);
}
