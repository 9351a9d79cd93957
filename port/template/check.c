/* check.c: runs the functions of a port and finds faults in them. Called by main.c of a new port.
 * Invariant: every loop ends by the clock, or by a count if the clock itself is tested. */
#include "uspan_check.h"

#include <stdbool.h>
#include <string.h>
#include "uspan/types.h"

#define NS_PER_MS 1000000u
#define READS_MAX 20000000u           /* a clock that has not changed after these reads has stopped */
#define LEAP_NS 4000000000u           /* a torn read of two halves is wrong by 2^32 ns */
#define STEP_MAX_NS (20u * NS_PER_MS) /* with longer steps, durations of spans are useless */
#define DRAWS 4u
#define DRAW_BYTES 32u
#define CALL_MAX_NS (100u * NS_PER_MS)
#define ANSWER_MS 30000u

static uint64_t now_of(const uspan_port_t *port)
{
    return port->mono_ns(port->ctx);
}

/* Wait until the clock has advanced by ns. Returns NULL, or a text that says what is wrong with the clock. */
static const char *watch(const uspan_port_t *port, uint64_t ns)
{
    uint64_t began = now_of(port), last = began;
    for (uint32_t same = 0; last - began < ns; same++) {
        uint64_t now = now_of(port);
        if (now < last) {
            return "the clock went back: the counter's wrap is noticed late, or its halves are read while "
                   "they change";
        }
        if (now - last > LEAP_NS) {
            return "the clock jumped: the high part may be counted twice or read while it changes";
        }
        if (same >= READS_MAX) {
            return "the clock does not advance: is the timer started, are interrupts on?";
        }
        if (now != last) {
            same = 0;
        }
        last = now;
    }
    return NULL;
}

const char *uspan_check_clock(const uspan_port_t *port)
{
    const char *wrong = watch(port, 1u);
    uint64_t before = now_of(port);
    wrong = wrong == NULL ? watch(port, 1u) : wrong;
    if (wrong == NULL && now_of(port) - before > STEP_MAX_NS) {
        /* A busy machine may have stopped this program for a while, so measure again. */
        before = now_of(port);
        wrong = watch(port, 1u);
        if (wrong == NULL && now_of(port) - before > STEP_MAX_NS) {
            return "the clock's steps are longer than 20 ms: count a faster timer";
        }
    }
    return wrong == NULL ? watch(port, 200u * (uint64_t)NS_PER_MS) : wrong;
}

const char *uspan_check_lock(const uspan_port_t *port)
{
    for (unsigned i = 0; i < 1000u; i++) {
        uint32_t state = port->lock(port->ctx);
        port->unlock(port->ctx, state);
    }
    if (watch(port, 50u * (uint64_t)NS_PER_MS) != NULL) {
        return "the clock stopped after lock and unlock: are interrupts still off?";
    }
    return NULL;
}

static bool is_regular(const uint8_t *bytes)
{
    bool regular = true; /* all steps between bytes are equal: the bytes are constant, or count */
    for (size_t i = 2; i < DRAW_BYTES; i++) {
        regular = regular && (uint8_t)(bytes[i] - bytes[i - 1u]) == (uint8_t)(bytes[1] - bytes[0]);
    }
    return regular;
}

const char *uspan_check_entropy(const uspan_port_t *port)
{
    uint8_t drawn[DRAWS][DRAW_BYTES];
    memset(drawn, 0, sizeof(drawn));
    for (size_t i = 0; i < DRAWS; i++) {
        uspan_err_t err = USPAN_ERR_AGAIN;
        uint64_t until = now_of(port) + 100u * (uint64_t)NS_PER_MS;
        for (uint32_t reads = 0; err == USPAN_ERR_AGAIN && reads < READS_MAX && now_of(port) < until;
             reads++) {
            err = port->random(port->ctx, drawn[i], DRAW_BYTES);
        }
        if (err != USPAN_OK) {
            return err == USPAN_ERR_AGAIN ? "no entropy: spans will be null and TLS will not start"
                                          : "random() returned neither USPAN_OK nor USPAN_ERR_AGAIN";
        }
        if (is_regular(drawn[i])) {
            return "random() counts or repeats one byte: this is not entropy";
        }
        for (size_t j = 0; j < i; j++) {
            if (memcmp(drawn[i], drawn[j], DRAW_BYTES) == 0) {
                return "random() repeats itself: this is not entropy";
            }
        }
    }
    return NULL;
}

const char *uspan_check_time(const uspan_port_t *port)
{
    uint64_t first = 0, second = 0;
    uint64_t mono = now_of(port);
    uspan_err_t err = port->unix_ns(port->ctx, &first);
    if (err == USPAN_ERR_AGAIN) {
        return "";
    }
    if (err != USPAN_OK) {
        return "unix_ns() returned neither USPAN_OK nor USPAN_ERR_AGAIN";
    }
    if (!uspan_unix_is_plausible(first)) {
        return "a time that uspan ignores: nanoseconds since 1970 are wanted, not before USPAN_DATE_MIN_S";
    }
    const char *wrong = watch(port, 200u * (uint64_t)NS_PER_MS);
    if (wrong != NULL || port->unix_ns(port->ctx, &second) != USPAN_OK) {
        return wrong != NULL ? wrong : "the Unix time was known and is unknown now";
    }
    uint64_t passed = now_of(port) - mono, told = second - first;
    if (second < first || told > passed + 2000u * (uint64_t)NS_PER_MS) { /* an RTC may count in seconds */
        return "the Unix time does not advance with the clock";
    }
    return NULL;
}

/* ---- network ------------------------------------------------------------------------------------------- */

typedef struct trial {
    const uspan_port_t *port;
    const uspan_transport_t *transport;
    void (*turn)(void);
    uint64_t until_ns;
    bool waited; /* a call took too long, so it blocks */
} trial_t;

static bool is_late(trial_t *t, uint64_t began_ns)
{
    uint64_t now_ns = now_of(t->port);
    t->waited = t->waited || now_ns - began_ns > CALL_MAX_NS;
    if (t->turn != NULL) {
        t->turn();
    }
    return now_ns >= t->until_ns;
}

static uspan_err_t open_fully(trial_t *t, const uspan_peer_t *peer)
{
    uspan_err_t err = USPAN_ERR_AGAIN;
    bool late = false;
    t->until_ns = now_of(t->port) + ANSWER_MS * (uint64_t)NS_PER_MS;
    while (err == USPAN_ERR_AGAIN && !late) {
        uint64_t began_ns = now_of(t->port);
        err = t->transport->open(t->transport->ctx, peer);
        late = is_late(t, began_ns);
    }
    return err;
}

static const char *ask(trial_t *t)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    size_t sent = 0;
    int32_t moved = 0;
    bool late = false;
    while (sent < sizeof(request) - 1u && moved >= 0 && !late) {
        uint64_t began_ns = now_of(t->port);
        moved = t->transport->send(t->transport->ctx, (const uint8_t *)request + sent,
                                   sizeof(request) - 1u - sent);
        sent += moved > 0 ? (size_t)moved : 0u;
        late = is_late(t, began_ns);
    }
    if (sent < sizeof(request) - 1u) {
        return moved < 0 ? "sending failed" : "send() makes no progress";
    }
    uint8_t byte = 0;
    moved = 0;
    while (moved == 0 && !late) {
        uint64_t began_ns = now_of(t->port);
        moved = t->transport->recv(t->transport->ctx, &byte, 1u);
        late = is_late(t, began_ns);
    }
    return moved == 1 ? NULL : moved == 0 ? "no response arrived" : "receiving failed";
}

const char *uspan_check_transport(const uspan_port_t *port, const uspan_transport_t *transport,
                                  const uspan_peer_t *peer, uint16_t refuses, void (*turn)(void))
{
    trial_t t = { .port = port, .transport = transport, .turn = turn };
    transport->close(transport->ctx); /* close() before open() is allowed */
    for (unsigned round = 0; round < 2u; round++) {
        uspan_err_t err = open_fully(&t, peer);
        if (err != USPAN_OK) {
            return err == USPAN_ERR_AGAIN ? "open() never completes" : "open() failed";
        }
        const char *wrong = ask(&t);
        if (wrong != NULL) {
            return wrong;
        }
        transport->close(transport->ctx);
        transport->close(transport->ctx);
    }
    if (refuses != 0u) {
        const uspan_peer_t nobody = { .host = peer->host, .port = refuses };
        uspan_err_t err = open_fully(&t, &nobody);
        bool silent = err != USPAN_ERR_AGAIN && transport->last_error_text(transport->ctx)[0] == 0;
        transport->close(transport->ctx);
        if (err == USPAN_OK || silent) {
            return silent ? "last_error_text() returned an empty text after a failure"
                          : "open() reported success on a port where no server listens";
        }
    }
    return t.waited ? "a call took more than 100 ms: it blocks, so the application would block too" : NULL;
}

/* ---- the complete port --------------------------------------------------------------------------------- */

static unsigned tell(const uspan_port_t *port, const char *fine, const char *wrong)
{
    port->log(port->ctx, wrong == NULL ? USPAN_LEVEL_INFO : USPAN_LEVEL_ERROR, wrong == NULL ? fine : wrong);
    return wrong == NULL ? 0u : 1u;
}

unsigned uspan_check_port(const uspan_port_t *port)
{
    unsigned wrong = tell(port, "log: this line", NULL);
    wrong += tell(port, "clock: goes on", uspan_check_clock(port));
    wrong += tell(port, "lock: lets go", uspan_check_lock(port));
    wrong += tell(port, "entropy: differs", uspan_check_entropy(port));
    const char *time = uspan_check_time(port);
    bool unknown = time != NULL && time[0] == 0;
    wrong += tell(port, unknown ? "time: unknown as yet" : "time: goes on", unknown ? NULL : time);
    return wrong;
}
