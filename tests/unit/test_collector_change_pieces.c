/* test_collector_change_pieces.c: settings change while the head of a request is in the send buffer in part.
 * uspan-config: USPAN_SPOOL=1 USPAN_SEND_BYTES=128 */
#include "collector_change.h"

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_settings_may_change_at_any_moment_of_an_exchange, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
