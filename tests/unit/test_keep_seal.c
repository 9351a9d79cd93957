/* test_keep_seal.c: what the crash call sealed is trusted only if no bit of it was altered.
 * uspan-config: USPAN_KEEP=1 USPAN_SPANS_MAX=6 USPAN_TEXT_BYTES=2048 USPAN_ATTRS_MAX=8 */
#include "keep_turn.h"

/* A watchdog interrupts the crash call while it computes the checksum, and its handler calls it too. Both
 * calls seal the same. */
static void test_a_crash_call_may_interrupt_another_one(void **state)
{
    world_t *w = *state;
    uspan_t spans[4];
    boot(w);
    record_turn(w, spans);
    uspan_keep_t *k = &w->tracer.keep;
    uspan_keep_crash(&w->tracer, &(uspan_crash_t){ .reason = USPAN_RESET_HARD_FAULT });
    const uint32_t sum = k->sum, sealed = k->sealed;
    k->sum = k->sealed = 0u; /* interrupted here */
    uspan_keep_crash(&w->tracer, &(uspan_crash_t){ .reason = USPAN_RESET_WATCHDOG, .reg_count = 1u });
    assert_int_equal(k->sealed, sealed);
    k->sum = sum; /* it continues */
    k->sealed = sealed;
    const uspan_keep_report_t r = reset(w, USPAN_RESET_UNKNOWN);
    assert_int_equal(r.found, USPAN_KEPT_TAKEN);
    assert_int_equal(r.reason, USPAN_RESET_HARD_FAULT);
    assert_int_equal(r.open + r.ended, 4);
    uspan_keep_crash(&w->tracer, &(uspan_crash_t){ .reason = USPAN_RESET_ASSERT });
    assert_int_equal(reset(w, USPAN_RESET_UNKNOWN).reason, USPAN_RESET_ASSERT);
}

/* Each byte that the crash call seals is altered, one after the other. */
static void test_an_altered_byte_is_noticed_wherever_it_is(void **state)
{
    world_t *w = *state;
    static uspan_tracer_t image;
    uspan_t spans[4];
    boot(w);
    record_turn(w, spans);
    uspan_keep_crash(&w->tracer, &(uspan_crash_t){ .reason = USPAN_RESET_ASSERT });
    image = w->tracer;
    const uspan_keep_options_t o = keep_options(USPAN_RESET_SOFTWARE);
    const size_t high = offsetof(uspan_tracer_t, keep) + sizeof image.keep;
    for (size_t at = offsetof(uspan_tracer_t, block_next); at < high; at++) {
        w->tracer = image;
        ((uint8_t *)&w->tracer)[at] ^= (uint8_t)(1u << at % 8u);
        uspan_keep_report_t report;
        assert_int_equal(uspan_keep_mount(&w->tracer, &w->port, &o, &report), USPAN_OK);
        assert_true(report.found != USPAN_KEPT_TAKEN);
    }
}

static void test_alterations_of_two_words_do_not_cancel_out(void **state)
{
    world_t *w = *state;
    uspan_t spans[4];
    static uspan_tracer_t image;
    boot(w);
    record_turn(w, spans);
    uspan_keep_crash(&w->tracer, &(uspan_crash_t){ .reason = USPAN_RESET_ASSERT });
    image = w->tracer;
    for (unsigned n = 0; n < 3u * 15u * 31u; n++) {
        uint8_t *word = (uint8_t *)w->tracer.blocks + n % 3u * 128u;
        w->tracer = image;
        word[3] ^= (uint8_t)((n / 3u % 15u + 1u) << 4);
        word[4] ^= (uint8_t)((n / 45u + 1u) << 3);
        word[7] ^= (uint8_t)((n / 45u + 1u) << 4); /* in half of the cases, only high bits of both */
        word[4] ^= n % 2u != 0u ? (uint8_t)((n / 45u + 1u) << 3) : 0u;
        uspan_keep_report_t r = keep_mount(w, USPAN_RESET_SOFTWARE);
        assert_int_equal(r.found, USPAN_KEPT_ALTERED);
        assert_int_equal(r.lost, 4);
    }
    w->tracer = image;
    assert_int_equal(keep_mount(w, USPAN_RESET_SOFTWARE).found, USPAN_KEPT_TAKEN);
    keep_listen(w, &sent);
    keep_send(w);
}

static uint64_t random_state = 1u;
static unsigned random_below(unsigned n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % n;
}

static void test_flipped_bits_are_noticed_where_the_crash_call_sealed(void **state)
{
    world_t *w = *state;
    static uspan_tracer_t image;
    static const unsigned flips[] = { 1, 16, 256 };
    const char *boots_of = getenv("USPAN_KEEP_BOOTS");
    const unsigned boots = boots_of != NULL ? (unsigned)atoi(boots_of) : 300u;
    const size_t low = offsetof(uspan_tracer_t, block_next), bytes = sizeof image - low;
    uspan_t spans[4];
    boot(w);
    record_turn(w, spans);
    for (unsigned sealed = 0; sealed < 2u; sealed++) {
        if (sealed == 1u) {
            uspan_keep_crash(&w->tracer, &(uspan_crash_t){ .reason = USPAN_RESET_ASSERT });
        }
        image = w->tracer;
        unsigned taken = 0;
        for (unsigned n = 0; n < boots; n++) {
            w->tracer = image;
            for (unsigned i = flips[n % 3u]; i > 0u; i--) {
                ((uint8_t *)&w->tracer)[low + random_below((unsigned)bytes)] ^=
                    (uint8_t)(1u << random_below(8u));
            }
            if (sealed == 0u) {
                keep_mend_pointers(&w->tracer, &image);
            }
            uspan_keep_report_t r = reset(w, USPAN_RESET_SOFTWARE);
            if (sealed == 1u) {
                assert_true(r.found != USPAN_KEPT_TAKEN);
            } else if (r.found == USPAN_KEPT_TAKEN) {
                taken += r.ended + r.open;
            }
            keep_send(w);
            assert_int_equal(sent.count, r.ended + r.open);
        }
        assert_true(sealed == 1u || taken > boots);
        w->tracer = image;
    }
    assert_int_equal(keep_mount(w, USPAN_RESET_SOFTWARE).found, USPAN_KEPT_TAKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
        IN_WORLD(test_a_crash_call_may_interrupt_another_one),
        IN_WORLD(test_an_altered_byte_is_noticed_wherever_it_is),
        IN_WORLD(test_alterations_of_two_words_do_not_cancel_out),
        IN_WORLD(test_flipped_bits_are_noticed_where_the_crash_call_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
