/* test_espidf_example.c: the example of port/espidf over the declared ESP-IDF. It tests the order of the
 * steps before a verified connection, and what the example does without the time. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include "esp_crt_bundle.h"
#include "esp_event.h"
#include "esp_http_client.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_netif_sntp.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "uspan_espidf.h"

static char calls[256], logged[256];
static esp_err_t time_result;
static TickType_t waited;
static int client;

void app_main(void);

static int add_call(const char *name)
{
    (void)strncat(calls, name, sizeof calls - strlen(calls) - 1u);
    return ESP_OK;
}

void declared_check(esp_err_t code)
{
    assert_int_equal(code, ESP_OK);
}

const char *esp_err_to_name(esp_err_t code)
{
    return code == ESP_OK ? "ESP_OK" : "ESP_FAIL";
}

void declared_log(char level, const char *tag, const char *format, ...)
{
    va_list list;
    (void)tag;
    va_start(list, format);
    logged[0] = level;
    (void)vsnprintf(logged + 1, sizeof logged - 1u, format, list);
    va_end(list);
}

esp_err_t nvs_flash_init(void)
{
    return ESP_OK;
}

esp_err_t esp_netif_init(void)
{
    return ESP_OK;
}

esp_err_t esp_event_loop_create_default(void)
{
    return ESP_OK;
}

esp_err_t example_connect(void)
{
    return add_call("connect ");
}

esp_err_t esp_netif_sntp_init(const esp_sntp_config_t *config)
{
    assert_string_equal(config->servers[0], "pool.ntp.org");
    return add_call("sntp ");
}

esp_err_t esp_netif_sntp_sync_wait(TickType_t ticks)
{
    waited = ticks;
    (void)add_call("wait ");
    return time_result;
}

esp_err_t esp_crt_bundle_attach(void *conf)
{
    (void)conf;
    return ESP_OK;
}

esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config)
{
    assert_true(config->crt_bundle_attach == esp_crt_bundle_attach);
    return (esp_http_client_handle_t)(void *)&client;
}

esp_err_t esp_http_client_set_header(esp_http_client_handle_t c, const char *key, const char *value)
{
    (void)c, (void)key, (void)value;
    return ESP_OK;
}

esp_err_t esp_http_client_set_post_field(esp_http_client_handle_t c, const char *data, int len)
{
    (void)c;
    assert_int_equal(strlen(data), len);
    return ESP_OK;
}

esp_err_t esp_http_client_perform(esp_http_client_handle_t c)
{
    (void)c;
    return add_call("ask ");
}

int esp_http_client_get_status_code(esp_http_client_handle_t c)
{
    (void)c;
    return 200;
}

esp_err_t esp_http_client_cleanup(esp_http_client_handle_t c)
{
    (void)c;
    return ESP_OK;
}

uspan_err_t uspan_espidf_start_sized(uspan_tracer_t *t, const uspan_resource_t *resource, size_t tracer_size,
                                     uint32_t config_id)
{
    (void)t, (void)resource, (void)tracer_size, (void)config_id;
    (void)add_call("start ");
    return USPAN_OK;
}

uspan_err_t uspan_espidf_stop(uspan_tracer_t *t, uint32_t deadline_ms)
{
    (void)t, (void)deadline_ms;
    (void)add_call("stop");
    return USPAN_OK;
}

static int reset(void **state)
{
    (void)state;
    calls[0] = logged[0] = '\0';
    time_result = ESP_OK;
    waited = 0;
    return 0;
}

/* After a cold boot the clock is in 1970: every certificate would be "not yet valid". */
static void test_the_time_is_there_before_the_first_connection(void **state)
{
    (void)state;
    app_main();
    assert_string_equal(calls, "connect sntp wait start ask stop");
    assert_int_equal(waited, pdMS_TO_TICKS(15000));
    assert_string_equal(logged, "");
}

static void test_without_the_time_it_goes_on_and_says_so(void **state)
{
    (void)state;
    time_result = ESP_ERR_TIMEOUT;
    app_main();
    assert_string_equal(calls, "connect sntp wait start ask stop");
    assert_int_equal(logged[0], 'W');
    assert_non_null(strstr(logged, "no time from SNTP"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_time_is_there_before_the_first_connection, reset),
        cmocka_unit_test_setup(test_without_the_time_it_goes_on_and_says_so, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
