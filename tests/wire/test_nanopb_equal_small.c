/* test_nanopb_equal_small.c: test_nanopb_equal.c with the code that is compiled for size, as in firmware.
 * uspan-config: USPAN_TEXT_BYTES=2000000 USPAN_VALUE_MAX=65000 USPAN_ATTRS_MAX=32 USPAN_BATCH_BYTES_MAX=4000000
 * uspan-config: __OPTIMIZE_SIZE__=1 */
#include "test_nanopb_equal.c"
