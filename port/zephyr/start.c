/* start.c: starts a tracer with settings, transport and the thread that polls, and stops it.
 * Invariant: only the thread calls uspan_poll() and uspan_shutdown(). `running` is its tracer, or NULL. */
#include "uspan_zephyr.h"

#include <zephyr/kernel.h>

#ifndef CONFIG_USPAN_ZEPHYR_STACK_BYTES
#define CONFIG_USPAN_ZEPHYR_STACK_BYTES 4096
#endif
#ifndef CONFIG_USPAN_ZEPHYR_PRIORITY
#define CONFIG_USPAN_ZEPHYR_PRIORITY 10
#endif
#ifndef CONFIG_USPAN_ZEPHYR_SEC_TAG
#define CONFIG_USPAN_ZEPHYR_SEC_TAG 1
#endif

#define DUE ((USPAN_SPANS_MAX * USPAN_BATCH_FILL_PERCENT + 99u) / 100u) /* spans that make a batch due */
#define GRACE_MS 2000u
#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELEASE)

static K_THREAD_STACK_DEFINE(stack, CONFIG_USPAN_ZEPHYR_STACK_BYTES);
static K_SEM_DEFINE(wake, 0, 1);
static struct k_thread thread;
static uspan_tracer_t *running;
static uspan_zephyr_net_t net;
static uspan_transport_t transport;
static uspan_processor_t processor;
static uint16_t ended; /* spans that ended since the last poll */
static bool is_stopping;
static uint32_t stop_ms;

void uspan_zephyr_wake(void)
{
    k_sem_give(&wake);
}

/* Runs in the context that ends the span. If two contexts increment at the same time and one count is lost,
 * the thread is woken one span later. */
static void on_end(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    const uint16_t now = (uint16_t)(LOAD(ended) + 1u);
    (void)ctx;
    (void)t;
    (void)s;
    STORE(ended, now);
    if (now == DUE) {
        k_sem_give(&wake);
    }
}

static void run(void *tracer, void *unused2, void *unused3)
{
    uspan_tracer_t *t = tracer;
    (void)unused2;
    (void)unused3;
    while (!uspan_stopped(t)) {
        uint32_t wait_ms = 0;
        if (LOAD(is_stopping)) {
            uspan_shutdown(t, stop_ms); /* repeated calls do nothing */
        }
        STORE(ended, 0u);
        (void)(uspan_poll(t, &wait_ms) == USPAN_OK);
        wait_ms = wait_ms < USPAN_ZEPHYR_TICK_MS ? wait_ms : USPAN_ZEPHYR_TICK_MS;
        if (wait_ms > 0u && !uspan_stopped(t)) {
            (void)k_sem_take(&wake, K_MSEC(wait_ms));
        }
    }
}

static bool is_https(const char *endpoint)
{
#ifdef USPAN_ENDPOINT
    endpoint = endpoint != NULL ? endpoint : USPAN_ENDPOINT;
#endif
    return endpoint != NULL && strlen(endpoint) > 4u && (endpoint[4] | 0x20) == 's';
}

static uspan_err_t add_destination(uspan_tracer_t *t)
{
    static const int tags[] = { CONFIG_USPAN_ZEPHYR_SEC_TAG };
    uspan_collector_t collector = { 0 };
    (void)uspan_zephyr_load(&collector);
    uspan_zephyr_net_init(&net, tags, is_https(collector.endpoint) ? 1u : 0u, &transport);
    return uspan_export_to(t, 0u, &transport, &collector);
}

uspan_err_t uspan_zephyr_start_sized(uspan_tracer_t *t, const uspan_resource_t *resource, size_t tracer_size,
                                     uint32_t config_id)
{
    if (t == NULL || running != NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_err_t err = uspan_init_sized(t, uspan_zephyr_port(), tracer_size, config_id);
    if (err != USPAN_OK) {
        return err;
    }
    uspan_err_t note = resource != NULL ? uspan_set_resource(t, resource) : USPAN_OK;
    uspan_err_t setting = add_destination(t);
    processor = (uspan_processor_t){ .on_end = on_end };
    err = uspan_add_processor(t, &processor);
    is_stopping = false;
    running = t;
    (void)k_thread_create(&thread, stack, K_THREAD_STACK_SIZEOF(stack), run, t, NULL, NULL,
                          K_PRIO_PREEMPT(CONFIG_USPAN_ZEPHYR_PRIORITY), 0, K_NO_WAIT);
    return setting != USPAN_OK ? setting : note < USPAN_OK ? note : err;
}

uspan_err_t uspan_zephyr_stop(uspan_tracer_t *t, uint32_t deadline_ms)
{
    if (t == NULL || t != running) {
        return USPAN_ERR_ARG;
    }
    stop_ms = deadline_ms;
    STORE(is_stopping, true);
    k_sem_give(&wake);
    if (k_thread_join(&thread, K_MSEC(deadline_ms + GRACE_MS)) != 0) {
        return USPAN_ERR_AGAIN;
    }
    running = NULL;
    return USPAN_OK;
}
