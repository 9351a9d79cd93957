/* server.c: an MCP server as a child whose stdin and stdout are pipes, a message a line. */
#define _POSIX_C_SOURCE 200809L
#include "server.h"
#include <signal.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *to_server, *from_server;
static pid_t server = -1;

static bool send(const char *line)
{
    return fputs(line, to_server) >= 0 && fflush(to_server) == 0;
}

static bool receive(char *line, size_t size)
{
    return fgets(line, (int)size, from_server) != NULL;
}

const remote_stream_t *server_start(const char *command)
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
    (void)signal(SIGPIPE, SIG_IGN); /* a server that is gone is an error of send() */
    (void)close(in[0]);
    (void)close(out[1]);
    to_server = fdopen(in[1], "w");
    from_server = fdopen(out[0], "r");
    return server > 0 && to_server != NULL && from_server != NULL ? &stream : NULL;
}

void server_stop(void)
{
    if (server > 0) {
        (void)fclose(to_server);
        (void)fclose(from_server);
        (void)waitpid(server, NULL, 0);
        server = -1;
    }
}
