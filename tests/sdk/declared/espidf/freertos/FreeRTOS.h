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
BaseType_t xPortInIsrContext(void);
/* Each form is for one context only, the SAFE form for both. */
void declared_enter_mux(portMUX_TYPE *mux, int is_isr_form);
void declared_exit_mux(portMUX_TYPE *mux, int is_isr_form);
#define portENTER_CRITICAL(mux) declared_enter_mux((mux), 0)
#define portEXIT_CRITICAL(mux) declared_exit_mux((mux), 0)
#define portENTER_CRITICAL_ISR(mux) declared_enter_mux((mux), 1)
#define portEXIT_CRITICAL_ISR(mux) declared_exit_mux((mux), 1)
#define portENTER_CRITICAL_SAFE(mux) declared_enter_mux((mux), xPortInIsrContext() != pdFALSE)
#define portEXIT_CRITICAL_SAFE(mux) declared_exit_mux((mux), xPortInIsrContext() != pdFALSE)

#endif
