/* uspan_config.h: uspan's options on MPS2: the defaults, the core's own lock, and mbedTLS's heap, for two
 * connections. */
#define USPAN_LOCK_HEADER "lock_inline.h"
#define USPAN_TLS_HEAP_BYTES 65536
