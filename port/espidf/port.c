/* port.c: the functions of uspan_port_t for ESP-IDF.
 * Invariant: mux is held exactly between lock and unlock, by one core. */
#include "uspan_espidf.h"

#include <sys/time.h>
#include <time.h>
#include "esp_log.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h" /* before task.h */
#include "freertos/task.h"

static portMUX_TYPE mux = portMUX_INITIALIZER_UNLOCKED;

/* The SAFE macros work in tasks and in ISRs. */
static uint32_t lock(void *ctx)
{
    (void)ctx;
    portENTER_CRITICAL_SAFE(&mux);
    return 0u;
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    (void)state;
    portEXIT_CRITICAL_SAFE(&mux);
}

static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
#ifdef CONFIG_IDF_TARGET_LINUX /* this target declares the functions of esp_timer, but does not have them */
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#else
    return (uint64_t)esp_timer_get_time() * 1000u;
#endif
}

static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    struct timeval now = { 0 };
    (void)ctx;
    if (gettimeofday(&now, NULL) != 0) {
        return USPAN_ERR_AGAIN;
    }
    /* Until SNTP has set the time, it counts from 1970. uspan ignores it then. */
    *out = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_usec * 1000u;
    return USPAN_OK;
}

static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    esp_fill_random(out, len);
    return USPAN_OK;
}

static uintptr_t task(void *ctx)
{
    (void)ctx;
    return (uintptr_t)xTaskGetCurrentTaskHandle();
}

static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    static const char tag[] = "uspan";
    (void)ctx;
    switch (level) {
    case USPAN_LEVEL_ERROR:
        ESP_LOGE(tag, "%s", text);
        break;
    case USPAN_LEVEL_WARN:
        ESP_LOGW(tag, "%s", text);
        break;
    case USPAN_LEVEL_INFO:
        ESP_LOGI(tag, "%s", text);
        break;
    default:
        ESP_LOGD(tag, "%s", text);
        break;
    }
}

const uspan_port_t *uspan_espidf_port(void)
{
    static const uspan_port_t port = {
        .abi = USPAN_PORT_ABI,
        .lock = lock,
        .unlock = unlock,
        .mono_ns = mono_ns,
        .unix_ns = unix_ns,
        .random = random_bytes,
        .task = task,
        .log = log_line,
    };
    return &port;
}
