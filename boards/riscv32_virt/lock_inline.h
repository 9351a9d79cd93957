/* lock_inline.h: board_lock() and board_unlock() for USPAN_LOCK_HEADER, which compiles them into uspan. */
#ifndef USPAN_LOCK_INLINE_H
#define USPAN_LOCK_INLINE_H

#include <stdint.h>

#define USPAN_MSTATUS_MIE 8u

static inline uint32_t uspan_lock_inline(void)
{
    uint32_t before;
    __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(before)::"memory");
    return before & USPAN_MSTATUS_MIE;
}

static inline void uspan_unlock_inline(uint32_t state)
{
    __asm__ volatile("csrs mstatus, %0" ::"r"(state) : "memory");
}

#endif
