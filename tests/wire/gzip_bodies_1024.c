/* gzip_bodies_1024.c: gzip_bodies with a window of 1024 bytes.
 * uspan-config: USPAN_GZIP=1 USPAN_GZIP_WINDOW=1024 */
#include "gzip_bodies.h"
