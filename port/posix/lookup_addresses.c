/* lookup_addresses.c: converts the result of a system's resolver for tcp.c. Invariant: an address that
 * exceeds its buffer is not copied, and none is copied twice. */
#ifndef _GNU_SOURCE /* ESP-IDF's build defines it */
#define _GNU_SOURCE
#endif
#include "lookup_addresses.h"

#include <arpa/inet.h>
#include <sys/socket.h>

_Static_assert(sizeof(((uspan_posix_tcp_t *)0)->addresses[0]) == sizeof(struct sockaddr_in6),
               "an address as uspan_posix.h lays it out");

uint8_t uspan_posix_copy_addresses(uspan_posix_address_t out[USPAN_POSIX_ADDRESSES_MAX],
                                   const struct addrinfo *list, unsigned turn)
{
    unsigned total = 0, at = 0;
    uint8_t count = 0;
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        total += a->ai_addrlen <= sizeof(out[0]);
    }
    for (unsigned round = 0; round < 2u && total > 0u; round++) {
        for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
            if (a->ai_addrlen > sizeof(out[0])) {
                continue;
            }
            if (at >= turn % total && at < turn % total + total && count < USPAN_POSIX_ADDRESSES_MAX) {
                memcpy(out[count++], a->ai_addr, a->ai_addrlen);
            }
            at++;
        }
    }
    return count;
}

bool uspan_posix_read_literal(uspan_posix_address_t out[USPAN_POSIX_ADDRESSES_MAX], const char *host,
                              uint16_t port)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
    if (inet_pton(AF_INET, host, &four.sin_addr) == 1) {
        memcpy(out[0], &four, sizeof(four));
        return true;
    }
    if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1) {
        memcpy(out[0], &six, sizeof(six));
        return true;
    }
    return false;
}

const char *uspan_posix_lookup_words(int error)
{
    switch (error) {
    case EAI_NONAME:
        return "host name not found";
    case EAI_AGAIN:
        return "name server does not answer";
    case EAI_MEMORY:
        return "name look-up: out of memory";
    default:
        return "name look-up failed";
    }
}
