/* interrupts.c: replaces the example agent on an MPS2 board. A timer interrupt and the main loop record at
 * the same time, into their own spans and into one shared span, while the main loop exports. Invariant: the
 * content of a complete span depends on its maker and its number alone (see fill()). The receiver can
 * therefore check every byte, and test_interrupts.py has the same rules. Settings at run time. hogs=1: spans
 * that stay open use most slots, and all text in every second burst. delivered=N: run until N spans are
 * delivered. */
#include "agent.h"
#include "board.h"
#include "cortex_m.h"

#include <string.h>

#define TIMER 0x40000000u /* CMSDK APB timer 0 */
#define TIMER_CTRL (TIMER + 0x0u)
#define TIMER_RELOAD (TIMER + 0x8u)
#define TIMER_INTCLEAR (TIMER + 0xCu)
#define TIMER_RUN 9u /* on, with interrupt */
#define TIMER_IRQ 8u
#define NVIC_ISER 0xE000E100u
#define VTOR 0xE000ED08u
#define VECTORS 32u
#define COUNTS_MIN 1500u /* of 25 MHz, between two interrupts */
#define COUNTS_SPREAD 8191u

#define DELIVERED_WANTED 1000u
#define DEADLINE_NS 60000000000u /* of the machine's time; the host needs less */
#define BURST 4u                 /* spans of the main loop between two exports */
#define STEPS 5u
#define HOGS 9u /* of 16 slots: two are free for recording, five for waiting spans */
#define PATTERN_MAX 100u
#define SHARED_BY_MAIN 40u /* bytes: 'm' from the main loop, */
#define SHARED_BY_ISR 90u  /* 'i' from the interrupt */

static const uspan_key_t key_by = USPAN_KEY_INIT("by"), key_number = USPAN_KEY_INIT("number"),
                         key_half = USPAN_KEY_INIT("half"), key_odd = USPAN_KEY_INIT("odd"),
                         key_text = USPAN_KEY_INIT("text"), key_grown = USPAN_KEY_INIT("grown"),
                         key_shared = USPAN_KEY_INIT("shared"), key_seen = USPAN_KEY_INIT("seen");

typedef struct recorder {
    const char *by;
    uspan_t span;
    uint32_t number; /* of the span; counts every start, whatever its result */
    unsigned step;
} recorder_t;

static uspan_tracer_t *tracer;
static recorder_t by_isr = { .by = "isr" }, by_main = { .by = "main" };
static volatile uspan_t both; /* the main loop's current span, which the interrupt writes to as well */
static volatile uint32_t interrupts, wrong;
static uint32_t noise = 1;
static uspan_t hogs[HOGS];
static void (*vectors[VECTORS])(void) __attribute__((aligned(256)));

static bool is_up(void *ctx)
{
    (void)ctx;
    return ip_is_up();
}

/* The tracer counts every result except a violation of its contract by this file. */
static void check(uspan_err_t err)
{
    if (err == USPAN_ERR_ARG) {
        wrong++;
    }
}

static size_t name_of(const recorder_t *r, const char *end, char *out)
{
    char digits[10];
    size_t at = sizeof(digits), len = strlen(r->by), end_len = strlen(end);
    for (uint32_t n = r->number; at == sizeof(digits) || n > 0u; n /= 10u) {
        digits[--at] = (char)('0' + n % 10u);
    }
    memcpy(out, r->by, len);
    memcpy(out + len, digits + at, sizeof(digits) - at);
    len += sizeof(digits) - at;
    memcpy(out + len, end, end_len);
    return len + end_len;
}

/* One step of one span: start it, set numbers, texts, an event and a name, end it. */
static void fill(recorder_t *r)
{
    char text[PATTERN_MAX];
    size_t len = 3u + r->number * 7u % (PATTERN_MAX - 3u);
    const uspan_attr_t attrs[] = { USPAN_ATTR_INT(&key_number, r->number) };
    memset(text, (int)('a' + r->number % 26u), sizeof(text));
    switch (r->step) {
    case 0:
        r->number++;
        r->span = uspan_start_n(tracer, USPAN_ROOT, text, name_of(r, " begun", text));
        break;
    case 1:
        check(uspan_set_static(tracer, r->span, &key_by, r->by));
        check(uspan_set_int(tracer, r->span, &key_number, r->number));
        check(uspan_set_double(tracer, r->span, &key_half, (double)r->number / 2.0));
        check(uspan_set_bool(tracer, r->span, &key_odd, r->number % 2u != 0u));
        break;
    case 2:
        check(uspan_set_str_n(tracer, r->span, &key_text, "before", 6u));
        check(uspan_set_str_n(tracer, r->span, &key_text, text, len));
        for (unsigned i = 0; i < 3u; i++) {
            check(uspan_append_str_n(tracer, r->span, &key_grown, text, len / 3u));
        }
        break;
    case 3:
        check(uspan_event_n(tracer, r->span, text, name_of(r, " event", text), 0u, attrs, 1u));
        check(uspan_set_status(tracer, r->span, r->number % 2u != 0u ? USPAN_STATUS_ERROR : USPAN_STATUS_OK,
                               "odd"));
        check(uspan_set_name_n(tracer, r->span, text, name_of(r, " done", text)));
        break;
    default:
        check(uspan_end(tracer, r->span));
        break;
    }
    r->step = (r->step + 1u) % STEPS;
}

static void write_shared(char byte, size_t len)
{
    char text[SHARED_BY_ISR];
    memset(text, byte, len);
    check(uspan_set_str_n(tracer, both, &key_shared, text, len));
}

static void timer_handler(void)
{
    uspan_context_t context;
    REG32(TIMER_INTCLEAR) = 1u;
    noise = noise * 1664525u +
            1013904223u; /* so that at some time every instruction of the main loop is interrupted */
    REG32(TIMER_RELOAD) = COUNTS_MIN + (noise >> 16 & COUNTS_SPREAD);
    interrupts++;
    fill(&by_isr);
    check(uspan_context_of(tracer, both, &context));
    check(uspan_set_int(tracer, both, &key_seen, interrupts));
    write_shared('i', SHARED_BY_ISR);
}

static void start_timer(void)
{
    memcpy(vectors, (const void *)(uintptr_t)REG32(VTOR), sizeof(vectors));
    vectors[16u + TIMER_IRQ] = timer_handler;
    REG32(VTOR) = (uint32_t)(uintptr_t)vectors;
    REG32(TIMER_RELOAD) = COUNTS_MIN;
    REG32(NVIC_ISER) = 1u << TIMER_IRQ;
    REG32(TIMER_CTRL) = TIMER_RUN;
}

static uint32_t number_option(const char *name, uint32_t otherwise)
{
    const char *digits = board_option(name);
    return digits != NULL ? number_of(digits) : otherwise;
}

static void start_hogs(void)
{
    char name[] = "hog a";
    for (unsigned i = 0; i < HOGS; i++) {
        name[4] = (char)('a' + i);
        hogs[i] = uspan_start(tracer, USPAN_ROOT, name);
    }
}

/* Allocate all free text blocks, or free those of every second of these spans. */
static void move_text(bool take)
{
    static const char text[64] = "sixty-four bytes of text, or as many as the text pool has left.";
    for (unsigned i = 0; i < HOGS; i++) {
        if (take) {
            while (uspan_append_str_n(tracer, hogs[i], &key_text, text, sizeof(text)) == USPAN_OK) {
            }
        } else if (i % 2u == 0u) {
            check(uspan_set_bool(tracer, hogs[i], &key_text, true));
        }
    }
}

/* A span of the main loop, to which the interrupt writes too. */
static void record(void)
{
    for (unsigned i = 0; i < STEPS; i++) {
        fill(&by_main);
        both.id = by_main.span.id;
        if (i < STEPS / 2u) { /* later values of the interrupt stay */
            write_shared('m', SHARED_BY_MAIN);
        }
    }
}

static void tell(const char *name, uint32_t n)
{
    put_text(name);
    put_number(n);
}

void agent_turn(uspan_tracer_t *t, void (*wait)(uint32_t ms))
{
    static const uspan_gate_t gate = { NULL, is_up };
    const uint32_t wanted = number_option("delivered", DELIVERED_WANTED);
    const bool hungry = board_option("hogs") != NULL;
    uspan_stats_t stats;
    bool take = true;
    tracer = t;
    uspan_set_gate(t, &gate);
    if (hungry) {
        start_hogs();
    }
    start_timer();
    do {
        if (hungry) {
            move_text(take);
            take = !take;
            uspan_flush(t); /* so that no batch grows large in the remaining room */
        }
        for (unsigned i = 0; i < BURST; i++) {
            record();
        }
        wait(1);
        uspan_stats(t, 0, &stats);
    } while (stats.delivered < wanted && board_mono_ns() < DEADLINE_NS);
    REG32(TIMER_CTRL) = 0;
    while (by_isr.step != 0u) {
        fill(&by_isr);
    }
    for (unsigned i = 0; hungry && i < HOGS; i++) {
        check(uspan_end(t, hogs[i]));
    }
    uspan_stats(t, 0, &stats);
    tell("interrupts ", interrupts);
    tell(" isr ", by_isr.number);
    tell(" main ", by_main.number);
    tell(" wrong ", wrong);
    tell(" pool_full ", (uint32_t)stats.dropped[USPAN_DROP_POOL_FULL]);
    tell(" attributes ", stats.attrs_dropped);
    tell(" events ", stats.events_dropped);
    tell(" truncated ", stats.values_truncated);
    put_text("\n");
}
