/* delivery.h: what a platform with FreeRTOS gives delivery.c. */
#ifndef USPAN_TEST_DELIVERY_H
#define USPAN_TEST_DELIVERY_H

#include "uspan_freertos.h"
#include "uspan_mbedtls.h"

typedef struct delivery {
    const uspan_freertos_board_t *board;
    const uspan_transport_t *tcp;
    const char *endpoint;
    const uspan_tls_blob_t *ca; /* NULL: plain HTTP */
    void (*say)(const char *text);
} delivery_t;

/* Record and send spans, and print how many. Returns 0 if all of them were delivered. Context: a task. */
int deliver(const delivery_t *d);
/* Record a span in an interrupt, now and then. Context: the tick's ISR. */
void deliver_isr(void);

#endif
