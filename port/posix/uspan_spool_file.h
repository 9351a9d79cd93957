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

/* Open or create a file of sectors * sector_bytes bytes, readable for its owner only. Only one process can
 * open it at a time.
 *   f             static; the call sets it to zero
 *   sector_bytes  at least the size of the largest span and some bytes more
 *   sectors       4 or more
 *   sync          true: each write is on the disk before it counts, which survives a power failure. false:
 *                 survives only the end of the process
 * Returns: USPAN_OK; USPAN_ERR_ARG: the file has another size; USPAN_ERR_IO: see errno. EWOULDBLOCK: another
 * process has opened it. Context: the exporting task, before uspan_spool_mount(). Blocks. */
USPAN_CHECK uspan_err_t uspan_spool_file_open(uspan_spool_file_t *f, const char *path, uint32_t sector_bytes,
                                              uint16_t sectors, bool sync);
/* Close the file. Call it after uspan_stopped() returned true. Context: the exporting task. */
void uspan_spool_file_close(uspan_spool_file_t *f);
#endif

#endif
