/* semphr.h: declared, as FreeRTOS.h beside it. */
#ifndef SEMPHR_H
#define SEMPHR_H

#include "FreeRTOS.h"

typedef struct QueueDefinition *SemaphoreHandle_t;

#endif
