/* spool_log.h: writes an append-only log of records to a flash storage. Knows no spans. Private to core. */
#ifndef USPAN_EXPORT_SPOOL_LOG_H
#define USPAN_EXPORT_SPOOL_LOG_H

#include "export/spool_scan.h"

/* What a record is made of. The source fills out with n bytes from offset `at`, the same ones each time it is
 * asked; 0: done, below 0: failed, 1: busy. */
typedef struct uspan_spool_input {
    uspan_spool_type_t type; /* SPAN or DONE */
    uint16_t len;
    int (*source)(void *ctx, uint32_t at, uint8_t *out, uint32_t n);
    void *ctx;
    uint16_t boot_len; /* the same of this boot's BOOT record, without its number */
    int (*boot_source)(void *ctx, uint32_t at, uint8_t *out, uint32_t n);
    void *boot_ctx;
} uspan_spool_input_t;

/* Write a record. Returns: 0: it is durable; USPAN_SPOOL_BUSY: call again, at the latest until then nothing
 * else may be written; USPAN_ERR_FULL: too long for a sector; USPAN_ERR_IO: all sectors failed. A call erases
 * one sector at most, or writes one record, with what precedes it in a new sector. */
int uspan_spool_log_append(uspan_spool_log_t *log, const uspan_spool_input_t *in);
/* No record and no sector was begun: another one than before may be written. */
bool uspan_spool_log_rests(const uspan_spool_log_t *log);
/* Forget a record of which only a part was written. */
void uspan_spool_log_abandon(uspan_spool_log_t *log);
/* Records before the place are settled: delivered, but for `lost` of them. It is durable after a DONE record.
 * While `held`, no sector from the place on is erased, and a call that needs one is busy. */
void uspan_spool_log_settle(uspan_spool_log_t *log, const uspan_spool_place_t *place, uint32_t lost);
void uspan_spool_log_hold(uspan_spool_log_t *log, bool held);
/* All is settled: the next record opens a new sector, as the first one of a boot. */
void uspan_spool_log_renew(uspan_spool_log_t *log);
/* Erase the sector n behind the one that is written, if it is not erased. Returns: 0; USPAN_SPOOL_BUSY; below
 * 0: failed. */
int uspan_spool_log_wipe(const uspan_spool_log_t *log, uint32_t n);
/* Write a DONE record. Returns as append. */
int uspan_spool_log_write_done(uspan_spool_log_t *log, const uspan_spool_input_t *boot);

#endif
