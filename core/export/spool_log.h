/* spool_log.h: writes an append-only log of records to a flash storage. It does not depend on spans. Private
 * to core. */
#ifndef USPAN_EXPORT_SPOOL_LOG_H
#define USPAN_EXPORT_SPOOL_LOG_H

#include "export/spool_scan.h"

/* Fills out with n bytes from offset `at` of a record's data, or of the BOOT record after its number. It must
 * give the same bytes each time. Returns 0: done; below 0: failed; 1: busy. */
typedef int (*uspan_spool_source_t)(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n);

/* The input of a record. */
typedef struct uspan_spool_input {
    unsigned type;     /* SPAN or SHARED with readers, or DONE, whose data is the log's */
    uint32_t len;      /* for DONE: USPAN_SPOOL_DONE_BYTES */
    uint32_t boot_len; /* bytes of this boot's BOOT record, without its number */
    uspan_spool_source_t source;
    void *ctx;
} uspan_spool_input_t;

/* In uspan_spool_log_t.flags, a bit for each reader of a shared log: the records that the reader sends are
 * still there, and so is their resource. It is cleared before the sector of the oldest of them or that of the
 * resource is erased. A log of one destination needs no such bit: uspan does not write while it sends. */
#define USPAN_SPOOL_INTACT 16u

/* Write a record. Returns: 0: it is durable; USPAN_SPOOL_BUSY: call again, and write nothing else before;
 * USPAN_ERR_FULL: it exceeds a sector, or 64 KB; USPAN_ERR_IO: all sectors failed. Bound: one call erases at
 * most one sector, or writes one record and the records before it in a new sector. */
int uspan_spool_log_append(uspan_spool_log_t *log, const uspan_spool_input_t *in);
/* Returns true if no record and no sector was started, so that another record may be written. */
bool uspan_spool_log_rests(const uspan_spool_log_t *log);
/* Mark the reader's records before the place as finished: delivered, except `lost` of them. This is durable
 * after a DONE record. */
static inline void uspan_spool_log_settle(uspan_spool_log_t *log, const uspan_spool_place_t *place,
                                          uint32_t lost)
{
    log->done[uspan_spool_reader_of(log)] = *place;
    log->lost[uspan_spool_reader_of(log)] += lost;
}
/* Returns true if each reader has finished all its records. */
static inline bool uspan_spool_log_is_done(const uspan_spool_log_t *log)
{
    bool done = true;
    for (unsigned reader = 0; reader < USPAN_SPOOL_READERS; reader++) {
        done = done && log->next[reader] == log->done[reader].number;
    }
    return done;
}
/* Mark all records as finished. The next record opens a new sector, like the first record of a boot. */
void uspan_spool_log_renew(uspan_spool_log_t *log);
/* Erase the n-th sector after the one that is being written, if it is not erased. Returns: 0;
 * USPAN_SPOOL_BUSY; below 0: failed. */
int uspan_spool_log_wipe(const uspan_spool_log_t *log, uint32_t n);

#endif
