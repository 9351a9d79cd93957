/* fake_freertos.c: implements the declared part of FreeRTOS over POSIX threads, for tests of port/freertos
 * and port/espidf. Tasks are threads, and the critical section is one recursive mutex. Invariant: fake_depth
 * counts entries without their exit, whichever thread holds the mutex. */
#define _GNU_SOURCE /* PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP */
#include "fake_freertos.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef DECLARED_ESPIDF_BUILD
#include "freertos/FreeRTOS.h" /* before task.h */
#include "freertos/task.h"
#else
#include <FreeRTOS.h> /* before task.h */
#include <task.h>
#endif

_Thread_local bool fake_in_isr;
_Thread_local unsigned fake_isr_calls;
unsigned fake_depth;
bool fake_no_task;
unsigned long fake_ticks_ahead;
static pthread_mutex_t critical = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static _Thread_local TaskHandle_t current;

static void enter(void)
{
    (void)pthread_mutex_lock(&critical);
    fake_depth++;
}

static void leave(void)
{
    if (fake_depth == 0u) {
        abort(); /* more exits than entries */
    }
    fake_depth--;
    (void)pthread_mutex_unlock(&critical);
}

void declared_enter_critical(void)
{
    if (fake_in_isr) {
        abort(); /* the wrong form */
    }
    enter();
}

void declared_exit_critical(void)
{
    leave();
}

UBaseType_t declared_enter_critical_from_isr(void)
{
    enter();
    fake_isr_calls++;
    return 0xA5u;
}

void declared_exit_critical_from_isr(UBaseType_t state)
{
    if (state != 0xA5u) {
        abort(); /* not the value returned by the other one */
    }
    leave();
}

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static uint64_t ticks(void)
{
    static uint64_t begin;
    begin = begin == 0u ? now_ms() : begin;
    return now_ms() - begin + fake_ticks_ahead;
}

TickType_t xTaskGetTickCount(void)
{
    return (TickType_t)ticks();
}

void vTaskInternalSetTimeOutState(TimeOut_t *const now)
{
    uint64_t t = ticks();
    now->xOverflowCount = (BaseType_t)(t >> 32);
    now->xTimeOnEntering = (TickType_t)t;
}

static void *begin_task(void *argument)
{
    current = argument;
    current->code(current->argument);
    abort(); /* a task must not return */
}

TaskHandle_t xTaskCreateStatic(TaskFunction_t code, const char *const name, const uint32_t depth,
                               void *const argument, UBaseType_t priority, StackType_t *const stack,
                               StaticTask_t *const control)
{
    (void)name;
    (void)priority;
    if (fake_no_task || depth < 16u) {
        return NULL;
    }
    memset(stack, 0xA5, sizeof *stack * depth); /* writes all of it, to check its size */
    memset(control, 0, sizeof *control);
    (void)pthread_mutex_init(&control->mutex, NULL);
    (void)pthread_cond_init(&control->cond, NULL);
    control->code = code;
    control->argument = argument;
    return pthread_create(&control->thread, NULL, begin_task, control) == 0 ? control : NULL;
}

void vTaskStartScheduler(void)
{
    for (;;) {
        (void)pause();
    }
}

void vTaskDelete(TaskHandle_t task)
{
    if (task == NULL) { /* the calling task */
        pthread_exit(NULL);
    }
    (void)pthread_mutex_lock(&task->mutex);
    task->deleted = 1;
    (void)pthread_cond_signal(&task->cond);
    (void)pthread_mutex_unlock(&task->mutex);
    (void)pthread_join(task->thread, NULL);
}

void vTaskDelay(const TickType_t wait)
{
    struct timespec t = { .tv_sec = wait / 1000u, .tv_nsec = (long)(wait % 1000u) * 1000000 };
    (void)nanosleep(&t, NULL);
}

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    return current;
}

BaseType_t xTaskNotifyGive(TaskHandle_t task)
{
    (void)pthread_mutex_lock(&task->mutex);
    task->notified++;
    (void)pthread_cond_signal(&task->cond);
    (void)pthread_mutex_unlock(&task->mutex);
    return pdTRUE;
}

void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *switches)
{
    if (!fake_in_isr) {
        abort();
    }
    fake_isr_calls++;
    *switches = pdTRUE;
    (void)xTaskNotifyGive(task);
}

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t wait)
{
    struct timespec until;
    (void)clear;
    if (current == NULL) {
        abort(); /* no task */
    }
    (void)clock_gettime(CLOCK_REALTIME, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + (uint64_t)(wait % 1000u) * 1000000u;
    until.tv_sec += (time_t)(wait / 1000u + ns / 1000000000u);
    until.tv_nsec = (long)(ns % 1000000000u);
    (void)pthread_mutex_lock(&current->mutex);
    while (current->notified == 0u && !current->deleted &&
           pthread_cond_timedwait(&current->cond, &current->mutex, &until) != ETIMEDOUT) {
    }
    uint32_t n = current->notified;
    current->notified = 0;
    (void)pthread_mutex_unlock(&current->mutex);
    if (current->deleted) {
        pthread_exit(NULL);
    }
    return n;
}

#ifdef DECLARED_ESPIDF_BUILD
enum { FREE, OF_TASK, OF_ISR };

void declared_enter_mux(portMUX_TYPE *mux, int is_isr_form)
{
    if ((is_isr_form != 0) != fake_in_isr) {
        abort(); /* the wrong form for this context */
    }
    enter();
    if (mux->owner != FREE) {
        abort(); /* uspan never nests its lock */
    }
    mux->owner = fake_in_isr ? OF_ISR : OF_TASK;
    fake_isr_calls += fake_in_isr ? 1u : 0u;
}

void declared_exit_mux(portMUX_TYPE *mux, int is_isr_form)
{
    if (mux->owner != (is_isr_form != 0 ? OF_ISR : OF_TASK) || (is_isr_form != 0) != fake_in_isr) {
        abort(); /* not the form of the entry */
    }
    mux->owner = FREE;
    leave();
}

BaseType_t xPortInIsrContext(void)
{
    return fake_in_isr ? pdTRUE : pdFALSE;
}
#endif
