/* exporter.c: the task that polls, and the functions with which other tasks control it. Invariant: only this
 * task calls uspan_poll(), uspan_flushed() and uspan_shutdown(). Other tasks write flushes_asked, is_stopping
 * and deadline_ms. The task copies the flushes_asked that it has read to flushes_answered. */
#include "in_isr.h"

#define DUE ((USPAN_SPANS_MAX * USPAN_BATCH_FILL_PERCENT + 99u) / 100u) /* spans that make a batch due */
#define STEP_MS 10u                                                     /* interval of a waiting task */
#define GRACE_MS 2000u

/* For fields that tasks on other cores access too. Loads and stores are enough, and a Cortex-M0 has no atomic
 * read-modify-write. */
#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELEASE)

/* Returns at least one tick, so that a wait never becomes a busy loop. */
static TickType_t ticks_of(uint32_t ms)
{
    uint64_t ticks = (uint64_t)ms * configTICK_RATE_HZ / 1000u;
    return ticks > 0u ? (TickType_t)ticks : 1u;
}

void uspan_freertos_exporter_wake(uspan_freertos_exporter_t *e)
{
    if (e->task == NULL) {
        return;
    }
    if (IN_ISR()) {
        BaseType_t switches = pdFALSE;
        vTaskNotifyGiveFromISR(e->task, &switches);
        portYIELD_FROM_ISR(switches);
    } else {
        (void)xTaskNotifyGive(e->task);
    }
}

/* Runs in the context that ends the span. If two contexts increment at the same time and one count is lost,
 * the exporter is woken one span later. */
static void on_end(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    uspan_freertos_exporter_t *e = ctx;
    (void)t;
    (void)s;
    const uint16_t ended = (uint16_t)(LOAD(e->ended) + 1u);
    STORE(e->ended, ended);
    if (ended == DUE) {
        uspan_freertos_exporter_wake(e);
    }
}

static void run(void *ctx)
{
    uspan_freertos_exporter_t *e = ctx;
    uint8_t flushes = 0;
    while (!uspan_stopped(e->tracer)) {
        uint32_t wait_ms = 0;
        if (LOAD(e->is_stopping)) {
            uspan_shutdown(e->tracer, e->deadline_ms); /* repeated calls do nothing */
        } else if (LOAD(e->flushes_asked) != flushes) {
            flushes = LOAD(e->flushes_asked);
            uspan_flush(e->tracer);
        }
        STORE(e->ended, 0u);
        uspan_err_t err = uspan_poll(e->tracer, &wait_ms);
        if (err == USPAN_OK || uspan_flushed(e->tracer)) {
            STORE(e->flushes_answered, flushes);
        }
        wait_ms = wait_ms < USPAN_FREERTOS_TICK_MS ? wait_ms : USPAN_FREERTOS_TICK_MS;
        if (wait_ms > 0u && !uspan_stopped(e->tracer)) {
            (void)ulTaskNotifyTake(pdTRUE, ticks_of(wait_ms));
        }
    }
    STORE(e->is_stopped, true);
    for (;;) { /* until uspan_freertos_exporter_stop() deletes this task */
        (void)ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    }
}

uspan_err_t uspan_freertos_exporter_start(uspan_freertos_exporter_t *e, uspan_tracer_t *tracer,
                                          StackType_t *stack, uint32_t stack_words, UBaseType_t priority)
{
    if (e == NULL || tracer == NULL || stack == NULL || e->task != NULL) {
        return USPAN_ERR_ARG;
    }
    memset(e, 0, sizeof *e);
    e->tracer = tracer;
    e->processor.ctx = e;
    e->processor.on_end = on_end;
    e->task = xTaskCreateStatic(run, "uspan", stack_words, e, priority, stack, &e->control);
    return e->task != NULL ? uspan_add_processor(tracer, &e->processor) : USPAN_ERR_FULL;
}

uspan_err_t uspan_freertos_exporter_flush(uspan_freertos_exporter_t *e, uint32_t deadline_ms)
{
    if (e->task == NULL) {
        return USPAN_OK;
    }
    const uint8_t mine = (uint8_t)(LOAD(e->flushes_asked) + 1u);
    STORE(e->flushes_asked, mine);
    uspan_freertos_exporter_wake(e);
    for (uint32_t waited = 0; LOAD(e->flushes_answered) != mine && !LOAD(e->is_stopped); waited += STEP_MS) {
        if (waited >= deadline_ms) {
            return USPAN_ERR_AGAIN;
        }
        vTaskDelay(ticks_of(STEP_MS));
    }
    return USPAN_OK;
}

uspan_err_t uspan_freertos_exporter_stop(uspan_freertos_exporter_t *e, uint32_t deadline_ms)
{
    if (e->task == NULL) {
        return USPAN_OK;
    }
    e->deadline_ms = deadline_ms;
    STORE(e->is_stopping, true);
    uspan_freertos_exporter_wake(e);
    for (uint32_t waited = 0; !LOAD(e->is_stopped); waited += STEP_MS) {
        if (waited >= deadline_ms + GRACE_MS) {
            return USPAN_ERR_AGAIN;
        }
        vTaskDelay(ticks_of(STEP_MS));
    }
    vTaskDelete(e->task);
    e->task = NULL;
    return USPAN_OK;
}
