/* sockets.c: finds bytes that one end sent and the other has not received. It is a separate file, because
 * <linux/tcp.h>, which has the counters, conflicts with the headers of lwIP and libc. */
#include "sockets.h"
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static bool info_of(int fd, struct tcp_info *info)
{
    socklen_t len = sizeof *info;
    memset(info, 0, sizeof *info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

/* Finds both ends of one connection: the name of one is the peer of the other. */
static bool are_pair(int a, int b)
{
    struct sockaddr_storage name, peer;
    socklen_t name_len = sizeof name, peer_len = sizeof peer;
    memset(&name, 0, sizeof name);
    memset(&peer, 0, sizeof peer);
    return getsockname(a, (struct sockaddr *)&name, &name_len) == 0 &&
           getpeername(b, (struct sockaddr *)&peer, &peer_len) == 0 && name_len == peer_len &&
           memcmp(&name, &peer, name_len) == 0;
}

static bool lacks(const struct tcp_info *from, const struct tcp_info *to)
{
    return from->tcpi_bytes_sent - from->tcpi_bytes_retrans > to->tcpi_bytes_received; /* which counts a FIN */
}

bool sockets_busy(const int *a, unsigned a_count, const int *b, unsigned b_count)
{
    for (unsigned i = 0; i < a_count; i++) {
        for (unsigned j = 0; j < b_count; j++) {
            struct tcp_info one, other;
            if (are_pair(a[i], b[j]) && info_of(a[i], &one) && info_of(b[j], &other) &&
                (lacks(&one, &other) || lacks(&other, &one))) {
                return true;
            }
        }
    }
    return false;
}
