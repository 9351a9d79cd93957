/* template.h: what the files of a new port tell one another. Copy the folder, rename `template`, then go
 * through port/README.md: each DUTY is to be replaced by the platform's own, and the check beside it says
 * when it is done. */
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
