/* lock.c: the one copy of lock and unlock when compiling for size. */
#define USPAN_IN_LOCK
#include "trace/lock.h"
