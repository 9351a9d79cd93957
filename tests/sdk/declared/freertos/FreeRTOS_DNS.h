/* FreeRTOS_DNS.h: look-ups of FreeRTOS+TCP, declared for tests. */
#ifndef DECLARED_FREERTOS_DNS_H
#define DECLARED_FREERTOS_DNS_H

#include "FreeRTOS_Sockets.h"

typedef void (*FOnDNSEvent)(const char *name, void *search_id, struct freertos_addrinfo *answer);

uint32_t FreeRTOS_gethostbyname_a(const char *name, FOnDNSEvent callback, void *search_id,
                                  TickType_t timeout);
void FreeRTOS_gethostbyname_cancel(void *search_id);

#endif
