/* spool_time.h: corrects times that were stored before Unix time was known. It does not depend on requests.
 * Private to core. */
#ifndef USPAN_EXPORT_SPOOL_TIME_H
#define USPAN_EXPORT_SPOOL_TIME_H

#include "trace/internal.h"
#include "uspan/spool.h"

#if USPAN_SPOOL
#define USPAN_SPOOL_FIELD_BYTES 27u

/* Returns what must be added to times that this boot stored before Unix time was known. 0: they cannot be
 * corrected. boot: number of the boot that wrote the records. */
uint64_t uspan_spool_shift(const uspan_tracer_t *t, const uspan_spool_t *spool, uint32_t boot);
/* Correct the time, or the mark of a wrong time, in a field of a record. The buffer has
 * USPAN_SPOOL_FIELD_BYTES. Returns how many of them are done. Sets r->plain to the number of bytes after them
 * that stay as they are. */
uint32_t uspan_spool_correct(uspan_spool_reader_t *r, uint8_t *field);
#endif

#endif
