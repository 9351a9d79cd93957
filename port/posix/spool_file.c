/* spool_file.c: a file as flash. An erased byte is 0, so that a new file is erased and takes no disk
 * space. */
#define _GNU_SOURCE /* flock */
#include "uspan_spool_file.h"
#if USPAN_SPOOL
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES 512u

static int read_file(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    const uspan_spool_file_t *f = ctx;
    return pread(f->fd, out, len, (off_t)address) == (ssize_t)len ? 0 : -1;
}

static int write_file(const uspan_spool_file_t *f, uint32_t address, const uint8_t *data, uint32_t len)
{
    return pwrite(f->fd, data, len, (off_t)address) == (ssize_t)len ? 0 : -1;
}

/* Wait until the data is on the disk. */
static int sync_file(void *ctx)
{
    const uspan_spool_file_t *f = ctx;
    return fdatasync(f->fd);
}

static int program_file(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    const uspan_spool_file_t *f = ctx;
    return write_file(f, address, data, len);
}

static int erase_file(void *ctx, uint32_t sector)
{
    static const uint8_t zeros[BLOCK_BYTES];
    const uspan_spool_file_t *f = ctx;
    const uint32_t bytes = f->storage.sector_bytes;
    for (uint32_t at = 0, n; at < bytes; at += n) {
        n = bytes - at < BLOCK_BYTES ? bytes - at : BLOCK_BYTES;
        if (write_file(f, sector * bytes + at, zeros, n) != 0) {
            return -1;
        }
    }
    return f->sync ? fdatasync(f->fd) : 0;
}

uspan_err_t uspan_spool_file_open(uspan_spool_file_t *f, const char *path, uint32_t sector_bytes,
                                  uint16_t sectors, bool sync)
{
    const off_t size = (off_t)sector_bytes * sectors;
    struct stat is;
    memset(f, 0, sizeof *f);
    f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (f->fd < 0) {
        return USPAN_ERR_IO;
    }
    uspan_err_t err = USPAN_OK;
    if (flock(f->fd, LOCK_EX | LOCK_NB) != 0 || fstat(f->fd, &is) != 0) {
        err = USPAN_ERR_IO;
    } else if (is.st_size == 0) {
        err = ftruncate(f->fd, size) == 0 ? USPAN_OK : USPAN_ERR_IO;
    } else if (is.st_size != size) {
        err = USPAN_ERR_ARG;
    }
    if (err != USPAN_OK) {
        uspan_spool_file_close(f);
        return err;
    }
    f->sync = sync;
    f->storage = (uspan_spool_storage_t){ .ctx = f,
                                          .sector_bytes = sector_bytes,
                                          .sector_count = sectors,
                                          .unit_bytes = 1u,
                                          .erased = 0u,
                                          .read = read_file,
                                          .program = program_file,
                                          .erase = erase_file,
                                          .sync = sync ? sync_file : NULL };
    return USPAN_OK;
}

void uspan_spool_file_close(uspan_spool_file_t *f)
{
    if (f->fd >= 0) {
        (void)close(f->fd);
    }
    f->fd = -1;
}
#endif
