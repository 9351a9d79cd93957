/* FreeRTOS.h: what port/freertos uses of the FreeRTOS kernel 10.4 to 11, declared for tests. Written from its
 * documentation; fake_freertos.c implements it over POSIX threads. The numbers are a port's to choose. */
#ifndef DECLARED_FREERTOS_H
#define DECLARED_FREERTOS_H

#ifndef __arm__
#include <pthread.h>
#endif
#include <stddef.h>
#include <stdint.h>

typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uint32_t TickType_t;
#ifdef DECLARED_ESPIDF
typedef uint8_t StackType_t; /* ESP-IDF counts stacks in bytes */
#else
typedef unsigned long StackType_t;
#endif

#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
#define portMAX_DELAY ((TickType_t)0xFFFFFFFFu)
#define configTICK_RATE_HZ 1000u
#define configSUPPORT_STATIC_ALLOCATION 1
#define pdMS_TO_TICKS(ms) ((TickType_t)(((uint64_t)(ms)*configTICK_RATE_HZ) / 1000u))
#define portYIELD_FROM_ISR(switches) ((void)(switches))

#ifdef __arm__ /* to measure sizes: the kernel's own has about as many bytes */
typedef struct xSTATIC_TCB {
    uint32_t words[24];
} StaticTask_t;
#else
typedef struct xSTATIC_TCB {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    uint32_t notified;
    int deleted;
    void (*code)(void *);
    void *argument;
} StaticTask_t;
#endif

#endif
