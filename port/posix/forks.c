/* forks.c: counts how often this process was forked. Invariant: the count at the opening of a connection
 * equals the present one only in the process that opened it. */
#define _GNU_SOURCE
#include "posix_private.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_uint forks;

static void after_fork_in_child(void)
{
    (void)atomic_fetch_add(&forks, 1u);
}

static void watch_forks(void)
{
    (void)pthread_atfork(NULL, NULL, after_fork_in_child);
}

unsigned uspan_posix_forks(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, watch_forks);
    return atomic_load(&forks);
}
