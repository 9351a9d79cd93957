/* gzip_bodies.c: gzip_bodies READ_BYTES...: compresses what comes on standard input once for each READ_BYTES (0: random sizes),
 * and prints the member of the first. Exit status 1 where another differs: test_gzip.py decodes it.
 * uspan-config: USPAN_GZIP=1 */
#include "gzip_bodies.h"
