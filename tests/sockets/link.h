/* link.h: an Ethernet link between lwIP and libslirp, in one process. lwIP is 10.0.2.15 and fec0::15. The
 * host's loopback is 10.0.2.2. */
#ifndef USPAN_TEST_LINK_H
#define USPAN_TEST_LINK_H

#include <stdbool.h>

/* Start lwIP, its interface and the link's thread, with the server of names.h behind 10.0.2.2. Call it once.
 * False: something is missing. */
bool link_start(void);
/* While cut, frames of both directions are lost. */
void link_cut(bool cut);
#endif
