/* main.c: runs the device of device.c on Linux, with stdin and stdout as byte stream. */
#include <stdio.h>
#include "device.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;
static uspan_mcp_t mcp;

static void to_stdout(const char *line, size_t len)
{
    (void)fwrite(line, 1u, len, stdout);
    (void)fflush(stdout);
}

int main(void)
{
    static char line[DEVICE_LINE_BYTES];
    if (uspan_posix_start(&tracer, &(uspan_posix_options_t){ .secure = &uspan_posix_mbedtls }) != USPAN_OK) {
        return 2;
    }
    uspan_mcp_open(&mcp, &tracer, &(uspan_mcp_peer_t){ .transport = "pipe" });
    while (fgets(line, sizeof line, stdin) != NULL) {
        device_receive(&tracer, &mcp, line, to_stdout);
    }
    uspan_mcp_close(&mcp, "connection_reset");
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
