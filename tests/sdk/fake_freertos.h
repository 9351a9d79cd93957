/* fake_freertos.h: what a test tells the FreeRTOS of fake_freertos.c, and reads of it. */
#ifndef FAKE_FREERTOS_H
#define FAKE_FREERTOS_H

#include <stdbool.h>

extern _Thread_local bool fake_in_isr;        /* the calling thread counts as an ISR */
extern unsigned fake_depth;                   /* of the critical section, now */
extern _Thread_local unsigned fake_isr_calls; /* of the FROM_ISR forms */
extern bool fake_no_task;                     /* xTaskCreateStatic() fails */
extern unsigned long fake_ticks_ahead;        /* added to the tick counter */

#endif
