/* uspan_config.h: uspan's options on MPS2: the defaults, and mbedTLS's heap. */
#define USPAN_TLS_HEAP_BYTES 49152
