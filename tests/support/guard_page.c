/* guard_page.c: memory that ends at an unmapped page. Invariant: the byte after a slot's data is not
 * mapped. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "guard_page.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *guard_put(unsigned slot, const void *data, size_t len)
{
    static uint8_t *ends[GUARD_SLOTS];
    if (slot >= GUARD_SLOTS || len > GUARD_BYTES) {
        abort();
    }
    if (ends[slot] == NULL) {
        void *map = mmap(NULL, 2u * GUARD_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (map == MAP_FAILED || mprotect((uint8_t *)map + GUARD_BYTES, GUARD_BYTES, PROT_NONE) != 0) {
            abort();
        }
        ends[slot] = (uint8_t *)map + GUARD_BYTES;
    }
    uint8_t *at = ends[slot] - len;
    if (len > 0u) {
        memcpy(at, data, len);
    }
    return at;
}

char *guard_text(unsigned slot, const char *text)
{
    return guard_put(slot, text, strlen(text) + 1u);
}
