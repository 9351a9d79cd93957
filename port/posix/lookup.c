/* lookup.c: name look-ups that do not block the caller, each on a detached thread. Invariant: a slot is FREE,
 * or its thread is running, or it is DONE and waits for its owner. Only the thread of a RUNNING or DROPPED
 * slot writes its result, and only before it sets DONE or FREE under the mutex. A resolver that never answers
 * therefore occupies one slot, and no freed memory is used. */
#define _GNU_SOURCE
#include "lookup_addresses.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#define LOOKUPS_MAX 4u
#define STACK_BYTES (256u * 1024u) /* name service modules need more than PTHREAD_STACK_MIN */

enum { FREE, RUNNING, DROPPED, DONE };

struct uspan_posix_lookup {
    uint8_t state;
    uint8_t count;
    uint8_t turn;
    int error; /* EAI_*; 0: no error */
    char host[256];
    char port[6];
    uspan_posix_address_t addresses[USPAN_POSIX_ADDRESSES_MAX];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uspan_posix_lookup_t lookups[LOOKUPS_MAX];

static void before_fork(void)
{
    (void)pthread_mutex_lock(&mutex);
}

static void after_fork_in_parent(void)
{
    (void)pthread_mutex_unlock(&mutex);
}

/* The threads exist only in the parent. Slots without a result are therefore free. */
static void after_fork_in_child(void)
{
    for (size_t i = 0; i < LOOKUPS_MAX; i++) {
        if (lookups[i].state == DROPPED) {
            lookups[i].state = FREE;
        } else if (lookups[i].state == RUNNING) {
            lookups[i].state = DONE;
            lookups[i].error = EAI_AGAIN;
        }
    }
    (void)pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
    (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static void *look_up(void *arg)
{
    uspan_posix_lookup_t *l = arg;
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICSERV };
    struct addrinfo *list = NULL;
    uint8_t count = 0;
    int error = getaddrinfo(l->host, l->port, &hints, &list);
    if (error == 0) {
        count = uspan_posix_copy_addresses(l->addresses, list, l->turn);
        freeaddrinfo(list);
    }
    (void)pthread_mutex_lock(&mutex);
    l->count = count;
    l->error = error;
    l->state = l->state == DROPPED ? FREE : DONE;
    (void)pthread_mutex_unlock(&mutex);
    return NULL;
}

static bool start_thread(uspan_posix_lookup_t *l)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    if (pthread_attr_init(&attr) != 0) {
        return false;
    }
    (void)sigfillset(&all);
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* the application handles all signals */
    int failed = pthread_create(&thread, &attr, look_up, l);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return failed == 0;
}

static uspan_posix_lookup_t *take_slot(void)
{
    uspan_posix_lookup_t *l = NULL;
    (void)pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < LOOKUPS_MAX && l == NULL; i++) {
        if (lookups[i].state == FREE) {
            l = &lookups[i];
            l->state = RUNNING;
            l->count = 0;
        }
    }
    (void)pthread_mutex_unlock(&mutex);
    return l;
}

static void set_state(uspan_posix_lookup_t *l, uint8_t state)
{
    (void)pthread_mutex_lock(&mutex);
    l->state = state;
    (void)pthread_mutex_unlock(&mutex);
}

void uspan_posix_lookup_prepare(void)
{
    (void)pthread_once(&once, watch_forks);
}

uspan_posix_lookup_t *uspan_posix_lookup_start(const char *host, uint16_t port, uint8_t turn)
{
    uspan_posix_lookup_prepare();
    size_t len = strlen(host);
    uspan_posix_lookup_t *l = len < sizeof(l->host) ? take_slot() : NULL;
    if (l == NULL) {
        return NULL;
    }
    if (uspan_posix_read_literal(l->addresses, host, port)) {
        l->count = 1;
        l->error = 0;
        set_state(l, DONE);
        return l;
    }
    memcpy(l->host, host, len + 1u);
    l->turn = turn;
    (void)snprintf(l->port, sizeof(l->port), "%u", (unsigned)port);
    if (!start_thread(l)) {
        set_state(l, FREE);
        return NULL;
    }
    return l;
}

uspan_err_t uspan_posix_lookup_take(uspan_posix_lookup_t *l, uspan_posix_tcp_t *tcp, const char **why)
{
    (void)pthread_mutex_lock(&mutex);
    uspan_err_t err = l->state == RUNNING ? USPAN_ERR_AGAIN : l->count > 0u ? USPAN_OK : USPAN_ERR_IO;
    if (err != USPAN_ERR_AGAIN) {
        memcpy(tcp->addresses, l->addresses, sizeof(l->addresses));
        tcp->address_count = l->count;
        *why = uspan_posix_lookup_words(l->error);
        l->state = FREE;
    }
    (void)pthread_mutex_unlock(&mutex);
    return err;
}

void uspan_posix_lookup_drop(uspan_posix_lookup_t *l)
{
    (void)pthread_mutex_lock(&mutex);
    l->state = l->state == RUNNING ? DROPPED : FREE;
    (void)pthread_mutex_unlock(&mutex);
}
