/* started.h: a tracer that uspan_posix_start() runs. */
#ifndef USPAN_STARTED_H
#define USPAN_STARTED_H

#include "posix_private.h"

#include <pthread.h>
#include <stdatomic.h>

#define TYPED_MAX 28u /* of the program's typed resource attributes, where the environment has some too */

typedef struct started {
    _Atomic(uspan_tracer_t *) tracer; /* NULL: free */
    uspan_posix_env_t env;
    uspan_posix_tcp_t tcp;
    uspan_transport_t plain;
#if USPAN_HTTP_PROXY
    uspan_proxy_t tunnel_proxy, plain_proxy;
    uspan_transport_t tunnel, by_proxy; /* over the plain one: for https, and for http */
#endif
    const uspan_transport_t *secure; /* NULL: none made */
    const uspan_posix_secure_t *maker;
    uspan_attr_t typed[USPAN_POSIX_ODD_KEYS + TYPED_MAX]; /* the environment's and the program's */
    uspan_console_t console;
    uspan_processor_t waker;
    pthread_mutex_t exporting;
    pthread_t thread;
    bool has_thread;
    bool held_for_fork;
    int wake_fd[2];         /* a pipe: the thread sleeps on [0] */
    atomic_uint holders;    /* waiting for `exporting`: the thread gives way */
    atomic_uint ends;       /* spans ended since the thread last polled */
    atomic_uint wake_at;    /* ends at which to wake it */
    atomic_ullong until_ns; /* stopping: leave at that time; 0: not stopping */
} started_t;

void uspan_started_say(uspan_level_t level, const char *text);
/* Read the environment into x->env, unless the options say no. */
void uspan_started_read_environment(started_t *x, const uspan_posix_options_t *o);
/* Resource, sampler, limits and destinations. Returns USPAN_OK, or USPAN_ERR_CONFIG for a setting of the
 * program's own that is unusable: what comes of the environment is told, and stops nothing. */
uspan_err_t uspan_started_set_up(started_t *x, const uspan_posix_options_t *o);

#endif
