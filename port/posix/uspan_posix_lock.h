/* uspan_posix_lock.h: the lock of the POSIX port for USPAN_LOCK_HEADER: one flag for the process, inlined
 * into the core. */
#ifndef USPAN_POSIX_LOCK_H
#define USPAN_POSIX_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

extern atomic_flag uspan_posix_locked; /* in port.c, shared with the port's lock function */
void uspan_posix_lock_slowly(void);

static inline uint32_t uspan_lock_inline(void)
{
    if (__builtin_expect(atomic_flag_test_and_set_explicit(&uspan_posix_locked, memory_order_acquire), 0)) {
        uspan_posix_lock_slowly();
    }
    return 0u;
}

static inline void uspan_unlock_inline(uint32_t state)
{
    (void)state;
    atomic_flag_clear_explicit(&uspan_posix_locked, memory_order_release);
}

#endif
