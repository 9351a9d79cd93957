/* settings.c: reads settings from the page that settings.h describes.
 * Invariant: no byte outside the page is read, whatever the page contains. */
#include "settings.h"

#include <string.h>
#include <hardware/flash.h>
#include <hardware/regs/addressmap.h>

#define PAGE ((const char *)(XIP_BASE + 2u * 1024u * 1024u - FLASH_SECTOR_SIZE))

const char *setting(const char *name, const char *otherwise)
{
    size_t len = strlen(name);
    const char *end = PAGE + FLASH_SECTOR_SIZE;
    for (const char *at = PAGE; at < end && *at != 0 && *at != (char)0xFF; at++) {
        const char *zero = memchr(at, 0, (size_t)(end - at));
        if (zero == NULL) {
            break;
        }
        if ((size_t)(zero - at) > len && memcmp(at, name, len) == 0 && at[len] == '=') {
            return at + len + 1u;
        }
        at = zero;
    }
    return otherwise;
}
