/* names.h: a name server on the host's loopback, for lwIP's DNS client behind slirp. */
#ifndef USPAN_TEST_NAMES_H
#define USPAN_TEST_NAMES_H

#include <stdbool.h>

/*     localhost, here.test   10.0.2.2
 *     two.test               10.0.2.2 and fec0::15
 *     silent.test            no answer
 *     else                   no such name
 * Start the thread, once. Sets names_port, in host order. False: there is no socket or thread. */
bool names_start(void);
extern unsigned short names_port;
/* While held, questions wait unanswered. */
void names_hold(bool hold);
/* Questions for IPv6 addresses so far. */
unsigned names_asked_six(void);
#endif
