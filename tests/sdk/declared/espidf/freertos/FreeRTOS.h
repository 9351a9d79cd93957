/* freertos/FreeRTOS.h: FreeRTOS as ESP-IDF has it, with its spinlock, declared for tests. */
#ifndef DECLARED_ESPIDF_FREERTOS_H
#define DECLARED_ESPIDF_FREERTOS_H

#define DECLARED_ESPIDF 1
#include "../../freertos/FreeRTOS.h"

typedef struct {
    int owner;
} portMUX_TYPE;
#define portMUX_INITIALIZER_UNLOCKED \
    {                                \
        0                            \
    }
void declared_enter_mux(portMUX_TYPE *mux);
void declared_exit_mux(portMUX_TYPE *mux);
#define portENTER_CRITICAL_SAFE(mux) declared_enter_mux(mux)
#define portEXIT_CRITICAL_SAFE(mux) declared_exit_mux(mux)
BaseType_t xPortInIsrContext(void);

#endif
