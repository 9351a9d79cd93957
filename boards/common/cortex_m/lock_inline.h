/* lock_inline.h: board_lock() and board_unlock() for USPAN_LOCK_HEADER, which compiles them into uspan. */
#ifndef USPAN_LOCK_INLINE_H
#define USPAN_LOCK_INLINE_H

#include <stdint.h>

static inline uint32_t uspan_lock_inline(void)
{
    uint32_t primask;
    __asm__ volatile("mrs %0, primask\n cpsid i" : "=r"(primask)::"memory");
    return primask;
}

static inline void uspan_unlock_inline(uint32_t state)
{
    __asm__ volatile("msr primask, %0" ::"r"(state) : "memory");
}

#endif
