/* no_sys.h: included before a source that is to be compiled with lwIP's own task. */
#include <lwip/opt.h>

#if NO_SYS
#error "this is lwIP without a task: NO_SYS is 1"
#endif
