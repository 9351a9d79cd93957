/* task.h: tasks, notifications and critical sections of FreeRTOS, declared for tests. */
#ifndef DECLARED_TASK_H
#define DECLARED_TASK_H

#include "FreeRTOS.h"

typedef struct xSTATIC_TCB *TaskHandle_t;
typedef void (*TaskFunction_t)(void *);
typedef struct xTIME_OUT {
    BaseType_t xOverflowCount;
    TickType_t xTimeOnEntering;
} TimeOut_t;

TaskHandle_t xTaskCreateStatic(TaskFunction_t code, const char *const name, const uint32_t depth,
                               void *const argument, UBaseType_t priority, StackType_t *const stack,
                               StaticTask_t *const control);
void vTaskStartScheduler(void);
void vTaskDelete(TaskHandle_t task);
void vTaskDelay(const TickType_t ticks);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
TickType_t xTaskGetTickCount(void);
void vTaskInternalSetTimeOutState(TimeOut_t *const now);
BaseType_t xTaskNotifyGive(TaskHandle_t task);
void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *switches);
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks);

void declared_enter_critical(void);
void declared_exit_critical(void);
UBaseType_t declared_enter_critical_from_isr(void);
void declared_exit_critical_from_isr(UBaseType_t state);
#define taskENTER_CRITICAL() declared_enter_critical()
#define taskEXIT_CRITICAL() declared_exit_critical()
#define taskENTER_CRITICAL_FROM_ISR() declared_enter_critical_from_isr()
#define taskEXIT_CRITICAL_FROM_ISR(state) declared_exit_critical_from_isr(state)

#endif
