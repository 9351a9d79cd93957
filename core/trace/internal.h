/* internal.h: core sources include this file instead of uspan.h. It declares the full API even if
 * USPAN_ENABLED is 0 and the application sees empty stubs. A build can therefore list every source as usual,
 * and the linker removes what is not called. */
#ifndef USPAN_INSIDE_H
#define USPAN_INSIDE_H

#define USPAN_INTERNAL
#include "uspan/uspan.h"

#endif
