/* gzip.h: compresses a body to one gzip member (RFC 1952) in reads of any size. Its input comes from the OTLP
 * source, and its output goes to the HTTP source. Private to core. */
#ifndef USPAN_EXPORT_GZIP_H
#define USPAN_EXPORT_GZIP_H

#include "trace/internal.h"

#if USPAN_GZIP
/* Fills out with up to cap bytes and returns their number, 0 at the end. */
typedef size_t (*uspan_gzip_source_t)(void *ctx, uint8_t *out, size_t cap);

/* Start a member, or start it again. */
void uspan_gzip_begin(uspan_gzip_t *g);
/* Fill out with up to cap bytes. It calls the source until this is done. It can stop at any byte: for the
 * same source the result does not depend on the sizes of the reads. Returns the number of bytes, less than
 * cap only at the end. Bound: for each source byte at most USPAN_GZIP_WINDOW / 16 byte comparisons. */
size_t uspan_gzip_read(uspan_gzip_t *g, uspan_gzip_source_t source, void *ctx, uint8_t *out, size_t cap);
#endif

#endif
