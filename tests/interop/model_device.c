/* model_device.c: an HTTP client without any code for models, traced by three calls of wire.h. It posts files
 * to a loopback server and reads the responses in small pieces. Arguments: port, then a path and a file for
 * each call. The exit status is 0 only if every response began and every span was delivered.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "uspan/wire.h"
#include "uspan_posix_tls.h"

#define BODY_MAX 65536u
#define PIECE_MAX 48u

static uspan_tracer_t tracer;

static int connect_to(int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Read the response's head, one byte at a time. Returns the status, or 0 if there is none. *length is that of
 * the body. */
static int read_head(int fd, long *length)
{
    char head[2048];
    size_t len = 0;
    while (len < sizeof head - 1u && recv(fd, head + len, 1u, 0) == 1) {
        head[++len] = '\0';
        if (len >= 4u && memcmp(head + len - 4u, "\r\n\r\n", 4u) == 0) {
            const char *at = strstr(head, "Content-Length: ");
            *length = at != NULL ? strtol(at + 16, NULL, 10) : 0;
            return (int)strtol(head + 9, NULL, 10);
        }
    }
    return 0;
}

/* One exchange and its span. Returns the status of the response. */
static int post(int port, const char *path, const char *body, size_t body_len)
{
    static uspan_wire_t w;
    char url[256], head[512];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    (void)uspan_wire_begin(&w, &tracer, USPAN_ROOT, url);
    int status = 0, fd = connect_to(port);
    int head_len = snprintf(head, sizeof head,
                            "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                            "Connection: close\r\nContent-Length: %zu\r\n\r\n",
                            path, body_len);
    long left = -1;
    if (fd >= 0 && send(fd, head, (size_t)head_len, 0) == head_len &&
        send(fd, body, body_len, 0) == (ssize_t)body_len) {
        for (size_t at = 0; at < body_len; at += PIECE_MAX) {
            uspan_wire_request(&w, body + at, body_len - at < PIECE_MAX ? body_len - at : PIECE_MAX);
        }
        status = read_head(fd, &left);
        char piece[PIECE_MAX];
        for (ssize_t n = 1; left > 0 && n > 0; left -= n) {
            n = recv(fd, piece, 1u + (size_t)left % PIECE_MAX, 0);
            uspan_wire_response(&w, piece, n > 0 ? (size_t)n : 0u);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    (void)uspan_wire_end(&w, status, left != 0 ? "connection_reset" : NULL);
    return status;
}

int main(int argc, char **argv)
{
    static char body[BODY_MAX];
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (argc < 4 || uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 2;
    }
    int result = 0, port = (int)strtol(argv[1], NULL, 10);
    for (int i = 2; i + 1 < argc; i += 2) {
        FILE *file = fopen(argv[i + 1], "rb");
        if (file == NULL) {
            return 2;
        }
        size_t len = fread(body, 1, sizeof body, file);
        (void)fclose(file);
        result = post(port, argv[i], body, len) == 0 ? 1 : result;
        if (uspan_posix_flush(&tracer, 20000) != USPAN_OK) { /* room for the next */
            result = 1;
        }
    }
    return uspan_posix_stop(&tracer, 20000) == USPAN_OK ? result : 1;
}
