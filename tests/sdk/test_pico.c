/* test_pico.c: port/pico/port.c over fakes of the SDK's functions: aon_timer as the source of time, the spin lock
 * between two cores, random bytes. A core is a thread of the host. pico.runs and pico.images have the real SDK. */
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include <hardware/sync.h>
#include <pico/aon_timer.h>
#include <pico/platform.h>
#include <pico/rand.h>
#include <pico/time.h>
#include "uspan_pico.h"
#include "uspan/context.h"
#include "uspan/export.h"

#define CLAIMED 7
#define SAVED_IRQ 0x5Au
#define SPANS 3000u

static spin_lock_t spin_locks[32];
static int claims, claims_at_constructor;
static uint initialised = 99u;
static _Thread_local uint core;
static _Thread_local bool holds; /* this core has the lock */
static bool is_nested, has_wrong_state, is_running, has_time;
static uint32_t taken; /* how often a core had the lock */
static struct timespec timer;

/* ---- the SDK ------------------------------------------------------------------------------------------- */

int spin_lock_claim_unused(bool required)
{
    assert_true(required);
    claims++;
    return CLAIMED;
}

spin_lock_t *spin_lock_init(uint lock_num)
{
    initialised = lock_num;
    return &spin_locks[lock_num];
}

uint32_t spin_lock_blocking(spin_lock_t *lock)
{
    is_nested |= holds;
    while (__atomic_exchange_n(lock, 1u, __ATOMIC_ACQUIRE) != 0u) {
        sched_yield();
    }
    holds = true;
    taken++; /* under the lock */
    return SAVED_IRQ + core;
}

void spin_unlock(spin_lock_t *lock, uint32_t saved_irq)
{
    has_wrong_state |= saved_irq != SAVED_IRQ + core;
    holds = false;
    __atomic_store_n(lock, 0u, __ATOMIC_RELEASE);
}

uint get_core_num(void)
{
    return core;
}

uint64_t get_rand_64(void)
{
    static uint64_t state = 1;
    uint64_t old = __atomic_fetch_add(&state, 0x9E3779B97F4A7C15u, __ATOMIC_RELAXED);
    return (old ^ (old >> 31)) * 0xBF58476D1CE4E5B9u;
}

uint64_t time_us_64(void)
{
    static uint64_t us;
    return __atomic_add_fetch(&us, 1u, __ATOMIC_RELAXED);
}

bool aon_timer_is_running(void)
{
    return is_running;
}

bool aon_timer_get_time(struct timespec *ts)
{
    *ts = timer;
    return has_time;
}

/* ---- tests --------------------------------------------------------------------------------------------- */

/* Without a priority, as constructors of an application are. */
__attribute__((constructor)) static void look_at_claims(void)
{
    claims_at_constructor = claims;
}

static void test_the_lock_is_claimed_once_before_other_constructors(void **state)
{
    (void)state;
    assert_int_equal(claims_at_constructor, 1);
    assert_int_equal(claims, 1);
    assert_int_equal(initialised, CLAIMED);
}

static uspan_err_t read_clock(uint64_t *out)
{
    return uspan_pico_port.unix_ns(uspan_pico_port.ctx, out);
}

static void test_a_timer_that_runs_is_the_source_of_time(void **state)
{
    uint64_t ns = 0;
    (void)state;
    is_running = true;
    has_time = true;
    timer = (struct timespec){ .tv_sec = 1893456000, .tv_nsec = 0 }; /* RP2040: whole seconds */
    assert_int_equal(read_clock(&ns), USPAN_OK);
    assert_true(ns == 1893456000u * UINT64_C(1000000000));
    timer.tv_nsec = 999000000; /* RP2350: milliseconds */
    assert_int_equal(read_clock(&ns), USPAN_OK);
    assert_true(ns == 1893456000u * UINT64_C(1000000000) + 999000000u);
    timer.tv_sec = INT64_C(4294967296) + 5; /* beyond 32 bits */
    assert_int_equal(read_clock(&ns), USPAN_OK);
    assert_true(ns == 4294967301u * UINT64_C(1000000000) + 999000000u);
}

static void test_without_a_set_timer_the_time_is_unknown(void **state)
{
    uint64_t ns = 0;
    (void)state;
    timer = (struct timespec){ .tv_sec = 1893456000 };
    is_running = false;
    has_time = true;
    assert_int_equal(read_clock(&ns), USPAN_ERR_AGAIN);
    is_running = true;
    has_time = false;
    assert_int_equal(read_clock(&ns), USPAN_ERR_AGAIN);
    has_time = true;
    assert_true(ns == 0u);
    static const time_t wrong[] = { 0, -1, 1577836800 }; /* a timer that nobody has set starts at 0 */
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        timer.tv_sec = wrong[i];
        assert_int_equal(read_clock(&ns), USPAN_OK);
        assert_false(uspan_unix_is_plausible(ns)); /* uspan ignores it */
    }
}

static void test_the_timers_time_is_that_of_a_span(void **state)
{
    static uspan_tracer_t tracer;
    uint64_t before = 0, after = 0;
    uint32_t wait_ms = 0;
    (void)state;
    is_running = false;
    assert_int_equal(uspan_init(&tracer, &uspan_pico_port), USPAN_OK);
    assert_true(uspan_poll(&tracer, &wait_ms) >= 0);
    assert_int_not_equal(uspan_unix_now(&tracer, &before), USPAN_OK);
    is_running = true;
    has_time = true;
    timer = (struct timespec){ .tv_sec = 1893456000, .tv_nsec = 250000000 };
    assert_int_equal(uspan_init(&tracer, &uspan_pico_port), USPAN_OK);
    assert_true(uspan_poll(&tracer, &wait_ms) >= 0);
    assert_int_equal(uspan_unix_now(&tracer, &after), USPAN_OK);
    assert_in_range(after, 1893456000u * UINT64_C(1000000000) + 250000000u,
                    1893456000u * UINT64_C(1000000000) + 260000000u);
}

static void test_random_bytes_of_each_length_stay_in_their_buffer(void **state)
{
    uint8_t bytes[40];
    (void)state;
    for (size_t len = 0; len <= 33u; len++) {
        memset(bytes, 0xEE, sizeof bytes);
        assert_int_equal(uspan_pico_port.random(NULL, bytes, len), USPAN_OK);
        for (size_t at = len; at < sizeof bytes; at++) {
            assert_int_equal(bytes[at], 0xEE);
        }
    }
    assert_memory_not_equal(bytes, bytes + 8, 8); /* each word is a new one */
}

static uspan_tracer_t shared;
static uspan_t roots[2], inside[2];
static pthread_barrier_t both_inside, both_done;

static void *record_on_core(void *number)
{
    core = *(const uint *)number;
    roots[core] = uspan_start(&shared, USPAN_ROOT, "core");
    uspan_t before = uspan_enter(&shared, roots[core]);
    pthread_barrier_wait(&both_inside);
    for (unsigned i = 0; i < SPANS; i++) {
        uspan_t span = uspan_start(&shared, USPAN_CURRENT, "work");
        uspan_set_int(&shared, span, USPAN_KEY("turn"), (int64_t)i);
        uspan_end(&shared, span);
    }
    inside[core] = uspan_current(&shared);
    pthread_barrier_wait(&both_done); /* neither has left its span before */
    uspan_leave(&shared, before);
    uspan_end(&shared, roots[core]);
    return NULL;
}

static void test_two_cores_record_at_the_same_time(void **state)
{
    static const uint numbers[2] = { 0u, 1u };
    pthread_t threads[2];
    uspan_stats_t s;
    (void)state;
    assert_int_equal(uspan_init(&shared, &uspan_pico_port), USPAN_OK);
    assert_int_equal(pthread_barrier_init(&both_inside, NULL, 2u), 0);
    assert_int_equal(pthread_barrier_init(&both_done, NULL, 2u), 0);
    uint32_t taken_before = taken;
    for (unsigned i = 0; i < 2u; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, record_on_core, (void *)(uintptr_t)&numbers[i]),
                         0);
    }
    for (unsigned i = 0; i < 2u; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(taken - taken_before > 2u * SPANS);
    assert_false(is_nested);
    assert_false(has_wrong_state);
    for (unsigned i = 0; i < 2u; i++) { /* each core has a current span of its own */
        assert_int_equal(inside[i].id, roots[i].id);
    }
    assert_int_not_equal(roots[0].id, roots[1].id);
    uspan_stats(&shared, 0, &s);
    assert_int_equal(s.started, 2u * (SPANS + 1u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_lock_is_claimed_once_before_other_constructors),
        cmocka_unit_test(test_a_timer_that_runs_is_the_source_of_time),
        cmocka_unit_test(test_without_a_set_timer_the_time_is_unknown),
        cmocka_unit_test(test_the_timers_time_is_that_of_a_span),
        cmocka_unit_test(test_random_bytes_of_each_length_stay_in_their_buffer),
        cmocka_unit_test(test_two_cores_record_at_the_same_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
