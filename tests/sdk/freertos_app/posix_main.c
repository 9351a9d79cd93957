/* posix_main.c: delivery.c on the kernel's POSIX port, or on fake_freertos.c. Variables: ENDPOINT, and CA, a
 * file with the certificate to trust: then over TLS. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include "delivery.h"
#include "uspan_posix.h"

#define STACK_WORDS 65536u

static uspan_posix_tcp_t tcp;
static uspan_transport_t transport;

static uspan_err_t random_bytes(uint8_t *out, size_t len)
{
    return getrandom(out, len, 0) == (ssize_t)len ? USPAN_OK : USPAN_ERR_AGAIN;
}

static uspan_err_t unix_ns(uint64_t *out)
{
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *out = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    return USPAN_OK;
}

static void say(const char *text) /* without stdio, whose lock a task could hold when it is preempted */
{
    (void)(write(1, text, strlen(text)) < 0 || write(1, "\n", 1) < 0);
}

static void log_line(uspan_level_t level, const char *text)
{
    if (level <= USPAN_LEVEL_INFO) {
        say(text);
    }
}

/* The kernel's idle task would use one core of the host all the time, and ticks would come late. */
void vApplicationIdleHook(void); /* with configUSE_IDLE_HOOK 1 */
void vApplicationIdleHook(void)
{
    (void)usleep(500);
}

static void run(void *argument)
{
    static const uspan_freertos_board_t board = { .random = random_bytes,
                                                  .unix_ns = unix_ns,
                                                  .log = log_line };
    const uspan_tls_blob_t ca = { .file = getenv("CA") };
    (void)argument;
    (void)signal(SIGPIPE, SIG_IGN);
    uspan_posix_tcp_init(&tcp, &transport);
    const delivery_t delivery = { &board, &transport, getenv("ENDPOINT"), ca.file != NULL ? &ca : NULL, say };
    uint64_t began_ns = 0, ended_ns = 0;
    char line[80];
    (void)unix_ns(&began_ns);
    const TickType_t began = xTaskGetTickCount();
    const int result = deliver(&delivery);
    (void)unix_ns(&ended_ns);
    (void)snprintf(line, sizeof line, "%lu ms by the kernel's ticks took %lu ms",
                   (unsigned long)((xTaskGetTickCount() - began) * (uint64_t)1000u / configTICK_RATE_HZ),
                   (unsigned long)((ended_ns - began_ns) / 1000000u));
    say(line);
    _exit(result);
}

int main(void)
{
    static StackType_t stack[STACK_WORDS];
    static StaticTask_t control;
    (void)xTaskCreateStatic(run, "main", STACK_WORDS, NULL, 2u, stack, &control);
    vTaskStartScheduler();
    return 9;
}
