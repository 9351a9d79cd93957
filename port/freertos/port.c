/* port.c: the functions of uspan_port_t for FreeRTOS.
 * Invariant: between lock and unlock no task and no ISR that may call uspan runs, and the tick count does not
 * change. */
#include "in_isr.h"
#include "uspan/port_none.h"

static const uspan_freertos_board_t none;
static const uspan_freertos_board_t *board = &none;

/* 1: the lock saves and restores the interrupt mask. This works in tasks, in ISRs, and in main() before the
 * scheduler runs. */
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && \
    (!defined(configNUMBER_OF_CORES) || configNUMBER_OF_CORES == 1)
#define BY_MASK 1
#else
#define BY_MASK 0
#endif

static uint32_t lock(void *ctx)
{
    (void)ctx;
    if (BY_MASK || IN_ISR()) {
        return (uint32_t)taskENTER_CRITICAL_FROM_ISR();
    }
    taskENTER_CRITICAL();
    return 0u;
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    if (BY_MASK || IN_ISR()) {
        taskEXIT_CRITICAL_FROM_ISR(state);
        return;
    }
    (void)state;
    taskEXIT_CRITICAL();
}

/* Without a clock of the board, the time is the tick counter and the number of its wraps, read together. */
static uint64_t mono_ns(void *ctx)
{
    if (board->mono_ns != NULL) {
        return board->mono_ns();
    }
    TimeOut_t now;
    uint32_t state = lock(ctx);
    vTaskInternalSetTimeOutState(&now);
    unlock(ctx, state);
    const unsigned bits = sizeof(TickType_t) * 8u;
    uint64_t ticks = (uint64_t)now.xTimeOnEntering;
    ticks += bits < 64u ? (uint64_t)(UBaseType_t)now.xOverflowCount << (bits % 64u) : 0u;
    return ticks * (1000000000u / configTICK_RATE_HZ);
}

static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    (void)ctx;
    return board->unix_ns != NULL ? board->unix_ns(out) : uspan_none_unix_ns(NULL, out);
}

static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    return board->random != NULL ? board->random(out, len) : USPAN_ERR_AGAIN;
}

/* Before a task is created the handle is NULL. It then identifies main(). */
static uintptr_t task(void *ctx)
{
    (void)ctx;
    return (uintptr_t)xTaskGetCurrentTaskHandle();
}

static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    if (board->log != NULL) {
        board->log(level, text);
    }
}

void uspan_freertos_port_init(uspan_port_t *port, const uspan_freertos_board_t *what)
{
    board = what != NULL ? what : &none;
    *port = (uspan_port_t){
        .abi = USPAN_PORT_ABI,
        .lock = lock,
        .unlock = unlock,
        .mono_ns = mono_ns,
        .unix_ns = unix_ns,
        .random = random_bytes,
        .task = task,
        .log = log_line,
    };
}
