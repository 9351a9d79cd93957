/* template.h: declarations that the files of a new port share. Copy the folder and rename `template`. Then
 * follow port/PORTING.md: replace each DUTY by code for your platform. The check named there says when it is
 * done. */
#ifndef USPAN_TEMPLATE_H
#define USPAN_TEMPLATE_H

#include "uspan/port.h"

/* port.c: clock, lock, entropy, time, log. */
extern const uspan_port_t template_port;

/* net.c: a byte stream to the collector, for a stack that is not lwIP. Context: before use. */
typedef struct template_net {
    uint8_t state;
    const char *why;
} template_net_t;
void template_net_init(template_net_t *net, uspan_transport_t *out);

#endif
