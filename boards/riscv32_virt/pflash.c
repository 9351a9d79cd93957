/* pflash.c: drives two flash chips side by side with Intel's commands (CFI set 1, QEMU's
 * hw/block/pflash_cfi01.c). The spool calls it. Invariant: between two calls the chips are in the mode in
 * which a load reads their content. */
#include "pflash.h"

#include "mmio.h"

#include <string.h>

#define BASE 0x22000000u
#define SECTOR_BYTES (256u * 1024u)
#define SECTORS 8u
#define EACH(command) ((command) | (command) << 16) /* both chips, 16 bits each */
#define ERASE EACH(0x20u)
#define CONFIRM EACH(0xD0u)
#define PROGRAM EACH(0x40u)
#define CLEAR_STATUS EACH(0x50u)
#define READ_ARRAY EACH(0xFFu)
#define READY EACH(0x80u)
#define FAILED EACH(0x38u) /* erase failed, program failed, or voltage too low */

/* Give a command and its argument, and wait until it is done. Returns 0, or -1 if it failed. */
static int run(uint32_t address, uint32_t command, uint32_t argument)
{
    uint32_t status;
    mmio_write(address, command);
    mmio_write(address, argument);
    do {
        status = mmio_read(address);
    } while ((status & READY) != READY);
    mmio_write(address, CLEAR_STATUS);
    mmio_write(address, READ_ARRAY);
    return (status & FAILED) == 0u ? 0 : -1;
}

static int read_bytes(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    const volatile uint8_t *from = (const volatile uint8_t *)(uintptr_t)(BASE + address);
    (void)ctx;
    for (uint32_t i = 0; i < len; i++) {
        out[i] = from[i];
    }
    return 0;
}

static int program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    int result = 0;
    (void)ctx;
    for (uint32_t at = 0; at < len && result == 0; at += sizeof(uint32_t)) {
        uint32_t word;
        memcpy(&word, data + at, sizeof word);
        result = run(BASE + address + at, PROGRAM, word);
    }
    return result;
}

static int erase(void *ctx, uint32_t sector)
{
    (void)ctx;
    return run(BASE + sector * SECTOR_BYTES, ERASE, CONFIRM);
}

const uspan_spool_storage_t pflash_storage = {
    .sector_bytes = SECTOR_BYTES,
    .sector_count = SECTORS,
    .unit_bytes = sizeof(uint32_t),
    .erased = 0xFFu,
    .read = read_bytes,
    .program = program,
    .erase = erase,
};
