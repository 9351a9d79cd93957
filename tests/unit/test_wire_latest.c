/* test_wire_latest.c: the tests of test_wire.c with the conventions' latest names, which have token counts by modality.
 * uspan-config: USPAN_SEMCONV=1000 USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "test_wire.c"
