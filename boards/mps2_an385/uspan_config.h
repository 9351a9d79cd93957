/* uspan_config.h: options of uspan on MPS2: the defaults, an inlined lock, and a heap of mbedTLS for two
 * connections. */
#define USPAN_LOCK_HEADER "lock_inline.h"
#define USPAN_TLS_HEAP_BYTES 65536
