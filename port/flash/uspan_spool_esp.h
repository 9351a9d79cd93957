/* uspan_spool_esp.h: uses a data partition of ESP-IDF as the storage of a spool. An encrypted partition is
 * written in units of 16 bytes, others in units of one byte. uspan_poll() can take as long as the erase of a
 * sector. */
#ifndef USPAN_SPOOL_ESP_H
#define USPAN_SPOOL_ESP_H

#include <esp_partition.h>
#include "uspan/spool.h"

typedef struct uspan_spool_esp {
    uspan_spool_storage_t storage; /* for uspan_spool_mount() */
    const esp_partition_t *partition;
} uspan_spool_esp_t;

static inline int uspan_spool_esp_read(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    const uspan_spool_esp_t *s = (const uspan_spool_esp_t *)ctx;
    return esp_partition_read(s->partition, address, out, len) == ESP_OK ? 0 : -1;
}

static inline int uspan_spool_esp_program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    const uspan_spool_esp_t *s = (const uspan_spool_esp_t *)ctx;
    return esp_partition_write(s->partition, address, data, len) == ESP_OK ? 0 : -1;
}

static inline int uspan_spool_esp_erase(void *ctx, uint32_t sector)
{
    const uspan_spool_esp_t *s = (const uspan_spool_esp_t *)ctx;
    const uint32_t bytes = s->storage.sector_bytes;
    return esp_partition_erase_range(s->partition, sector * bytes, bytes) == ESP_OK ? 0 : -1;
}

/* Fill *s, which must be static, from a partition that only uspan uses.
 *   sector_bytes  4096, or a multiple of it. A span must fit into a sector
 * Context: before uspan_spool_mount(). */
static inline void uspan_spool_esp_init(uspan_spool_esp_t *s, const esp_partition_t *partition,
                                        uint32_t sector_bytes)
{
    s->partition = partition;
    s->storage.ctx = s;
    s->storage.sector_bytes = sector_bytes;
    s->storage.sector_count = (uint16_t)(partition->size / sector_bytes);
    s->storage.unit_bytes = partition->encrypted ? 16u : 1u;
    s->storage.erased = 0xFFu;
    s->storage.read = uspan_spool_esp_read;
    s->storage.program = uspan_spool_esp_program;
    s->storage.erase = uspan_spool_esp_erase;
    s->storage.sync = NULL;
}

#endif
