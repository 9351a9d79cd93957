/* gzip_bodies_4096.c: gzip_bodies with a window of 4096 bytes.
 * uspan-config: USPAN_GZIP=1 USPAN_GZIP_WINDOW=4096 */
#include "gzip_bodies.h"
