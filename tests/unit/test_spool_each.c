/* test_spool_each.c: two destinations, each with a spool in its part of one flash. A dead one costs the other
 * one nothing, over resets, power cuts and a full spool, and the counters of each add up.
 * uspan-config: USPAN_SPOOL=1 USPAN_SPOOL_EACH=1 USPAN_DESTINATIONS_MAX=2 */
#include "spool_two.h"

static void test_a_dead_one_costs_the_other_one_nothing(void **state)
{
    world_t *w = *state;
    for (unsigned dead = 0; dead < 2u; dead++) {
        begin(w, dead == 0u ? FAR_REFUSES : FAR_GOOD, dead == 1u ? FAR_REFUSES : FAR_GOOD);
        record_for(w, 40u, 1000u);
        run_ms(w, 20000u);
        assert_received_once(1u - dead, 0u, 40u);
        assert_int_equal(stats_of(w, dead).spooled, 40);
        assert_int_equal(stats_of(w, dead).spool_waiting, 40);
        assert_int_equal(stats_of(w, 1u - dead).spool_records, 0);
        assert_int_equal(stats_of(w, 1u - dead).delivered, 40);
        assert_accounts(w);
        for (unsigned sector = 0; sector < SECTORS; sector++) { /* the part of the working one is untouched */
            assert_int_equal(flash.erased_times[(1u - dead) * SECTORS + sector], 0);
        }
        boot_device(w); /* still dead */
        record_for(w, 10u, 1000u);
        run_ms(w, 20000u);
        peers[dead].mode = FAR_GOOD;
        boot_device(w);
        assert_int_equal(stats_of(w, dead).spool_waiting, 50);
        run_ms(w, 60000u);
        assert_received_once(0u, 0u, 50u);
        assert_received_once(1u, 0u, 50u);
        assert_int_equal(stats_of(w, dead).replayed, 50);
        assert_accounts(w);
    }
}

static void test_two_dead_ones_come_back_at_different_times(void **state)
{
    world_t *w = *state;
    begin(w, FAR_REFUSES, FAR_NEVER_OPENS);
    for (unsigned n = 0; n < 3u; n++) {
        record_for(w, 12u, 2000u);
        run_ms(w, 30000u);
        assert_int_equal(stats_of(w, 0).spooled, 12);
        assert_int_equal(stats_of(w, 1).spooled, 12);
        assert_accounts(w);
        boot_device(w);
    }
    peers[1].mode = FAR_GOOD;
    boot_device(w);
    run_ms(w, 60000u);
    assert_received_once(1u, 0u, 36u);
    assert_int_equal(stats_of(w, 0).spool_waiting, 36);
    assert_int_equal(stats_of(w, 0).replayed, 0);
    boot_device(w);
    peers[0].mode = FAR_GOOD;
    run_ms(w, 60000u);
    assert_received_once(0u, 0u, 36u);
    assert_received_once(1u, 0u, 36u);
    assert_accounts(w);
}

static void test_a_full_spool_loses_only_its_own(void **state)
{
    world_t *w = *state;
    begin(w, FAR_REFUSES, FAR_GOOD);
    record_for(w, 400u, 500u);
    run_ms(w, 20000u);
    assert_received_once(1u, 0u, 400u);
    assert_int_equal(stats_of(w, 1).delivered, 400);
    peers[0].mode = FAR_GOOD;
    boot_device(w);
    run_ms(w, 100000u);
    const uspan_stats_t s = stats_of(w, 0), other = stats_of(w, 1);
    assert_true(s.spool_lost > 0u && s.replayed > 40u);
    assert_int_equal(s.spool_records, 400);
    assert_int_equal(other.spool_lost + other.spool_records, 0);
    assert_received_once(0u, s.spool_lost, 400u);
    assert_received_once(1u, 0u, 400u);
    assert_accounts(w);
}

static void test_all_is_stored_for_both_before_sleep(void **state)
{
    begin(*state, FAR_SILENT, FAR_SILENT);
    store_all_before_sleep(*state);
    deliver_after_sleep(*state);
}

static void test_power_cuts_lose_nothing_of_either(void **state)
{
    live_with_power_cuts(*state, 20261130u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dead_one_costs_the_other_one_nothing),
        cmocka_unit_test(test_two_dead_ones_come_back_at_different_times),
        cmocka_unit_test(test_a_full_spool_loses_only_its_own),
        cmocka_unit_test(test_all_is_stored_for_both_before_sleep),
        cmocka_unit_test(test_power_cuts_lose_nothing_of_either),
    };
    return cmocka_run_group_tests(tests, world_setup, free_peers);
}
