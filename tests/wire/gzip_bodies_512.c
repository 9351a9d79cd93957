/* gzip_bodies_512.c: gzip_bodies with a window of 512 bytes.
 * uspan-config: USPAN_GZIP=1 USPAN_GZIP_WINDOW=512 */
#include "gzip_bodies.h"
