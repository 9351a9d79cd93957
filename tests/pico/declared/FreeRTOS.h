/* FreeRTOS.h: what port/pico and the SDK's headers use of the FreeRTOS kernel (11.1), which no package here has:
 * declared, so that the port compiles. */
#ifndef FREERTOS_H
#define FREERTOS_H

#include <stdint.h>

typedef unsigned long UBaseType_t;
typedef long BaseType_t;
typedef uint32_t TickType_t;
#define configNUMBER_OF_CORES 2
#define configMINIMAL_STACK_SIZE 256
#define tskIDLE_PRIORITY 0u
#define portMAX_DELAY 0xFFFFFFFFu

#endif
