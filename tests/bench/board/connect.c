/* connect.c: replaces the example agent on an MPS2 board. It delivers one chat span (W1) over a new
 * connection, over the kept one, and over one resumed with a ticket. A second without traffic follows. It
 * prints the instructions of each phase. QEMU runs with -icount shift=3, a core of 125 MHz with one
 * instruction per cycle. The board's clock is read in steps of 5 of them. Invariant: a phase is the sum of
 * its turns, which are polls of uspan and of lwIP. Turns that only wait are left out, because their number
 * depends on the peer. Settings at run time: unix_s=N, the time, so that no probe requests it. */
#include <string.h>

#include "agent.h"
#include "board.h"
#include "../w1.h"

#define INSTRUCTION_NS 8u
#define WAITING_MAX 3000u /* instructions of a turn that only waits */
#define CLOSED_MS 200u
#define REST_NS 1000000000u
#define DEADLINE_NS 60000000000u

char w1_input[W1_MESSAGE_BYTES + 1u];
char w1_output[W1_MESSAGE_BYTES + 1u];

typedef struct costs {
    uint32_t least; /* instructions of a turn that counts */
    uint32_t uspan, stack, longest, waits;
} costs_t;

static uspan_tracer_t *tracer;
static bool is_open;

static bool may_export(void *ctx)
{
    (void)ctx;
    return is_open && ip_is_up();
}

static uint32_t instructions_since(uint64_t began_ns)
{
    return (uint32_t)((board_mono_ns() - began_ns) / INSTRUCTION_NS);
}

static void turn(costs_t *c, uint32_t at_most_ms)
{
    uint32_t wait_ms = 0;
    uint64_t began_ns = board_mono_ns();
    uint32_t stack_ms = ip_poll();
    uint32_t stack = instructions_since(began_ns);
    began_ns = board_mono_ns();
    uspan_err_t err = uspan_poll(tracer, &wait_ms);
    uint32_t uspan = instructions_since(began_ns);
    if (stack + uspan >= c->least) {
        c->stack += stack;
        c->uspan += uspan;
    } else {
        c->waits++;
    }
    c->longest = uspan > c->longest ? uspan : c->longest;
    wait_ms = stack_ms < wait_ms ? stack_ms : wait_ms;
    wait_ms = at_most_ms < wait_ms ? at_most_ms : wait_ms;
    if (err < USPAN_ERR_AGAIN) {
        board_stop("uspan_poll");
    }
    if (wait_ms > 0u) {
        board_wait(wait_ms);
    }
}

static void tell(const char *name, uint32_t n)
{
    put_text(name);
    put_number(n);
}

static void tell_costs(const char *phase, const costs_t *c)
{
    put_text(phase);
    tell(" uspan ", c->uspan);
    tell(" stack ", c->stack);
    tell(" longest ", c->longest);
    tell(" waits ", c->waits);
    put_text("\n");
}

/* connects: the required number of connections at the phase's end. */
static void deliver(const char *phase, uint32_t connects)
{
    costs_t c = { .least = WAITING_MAX };
    uspan_stats_t s;
    record_w1(tracer, USPAN_ROOT);
    uspan_flush(tracer);
    uint64_t began_ns = board_mono_ns();
    while (!uspan_flushed(tracer) && board_mono_ns() - began_ns < DEADLINE_NS) {
        turn(&c, 100u);
    }
    uspan_stats(tracer, 0u, &s);
    if (s.delivered != s.started || s.connects != connects) {
        board_stop(phase);
    }
    tell_costs(phase, &c);
}

static void let_pass(uint32_t ms)
{
    costs_t c = { 0 };
    uint64_t until_ns = board_mono_ns() + (uint64_t)ms * 1000000u;
    while (board_mono_ns() < until_ns) {
        turn(&c, 10u);
    }
}

/* With a connection open and nothing to send: every instruction while the core does not sleep. */
static void rest(void)
{
    costs_t c = { 0 };
    uint64_t until_ns = board_mono_ns() + REST_NS;
    while (board_mono_ns() < until_ns) {
        turn(&c, REST_NS / 1000000u);
    }
    tell_costs("quiet", &c);
}

void agent_turn(uspan_tracer_t *t, void (*wait)(uint32_t ms))
{
    static const uspan_gate_t gate = { NULL, may_export };
    const char *unix_s = board_option("unix_s");
    (void)wait;
    tracer = t;
    memset(w1_input, 'i', W1_MESSAGE_BYTES);
    memset(w1_output, 'o', W1_MESSAGE_BYTES);
    uspan_set_gate(t, &gate);
    uspan_set_unix_time(t, (uint64_t)number_of(unix_s != NULL ? unix_s : "") * 1000000000u);
    while (!ip_is_up()) {
        let_pass(10u);
    }
    is_open = true;
    deliver("full", 1u);
    deliver("kept", 1u);
    is_open = false; /* ends the connection and keeps the ticket */
    let_pass(CLOSED_MS);
    is_open = true;
    deliver("resumed", 2u);
    let_pass(CLOSED_MS); /* until the last acknowledgement has arrived */
    rest();
}
