/* in_isr.h: IN_ISR() is true if the caller runs in an ISR. Private to this port. */
#ifndef USPAN_FREERTOS_IN_ISR_H
#define USPAN_FREERTOS_IN_ISR_H

#include "uspan_freertos.h"

#if defined(USPAN_FREERTOS_IN_ISR)
#define IN_ISR() (USPAN_FREERTOS_IN_ISR())
#elif defined(ESP_PLATFORM)
#define IN_ISR() (xPortInIsrContext() != 0)
#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
static inline bool in_isr(void)
{
    uint32_t number;
    __asm volatile("mrs %0, ipsr" : "=r"(number));
    return number != 0u;
}
#define IN_ISR() in_isr()
#else
#define IN_ISR() false
#endif

#endif
