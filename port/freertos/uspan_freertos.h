/* uspan_freertos.h: uspan on FreeRTOS: the port, a task that exports, and TCP over FreeRTOS+TCP. With lwIP's
 * sockets use port/posix/tcp.c (see uspan_posix.h). For ESP-IDF use port/espidf, which uses this task. */
#ifndef USPAN_FREERTOS_H
#define USPAN_FREERTOS_H

#include "uspan/uspan.h"

#ifdef ESP_PLATFORM
#include "freertos/FreeRTOS.h" /* FreeRTOS.h comes before task.h */
#include "freertos/task.h"
#else
#include <FreeRTOS.h> /* before task.h */
#include <task.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Longest sleep of the exporter, and so the longest delay until it notices the first span of a batch or a
 * uspan_flush() of another task. Milliseconds. 10..60000. Default 250. */
#ifndef USPAN_FREERTOS_TICK_MS
#define USPAN_FREERTOS_TICK_MS 250
#endif

/* ---- the port ------------------------------------------------------------------------------------------ */

/* True in an ISR. On Cortex-M and on ESP-IDF uspan finds it out. On other cores define it with a function of
 * your FreeRTOS port if ISRs call uspan_start(), uspan_end() or setters that allow it. Without it no ISR may
 * call uspan. */
/* #define USPAN_FREERTOS_IN_ISR() */

/* Functions of the board that the kernel cannot provide. Each may be NULL. Const. It must outlive the
 * tracer. */
typedef struct uspan_freertos_board {
    /* Random bytes of a hardware generator, as random of uspan_port_t. NULL: there is none, and every new
     * span is null. */
    uspan_err_t (*random)(uint8_t *out, size_t len);
    /* Unix time of an RTC or SNTP, as unix_ns of uspan_port_t. NULL: the time comes from
     * uspan_set_unix_time() or from the collector's Date header. */
    uspan_err_t (*unix_ns)(uint64_t *out);
    /* Nanoseconds since boot. Context: task, ISR. NULL: uspan uses the ticks of the kernel, usually 1 ms. */
    uint64_t (*mono_ns)(void);
    void (*log)(uspan_level_t level, const char *text); /* NULL: nothing is logged */
} uspan_freertos_board_t;

/* Fill *port. All ports use the board of the last call. NULL: no function of a board. On a Cortex-M with one
 * core the lock masks interrupts up to configMAX_SYSCALL_INTERRUPT_PRIORITY, in tasks, in ISRs and before the
 * scheduler runs. ISRs above that priority must not call uspan. On other cores the lock is the kernel's
 * critical section, which also locks out other cores. Each task has its own current span. Context: before
 * use. */
void uspan_freertos_port_init(uspan_port_t *port, const uspan_freertos_board_t *board);

/* ---- the exporter -------------------------------------------------------------------------------------- */

/* A task that polls. Fields are private to exporter.c. */
typedef struct uspan_freertos_exporter {
    uspan_tracer_t *tracer;
    TaskHandle_t task;
    StaticTask_t control;
    uspan_processor_t processor;
    uint16_t ended; /* spans that ended since the last poll */
    uint8_t flushes_asked, flushes_answered;
    bool is_stopping, is_stopped;
    uint32_t deadline_ms; /* argument of the stop */
} uspan_freertos_exporter_t;

/* Start the task for a tracer that has its destinations. From then on it is "the exporting task" of uspan's
 * contracts. It sleeps for the time that uspan_poll() returns, at most USPAN_FREERTOS_TICK_MS. It is woken
 * when enough spans have ended for a batch. ISRs may still call uspan_end(). The kernel needs
 * configSUPPORT_STATIC_ALLOCATION 1 and task notifications.
 *   stack, stack_words   of the task, static. 2 KB are enough for plain HTTP, 6 KB for mbedTLS
 *   priority             below the tasks that record
 * Returns: USPAN_OK; USPAN_ERR_ARG: an argument is NULL, or the exporter runs already; USPAN_ERR_FULL: the
 * kernel did not create the task. Context: task, or before the scheduler runs. */
USPAN_CHECK uspan_err_t uspan_freertos_exporter_start(uspan_freertos_exporter_t *e, uspan_tracer_t *tracer,
                                                      StackType_t *stack, uint32_t stack_words,
                                                      UBaseType_t priority);
/* Wake the exporter, so that it polls now. Context: task, and ISR if USPAN_FREERTOS_IN_ISR is known. */
void uspan_freertos_exporter_wake(uspan_freertos_exporter_t *e);
/* Call uspan_flush(), then wait until no span waits or deadline_ms has passed. Use it before light sleep or
 * before the radio is switched off. Returns: USPAN_OK; USPAN_ERR_AGAIN: the deadline has passed and spans
 * still wait. Context: one other task at a time. Blocks up to deadline_ms. */
uspan_err_t uspan_freertos_exporter_flush(uspan_freertos_exporter_t *e, uint32_t deadline_ms);
/* Call uspan_shutdown(), wait until it is done, and delete the task. Use it before deep sleep or a reset.
 * Returns: USPAN_OK; USPAN_ERR_AGAIN: it did not stop within deadline_ms and two seconds. Context: another
 * task. Blocks for up to that time. */
uspan_err_t uspan_freertos_exporter_stop(uspan_freertos_exporter_t *e, uint32_t deadline_ms);

/* ---- FreeRTOS+TCP -------------------------------------------------------------------------------------- */

/* One connection. Fields are private to plus_tcp.c. */
typedef struct uspan_freertos_tcp {
    void *socket;              /* Socket_t */
    volatile uint32_t address; /* IPv4 address of the host, network order; 0: unknown */
    const char *why;
    volatile uint8_t lookup; /* state of the look-up */
    uint8_t state;
} uspan_freertos_tcp_t;

/* Initialise *tcp, and write a transport over it to *out. IPv4 only. Its calls do not block, because the IP
 * task looks up names (ipconfigUSE_DNS 1, ipconfigDNS_USE_CALLBACKS 1). tcp and out must outlive the tracer.
 * Context: before use. */
void uspan_freertos_tcp_init(uspan_freertos_tcp_t *tcp, uspan_transport_t *out);

#ifdef __cplusplus
}
#endif
#endif
