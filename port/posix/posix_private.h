/* posix_private.h: functions that files of this port share. */
#ifndef USPAN_POSIX_PRIVATE_H
#define USPAN_POSIX_PRIVATE_H

#define USPAN_INTERNAL /* config.h */
#include "uspan_posix.h"

/* Returns how often this process was forked since the first call. A connection with another number belongs to
 * another process (forks.c). */
unsigned uspan_posix_forks(void);

/* Returns true if this peer is reached without a proxy: because of an entry of no_proxy (NULL: none), or
 * because it is this host. */
bool uspan_posix_is_direct(const char *no_proxy, const char *host, uint16_t port);

/* A name look-up on its own thread (lookup.c), in the caller (lookup_wait.c), or in lwIP's thread
 * (lookup_lwip.c). The caller owns the slot until take or drop. If it is dropped while it runs, its thread
 * frees it when the resolver returns. */
typedef struct uspan_posix_lookup uspan_posix_lookup_t;
/* Install the fork() handlers. A caller that holds a lock during look-ups must install its own handlers
 * afterwards, because fork() takes the locks in the opposite order. */
void uspan_posix_lookup_prepare(void);
/* Start a look-up. turn: number of addresses that failed before. The list starts after them. lwIP returns one
 * address only, so each turn starts with the other family. Returns NULL if too many look-ups are running, or
 * there is no thread. */
uspan_posix_lookup_t *uspan_posix_lookup_start(const char *host, uint16_t port, uint8_t turn);
/* Take the result. Returns: USPAN_ERR_AGAIN while it runs; USPAN_OK: *count addresses were written to tcp;
 * USPAN_ERR_IO: *why says why. After one of the last two the slot is free. */
uspan_err_t uspan_posix_lookup_take(uspan_posix_lookup_t *lookup, uspan_posix_tcp_t *tcp, const char **why);
void uspan_posix_lookup_drop(uspan_posix_lookup_t *lookup);

#endif
