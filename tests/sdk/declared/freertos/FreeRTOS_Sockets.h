/* FreeRTOS_Sockets.h: sockets of FreeRTOS+TCP, declared for tests. */
#ifndef DECLARED_FREERTOS_SOCKETS_H
#define DECLARED_FREERTOS_SOCKETS_H

#include "FreeRTOS_IP.h"

typedef struct xSOCKET *Socket_t;
struct freertos_sockaddr {
    uint8_t sin_len, sin_family;
    uint16_t sin_port;
    uint32_t sin_flowinfo;
    union {
        uint32_t ulIP_IPv4;
        uint8_t bytes[16];
    } sin_address;
};

struct freertos_addrinfo {
    BaseType_t ai_flags, ai_family;
    struct freertos_sockaddr *ai_addr;
};

#define FREERTOS_AF_INET 2
#define FREERTOS_SOCK_STREAM 1
#define FREERTOS_IPPROTO_TCP 6
#define FREERTOS_SO_RCVTIMEO 0
#define FREERTOS_SO_SNDTIMEO 1
#define FREERTOS_SHUT_RDWR 2
extern struct xSOCKET declared_invalid_socket;
#define FREERTOS_INVALID_SOCKET (&declared_invalid_socket)
#define FreeRTOS_htons(port) ((uint16_t)((uint16_t)(port) << 8 | (uint16_t)(port) >> 8))

Socket_t FreeRTOS_socket(BaseType_t domain, BaseType_t type, BaseType_t protocol);
BaseType_t FreeRTOS_setsockopt(Socket_t socket, int32_t level, int32_t option, const void *value, size_t len);
BaseType_t FreeRTOS_connect(Socket_t socket, const struct freertos_sockaddr *address, uint32_t len);
BaseType_t FreeRTOS_issocketconnected(Socket_t socket);
BaseType_t FreeRTOS_connstatus(Socket_t socket);
BaseType_t FreeRTOS_send(Socket_t socket, const void *buffer, size_t len, BaseType_t flags);
BaseType_t FreeRTOS_recv(Socket_t socket, void *buffer, size_t len, BaseType_t flags);
BaseType_t FreeRTOS_shutdown(Socket_t socket, BaseType_t how);
BaseType_t FreeRTOS_closesocket(Socket_t socket);
uint32_t FreeRTOS_inet_addr(const char *text);

#endif
