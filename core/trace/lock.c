/* lock.c: the single copy of lock and unlock if compiled for size. */
#define USPAN_IN_LOCK
#include "trace/lock.h"
