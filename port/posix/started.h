/* started.h: the state of a tracer that uspan_posix_start() runs. */
#ifndef USPAN_STARTED_H
#define USPAN_STARTED_H

#include "posix_private.h"

#include <pthread.h>
#include <stdatomic.h>

#define TYPED_MAX 28u /* typed resource attributes of the program, if the environment has some too */

typedef struct started {
    _Atomic(uspan_tracer_t *) tracer; /* NULL: the entry is free */
    uspan_posix_env_t env;
    uspan_posix_tcp_t tcp;
    uspan_transport_t plain;
#if USPAN_HTTP_PROXY
    uspan_proxy_t tunnel_proxy, plain_proxy;
    uspan_transport_t tunnel, by_proxy; /* on top of the plain one: for https, and for http */
#endif
    const uspan_transport_t *secure; /* NULL: none made */
    const uspan_posix_secure_t *maker;
    uspan_attr_t typed[USPAN_POSIX_ODD_KEYS + TYPED_MAX]; /* of the environment, then of the program */
    uspan_console_t console;
    uspan_processor_t waker;
    pthread_mutex_t exporting;
    pthread_t thread;
    bool has_thread;
    bool held_for_fork;
    int wake_fd[2];         /* a pipe: the thread waits on [0] */
    atomic_uint holders;    /* threads that wait for `exporting`: the polling thread lets them run */
    atomic_uint ends;       /* spans that ended since the thread polled last */
    atomic_uint wake_at;    /* value of ends at which the thread is woken */
    atomic_ullong until_ns; /* while stopping: time at which the thread ends; 0: not stopping */
} started_t;

void uspan_started_say(uspan_level_t level, const char *text);
/* Read the environment into x->env, unless the options forbid it. */
void uspan_started_read_environment(started_t *x, const uspan_posix_options_t *o);
/* Set resource, sampler, limits and destinations. Returns USPAN_OK, or USPAN_ERR_CONFIG if a setting of the
 * program cannot be used. Settings of the environment that cannot be used are logged and do not fail the
 * call. */
uspan_err_t uspan_started_set_up(started_t *x, const uspan_posix_options_t *o);

#endif
