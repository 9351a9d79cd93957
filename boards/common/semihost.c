/* semihost.c: gets entropy and settings from the host, and ends the program through it.
 * Invariant: a missing host, or one that refuses, costs one call and no wait. */
#include "semihost.h"

#include <stdbool.h>
#include <string.h>

#define SYS_OPEN 0x01u
#define SYS_READ 0x06u
#define SYS_GET_CMDLINE 0x15u
#define SYS_EXIT_EXTENDED 0x20u
#define STOPPED_BY_EXIT 0x20026u /* ADP_Stopped_ApplicationExit */
#define MODE_RB 1u
#define NONE (-1)
#define CLOSED (-2)
#ifndef BOARD_OPTIONS_BYTES
#define BOARD_OPTIONS_BYTES 192
#endif

static char line[BOARD_OPTIONS_BYTES]; /* the command line */
static int32_t file = CLOSED;

uspan_err_t semihost_random(uint8_t *out, size_t len)
{
    static const char name[] = "/dev/urandom";
    if (file == CLOSED) {
        const uintptr_t open[3] = { (uintptr_t)name, MODE_RB, sizeof(name) - 1u };
        file = semihost_call(SYS_OPEN, open);
    }
    const uintptr_t read[3] = { (uintptr_t)file, (uintptr_t)out, len };
    /* The result is the number of bytes that were not read. */
    return file != NONE && semihost_call(SYS_READ, read) == 0 ? USPAN_OK : USPAN_ERR_AGAIN;
}

/* Read the command line, and end each word with 0. */
static void read_line(void)
{
    const uintptr_t ask[2] = { (uintptr_t)line, sizeof(line) - 1u };
    if (semihost_call(SYS_GET_CMDLINE, ask) != 0) {
        line[0] = 0;
    }
    for (size_t i = 0; i < sizeof(line); i++) {
        line[i] = (char)(line[i] != ' ' ? line[i] : 0);
    }
}

const char *semihost_option(const char *name)
{
    static bool is_read;
    size_t len = strlen(name);
    if (!is_read) {
        is_read = true;
        read_line();
    }
    for (size_t at = 0; at + len + 1u < sizeof(line); at += strlen(line + at) + 1u) {
        if (memcmp(line + at, name, len) == 0 && line[at + len] == '=') {
            return line + at + len + 1u;
        }
    }
    return NULL;
}

void semihost_exit(int status)
{
    const uintptr_t end[2] = { STOPPED_BY_EXIT, (uintptr_t)status };
    (void)semihost_call(SYS_EXIT_EXTENDED, end);
}
