/* uspan_config.h: options of uspan on the LM3S6965. 8 chat spans of 12 attributes fit, with 11 blocks
 * each. */
#define USPAN_LOCK_HEADER "lock_inline.h"
#define USPAN_SPANS_MAX 8
#define USPAN_ATTRS_MAX 16
#define USPAN_BLOCK_BYTES 64
#define USPAN_TEXT_BYTES (8 * 11 * USPAN_BLOCK_BYTES)
#define USPAN_TASKS_MAX 1
#define USPAN_TRACESTATE_BYTES 0
#define USPAN_HEADERS_BYTES 0
#define USPAN_RESPONSE_BYTES 64
#define USPAN_SEND_BYTES 512
#define USPAN_MESSAGE_TEXTS 0
#define USPAN_HTTP_DATE 1 /* the only source of Unix time */
#define USPAN_TLS_OWN_CERT 0
#define USPAN_TLS_HEAP_BYTES 12288 /* a chain of two certificates needs 11 KB, one certificate 10 KB */
