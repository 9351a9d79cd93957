/* freertos/task.h: as FreeRTOS's, declared for tests. */
#ifndef DECLARED_ESPIDF_TASK_H
#define DECLARED_ESPIDF_TASK_H

#include "FreeRTOS.h"
#include "../../freertos/task.h"

#endif
