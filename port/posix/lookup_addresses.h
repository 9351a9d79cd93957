/* lookup_addresses.h: what look-ups of a system's resolver share: its list, literals, errors in words. */
#ifndef USPAN_LOOKUP_ADDRESSES_H
#define USPAN_LOOKUP_ADDRESSES_H

#include "posix_private.h"

#include <netdb.h>
#include <netinet/in.h>

typedef uint8_t uspan_posix_address_t[sizeof(struct sockaddr_in6)];

/* Copy as many addresses as there is room for, from the one whose turn it is on. Returns how many. */
uint8_t uspan_posix_copy_addresses(uspan_posix_address_t out[USPAN_POSIX_ADDRESSES_MAX],
                                   const struct addrinfo *list, unsigned turn);
/* True where host is an address: it is then out[0]. */
bool uspan_posix_read_literal(uspan_posix_address_t out[USPAN_POSIX_ADDRESSES_MAX], const char *host,
                              uint16_t port);
/* getaddrinfo()'s error, in words. */
const char *uspan_posix_lookup_words(int error);

#endif
