/* gzip_bodies.c: gzip_bodies READ_BYTES... compresses its standard input once for each READ_BYTES (0: random
 * sizes) and prints the first member. The exit status is 1 if another member differs. test_gzip.py decodes
 * the output.
 * uspan-config: USPAN_GZIP=1 */
#include "gzip_bodies.h"
