/* lock.h: the port's lock, which guards all pools of a tracer. Private to core. Invariant: it is never
 * nested, and the work under it is bounded. */
#ifndef USPAN_TRACE_LOCK_H
#define USPAN_TRACE_LOCK_H

#include "trace/internal.h"

/* When compiling for speed, small functions are inlined. When compiling for size (-Os) there is one copy of
 * each, in the source file of the header that declares it. */
#ifdef __OPTIMIZE_SIZE__
#define USPAN_OPTIMIZE_SIZE 1
#define USPAN_INLINE_FAST
#define USPAN_NOINLINE_SMALL __attribute__((noinline))
#define USPAN_UNROLL
#else
#define USPAN_UNROLL _Pragma("GCC unroll 4")
#define USPAN_OPTIMIZE_SIZE 0
#define USPAN_NOINLINE_SMALL
#define USPAN_INLINE_FAST static inline
#endif
/* Not inlined: code for rare cases must not add to the stack frame of its callers. */
#define USPAN_NOINLINE __attribute__((noinline))

/* Order of commits: the compiler writes what precedes this before what follows. A reset may come between any
 * two instructions. A reader of the pools after it finds each span complete as of some moment, or not at all.
 * There is one core, so no hardware fence is needed. */
#define USPAN_COMMIT_ORDER() __asm__ volatile("" ::: "memory")

/* Returns false if the tracer was not initialised, or initialisation failed. Every call then does nothing. */
static inline bool uspan_is_live(const uspan_tracer_t *t)
{
    return t != NULL && t->trace.port != NULL;
}

#ifdef USPAN_LOCK_HEADER /* a lock that is inlined is smaller than a call */
#include USPAN_LOCK_HEADER
static inline uint32_t uspan_lock(const uspan_tracer_t *t)
{
    (void)t;
    return uspan_lock_inline();
}
static inline void uspan_unlock(const uspan_tracer_t *t, uint32_t state)
{
    (void)t;
    uspan_unlock_inline(state);
}
#else
USPAN_INLINE_FAST uint32_t uspan_lock(const uspan_tracer_t *t);
USPAN_INLINE_FAST void uspan_unlock(const uspan_tracer_t *t, uint32_t state);

#if !USPAN_OPTIMIZE_SIZE || defined(USPAN_IN_LOCK)
USPAN_INLINE_FAST uint32_t uspan_lock(const uspan_tracer_t *t)
{
    return t->trace.port->lock(t->trace.port->ctx);
}

USPAN_INLINE_FAST void uspan_unlock(const uspan_tracer_t *t, uint32_t state)
{
    t->trace.port->unlock(t->trace.port->ctx, state);
}
#endif
#endif

#endif
