/* uspan_spool_file.h: a file as the storage of a spool (USPAN_SPOOL 1), for gateways and tests. */
#ifndef USPAN_SPOOL_FILE_H
#define USPAN_SPOOL_FILE_H

#include "uspan/spool.h"

#if USPAN_SPOOL
typedef struct uspan_spool_file {
    uspan_spool_storage_t storage; /* for uspan_spool_mount() */
    int fd;
    bool sync;
} uspan_spool_file_t;

/* Open or make a file of sectors * sector_bytes bytes, readable for its owner only. One process at a time.
 *   f             static; zeroed here
 *   sector_bytes  as large as the largest span, and some
 *   sectors       4 and more
 *   sync          true: each write is on the disk before it counts, so power may fail; false: only the
 *                 process may die
 * Returns: USPAN_OK; USPAN_ERR_ARG: the file has another size; USPAN_ERR_IO: errno says why, EWOULDBLOCK
 * where another process has it. Context: the exporting task, before uspan_spool_mount(). */
USPAN_CHECK uspan_err_t uspan_spool_file_open(uspan_spool_file_t *f, const char *path, uint32_t sector_bytes,
                                              uint16_t sectors, bool sync);
/* After uspan_stopped(). */
void uspan_spool_file_close(uspan_spool_file_t *f);
#endif

#endif
