/* uspan_spool_lfs.h: uses files of littlefs 2.x as the storage of a spool, for products whose flash belongs
 * to the file system. Each sector is a file, so that no file is rewritten in its middle. littlefs erases
 * 14 times as often as a partition that only uspan uses. Its calls have no time limit. */
#ifndef USPAN_SPOOL_LFS_H
#define USPAN_SPOOL_LFS_H

#include <lfs.h>
#include <string.h>
#include "uspan/spool.h"

#define USPAN_SPOOL_LFS_PATH 48 /* bytes of a file's path with its terminating 0 */

typedef struct uspan_spool_lfs {
    uspan_spool_storage_t storage; /* for uspan_spool_mount() */
    lfs_t *lfs;
    lfs_file_t file;
    struct lfs_file_config config;
    uint32_t sector;                 /* the sector whose file is open; sector_count: none */
    char path[USPAN_SPOOL_LFS_PATH]; /* the path from the application, then three digits */
} uspan_spool_lfs_t;

/* Close the open file, so that all written bytes are in flash. Call it before lfs_unmount() and before a deep
 * sleep. Returns: 0, or littlefs's error. Context: the exporting task. */
static inline int uspan_spool_lfs_close(uspan_spool_lfs_t *s)
{
    const bool none = s->sector == s->storage.sector_count;
    s->sector = s->storage.sector_count;
    return none ? 0 : lfs_file_close(s->lfs, &s->file);
}

/* Open the file of a sector. Without LFS_O_CREAT no file is created. Returns: 0; -1: the previous file could
 * not be closed; or littlefs's error. */
static inline int uspan_spool_lfs_open(uspan_spool_lfs_t *s, uint32_t sector, int flags)
{
    if (s->sector == sector) {
        return 0;
    }
    if (uspan_spool_lfs_close(s) < 0) {
        return -1;
    }
    char *digit = s->path + strlen(s->path);
    for (uint32_t rest = sector, i = 0; i < 3u; i++, rest /= 10u) {
        *--digit = (char)('0' + rest % 10u);
    }
    memset(&s->file, 0, sizeof s->file);
    const int result = lfs_file_opencfg(s->lfs, &s->file, s->path, flags, &s->config);
    s->sector = result < 0 ? s->storage.sector_count : sector;
    return result < 0 ? result : 0;
}

/* Convert a result. After an error, close the file, because littlefs accepts no more calls on it. The next
 * call opens it again. */
static inline int uspan_spool_lfs_judge(uspan_spool_lfs_t *s, bool ok)
{
    if (!ok) {
        (void)uspan_spool_lfs_close(s);
    }
    return ok ? 0 : -1;
}

/* Read bytes. Those after the end of a file were not written since the last erase, and read as erased. */
static inline int uspan_spool_lfs_read(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    uspan_spool_lfs_t *s = (uspan_spool_lfs_t *)ctx;
    const uint32_t bytes = s->storage.sector_bytes;
    while (len > 0u) {
        const uint32_t at = address % bytes, room = bytes - at, n = len < room ? len : room;
        const int result = uspan_spool_lfs_open(s, address / bytes, LFS_O_RDWR);
        if (result != 0 && result != LFS_ERR_NOENT) {
            return -1;
        }
        const lfs_soff_t size = result != 0 ? 0 : lfs_file_size(s->lfs, &s->file);
        const uint32_t has = size > (lfs_soff_t)at ? (uint32_t)size - at : 0u, got = n < has ? n : has;
        memset(out, s->storage.erased, n);
        if (uspan_spool_lfs_judge(
                s, size >= 0 &&
                       (got == 0u ||
                        (lfs_file_seek(s->lfs, &s->file, (lfs_soff_t)at, LFS_SEEK_SET) == (lfs_soff_t)at &&
                         lfs_file_read(s->lfs, &s->file, out, got) == (lfs_ssize_t)got))) != 0) {
            return -1;
        }
        address += n;
        out += n;
        len -= n;
    }
    return 0;
}

static inline int uspan_spool_lfs_program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    uspan_spool_lfs_t *s = (uspan_spool_lfs_t *)ctx;
    const lfs_soff_t at = (lfs_soff_t)(address % s->storage.sector_bytes);
    if (uspan_spool_lfs_open(s, address / s->storage.sector_bytes, LFS_O_RDWR | LFS_O_CREAT) != 0) {
        return -1;
    }
    return uspan_spool_lfs_judge(s, lfs_file_seek(s->lfs, &s->file, at, LFS_SEEK_SET) == at &&
                                        lfs_file_write(s->lfs, &s->file, data, len) == (lfs_ssize_t)len);
}

/* Bring the open file to flash. A closed file is in flash already. */
static inline int uspan_spool_lfs_sync(void *ctx)
{
    uspan_spool_lfs_t *s = (uspan_spool_lfs_t *)ctx;
    return s->sector == s->storage.sector_count
               ? 0
               : uspan_spool_lfs_judge(s, lfs_file_sync(s->lfs, &s->file) == 0);
}

static inline int uspan_spool_lfs_erase(void *ctx, uint32_t sector)
{
    uspan_spool_lfs_t *s = (uspan_spool_lfs_t *)ctx;
    if (uspan_spool_lfs_open(s, sector, LFS_O_RDWR | LFS_O_CREAT) != 0) {
        return -1;
    }
    return uspan_spool_lfs_judge(s, lfs_file_truncate(s->lfs, &s->file, 0) == 0 &&
                                        lfs_file_sync(s->lfs, &s->file) == 0);
}

/* Fill *s, which must be static, from a mounted file system.
 *   path          path of the files, for example "spool/". Three digits are appended. Its folder must exist.
 *                 At most USPAN_SPOOL_LFS_PATH - 4 bytes. Copied
 *   buffer        cache_size bytes (see lfs_config), static, used by this storage only
 *   sector_bytes  size of one file. A span must fit into it. A multiple of littlefs's block saves flash
 *   sectors       number of files, 4..999
 *   sync          true: each span is in flash when it counts as stored. false: a span is in flash when its
 *                 file is full or uspan_spool_lfs_close() was called. A power cut loses later spans uncounted
 * Returns: USPAN_OK; USPAN_ERR_ARG: the path is too long, or the number of files is out of range, or
 * sector_bytes is 0. *s is then unchanged. Context: before uspan_spool_mount(), which takes as long as
 * littlefs needs, like uspan_poll(). */
static inline uspan_err_t uspan_spool_lfs_init(uspan_spool_lfs_t *s, lfs_t *lfs, const char *path,
                                               void *buffer, uint32_t sector_bytes, uint16_t sectors,
                                               bool sync)
{
    const size_t len = strlen(path);
    if (len > USPAN_SPOOL_LFS_PATH - 4u || sectors > 999u || sectors < 4u || sector_bytes == 0u) {
        return USPAN_ERR_ARG;
    }
    memset(s, 0, sizeof *s);
    s->lfs = lfs;
    s->config.buffer = buffer;
    memcpy(s->path, path, len);
    memset(s->path + len, '0', 3u);
    s->sector = sectors;
    s->storage.ctx = s;
    s->storage.sector_bytes = sector_bytes;
    s->storage.sector_count = sectors;
    s->storage.unit_bytes = 1u;
    s->storage.erased = 0u;
    s->storage.read = uspan_spool_lfs_read;
    s->storage.program = uspan_spool_lfs_program;
    s->storage.erase = uspan_spool_lfs_erase;
    s->storage.sync = sync ? uspan_spool_lfs_sync : NULL;
    return USPAN_OK;
}

#endif
