/* url.h: an endpoint as text, taken apart and judged. RFC 3986 §3, restricted to http and https. */
#ifndef USPAN_EXPORT_URL_H
#define USPAN_EXPORT_URL_H

#include "trace/inside.h"

/* Take text apart into *out. path keeps pointing into text and is sent exactly as written, query included; a
 * fragment (RFC 3986 §3.5) ends it, and one that does not begin with '/' gets one in front.
 * Refused: another scheme ("grpc://", port 4317: named with the HTTP one), no host, user info, a host longer
 * than USPAN_HOST_BYTES - 1, a port outside 1..65535, control characters, spaces or bytes above 0x7E
 * anywhere.
 * Returns: NULL: done; else why not, with the cure, static; *out is not touched then. Pure. */
const char *uspan_url_parse(const char *text, uspan_url_t *out);

#endif
