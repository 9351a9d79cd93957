/* test_spool_cuts_shared.c: the power cuts of test_spool_cuts.c in a log that two destinations share. Each
 * has its own records, position and losses.
 * uspan-config: USPAN_SPOOL=1 USPAN_SPOOL_EACH=2 USPAN_DESTINATIONS_MAX=2 */
#include "test_spool_cuts.c"
