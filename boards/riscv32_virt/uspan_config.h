/* uspan_config.h: options of uspan on riscv32_virt: the defaults, an inlined lock, and mbedTLS's heap. */
#define USPAN_LOCK_HEADER "lock_inline.h"
#define USPAN_TLS_HEAP_BYTES 32768
