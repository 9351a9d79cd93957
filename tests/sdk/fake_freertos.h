/* fake_freertos.h: settings of the FreeRTOS in fake_freertos.c, and what a test can read from it. */
#ifndef FAKE_FREERTOS_H
#define FAKE_FREERTOS_H

#include <stdbool.h>

extern _Thread_local bool fake_in_isr;        /* the calling thread counts as an ISR */
extern unsigned fake_depth;                   /* current depth of the critical section */
extern _Thread_local unsigned fake_isr_calls; /* number of calls of FROM_ISR forms */
extern bool fake_no_task;                     /* xTaskCreateStatic() fails */
extern unsigned long fake_ticks_ahead;        /* added to the tick counter */

#endif
