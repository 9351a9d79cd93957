/* heap.c: gives libc a heap for agents that use one (cJSON does): a static buffer of BOARD_HEAP_BYTES.
 * Invariant: uspan does not use it. If an agent needs more, its allocation fails and nothing else changes. */
#include "board.h"

#ifndef BOARD_HEAP_BYTES
#define BOARD_HEAP_BYTES 14336
#endif

void *_sbrk(ptrdiff_t bytes); /* newlib's name */
void *sbrk(ptrdiff_t bytes);  /* picolibc's */

void *sbrk(ptrdiff_t bytes)
{
    static _Alignas(8) uint8_t heap[BOARD_HEAP_BYTES];
    static size_t used;
    if (bytes < 0 ? (size_t)-bytes > used : (size_t)bytes > sizeof(heap) - used) {
        return (void *)-1;
    }
    uint8_t *from = heap + used;
    used = (size_t)((ptrdiff_t)used + bytes);
    return from;
}

void *_sbrk(ptrdiff_t bytes)
{
    return sbrk(bytes);
}
