/* gzip.h: a body as one gzip member (RFC 1952), pulled in reads of any size. It pulls from a source in turn.
 * It stands between the OTLP source and the HTTP source. Private to core. */
#ifndef USPAN_EXPORT_GZIP_H
#define USPAN_EXPORT_GZIP_H

#include "trace/internal.h"

#if USPAN_GZIP
/* Fills out with up to cap bytes and returns how many. It returns 0 after the last. */
typedef size_t (*uspan_gzip_source_t)(void *ctx, uint8_t *out, size_t cap);

/* Begin a member, or begin again. */
void uspan_gzip_begin(uspan_gzip_t *g);
/* Fill out with up to cap bytes. It calls the source until that is done. It stops and resumes anywhere: the
 * same source gives the same bytes whatever the sizes of reads. Returns how many; fewer than cap only at the
 * end.
 * Bounds: for each byte that the source gives, at most USPAN_GZIP_WINDOW / 16 comparisons of bytes. */
size_t uspan_gzip_read(uspan_gzip_t *g, uspan_gzip_source_t source, void *ctx, uint8_t *out, size_t cap);
#endif

#endif
