/* main.c: one turn of an agent on ESP-IDF, with a model call and a tool. wire.h traces an esp_http_client
 * that the agent already has. The endpoint of the collector comes from menuconfig ("uspan") or from NVS. */
#include <string.h>
#include "esp_crt_bundle.h"
#include "esp_event.h"
#include "esp_http_client.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_netif_sntp.h"
#include "freertos/FreeRTOS.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "uspan/wire.h"
#include "uspan_espidf.h"

#ifndef MODEL_URL
#define MODEL_URL "https://api.openai.com/v1/chat/completions"
#endif
#ifndef MODEL_KEY
#define MODEL_KEY "sk-..."
#endif
#define TIME_WAIT_MS 15000

static uspan_tracer_t tracer;
static uspan_wire_t wire;

static esp_err_t on_event(esp_http_client_event_t *event)
{
    if (event->event_id == HTTP_EVENT_ON_DATA) {
        uspan_wire_response(&wire, event->data, (size_t)event->data_len);
    }
    return ESP_OK;
}

static esp_err_t ask(uspan_t turn, const char *body)
{
    const esp_http_client_config_t config = {
        .url = MODEL_URL,
        .method = HTTP_METHOD_POST,
        .event_handler = on_event,
        .crt_bundle_attach = esp_crt_bundle_attach,
    };
    esp_http_client_handle_t client = esp_http_client_init(&config);
    if (client == NULL) {
        return ESP_FAIL;
    }
    (void)uspan_wire_begin(&wire, &tracer, turn, MODEL_URL);
    uspan_wire_request(&wire, body, strlen(body));
    (void)esp_http_client_set_header(client, "Content-Type", "application/json");
    (void)esp_http_client_set_header(client, "Authorization", "Bearer " MODEL_KEY);
    (void)esp_http_client_set_post_field(client, body, (int)strlen(body));
    esp_err_t err = esp_http_client_perform(client);
    (void)uspan_wire_end(&wire, esp_http_client_get_status_code(client),
                         err == ESP_OK ? NULL : esp_err_to_name(err));
    (void)esp_http_client_cleanup(client);
    return err;
}

static void read_sensor(uspan_t turn)
{
    uspan_t tool = uspan_wire_tool_begin(&wire, &tracer, turn, "read_sensor", NULL);
    (void)uspan_set_double(&tracer, tool, USPAN_KEY("garden.moisture"), 0.31);
    (void)uspan_end(&tracer, tool);
}

void app_main(void);
void app_main(void)
{
    static const char body[] =
        "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Is the bed dry?\"}]}";
    const esp_sntp_config_t sntp = ESP_NETIF_SNTP_DEFAULT_CONFIG("pool.ntp.org");
    const uspan_resource_t resource = { .service_name = "esp-agent" };
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());
    ESP_ERROR_CHECK(esp_netif_sntp_init(&sntp));
    /* After a cold boot it is 1970 until SNTP answers, and no certificate is valid yet. */
    if (esp_netif_sntp_sync_wait(pdMS_TO_TICKS(TIME_WAIT_MS)) != ESP_OK) {
        ESP_LOGW("main", "no time from SNTP: certificates may be refused as not yet valid");
    }
    if (uspan_espidf_start(&tracer, &resource) != USPAN_OK) {
        ESP_LOGW("main", "no traces: the lines of uspan above say why");
    }
    uspan_t turn = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    if (ask(turn, body) == ESP_OK) {
        read_sensor(turn);
    } else {
        (void)uspan_fail(&tracer, turn, "model_call", NULL);
    }
    (void)uspan_end(&tracer, turn);
    (void)(uspan_espidf_stop(&tracer, 10000) == USPAN_OK); /* before deep sleep */
}
