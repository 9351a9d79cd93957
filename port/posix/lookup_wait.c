/* lookup_wait.c: name look-ups that block the caller, in place of lookup.c, for systems with sockets and
 * without pthreads. Empty if USPAN_SOCKETS_THREADS is 1. Invariant: a slot is in use from the start of a
 * look-up until its result is taken or dropped. */
#ifndef _GNU_SOURCE /* ESP-IDF's build defines it */
#define _GNU_SOURCE
#endif
#include "sockets.h"

#if !USPAN_SOCKETS_THREADS && !USPAN_SOCKETS_LWIP

#include "lookup_addresses.h"

#include <stdatomic.h>
#include <stdio.h>

#define LOOKUPS_MAX 4u /* one per transport that connects at the same time */

struct uspan_posix_lookup {
    atomic_flag taken;
    uint8_t count;
    int error; /* EAI_*; 0: no error */
    uspan_posix_address_t addresses[USPAN_POSIX_ADDRESSES_MAX];
};

static uspan_posix_lookup_t lookups[LOOKUPS_MAX]; /* with gcc and clang zeroed flags are clear */

static uspan_posix_lookup_t *take_slot(void)
{
    for (size_t i = 0; i < LOOKUPS_MAX; i++) {
        if (!atomic_flag_test_and_set(&lookups[i].taken)) {
            return &lookups[i];
        }
    }
    return NULL;
}

uspan_posix_lookup_t *uspan_posix_lookup_start(const char *host, uint16_t port, uint8_t turn)
{
    uspan_posix_lookup_t *l = take_slot();
    if (l == NULL) {
        return NULL;
    }
    l->count = 0;
    l->error = 0;
    if (uspan_posix_read_literal(l->addresses, host, port)) {
        l->count = 1;
        return l;
    }
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    char service[6];
    (void)snprintf(service, sizeof(service), "%u", (unsigned)port);
    l->error = getaddrinfo(host, service, &hints, &list);
    if (l->error == 0) {
        l->count = uspan_posix_copy_addresses(l->addresses, list, turn);
        freeaddrinfo(list);
    }
    return l;
}

uspan_err_t uspan_posix_lookup_take(uspan_posix_lookup_t *l, uspan_posix_tcp_t *tcp, const char **why)
{
    uint8_t count = l->count;
    memcpy(tcp->addresses, l->addresses, sizeof(l->addresses));
    tcp->address_count = count;
    *why = uspan_posix_lookup_words(l->error);
    uspan_posix_lookup_drop(l);
    return count > 0u ? USPAN_OK : USPAN_ERR_IO;
}

void uspan_posix_lookup_drop(uspan_posix_lookup_t *l)
{
    atomic_flag_clear(&l->taken);
}

#endif
