/* FreeRTOS_IP.h: what port/freertos uses of FreeRTOS+TCP 4, declared for tests, here and in the two files
 * beside this one. Written from its documentation. */
#ifndef DECLARED_FREERTOS_IP_H
#define DECLARED_FREERTOS_IP_H

#include "FreeRTOS.h"

#define ipconfigUSE_DNS 1
#define ipconfigDNS_USE_CALLBACKS 1

#define pdFREERTOS_ERRNO_EINTR 4
#define pdFREERTOS_ERRNO_EWOULDBLOCK 11
#define pdFREERTOS_ERRNO_ENOMEM 12
#define pdFREERTOS_ERRNO_ETIMEDOUT 116
#define pdFREERTOS_ERRNO_EINPROGRESS 119
#define pdFREERTOS_ERRNO_ENOTCONN 128

typedef enum eTCP_STATE {
    eCLOSED = 0,
    eTCP_LISTEN,
    eCONNECT_SYN,
    eSYN_FIRST,
    eSYN_RECEIVED,
    eESTABLISHED,
    eFIN_WAIT_1,
    eFIN_WAIT_2,
    eCLOSE_WAIT,
    eCLOSING,
    eLAST_ACK,
    eTIME_WAIT
} eIPTCPState_t;

#endif
