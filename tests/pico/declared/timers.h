/* timers.h: declared, as FreeRTOS.h beside it. */
#ifndef TIMERS_H
#define TIMERS_H

#include "FreeRTOS.h"

#include "task.h"

typedef struct tmrTimerControl *TimerHandle_t;

#endif
