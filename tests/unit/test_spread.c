/* test_spread.c: after an outage the requests of many devices are spread over time. 10,000 devices failed
 * within some seconds of virtual time. After the collector's return, no second has more than twice the mean
 * number of requests. */
#include "export/retry.h"
#include "cmocka_all.h"

#define DEVICES 10000u
#define WINDOW_S 64u

/* splitmix64: the devices' entropy, the same in each run of the test. */
static uint32_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

/* Requests in the busiest second after the return, in percent of the mean of all seconds until the last
 * request. */
static unsigned peak_percent(uint32_t within_ms, uint32_t outage_ms)
{
    unsigned count[WINDOW_S] = { 0 }, peak = 0;
    uint64_t state = within_ms + outage_ms, last_ms = 0;
    for (unsigned i = 0; i < DEVICES; i++) {
        uspan_backoff_t b = { 0 };
        uint64_t at_ms = within_ms * (uint64_t)i / DEVICES; /* its first failure */
        while (at_ms < outage_ms) {
            at_ms += uspan_backoff(&b, false, draw(&state), 0u);
        }
        at_ms -= outage_ms;
        assert_true(at_ms / 1000u < WINDOW_S);
        count[at_ms / 1000u]++;
        last_ms = at_ms > last_ms ? at_ms : last_ms;
    }
    for (unsigned s = 0; s < WINDOW_S; s++) {
        peak = count[s] > peak ? count[s] : peak;
    }
    return (unsigned)(peak * last_ms / (DEVICES * 10u));
}

static void test_a_fleet_that_failed_at_once_comes_back_within_twice_the_mean_rate(void **state)
{
    (void)state;
    static const uint32_t within_ms[] = { 0, 1000, 5000, 10000, 20000 };
    for (size_t i = 0; i < COUNT(within_ms); i++) {
        for (uint32_t outage_ms = 40000; outage_ms <= 300000u; outage_ms += 5000u) {
            unsigned percent = peak_percent(within_ms[i], outage_ms);
            if (percent > 200u) {
                print_message("failed within %u ms, outage of %u ms: %u %%\n", (unsigned)within_ms[i], (unsigned)outage_ms,
                              percent);
            }
            assert_true(percent <= 200u);
        }
    }
}

/* A Retry-After that is the same for all devices. None of them sends before it, and they do not all send in
 * one second. */
static void test_equal_retry_after_is_not_answered_in_one_second(void **state)
{
    (void)state;
    unsigned count[7] = { 0 };
    uint64_t random = 1;
    for (unsigned i = 0; i < DEVICES; i++) {
        uspan_backoff_t b = { 0 };
        uint32_t wait_ms = uspan_backoff(&b, false, draw(&random), 30000u);
        assert_in_range(wait_ms, 30000, 36000);
        count[(wait_ms - 30000u) / 1000u]++;
    }
    for (unsigned s = 0; s < 6u; s++) {
        assert_in_range(count[s], DEVICES / 6u * 9u / 10u, DEVICES / 6u * 11u / 10u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fleet_that_failed_at_once_comes_back_within_twice_the_mean_rate),
        cmocka_unit_test(test_equal_retry_after_is_not_answered_in_one_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
