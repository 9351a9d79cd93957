/* test_agent_traffic_half.c: the agent of test_agent_traffic.c with half the default text pool.
 * uspan-config: USPAN_TEXT_BYTES=4096 */
#include "test_agent_traffic.c"
