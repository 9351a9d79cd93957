/* uspan_config.h: uspan's options on riscv32_virt: the defaults, and mbedTLS's heap. */
#define USPAN_TLS_HEAP_BYTES 32768
