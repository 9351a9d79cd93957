/* keep_adopt.c: spans that were taken over get their place in the new boot: counts, times, an end, and a word
 * on what happened.
 * Invariant: a slot that is not free stays such that another mount trusts it; what is done twice has the same
 * result. */
#include "trace/keep_adopt.h"
#include <string.h>
#include "trace/attr.h"
#include "trace/clock.h"
#include "trace/trace.h"

#if USPAN_KEEP
#define BUILD_ID sizeof(((uspan_keep_t *)NULL)->build_id)
#define HEX_BYTES(n) (2u * (n) + 1u)
#define REG_BYTES (sizeof(((uspan_crash_t *)NULL)->regs[0].name) + HEX_BYTES(sizeof(uintptr_t)) + 3u)

static const uspan_key_t reason_key = USPAN_KEY_INIT("uspan.reset.reason");
static const uspan_key_t crash_id_key = USPAN_KEY_INIT("app.crash.id");

static const char *reason_name(const uspan_tracer_t *t)
{
    static const char *const names[] = {
        [USPAN_RESET_UNKNOWN] = "unknown",   [USPAN_RESET_HARD_FAULT] = "hard_fault",
        [USPAN_RESET_WATCHDOG] = "watchdog", [USPAN_RESET_TASK_WATCHDOG] = "task_watchdog",
        [USPAN_RESET_ASSERT] = "assert",     [USPAN_RESET_LOCKUP] = "lockup",
        [USPAN_RESET_SOFTWARE] = "software", [USPAN_RESET_PIN] = "pin",
        [USPAN_RESET_BROWNOUT] = "brownout", [USPAN_RESET_POWER_ON] = "power_on",
    };
    return names[t->keep.reason];
}

static bool is_crash(const uspan_tracer_t *t)
{
    return t->keep.reason - 1u < USPAN_RESET_LOCKUP;
}

/* ---- what happened ------------------------------------------------------------------------------------- */

/* len bytes as hexadecimal digits, and a 0. Returns where the 0 is. */
static char *put_hex(char *out, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < 2u * len; i++) {
        *out++ = "0123456789abcdef"[bytes[i / 2u] >> (i % 2u == 0u ? 4u : 0u) & 15u];
    }
    *out = '\0';
    return out;
}

/* "pc=0x00000124 lr=0x..." */
static void put_regs(char *out, const uspan_crash_t *crash)
{
    for (unsigned i = 0; i < crash->reg_count; i++) {
        const struct uspan_crash_reg *reg = &crash->regs[i];
        for (unsigned n = 0; n < sizeof reg->name && reg->name[n] > ' ' && reg->name[n] <= '~'; n++) {
            *out++ = reg->name[n];
        }
        uint8_t bytes[sizeof reg->value];
        for (unsigned n = 0; n < sizeof bytes; n++) {
            bytes[n] = (uint8_t)(reg->value >> 8u * (sizeof bytes - 1u - n));
        }
        *out++ = '=';
        *out++ = '0';
        *out++ = 'x';
        out = put_hex(out, bytes, sizeof bytes);
        *out++ = i + 1u < crash->reg_count ? ' ' : '\0';
    }
}

USPAN_NOINLINE static void add_crash_event(uspan_tracer_t *t, uspan_t s, const uint8_t id[8], uint64_t at_ns)
{
    const uspan_keep_t *k = &t->keep;
    char crash_id[HEX_BYTES(8u)];
    char build_id[HEX_BYTES(BUILD_ID)];
    char regs[REG_BYTES * USPAN_CRASH_REGS_MAX];
    (void)put_hex(crash_id, id, 8u);
    (void)put_hex(build_id, k->build_id, sizeof k->build_id);
    put_regs(regs, &k->crash);
    const uspan_attr_t attrs[] = {
        USPAN_ATTR_TEXT(&crash_id_key, crash_id),
        USPAN_ATTR_TEXT(USPAN_KEY("app.build_id"), build_id),
        USPAN_ATTR_TEXT(USPAN_KEY("uspan.crash.registers"), regs),
    };
    (void)uspan_event_n(t, s, "app.crash", 9u, at_ns, attrs, k->crash.reg_count > 0u ? 3u : 2u);
}

/* A context is large: it takes stack only where there is a span to link to. */
USPAN_NOINLINE static void link_to_broken(uspan_tracer_t *t, uspan_t root)
{
    const uspan_keep_t *k = &t->keep;
    char crash_id[HEX_BYTES(8u)];
    uspan_context_t c;
    memset(&c, 0, sizeof c);
    memcpy(c.trace_id, k->broken, sizeof k->broken); /* and span_id */
    c.flags = k->broken_flags;
    (void)put_hex(crash_id, c.span_id, sizeof c.span_id);
    const uspan_attr_t attr = USPAN_ATTR_TEXT(&crash_id_key, crash_id);
    const uspan_link_t link = { &c, &attr, 1u };
    (void)uspan_add_link(t, root, &link);
}

void uspan_keep_tell(uspan_tracer_t *t, uspan_t root)
{
    const uspan_keep_t *k = &t->keep;
    t->trace.keep_root = 0u;
    (void)uspan_set_static(t, root, &reason_key, reason_name(t));
    if (k->lost > 0u) {
        (void)uspan_set_int(t, root, USPAN_KEY("uspan.keep.lost"), k->lost);
    }
    if (k->has_broken != 0u) {
        link_to_broken(t, root);
    } else if (is_crash(t)) { /* no span was open */
        add_crash_event(t, root, uspan_slot_at(&t->trace, root)->span_id, 0u);
    }
}

/* ---- times --------------------------------------------------------------------------------------------- */

static uint64_t later(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b) > 0 ? a : b;
}

/* When the boot before ended, as far as its spans tell. */
static uint64_t last_ns(const uspan_tracer_t *t)
{
    uint64_t last = t->keep.crash.now_ns;
    for (unsigned i = 0; i < USPAN_SPANS_MAX && t->keep.crash.now_ns == 0u; i++) {
        const uspan_slot_t *slot = &t->slots[i];
        if (slot->state == USPAN_STATE_FREE || (slot->traits & USPAN_TRAIT_KEPT) != 0u) {
            continue;
        }
        uint64_t at = slot->state == USPAN_STATE_OPEN ? slot->start_ns : later(slot->end_ns, slot->start_ns);
        for (unsigned e = slot->events; e != USPAN_NO_INDEX; e = t->blocks[e].event.next) {
            at = later(t->blocks[e].event.time_ns, at);
        }
        last = last == 0u ? at : later(at, last);
    }
    return last;
}

/* Epochs of kept spans stay as they are. One whose Unix time is unknown gets it when this boot knows it, or
 * not at all where it waits since a boot before. The new boot begins with one that nobody uses. */
static void adopt_epochs(uspan_tracer_t *t, uint64_t last)
{
    uspan_trace_part_t *p = &t->trace;
    const uint64_t behind = uspan_now(t) - last;
    for (unsigned i = 0; i < USPAN_EPOCHS_MAX; i++) {
        p->epochs[i].refs = 0u;
    }
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        if (t->slots[i].state != USPAN_STATE_FREE) {
            uspan_epoch_enter(p, t->slots[i].epoch);
        }
    }
    for (unsigned i = 0; i < USPAN_EPOCHS_MAX; i++) {
        uspan_epoch_t *e = &p->epochs[i];
        if (e->refs == 0u) {
            memset(e, 0, sizeof *e);
            p->epoch = (uint8_t)i;
        } else if (e->state == USPAN_EPOCH_UNKNOWN && e->heard == 0u) {
            e->offset_ns = (int64_t)behind;
            USPAN_COMMIT_ORDER();
            e->heard = 1u;
        } else if (e->state == USPAN_EPOCH_UNKNOWN) {
            e->offset_ns = (int64_t)((uint64_t)USPAN_UNSYNCED_BASE_S * 1000000000u);
            USPAN_COMMIT_ORDER();
            e->state = USPAN_EPOCH_UNSYNCED;
        }
    }
}

/* ---- spans --------------------------------------------------------------------------------------------- */

#if USPAN_TRACESTATE_BYTES > 0
static void adopt_tracestates(uspan_trace_part_t *p)
{
    for (unsigned i = 0; i < USPAN_TRACESTATES_MAX; i++) {
        p->tracestates[i].refs = 0u;
    }
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        const uspan_slot_t *slot = &p->slots[i];
        if (slot->state != USPAN_STATE_FREE && (slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u) {
            p->tracestates[slot->tracestate].refs++;
        }
    }
}
#endif

/* What open spans were told last is what a reader wants to know first: the newest of them, a child before its
 * parent. */
static uspan_slot_t *innermost_open(uspan_trace_part_t *p)
{
    uspan_slot_t *found = NULL;
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        uspan_slot_t *slot = &p->slots[i];
        if (slot->state == USPAN_STATE_OPEN &&
            (found == NULL || (int64_t)(slot->start_ns - found->start_ns) > 0 ||
             (slot->start_ns == found->start_ns &&
              memcmp(slot->parent_id, found->span_id, sizeof found->span_id) == 0))) {
            found = slot;
        }
    }
    return found;
}

/* Count a slot, and say whether its span is open. One that ended before its end was complete is open. */
static bool adopt_slot(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    slot->traits |= USPAN_TRAIT_KEPT;
    slot->traits &= (uint8_t) ~(USPAN_TRAIT_PENDING | USPAN_TRAIT_WAITING);
    slot->busy = 0u;
    slot->pending = USPAN_PENDING_KEPT;
    slot->size = 0u;
    p->slots_live++;
    p->started++;
    if (slot->state == USPAN_STATE_ENDING && slot->end_ns == 0u) {
        slot->state = USPAN_STATE_OPEN;
    }
    bool open = slot->state == USPAN_STATE_OPEN;
    slot->accepts_attrs = open;
    if (!open) {
        slot->state = USPAN_STATE_ENDED;
        p->ended++;
    }
    return open;
}

static void end_open(uspan_tracer_t *t, uspan_slot_t *slot, uint64_t last)
{
    uspan_trace_part_t *p = &t->trace;
    const uspan_t s = uspan_handle_of(p, slot);
    if (slot->status != USPAN_STATUS_ERROR) {
        slot->status = USPAN_STATUS_UNSET; /* Ok was said too early */
        (void)uspan_set_static(t, s, USPAN_KEY("error.type"), reason_name(t));
        (void)uspan_set_status(t, s, USPAN_STATUS_ERROR, "device was reset");
    }
    (void)uspan_set_static(t, s, &reason_key, reason_name(t));
    uint32_t state = uspan_lock(t);
    slot->accepts_attrs = 0u;
    slot->end_ns = later(last, slot->start_ns);
    p->open++;
    uspan_pool_queue(p, slot);
    uspan_unlock(t, state);
}

void uspan_keep_adopt(uspan_tracer_t *t, uspan_keep_report_t *report)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_keep_t *k = &t->keep;
    const uint64_t last = last_ns(t);
    adopt_epochs(t, last);
#if USPAN_TRACESTATE_BYTES > 0
    adopt_tracestates(p);
#endif
    uspan_items_restore(p);
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        if (p->slots[i].state != USPAN_STATE_FREE) {
            bool open = adopt_slot(p, &p->slots[i]);
            report->open = (uint16_t)(report->open + open);
            report->ended = (uint16_t)(report->ended + !open);
        }
    }
    p->slots_high = p->slots_live;
    p->values_truncated += k->cut;
    p->dest_mask = USPAN_PENDING_KEPT;
    const uspan_slot_t *broken = innermost_open(p);
    k->has_broken = broken != NULL;
    if (broken != NULL) {
        memcpy(k->broken, uspan_ids_of(broken), sizeof k->broken);
        k->broken_flags = broken->flags;
        if (is_crash(t)) {
            add_crash_event(t, uspan_handle_of(p, broken), broken->span_id, last);
        }
    }
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        if (p->slots[i].state == USPAN_STATE_OPEN) {
            end_open(t, &p->slots[i], last);
        }
    }
    p->dest_mask = 0u;
    p->keep_root = 1u;
}
#endif
