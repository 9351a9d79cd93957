/* test_link.c: 5,000 spans over TLS through links that lose, reorder and duplicate frames. The cable is
 * disconnected and the collector restarts meanwhile. No span is lost while the pool has room. Otherwise each
 * loss is counted. All memory is freed at the end. */
#include "alone.h"
#include <stdio.h>
#include <string.h>
#include "device.h"

#define SPANS 5000u

typedef struct link {
    uint64_t seed;
    bool tls13;                        /* else 1.2 */
    unsigned loss, duplicate, reorder; /* percent */
    bool trouble;                      /* the cable is disconnected twice, the collector restarts */
    bool careless;                     /* spans are recorded on time, even if there is no room */
    const char *bodies;                /* file for the bodies, or NULL */
} link_t;

typedef struct outcome {
    uspan_stats_t stats;
    unsigned unique, spans, repeated, requests, strange, connections, sessions[2], resumed;
    uint64_t reported; /* drops that were reported to the collector */
    unsigned lwip_before, lwip_after, no_pbuf, frames, lost, rounds;
    size_t tls_after;
    uint64_t hash, end_ns;
} outcome_t;

static const link_t *link_;
static unsigned recorded, cable_state, collector_state;
static uint64_t next_span_ns, cable_back_ns, collector_back_ns;

static bool record_one(void)
{
    char name[16];
    (void)snprintf(name, sizeof name, "span %u", recorded);
    uspan_t s = uspan_start(&device_.tracer, USPAN_ROOT, name);
    (void)uspan_set_int(&device_.tracer, s, USPAN_KEY("number"), recorded);
    (void)uspan_set_str(&device_.tracer, s, USPAN_KEY("text"), "forty bytes of text that a span may carry");
    (void)uspan_end(&device_.tracer, s);
    recorded++;
    return true;
}

/* The cable is disconnected after 1,500 spans for 20 s, which the PHY detects. After 3,000 spans it is
 * disconnected for 100 s without notice. */
static bool mind_cable(uint64_t *next_ns)
{
    static const unsigned at[] = { 1500u, 3000u };
    if (cable.pulled) {
        if (cable.now_ns < cable_back_ns) {
            *next_ns = cable_back_ns;
            return false;
        }
        cable_pull(false, true);
        return true;
    }
    if (cable_state < 2u && recorded >= at[cable_state]) {
        cable_pull(true, cable_state == 0u);
        cable_back_ns = cable.now_ns + (cable_state == 0u ? 20000u : 100000u) * MS;
        cable_state++;
        return true;
    }
    return false;
}

/* The collector crashes after 4,000 spans. It receives one more request, ends before its response, and is
 * back after 10 s. */
static bool mind_collector(uint64_t *next_ns)
{
    if (collector_state == 0u && recorded >= 4000u) {
        collector.dies = true;
        collector_state = 1u;
        return true;
    }
    if (collector_state == 1u && collector.crashed) {
        collector_back_ns = cable.now_ns + 10000u * MS;
        collector_state = 2u;
        return true;
    }
    if (collector_state == 2u && cable.now_ns >= collector_back_ns) {
        collector_return();
        collector_state = 3u;
        return true;
    }
    if (collector_state == 2u && collector_back_ns < *next_ns) {
        *next_ns = collector_back_ns;
    }
    return false;
}

static bool application(uint64_t *next_ns)
{
    bool busy = false;
    if (link_->trouble) {
        busy = mind_cable(next_ns);
        busy = mind_collector(next_ns) || busy;
    }
    uspan_stats_t stats = device_stats();
    bool room = stats.queued + stats.open < USPAN_SPANS_MAX;
    if (recorded < SPANS && cable.now_ns >= next_span_ns && (room || link_->careless)) {
        /* About what the link can carry. The pool overflows while the link carries nothing. */
        next_span_ns = cable.now_ns + (10u + (link_->careless ? 12u * link_->loss : 0u)) * MS;
        return record_one();
    }
    if (recorded < SPANS && cable.now_ns < next_span_ns && next_span_ns < *next_ns) {
        *next_ns = next_span_ns;
    }
    return busy;
}

static bool all_sent(void)
{
    return recorded >= SPANS && uspan_flushed(&device_.tracer);
}

static bool all_recorded(void)
{
    return recorded == SPANS && !cable.pulled && (!link_->trouble || collector_state == 3u);
}

static void travel(const void *in, void *out)
{
    outcome_t *o = out;
    link_ = in;
    memset(o, 0, sizeof *o);
    device_start(link_->seed);
    collector_speak(link_->tls13);
    device_run_ns(5000u * MS); /* time for IPv6 to join its groups */
    if (link_->bodies != NULL) {
        collector.bodies = fopen(link_->bodies, "wb");
    }
    cable.loss = link_->loss;
    cable.duplicate = link_->duplicate;
    cable.reorder = link_->reorder;
    device_.app = application;
    o->lwip_before = cable_lwip_in_use();
    (void)device_run_until(all_recorded, 40000000u * MS);
    uspan_flush(&device_.tracer);
    (void)device_run_until(all_sent, 40000000u * MS);
    /* One more span reports the counts of the last drops to the collector. */
    (void)record_one();
    uspan_flush(&device_.tracer);
    (void)device_run_until(all_sent, 4000000u * MS);
    o->end_ns = cable.now_ns;
    device_stop();
    o->stats = device_stats();
    o->unique = collector.unique;
    o->spans = collector.spans;
    o->repeated = collector.repeated;
    o->requests = collector.requests;
    o->strange = collector.strange;
    o->connections = collector.connections;
    o->sessions[0] = collector.sessions[0];
    o->sessions[1] = collector.sessions[1];
    o->resumed = collector.resumed;
    o->reported = collector.dropped;
    o->lwip_after = cable_lwip_in_use();
    o->tls_after = device_tls_in_use();
    o->no_pbuf = cable.no_pbuf;
    o->frames = cable.frames;
    o->lost = cable.lost;
    o->rounds = device_.rounds;
    o->hash = cable.hash;
    if (collector.bodies != NULL) {
        (void)fclose(collector.bodies);
    }
    collector_stop();
    cable_stop();
}

static uint64_t dropped_of(const uspan_stats_t *stats)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < USPAN_DROP_COUNT; i++) {
        sum += stats->dropped[i];
    }
    return sum;
}

static outcome_t send_through(const link_t *l)
{
    outcome_t o;
    run_alone(travel, l, &o, sizeof o);
    const uspan_stats_t *s = &o.stats;
    uint64_t dropped = dropped_of(s);
    print_message("TLS 1.%u, loss %u %%: %llu delivered, %llu dropped, %u requests (%u again), %u connections, "
                  "%u resumed, %u frames, %u rounds, %.0f s of virtual time\n",
                  l->tls13 ? 3u : 2u, l->loss, (unsigned long long)s->delivered, (unsigned long long)dropped, o.requests,
                  o.repeated, o.connections, o.resumed, o.frames, o.rounds, (double)o.end_ns / 1e9);
    /* The device's counts balance, and equal those of the collector. */
    assert_int_equal(s->started, SPANS + 1u);
    assert_int_equal(s->started, s->delivered + dropped);
    assert_int_equal(s->queued + s->open, 0);
    assert_int_equal(o.unique, s->delivered);
    assert_int_equal(o.spans, o.unique); /* repeated bodies had the same bytes */
    assert_int_equal(o.strange, 0);
    assert_int_equal(o.reported, dropped);
    assert_int_equal(o.sessions[!l->tls13], 0);
    assert_true(o.sessions[l->tls13] > 0u);
    /* Nothing is left allocated. */
    assert_int_equal(o.lwip_after, o.lwip_before);
    assert_int_equal(o.tls_after, 0);
    return o;
}

/* The state of these tests is the version of TLS. */
static const bool tls12 = false, tls13 = true;

static void test_a_good_link_brings_every_span_over_few_connections(void **state)
{
    outcome_t o = send_through(&(link_t){ .seed = 1u, .tls13 = *(const bool *)*state });
    assert_int_equal(o.stats.delivered, SPANS + 1u);
    assert_int_equal(o.stats.retries, 0);
    assert_int_equal(o.lost, 0);
    assert_in_range(o.connections, 1, 2);
}

static void test_cable_and_collector_fail_and_every_span_arrives(void **state)
{
    outcome_t o = send_through(&(link_t){ .seed = 2u, .tls13 = *(const bool *)*state, .trouble = true });
    assert_int_equal(o.stats.delivered, SPANS + 1u);
    assert_true(o.stats.retries > 0u);
    assert_true(o.connections > 2u);
    assert_true(o.repeated > 0u); /* the request that had no response */
    assert_true(o.resumed > 0u);
}

static void test_a_tenth_of_the_frames_lost_and_every_span_arrives(void **state)
{
    outcome_t o = send_through(&(link_t){ .seed = 3u,
                                          .tls13 = *(const bool *)*state,
                                          .loss = 10u,
                                          .duplicate = 5u,
                                          .reorder = 10u,
                                          .trouble = true });
    assert_int_equal(o.stats.delivered, SPANS + 1u);
    assert_true(o.lost > o.frames / 20u);
}

static void test_a_third_of_the_frames_lost_and_every_span_arrives(void **state)
{
    outcome_t o = send_through(&(link_t){ .seed = 4u,
                                          .tls13 = *(const bool *)*state,
                                          .loss = 30u,
                                          .duplicate = 10u,
                                          .reorder = 20u,
                                          .trouble = true });
    assert_int_equal(o.stats.delivered, SPANS + 1u);
    assert_true(o.lost > o.frames / 5u);
}

static void test_a_full_pool_loses_spans_and_each_is_counted_on_both_sides(void **state)
{
    (void)state;
    for (unsigned loss = 0; loss <= 30u; loss += 15u) {
        outcome_t o = send_through(
            &(link_t){ .seed = 5u + loss, .tls13 = loss == 15u, .loss = loss, .trouble = true, .careless = true });
        assert_true(dropped_of(&o.stats) > 0u);
        assert_int_equal(o.stats.dropped[USPAN_DROP_POOL_FULL], dropped_of(&o.stats));
    }
}

static void test_the_same_seed_gives_the_same_frames_at_the_same_times(void **state)
{
    (void)state;
    const link_t l = { .seed = 9u, .tls13 = true, .loss = 10u, .duplicate = 5u, .reorder = 10u, .trouble = true };
    outcome_t one = send_through(&l), other = send_through(&l);
    assert_int_equal(one.hash, other.hash);
    link_t another = l;
    another.seed = 10u;
    outcome_t third = send_through(&another);
    assert_int_not_equal(one.hash, third.hash);
}

#define IN_BOTH_VERSIONS(test)                                                 \
    { #test "_over_tls_1_2", test, NULL, NULL, (void *)(uintptr_t)&tls12 },    \
    { #test "_over_tls_1_3", test, NULL, NULL, (void *)(uintptr_t)&tls13 }

int main(int argc, char **argv)
{
    if (argc == 2) { /* for a Python test that checks the bodies with the official classes */
        outcome_t o;
        travel(&(link_t){ .seed = 11u, .loss = 10u, .reorder = 10u, .trouble = true, .careless = true, .bodies = argv[1] },
               &o);
        printf("%llu %llu\n", (unsigned long long)o.stats.delivered, (unsigned long long)dropped_of(&o.stats));
        return 0;
    }
    const struct CMUnitTest tests[] = {
        IN_BOTH_VERSIONS(test_a_good_link_brings_every_span_over_few_connections),
        IN_BOTH_VERSIONS(test_cable_and_collector_fail_and_every_span_arrives),
        IN_BOTH_VERSIONS(test_a_tenth_of_the_frames_lost_and_every_span_arrives),
        IN_BOTH_VERSIONS(test_a_third_of_the_frames_lost_and_every_span_arrives),
        cmocka_unit_test(test_a_full_pool_loses_spans_and_each_is_counted_on_both_sides),
        cmocka_unit_test(test_the_same_seed_gives_the_same_frames_at_the_same_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
