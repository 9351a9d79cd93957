/* lfs.h: the part of littlefs's header of that name (2.x) that uspan_spool_lfs.h uses, as declared there. */
#ifndef TEST_LFS_H
#define TEST_LFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t lfs_size_t;
typedef int32_t lfs_ssize_t;
typedef int32_t lfs_soff_t;
enum { LFS_O_RDWR = 3, LFS_O_CREAT = 0x0100 };
enum { LFS_SEEK_SET = 0 };
enum { LFS_ERR_NOENT = -2 };

typedef struct lfs {
    uint32_t unused;
} lfs_t;

typedef struct lfs_file {
    unsigned number;
    lfs_soff_t at;
    bool open;
} lfs_file_t;

struct lfs_file_config {
    void *buffer;
};

int lfs_file_opencfg(lfs_t *lfs, lfs_file_t *file, const char *path, int flags,
                     const struct lfs_file_config *config);
int lfs_file_close(lfs_t *lfs, lfs_file_t *file);
int lfs_file_sync(lfs_t *lfs, lfs_file_t *file);
lfs_ssize_t lfs_file_read(lfs_t *lfs, lfs_file_t *file, void *buffer, lfs_size_t size);
lfs_ssize_t lfs_file_write(lfs_t *lfs, lfs_file_t *file, const void *buffer, lfs_size_t size);
lfs_soff_t lfs_file_seek(lfs_t *lfs, lfs_file_t *file, lfs_soff_t off, int whence);
int lfs_file_truncate(lfs_t *lfs, lfs_file_t *file, lfs_size_t size);
lfs_soff_t lfs_file_size(lfs_t *lfs, lfs_file_t *file);

#endif
