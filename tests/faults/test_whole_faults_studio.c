/* test_whole_faults_studio.c: the boots of test_whole_faults.c with Studio, whose runs are registered
 * meanwhile. USPAN_KEEP is 0, because Studio excludes it: spans that wait in RAM are lost at a reset.
 * uspan-config: USPAN_SPOOL=1 USPAN_STUDIO=1 USPAN_HTTP_PROXY=1 USPAN_DESTINATIONS_MAX=2 USPAN_EXCHANGES_MAX=1
 * uspan-config: USPAN_ATTRS_MAX=8 USPAN_TEXT_BYTES=4096 USPAN_SPANS_MAX=16 */
#include "test_whole_faults.c"
