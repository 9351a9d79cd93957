/* peer.c: implements peer.h. */
#include "peer.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "cable.h"

peer_t peer = { .listener = -1, .fd = -1 };

void peer_listen(bool v6)
{
    struct sockaddr_in at4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 at6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr *at = v6 ? (struct sockaddr *)&at6 : (struct sockaddr *)&at4;
    socklen_t len = v6 ? sizeof at6 : sizeof at4;
    peer.listener = socket(at->sa_family, SOCK_STREAM, 0);
    if (peer.listener < 0 || fcntl(peer.listener, F_SETFL, O_NONBLOCK) != 0 || bind(peer.listener, at, len) != 0 ||
        listen(peer.listener, 4) != 0 || getsockname(peer.listener, at, &len) != 0) {
        abort();
    }
    peer.port = ntohs(v6 ? at6.sin6_port : at4.sin_port);
}

void peer_stop_listening(void)
{
    if (peer.listener >= 0) {
        (void)close(peer.listener);
    }
    peer.listener = -1;
}

void peer_run_ms(uint64_t ms)
{
    uint64_t until_ns = cable.now_ns + ms * MS;
    while (cable.now_ns < until_ns) {
        int fd = peer.listener >= 0 && peer.fd < 0 ? accept(peer.listener, NULL, NULL) : -1;
        if (fd >= 0) {
            peer.fd = fd;
            if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
                abort();
            }
        }
        if (!cable_step(&peer.fd, peer.fd >= 0 ? 1u : 0u) && fd < 0) {
            cable_wait(until_ns);
        }
    }
}

int peer_read(void *out, size_t cap)
{
    ssize_t got = recv(peer.fd, out, cap, 0);
    return got > 0 ? (int)got : got == 0 ? -1 : errno == EAGAIN ? 0 : -2;
}

size_t peer_write(const void *bytes, size_t len)
{
    ssize_t put = send(peer.fd, bytes, len, MSG_NOSIGNAL);
    return put > 0 ? (size_t)put : 0u;
}

void peer_end_sending(void)
{
    (void)shutdown(peer.fd, SHUT_WR);
}

void peer_close(void)
{
    if (peer.fd >= 0) {
        (void)close(peer.fd);
    }
    peer.fd = -1;
}

void peer_reset(void)
{
    const struct linger now = { .l_onoff = 1 };
    (void)setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    peer_close();
}
