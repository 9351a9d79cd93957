/* main.c: runs the device of device.c on Linux, with stdin and stdout as byte stream. */
#include <stdio.h>
#include "device.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;

static void to_stdout(const char *line, size_t len)
{
    (void)fwrite(line, 1u, len, stdout);
    (void)fflush(stdout);
}

int main(void)
{
    static const uspan_mcp_peer_t peer = { .transport = "pipe" };
    static char line[DEVICE_LINE_BYTES];
    if (uspan_posix_start(&tracer, &(uspan_posix_options_t){ .secure = &uspan_posix_mbedtls }) != USPAN_OK) {
        return 2;
    }
    device_open(&tracer, &peer, to_stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        device_receive(line);
    }
    device_close();
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
