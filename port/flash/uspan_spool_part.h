/* uspan_spool_part.h: divides one storage into parts, so that several destinations can have a spool in one
 * flash (USPAN_SPOOL_EACH 1). The storage must finish each call: it must never return 1 (busy), because a
 * part cannot wait for the erase of another one. */
#ifndef USPAN_SPOOL_PART_H
#define USPAN_SPOOL_PART_H

#include "uspan/spool.h"

typedef struct uspan_spool_part {
    uspan_spool_storage_t storage; /* for uspan_spool_mount() */
    const uspan_spool_storage_t *whole;
    uint32_t first; /* its first sector */
} uspan_spool_part_t;

static inline int uspan_spool_part_read(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    const uspan_spool_part_t *p = (const uspan_spool_part_t *)ctx;
    return p->whole->read(p->whole->ctx, p->first * p->whole->sector_bytes + address, out, len);
}

static inline int uspan_spool_part_program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    const uspan_spool_part_t *p = (const uspan_spool_part_t *)ctx;
    return p->whole->program(p->whole->ctx, p->first * p->whole->sector_bytes + address, data, len);
}

static inline int uspan_spool_part_erase(void *ctx, uint32_t sector)
{
    const uspan_spool_part_t *p = (const uspan_spool_part_t *)ctx;
    return p->whole->erase(p->whole->ctx, p->first + sector);
}

static inline int uspan_spool_part_sync(void *ctx)
{
    const uspan_spool_part_t *p = (const uspan_spool_part_t *)ctx;
    return p->whole->sync(p->whole->ctx);
}

/* Fill *part, which must be static, with sectors of a storage. Parts must not overlap. A firmware that
 * changes the division of a flash in use loses what is stored there.
 *   whole         must stay valid as long as the part
 *   first, count  its sectors. uspan_spool_mount() refuses less than four
 * Context: before uspan_spool_mount(). */
static inline void uspan_spool_part_init(uspan_spool_part_t *part, const uspan_spool_storage_t *whole,
                                         uint16_t first, uint16_t count)
{
    part->storage = *whole;
    part->storage.ctx = part;
    part->storage.sector_count = first + count <= whole->sector_count ? count : 0u;
    part->storage.read = uspan_spool_part_read;
    part->storage.program = uspan_spool_part_program;
    part->storage.erase = uspan_spool_part_erase;
    part->storage.sync = whole->sync != NULL ? uspan_spool_part_sync : NULL;
    part->whole = whole;
    part->first = first;
}

#endif
