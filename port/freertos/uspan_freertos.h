/* uspan_freertos.h: uspan on FreeRTOS: the port, a task that exports, and TCP over FreeRTOS+TCP. With lwIP's
 * sockets use port/posix/tcp.c, as uspan_posix.h says. ESP-IDF has port/espidf, over the task of here. */
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

/* Longest sleep of the exporter, milliseconds: how late it notices the first span of a batch, or a
 * uspan_flush() of another task. 10..60000. */
#ifndef USPAN_FREERTOS_TICK_MS
#define USPAN_FREERTOS_TICK_MS 250
#endif

/* ---- the port ------------------------------------------------------------------------------------------ */

/* True in an ISR. On Cortex-M it is known. Elsewhere define it, as your port of FreeRTOS says it, if ISRs
 * call uspan: uspan_start(), uspan_end() and the setters whose headers say so. Without it no ISR may. */
/* #define USPAN_FREERTOS_IN_ISR() */

/* What the kernel does not know. All optional; const, outlives the tracer. */
typedef struct uspan_freertos_board {
    /* Entropy of a hardware generator: as random of uspan_port_t. NULL: there is none, and no span gets an
     * id. */
    uspan_err_t (*random)(uint8_t *out, size_t len);
    /* Unix time of an RTC or SNTP: as unix_ns. NULL: from uspan_set_unix_time(), or the collector's Date. */
    uspan_err_t (*unix_ns)(uint64_t *out);
    /* Nanoseconds since boot, in tasks and ISRs. NULL: the kernel's ticks, 1 ms as a rule. */
    uint64_t (*mono_ns)(void);
    void (*log)(uspan_level_t level, const char *text); /* NULL: silent */
} uspan_freertos_board_t;

/* Fill *port. There is one board: the last call counts. On a Cortex-M with one core the lock masks interrupts
 * up to configMAX_SYSCALL_INTERRUPT_PRIORITY, in tasks, ISRs and before the scheduler runs: ISRs above it
 * must not call uspan. Elsewhere it is the kernel's critical section, which is also the lock between cores.
 * The current span is each task's own. Context: before use. */
void uspan_freertos_port_init(uspan_port_t *port, const uspan_freertos_board_t *board);

/* ---- the exporter -------------------------------------------------------------------------------------- */

/* A task that polls. Fields are exporter.c's. */
typedef struct uspan_freertos_exporter {
    uspan_tracer_t *tracer;
    TaskHandle_t task;
    StaticTask_t control;
    uspan_processor_t processor;
    uint16_t ended; /* spans that ended since the last poll */
    uint8_t flushes_asked, flushes_answered;
    bool is_stopping, is_stopped;
    uint32_t deadline_ms; /* of the stop */
} uspan_freertos_exporter_t;

/* Start the task over a tracer that has its destinations: it is "the exporting task" of uspan's contracts
 * from then on. It sleeps for what uspan_poll() says, at most USPAN_FREERTOS_TICK_MS, and is woken when so
 * many spans ended that a batch is due; uspan_end() may still be called in ISRs. The kernel needs
 * configSUPPORT_STATIC_ALLOCATION 1 and task notifications.
 *   stack, stack_words   of the task, static; 2 KB do for plain HTTP, 6 KB for mbedTLS
 *   priority             below the tasks that record
 * Returns: USPAN_OK; USPAN_ERR_ARG: NULL, or started already; USPAN_ERR_FULL: the kernel gave no task.
 * Context: task, or before the scheduler runs. */
USPAN_CHECK uspan_err_t uspan_freertos_exporter_start(uspan_freertos_exporter_t *e, uspan_tracer_t *tracer,
                                                      StackType_t *stack, uint32_t stack_words,
                                                      UBaseType_t priority);
/* Have it poll now. Context: task, and ISR where that is known (USPAN_FREERTOS_IN_ISR). */
void uspan_freertos_exporter_wake(uspan_freertos_exporter_t *e);
/* uspan_flush(), then wait until all is settled or deadline_ms has passed: before light sleep, or a radio
 * that goes off. Returns USPAN_OK; USPAN_ERR_AGAIN: the deadline passed, spans wait still. Context: one other
 * task at a time. Blocks, as it says. */
uspan_err_t uspan_freertos_exporter_flush(uspan_freertos_exporter_t *e, uint32_t deadline_ms);
/* uspan_shutdown(), wait for its end, and end the task: before deep sleep or a reset. Returns USPAN_OK;
 * USPAN_ERR_AGAIN: it did not stop in time (deadline_ms and two seconds). Context: another task. Blocks. */
uspan_err_t uspan_freertos_exporter_stop(uspan_freertos_exporter_t *e, uint32_t deadline_ms);

/* ---- FreeRTOS+TCP -------------------------------------------------------------------------------------- */

/* One connection. Fields are plus_tcp.c's. */
typedef struct uspan_freertos_tcp {
    void *socket;              /* Socket_t */
    volatile uint32_t address; /* of the name, network order; 0: unknown */
    const char *why;
    volatile uint8_t lookup; /* its state */
    uint8_t state;
} uspan_freertos_tcp_t;

/* Make *tcp, and a transport over it to *out. IPv4. No call of it blocks: names are looked up by the IP task
 * (ipconfigUSE_DNS 1, ipconfigDNS_USE_CALLBACKS 1). Both outlive the tracer. Context: before use. */
void uspan_freertos_tcp_init(uspan_freertos_tcp_t *tcp, uspan_transport_t *out);

#ifdef __cplusplus
}
#endif
#endif
