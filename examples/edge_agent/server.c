/* server.c: runs an MCP server as a child process with pipes as stdin and stdout. Each message is a line. */
#define _POSIX_C_SOURCE 200809L
#include "server.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static FILE *to_server;
static int from_server = -1;
static uint32_t patience_ms;
static pid_t server = -1;

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static bool send(const char *line)
{
    return fputs(line, to_server) >= 0 && fflush(to_server) == 0;
}

/* Read a line. Messages are short, so one byte per call is fast enough. */
static const char *receive(char *line, size_t size)
{
    const uint64_t until_ms = now_ms() + patience_ms;
    size_t len = 0;
    while (len + 1u < size && (len == 0u || line[len - 1u] != '\n')) {
        struct pollfd ready = { from_server, POLLIN, 0 };
        const uint64_t at_ms = now_ms();
        if (at_ms >= until_ms || poll(&ready, 1u, (int)(until_ms - at_ms)) == 0) {
            return USPAN_ERROR_TIMEOUT;
        }
        if (read(from_server, &line[len], 1u) != 1) {
            return USPAN_ERROR_RESET;
        }
        len++;
    }
    line[len] = '\0';
    return NULL;
}

const remote_stream_t *server_start(const char *command, uint32_t timeout_ms)
{
    static const remote_stream_t stream = { { .transport = "pipe" }, send, receive };
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0) {
        return NULL;
    }
    server = fork();
    if (server == 0) {
        if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0) {
            _exit(127);
        }
        (void)close(in[0]);
        (void)close(in[1]);
        (void)close(out[0]);
        (void)close(out[1]);
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    (void)signal(SIGPIPE, SIG_IGN); /* send() then returns false if the server is gone */
    (void)close(in[0]);
    (void)close(out[1]);
    to_server = fdopen(in[1], "w");
    from_server = out[0];
    patience_ms = timeout_ms;
    return server > 0 && to_server != NULL ? &stream : NULL;
}

void server_stop(void)
{
    if (server > 0) {
        (void)fclose(to_server);
        (void)close(from_server);
        const uint64_t until_ms = now_ms() + patience_ms;
        while (waitpid(server, NULL, WNOHANG) == 0) {
            if (now_ms() >= until_ms) {
                (void)kill(server, SIGKILL); /* it did not end in time */
            }
            (void)poll(NULL, 0u, 1);
        }
        server = -1;
    }
}
