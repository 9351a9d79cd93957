/* lookup_addresses.h: functions for look-ups with a system's resolver: result list, literals, error texts. */
#ifndef USPAN_LOOKUP_ADDRESSES_H
#define USPAN_LOOKUP_ADDRESSES_H

#include "posix_private.h"

#include <netdb.h>
#include <netinet/in.h>

typedef uint8_t uspan_posix_address_t[sizeof(struct sockaddr_in6)];

/* Copy addresses to out while there is room, starting at number `turn`. Returns their number. */
uint8_t uspan_posix_copy_addresses(uspan_posix_address_t out[USPAN_POSIX_ADDRESSES_MAX],
                                   const struct addrinfo *list, unsigned turn);
/* Returns true if host is an address literal, and writes it to out[0]. */
bool uspan_posix_read_literal(uspan_posix_address_t out[USPAN_POSIX_ADDRESSES_MAX], const char *host,
                              uint16_t port);
/* Returns the text of a getaddrinfo() error. */
const char *uspan_posix_lookup_words(int error);

#endif
