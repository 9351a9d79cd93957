/* posix_private.h: what the files of this port tell one another. */
#ifndef USPAN_POSIX_PRIVATE_H
#define USPAN_POSIX_PRIVATE_H

#define USPAN_INTERNAL /* config.h */
#include "uspan_posix.h"

/* How often this process was forked off since the first call: a connection of another generation is not ours
 * (forks.c). */
unsigned uspan_posix_forks(void);

/* True where this peer is reached without a proxy: by an entry of no_proxy (NULL: none), or because it is
 * this host. */
bool uspan_posix_is_direct(const char *no_proxy, const char *host, uint16_t port);

/* A name look-up on its own thread (lookup.c), in the caller (lookup_wait.c), or in lwIP's thread
 * (lookup_lwip.c). The slot belongs to the caller until take or drop; dropped while it runs, it is freed by
 * that thread whenever the resolver lets go. */
typedef struct uspan_posix_lookup uspan_posix_lookup_t;
/* Install the handlers of fork(). Whoever holds a lock while it calls look-ups installs its own after these:
 * fork() takes the locks in the opposite order. */
void uspan_posix_lookup_prepare(void);
/* turn: how many addresses failed so far. The list begins behind them. lwIP tells one address only, so
 * each turn asks for the other family first. Returns NULL: too many look-ups hang, or no thread. */
uspan_posix_lookup_t *uspan_posix_lookup_start(const char *host, uint16_t port, uint8_t turn);
/* USPAN_ERR_AGAIN while it runs. Else the slot is gone; USPAN_OK: *count addresses were written to tcp;
 * USPAN_ERR_IO: *why says why. */
uspan_err_t uspan_posix_lookup_take(uspan_posix_lookup_t *lookup, uspan_posix_tcp_t *tcp, const char **why);
void uspan_posix_lookup_drop(uspan_posix_lookup_t *lookup);

#endif
