/* names.c: answers DNS questions of one name (RFC 1035 section 4) over UDP. Invariant: an answer is the
 * question, with the header's counts changed and at most one record after it. */
#include "names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define HEAD 12u
enum { TYPE_A = 1, TYPE_AAAA = 28, NO_SUCH_NAME = 3 };

unsigned short names_port;
static atomic_uint asked_six;
static int fd = -1;
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

/* The question's name as text. Returns where its type begins, or 0. */
static size_t read_name(const uint8_t *in, size_t len, char *out, size_t cap)
{
    size_t at = HEAD, n = 0;
    while (at < len && in[at] != 0u) {
        size_t label = in[at++];
        if (label > 63u || at + label >= len || n + label + 2u > cap) {
            return 0;
        }
        memcpy(out + n, in + at, label);
        at += label;
        n += label;
        out[n++] = '.';
    }
    out[n > 0u ? n - 1u : 0u] = 0;
    return at + 5u <= len ? at + 1u : 0u;
}

/* Returns the length of the answer in buf. 0: send no answer. */
static size_t answer(uint8_t *buf, size_t len)
{
    static const uint8_t four[] = { 0xC0, HEAD, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 2, 2 };
    static const uint8_t six[] = { 0xC0, HEAD, 0, TYPE_AAAA, 0, 1, 0, 0, 0, 60, 0, 16, 0xfe, 0xc0,
                                   0,    0,    0, 0,         0, 0, 0, 0, 0, 0,  0, 0,  0,    0x15 };
    char name[256];
    size_t at = len > HEAD ? read_name(buf, len, name, sizeof name) : 0u;
    if (at == 0u || strcmp(name, "silent.test") == 0) {
        return 0;
    }
    unsigned type = (unsigned)buf[at] << 8 | buf[at + 1u];
    bool two = strcmp(name, "two.test") == 0;
    bool known = two || strcmp(name, "here.test") == 0 || strcmp(name, "localhost") == 0;
    (void)atomic_fetch_add(&asked_six, type == TYPE_AAAA ? 1u : 0u);
    size_t end = at + 4u;
    const uint8_t *record = known && type == TYPE_A ? four : two && type == TYPE_AAAA ? six : NULL;
    buf[2] = 0x81;
    buf[3] = known ? 0x80 : 0x80 | NO_SUCH_NAME;
    memset(buf + 6, 0, HEAD - 6u);
    if (record != NULL) {
        size_t n = record == four ? sizeof four : sizeof six;
        memcpy(buf + end, record, n);
        buf[7] = 1;
        end += n;
    }
    return end;
}

static void *serve(void *arg)
{
    uint8_t buf[600];
    for (;;) {
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;
        ssize_t len = recvfrom(fd, buf, 512, 0, (struct sockaddr *)&from, &from_len);
        (void)pthread_mutex_lock(&held);
        (void)pthread_mutex_unlock(&held);
        size_t out = len > 0 ? answer(buf, (size_t)len) : 0u;
        if (out > 0u) {
            (void)sendto(fd, buf, out, 0, (const struct sockaddr *)&from, from_len);
        }
    }
    return arg;
}

bool names_start(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    pthread_t thread;
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
        return false;
    }
    names_port = ntohs(at.sin_port);
    return pthread_create(&thread, NULL, serve, NULL) == 0 && pthread_detach(thread) == 0;
}

void names_hold(bool hold)
{
    (void)(hold ? pthread_mutex_lock(&held) : pthread_mutex_unlock(&held));
}

unsigned names_asked_six(void)
{
    return atomic_load(&asked_six);
}
