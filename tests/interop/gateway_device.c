/* gateway_device.c: a device whose model is behind a gateway. It sends one chat over plain HTTP, whose
 * request carries the chat span's traceparent. Arguments: the gateway's port. The exit status is 0 only if
 * the gateway responded with 200 and all spans were sent.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "uspan/genai.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;

/* The status of the response to a POST with these header lines. 0 if there is none. */
static int post(int port, const char *headers)
{
    static const char body[] = "{\"model\":\"qwen-max\"}";
    char text[1024];
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int status = 0, fd = socket(AF_INET, SOCK_STREAM, 0);
    int len = snprintf(text, sizeof text,
                       "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s"
                       "Content-Length: %zu\r\n\r\n%s",
                       headers, sizeof body - 1u, body);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
        send(fd, text, (size_t)len, 0) == (ssize_t)len) {
        ssize_t got = recv(fd, text, sizeof text - 1u, MSG_WAITALL);
        text[got > 0 ? got : 0] = '\0';
        if (got > 12) {
            status = (int)strtol(text + 9, NULL, 10);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

int main(int argc, char **argv)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (argc != 2 || uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 2;
    }
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    uspan_t chat = uspan_chat_begin(&tracer, agent, "dashscope", "qwen-max");
    char headers[USPAN_HEADERS_OF_MAX];
    size_t len = uspan_trace_headers(&tracer, chat, headers, sizeof headers);
    int status = len > 0u ? post((int)strtol(argv[1], NULL, 10), headers) : 0;
    uspan_chat_end(&tracer, chat, &(uspan_chat_result_t){ .finish_reason = "stop" });
    uspan_agent_end(&tracer, agent, NULL);
    return uspan_posix_stop(&tracer, 20000) == USPAN_OK && status == 200 ? 0 : 1;
}
