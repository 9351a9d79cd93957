/* panic_internal.h: the part of ESP-IDF's header of that name (v5.x) that boards/README.md uses, as declared
 * there. */
#ifndef TEST_ESP_PANIC_INTERNAL_H
#define TEST_ESP_PANIC_INTERNAL_H

#include <stdbool.h>

typedef void (*panic_info_dump_fn_t)(const void *frame);

typedef enum {
    PANIC_EXCEPTION_DEBUG,
    PANIC_EXCEPTION_IWDT,
    PANIC_EXCEPTION_TWDT,
    PANIC_EXCEPTION_ABORT,
    PANIC_EXCEPTION_FAULT,
} panic_exception_t;

typedef struct {
    int core;
    panic_exception_t exception;
    const char *reason;
    const char *description;
    panic_info_dump_fn_t details;
    panic_info_dump_fn_t state;
    const void *addr; /* of the instruction */
    const void *frame;
    bool pseudo_excause;
} panic_info_t;

#endif
