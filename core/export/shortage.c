/* shortage.c: says what ran short, by how much, and which option to raise. Called by uspan_poll() for the log
 * and by uspan_diagnose(). Invariant: if a span found no slot, or a part of a span was dropped or cut, at
 * least one shortage is reported. */
#include "export/shortage.h"
#include <string.h>
#include "export/export_state.h"
#include "export/log_line.h"
#include "trace/pool.h"

#if USPAN_STUDIO
#define SHORTAGE_OF_STUDIO(X)                                                                              \
    X(KEYS,                                                                                                \
      "Attributes left out, no part of a key may be \"__proto__\", \"constructor\" or \"prototype\" with " \
      "Studio",                                                                                            \
      "", 0u)
#else
#define SHORTAGE_OF_STUDIO(X)
#endif
#if USPAN_TRACESTATE_BYTES > 0
#define SHORTAGE_OF_TRACESTATES(X)                                                              \
    X(TRACESTATES, "Tracestates left out, more remote parents than are remembered at once", "", \
      USPAN_TRACESTATES_MAX)
#else
#define SHORTAGE_OF_TRACESTATES(X)
#endif

/* The sentence of each kind: what ran short, before the highest need seen, the option to raise without its
 * prefix (if there is one), and the value of the option. */
#define SHORTAGES(X)                                                                          \
    X(TEXT, "Text pool too small, bytes wanted", "TEXT_BYTES", USPAN_TEXT_BYTES)              \
    X(ATTRS, "Too many attributes in one span", "ATTRS_MAX", USPAN_ATTRS_MAX)                 \
    X(EVENTS, "Too many events in one span", "EVENTS_MAX", USPAN_EVENTS_MAX)                  \
    X(LINKS, "Too many links in one span", "LINKS_MAX", USPAN_LINKS_MAX)                      \
    X(EVENT_ATTRS, "Attributes of events left out", "EVENT_ATTRS_MAX", USPAN_EVENT_ATTRS_MAX) \
    X(VALUES, "Values cut", "VALUE_MAX", USPAN_VALUE_MAX)                                     \
    X(TASKS, "Tasks without a current span", "TASKS_MAX", USPAN_TASKS_MAX)                    \
    X(SPANS, "Span pool full (end all spans), spans lost", "SPANS_MAX", USPAN_SPANS_MAX)      \
    SHORTAGE_OF_TRACESTATES(X)                                                                \
    SHORTAGE_OF_STUDIO(X)                                                                     \
    X(NAMES, "Span names cut", "NAME_MAX", USPAN_NAME_MAX) /* last, because codes are positions */
#define SHORTAGE_NAME(name, what, option, value) name,
typedef enum shortage { SHORTAGES(SHORTAGE_NAME) SHORTAGE_COUNT } shortage_t;
#if USPAN_MESSAGE_TEXTS
#define SHORTAGE_TEXT(name, what, option, value) " " what ": \0" option "\0"
static const char sentences[] = SHORTAGES(SHORTAGE_TEXT);
#endif
#define SHORTAGE_VALUE(name, what, option, value) value,
static const uint32_t values[SHORTAGE_COUNT] = { SHORTAGES(SHORTAGE_VALUE) };
USPAN_STATIC_ASSERT(SHORTAGE_COUNT <= 16, "shortages_logged has 16 bits");

/* How much was needed, and how much there is. uspan_set_limits() may have set less than the option. */
typedef struct needs {
    uint32_t wanted[SHORTAGE_COUNT], have[SHORTAGE_COUNT];
} needs_t;

static inline void find_needs(const uspan_trace_part_t *p, needs_t *n)
{
    uint32_t dropped = p->attrs_wanted == 0u ? p->attrs_dropped : 0u;
    memset(n->wanted, 0, sizeof n->wanted);
    memcpy(n->have, values, sizeof values);
#if USPAN_STUDIO
    n->wanted[KEYS] = p->keys_refused;
    dropped -= dropped > 0u ? p->keys_refused : 0u;
#endif
    n->wanted[ATTRS] = p->attrs_wanted;
    n->wanted[EVENTS] = p->events_wanted;
    n->wanted[LINKS] = p->links_wanted;
    n->wanted[NAMES] = p->names_truncated;
    n->wanted[TASKS] = p->tasks_dropped;
    n->wanted[SPANS] = (uint32_t)p->dropped[USPAN_DROP_POOL_FULL];
    for (unsigned d = 0; USPAN_EVICTS && d < USPAN_DESTINATIONS_MAX; d++) {
        n->wanted[SPANS] += (uint32_t)p->evicted[d];
    }
#if USPAN_TRACESTATE_BYTES > 0
    n->wanted[TRACESTATES] = p->tracestates_dropped;
#endif
    n->have[ATTRS] = p->limits.attrs;
    n->have[EVENTS] = p->limits.events;
    n->have[LINKS] = p->limits.links;
    n->have[EVENT_ATTRS] = p->limits.event_attrs;
    if (p->limits.value_chars != 0u) {
        n->have[VALUES] = p->limits.value_chars;
    }
    if (p->blocks_wanted > USPAN_BLOCKS_MAX) {
        n->wanted[TEXT] = p->blocks_wanted * USPAN_BLOCK_BYTES;
    } else { /* otherwise the text pool is the cause */
        n->wanted[EVENT_ATTRS] = dropped;
        n->wanted[VALUES] = p->values_truncated;
        if (p->events_wanted + p->links_wanted == 0u) {
            n->wanted[VALUES] += p->events_dropped + p->links_dropped;
        }
    }
}

/* Append the sentences of those bits. Returns the bits of all kinds seen so far. */
static unsigned write_shortages(uspan_window_t *w, uspan_tracer_t *t, unsigned asked)
{
    needs_t n;
    unsigned bits = 0;
    uint32_t state = uspan_lock(t);
    find_needs(&t->trace, &n);
    uspan_unlock(t, state);
    for (unsigned i = 0; i < SHORTAGE_COUNT; i++) {
        bits |= (unsigned)(n.wanted[i] > 0u) << i;
    }
    asked &= bits;
#if USPAN_MESSAGE_TEXTS
    const char *what = sentences;
    for (unsigned i = 0; asked >> i != 0u; i++) {
        const char *option = what + strlen(what) + 1u;
        if ((asked >> i & 1u) != 0u) {
            uspan_window_labelled(w, what, n.wanted[i]);
            if (n.have[i] != values[i]) {
                uspan_window_text(w, ", raise the limit of uspan_set_limits()");
            } else if (option[0] != '\0') {
                uspan_window_text(w, ", raise USPAN_");
                uspan_window_text(w, option);
            }
            uspan_window_labelled(w, " (now ", n.have[i]);
            uspan_window_text(w, ").");
        }
        what = option + strlen(option) + 1u;
    }
#else
    if (asked != 0u) {
        uspan_window_labelled(w, " s", asked);
    }
#endif
    return bits;
}

unsigned uspan_shortages(uspan_tracer_t *t)
{
    return write_shortages(NULL, t, 0u);
}

void uspan_put_shortages(uspan_window_t *w, uspan_tracer_t *t, unsigned bits)
{
    (void)write_shortages(w, t, bits);
}

void uspan_log_shortages(uspan_tracer_t *t)
{
    uspan_export_part_t *x = uspan_export_state(t);
    if (x->now_ns < x->log_after_ns) { /* a line would be suppressed now */
        return;
    }
    unsigned bits = write_shortages(NULL, t, 0u) & ~(unsigned)x->shortages_logged;
    if (bits != 0u) {
        char line[160];
        uspan_window_t w = { .out = (uint8_t *)line, .cap = sizeof line - 1u };
        bits &= 0u - bits; /* one bit per poll */
        x->shortages_logged = (uint16_t)(x->shortages_logged | bits);
        (void)write_shortages(&w, t, bits);
        line[w.at < w.cap ? w.at : w.cap] = '\0';
        uspan_log_line(t, USPAN_LEVEL_WARN, line[0] == ' ' ? line + 1 : line, NULL);
    }
}
