/* diagnose.c: reports the first cause that applies. Causes are ordered so that a cause comes before the
 * symptoms that it produces. Invariant: of a destination's settings only host and port are shown, so no
 * secret can appear. */
#include <string.h>
#include "export/export_state.h"
#include "export/window.h"
#include "export/log_line.h"
#include "export/poll_time.h"
#include "export/queue.h"
#include "export/shortage.h"
#include "trace/pool.h"
#include "export/retry.h"
#include "trace/clock.h"

/* The text of each cause: what is wrong, or how to correct it if that says both. A text that ends in a space
 * is followed by the text of the transport or parser. With USPAN_MESSAGE_TEXTS 0 the cause is shown as "c"
 * and its number, from 0. */
#define CAUSES(X)                                                  \
    X(NONE, "No problem found")                                    \
    X(UNUSED, "No destination: call uspan_export_to()")            \
    X(SETTINGS, "Setting rejected: ")                              \
    X(STOPPED, "Was shut down: call uspan_init()")                 \
    X(ENTROPY, "No entropy: see the port's random()")              \
    X(GATE, "Gate closed: uspan_set_gate()")                       \
    X(TRUST, "Check certificates, host name, clock: ")             \
    X(NETWORK, "Check host, port, network: ")                      \
    X(CREDENTIALS, "Credentials refused: check headers")           \
    X(PATH, "Check the path, often /v1/traces")                    \
    X(LARGE, "Too large: lower USPAN_BATCH_BYTES_MAX")             \
    X(BUSY, "Collector busy: uspan will retry")                    \
    X(REFUSED, "Refused: see the collector's log")                 \
    X(OFF, "Recording is off: uspan_set_enabled()")                \
    X(CLOCK, "No Unix time: uspan_set_unix_time()")                \
    X(WAITING, "Spans wait: call uspan_poll() often")              \
    X(NO_SPAN, "No span was started")                              \
    X(SAMPLER, "All unsampled: uspan_set_sampler()")               \
    X(OPEN, "Spans are open: end them")                            \
    X(LOST, "Some spans were lost: see the counts")                \
    X(NO_POLL, "Spans wait: nobody calls uspan_poll()")            \
    X(NO_ANSWER, "No response yet: wait, or check port and https") \
    X(PARENT, "Children without a parent: start them before it ends")

#define CAUSE_NAME(name, text) CAUSE_##name,
#define CAUSE_TEXT(name, text) text "\0"
typedef enum cause { CAUSES(CAUSE_NAME) CAUSE_COUNT } cause_t;
#if USPAN_MESSAGE_TEXTS
static const char causes[] = CAUSES(CAUSE_TEXT);
#endif

#define NO_POLL_NS (60u * (uint64_t)USPAN_NS_PER_S) /* without a call of uspan_poll() */
#define SLACK_MS 1000u                              /* a loop that polls this late is not slow */

static cause_t cause_of_answer(uint16_t status)
{
    switch (uspan_action_for(status)) {
    case USPAN_ACTION_RENEW:
        return CAUSE_CREDENTIALS;
    case USPAN_ACTION_CONFIG:
        return CAUSE_PATH;
    case USPAN_ACTION_SPLIT:
        return CAUSE_LARGE;
    case USPAN_ACTION_RETRY:
        return CAUSE_BUSY;
    case USPAN_ACTION_DELIVERED:
        return CAUSE_NONE;
    case USPAN_ACTION_REFUSED:
    default:
        return CAUSE_REFUSED;
    }
}

/* Returns true if an exchange with the destination is running. */
static bool is_exchange_running(const uspan_export_part_t *x, unsigned d)
{
    for (unsigned i = 0; i < USPAN_EXCHANGES_MAX; i++) {
        const uspan_exchange_t *e = &x->exchanges[i];
        if (e->step != USPAN_STEP_IDLE && e->dest == d) {
            return true;
        }
    }
    return false;
}

/* Returns the time until which a program that polls has sent the oldest span of a destination, or 0 if none
 * waits. */
static uint64_t latest_request_ns(uspan_tracer_t *t, unsigned d)
{
    uint32_t state = uspan_lock(t);
    const uspan_queue_t *q = &t->trace.queues[uspan_dest_index(d)];
    const uint64_t end_ns = q->count > 0u ? t->trace.slots[q->head].end_ns : 0u;
    uspan_unlock(t, state);
    return end_ns + ((uint64_t)uspan_export_state(t)->batching.age_ms + SLACK_MS) * USPAN_NS_PER_MS;
}

/* now_ns: monotonic. */
static cause_t find_cause(uspan_tracer_t *t, unsigned d, const uspan_stats_t *s, uint64_t now_ns)
{
    const uspan_dest_t *dest = &t->dests[d];
    const uspan_trace_part_t *p = &t->trace;
    const uspan_export_part_t *x = &t->out;
    const uspan_target_t *target = &dest->target;
    bool collector = dest->used == USPAN_DEST_COLLECTOR;
    if (dest->used == USPAN_DEST_NONE) {
        return target->why[0] != '\0' ? CAUSE_SETTINGS : CAUSE_UNUSED;
    }
    if (x->stopping != 0u) {
        return CAUSE_STOPPED;
    }
    if (p->seeded == 0u) {
        return CAUSE_ENTROPY;
    }
    if (collector && s->queued > 0u && x->gate != NULL && !x->gate->open(x->gate->ctx)) {
        return CAUSE_GATE;
    }
    if (s->last_error != 0) {
        /* USPAN_ERR_CONFIG is included: own certificate or key */
        bool tls = s->last_error <= USPAN_ERR_TRUST;
        return tls ? CAUSE_TRUST : CAUSE_NETWORK;
    }
    cause_t cause = s->last_status != 0u ? cause_of_answer(s->last_status) : CAUSE_NONE;
    if (cause != CAUSE_NONE) {
        return cause;
    }
    if (collector && target->why[0] != '\0') {
        return CAUSE_SETTINGS;
    }
    if (p->enabled == 0u) {
        return CAUSE_OFF;
    }
    if (s->queued > 0u && (x->now_ns == 0u || now_ns - x->now_ns > NO_POLL_NS)) {
        return CAUSE_NO_POLL;
    }
    const bool is_asking = is_exchange_running(x, d);
    if (s->queued > 0u && is_asking && s->last_status == 0u) {
        return CAUSE_NO_ANSWER;
    }
    if (s->queued > 0u && collector && p->epochs[p->epoch].state == USPAN_EPOCH_UNKNOWN) {
        return CAUSE_CLOCK;
    }
    if (s->queued > 0u && !is_asking && now_ns > latest_request_ns(t, d)) {
        return CAUSE_WAITING;
    }
    uint64_t lost = s->rejected;
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        lost += s->dropped[c];
    }
    if (lost > 0u) { /* a full pool loses parents too, and comes first */
        return lost == s->dropped[USPAN_DROP_PARENT] ? CAUSE_PARENT : CAUSE_LOST;
    }
    if (s->started == s->unsampled) {
        return s->started == 0u ? CAUSE_NO_SPAN : CAUSE_SAMPLER;
    }
    return s->started - s->unsampled == s->open ? CAUSE_OPEN : CAUSE_NONE;
}

#if USPAN_MESSAGE_TEXTS
/* Labels of the numbers below, in the same order. */
static const char labels[] =
    "Destination \0, retry in \0, HTTP status \0, error -\0, started \0, delivered \0, rejected \0"
    ", queued \0, open \0, unsampled ";
#define RETRY_AT 1u
#define ERROR_AT 3u
#define ALWAYS_FROM 4u /* earlier numbers except the first are shown only if not 0 */

/* Returns the name of an error with which exchanges end, or "" for any other value. */
static const char *error_name(int error)
{
    return error == USPAN_ERR_IO       ? " (USPAN_ERR_IO)"
           : error == USPAN_ERR_CLOSED ? " (USPAN_ERR_CLOSED)"
           : error == USPAN_ERR_TRUST  ? " (USPAN_ERR_TRUST)"
           : error == USPAN_ERR_CONFIG ? " (USPAN_ERR_CONFIG)"
                                       : "";
}

static void put_all(uspan_window_t *w, uspan_tracer_t *t, unsigned d)
{
    const uspan_dest_t *dest = &t->dests[d];
    const uspan_target_t *target = &dest->target;
    uspan_stats_t s;
    uspan_stats(t, d, &s);
    const uint64_t now_ns = uspan_now(t);
    const unsigned shortages = uspan_shortages(t);
    uint32_t wait_ms = uspan_ms_between(now_ns, target->backoff.not_before_ns);
    const uint32_t numbers[] = {
        /* The lower 32 bits are enough: no device records 2^32 spans. */
        d,
        (wait_ms + 999u) / 1000u,
        s.last_error == 0 ? s.last_status : 0u, /* otherwise it is of an older exchange */
        (uint32_t)-s.last_error,
        (uint32_t)s.started,
        (uint32_t)s.delivered,
        (uint32_t)s.rejected,
        s.queued,
        s.open,
        (uint32_t)s.unsampled,
    };
    const char *label = labels;
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (i == 0u || i >= ALWAYS_FROM || numbers[i] != 0u) {
            uspan_window_labelled(w, label, numbers[i]);
        }
        label += strlen(label) + 1u;
        if (i == RETRY_AT && wait_ms > 0u) {
            uspan_window_text(w, " s");
        }
        if (i == ERROR_AT) {
            uspan_window_text(w, error_name(s.last_error));
        }
        if (i == 0u && dest->used == USPAN_DEST_COLLECTOR) {
            uspan_window_text(w, " ");
            uspan_window_text(w, target->url.host);
            uspan_window_labelled(w, ":", target->url.port);
        }
    }
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        if (s.dropped[c] > 0u) {
            uspan_window_text(w, ", ");
            uspan_window_text(w, uspan_drop_name((uspan_drop_t)c));
            uspan_window_labelled(w, " ", (uint32_t)s.dropped[c]);
        }
    }
#if USPAN_SPOOL
    if (s.spool_lost > 0u) {
        uspan_window_labelled(w, ", spool_lost ", s.spool_lost);
    }
#endif
    const cause_t found = find_cause(t, d, &s, now_ns);
    const char *text = causes;
    for (unsigned cause = found; cause > 0u; cause--) {
        text += strlen(text) + 1u;
    }
    uspan_window_text(w, ".");
    /* dropped parts of spans are a problem too, even if no other is found */
    if (found != CAUSE_NONE || shortages == 0u) {
        uspan_window_text(w, " ");
        uspan_window_text(w, text);
        if (text[strlen(text) - 1u] == ' ') {
            uspan_window_text(w, target->why);
        }
        if (target->said[0] != '\0') {
            uspan_window_text(w, ": ");
            uspan_window_text(w, target->said);
        }
        uspan_window_text(w, ".");
    }
    uspan_put_shortages(w, t, shortages);
}
#else
/* Append codes for a bug report that a program cannot read elsewhere. Counters are in uspan_stats(). */
static void put_codes(uspan_window_t *w, uspan_tracer_t *t, unsigned d)
{
    uspan_stats_t s;
    uspan_stats(t, d, &s);
    uspan_window_labelled(w, "d", d);
    uspan_window_labelled(w, " c", find_cause(t, d, &s, uspan_now(t)));
    uspan_window_labelled(w, " a", s.last_status);
    uspan_window_labelled(w, " e-", (uint32_t)-s.last_error);
    uspan_put_shortages(w, t, uspan_shortages(t));
}
#endif

size_t uspan_diagnose(uspan_tracer_t *t, unsigned d, char *out, size_t cap)
{
    uspan_window_t w = { .out = (uint8_t *)out, .cap = cap };
    if (t != NULL && !uspan_is_live(t)) {
        uspan_window_text(&w,
                          USPAN_WORDS("tracer not started: check the result of uspan_init()", "not started"));
    } else if (t != NULL && d < USPAN_DESTINATIONS_MAX) {
#if USPAN_MESSAGE_TEXTS
        put_all(&w, t, d);
#else
        put_codes(&w, t, d);
#endif
    }
    if (cap > 0u) {
        out[w.at < cap ? w.at : cap - 1u] = '\0';
    }
    return w.at;
}
