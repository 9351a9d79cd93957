/* internal.h: what core's own sources include in place of uspan.h. They see uspan whole, also where
 * USPAN_ENABLED 0 makes it nothing for the application: a build may list every source as ever, and the
 * linker drops what nobody calls. */
#ifndef USPAN_INSIDE_H
#define USPAN_INSIDE_H

#define USPAN_INTERNAL
#include "uspan/uspan.h"

#endif
