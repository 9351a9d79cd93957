/* keep_adopt.c: prepares kept spans for the new boot: counts, times, ends, and attributes that report the
 * reset. Invariant: a slot that is not free stays in a form that another mount trusts. Repeated steps have
 * the same result. */
#include "trace/keep_adopt.h"
#include <string.h>
#include "trace/attr.h"
#include "trace/clock.h"
#include "trace/keep.h"
#include "trace/keep_check.h"
#include "trace/trace.h"

#if USPAN_KEEP
#define BUILD_ID sizeof(((uspan_keep_t *)NULL)->build_id)
#define HEX_BYTES(n) (2u * (n) + 1u)
#define REG_BYTES (sizeof(((uspan_crash_t *)NULL)->regs[0].name) + HEX_BYTES(sizeof(uintptr_t)) + 3u)

static const uspan_key_t reason_key = USPAN_KEY_INIT("uspan.reset.reason");
static const uspan_key_t crash_id_key = USPAN_KEY_INIT("app.crash.id");

static const char *reason_name(const uspan_keep_t *k)
{
    const char *name = "unknown\0hard_fault\0watchdog\0task_watchdog\0assert\0lockup\0software\0pin\0"
                       "brownout\0power_on"; /* in the order of uspan_reset_t */
    for (unsigned n = k->reason; n > 0u; n--) {
        name += strlen(name) + 1u;
    }
    return name;
}

USPAN_NOINLINE_SMALL static void set_reason(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key)
{
    (void)uspan_set_static(t, s, key, reason_name(uspan_keep_of(t)));
}

static bool is_crash(const uspan_keep_t *k)
{
    return k->reason - 1u < USPAN_RESET_LOCKUP;
}

/* ---- what happened ------------------------------------------------------------------------------------- */

/* Write the last digits of a number as hexadecimal digits, and a 0. Returns its place. */
USPAN_NOINLINE_SMALL static char *put_digits(char *out, uintptr_t number, unsigned digits)
{
    out[digits] = '\0';
    for (unsigned at = digits; at > 0u; number >>= 4) {
        out[--at] = "0123456789abcdef"[number % 16u];
    }
    return out + digits;
}

/* Write len bytes as hexadecimal digits, and a 0. */
USPAN_NOINLINE_SMALL static void put_hex(char *out, const uint8_t *bytes, size_t len)
{
    *out = '\0';
    for (; len > 0u; len--) {
        out = put_digits(out, *bytes++, 2u);
    }
}

/* Write "pc=0x00000124 lr=0x..." */
static void put_regs(char *out, const uspan_crash_t *crash)
{
    for (unsigned i = 0; i < crash->reg_count; i++) {
        const struct uspan_crash_reg *reg = &crash->regs[i];
        for (unsigned n = 0; n < sizeof reg->name && reg->name[n] > ' ' && reg->name[n] <= '~'; n++) {
            *out++ = reg->name[n];
        }
        *out++ = '=';
        *out++ = '0';
        *out++ = 'x';
        out = put_digits(out, reg->value, 2u * sizeof reg->value);
        *out = i + 1u < crash->reg_count ? ' ' : '\0';
        out++;
    }
}

USPAN_NOINLINE static void add_crash_event(uspan_tracer_t *t, uspan_t s, const uint8_t id[8], uint64_t at_ns)
{
    const uspan_keep_t *k = uspan_keep_of(t);
    char crash_id[HEX_BYTES(8u)];
    char build_id[HEX_BYTES(BUILD_ID)];
    char regs[REG_BYTES * USPAN_CRASH_REGS_MAX];
    put_hex(crash_id, id, 8u);
    put_hex(build_id, k->build_id, k->build_id_len);
    put_regs(regs, &k->crash);
    const uspan_attr_t attrs[] = {
        USPAN_ATTR_TEXT(USPAN_KEY("uspan.crash.registers"), regs),
        USPAN_ATTR_TEXT(&crash_id_key, crash_id),
        USPAN_ATTR_TEXT(USPAN_KEY("app.build_id"), build_id),
    };
    const unsigned first = k->crash.reg_count > 0u ? 0u : 1u;
    const uspan_slot_t *slot = uspan_slot_at(&t->trace, s);
    const unsigned count = slot->event_count;
    (void)uspan_event_n(t, s, "app.crash", 9u, 0u, attrs + first, 3u - first);
    /* The time of the earlier boot may be later than now, so uspan_event_n() would not accept it. */
    if (at_ns != 0u && slot->event_count > count) {
        t->trace.blocks[slot->events_tail].event.time_ns = at_ns;
    }
}

#if USPAN_TRACESTATE_BYTES > 0
USPAN_STATIC_ASSERT(offsetof(struct uspan_kept_context, tracestate_len) ==
                        offsetof(uspan_context_t, tracestate_len),
                    "a kept context is the start of a context");
#endif
USPAN_STATIC_ASSERT(offsetof(struct uspan_kept_context, flags) == offsetof(uspan_context_t, flags) &&
                        offsetof(struct uspan_kept_context, remote) == offsetof(uspan_context_t, remote),
                    "a kept context is the start of a context");

/* A complete context has room for a tracestate, and would be most of the stack of a recording call. */
static void link_to_broken(uspan_tracer_t *t, uspan_t root)
{
    const uspan_keep_t *k = uspan_keep_of(t);
    char crash_id[HEX_BYTES(8u)];
    put_hex(crash_id, k->broken.span_id, sizeof k->broken.span_id);
    const uspan_attr_t attr = USPAN_ATTR_TEXT(&crash_id_key, crash_id);
    const uspan_link_t link = { (const void *)&k->broken, &attr, 1u };
    (void)uspan_add_link(t, root, &link);
}

void uspan_keep_tell(uspan_tracer_t *t, uspan_t root)
{
    const uspan_keep_t *k = uspan_keep_of(t);
    t->trace.keep_root = 0u;
    set_reason(t, root, &reason_key);
    if (k->lost > 0u) {
        (void)uspan_set_int(t, root, USPAN_KEY("uspan.keep.lost"), k->lost);
    }
    if (k->has_broken != 0u) {
        link_to_broken(t, root);
    } else if (is_crash(k)) { /* no span was open */
        add_crash_event(t, root, uspan_slot_at(&t->trace, root)->span_id, 0u);
    }
}

/* ---- times --------------------------------------------------------------------------------------------- */

/* Set *last to a time if that is later. */
USPAN_NOINLINE_SMALL static void raise_to(uint64_t *last, uint64_t at)
{
    if ((int64_t)(at - *last) > 0) {
        *last = at;
    }
}

/* Returns the last known time of the previous boot, from its spans. */
USPAN_NOINLINE_SMALL static uint64_t last_ns(const uspan_trace_part_t *p, uint64_t crash_ns)
{
    uint64_t last = crash_ns;
    for (const uspan_slot_t *slot = p->slots; slot < p->slots + USPAN_SPANS_MAX && crash_ns == 0u; slot++) {
        if (slot->state == USPAN_STATE_FREE || (slot->traits & USPAN_TRAIT_KEPT) != 0u) {
            continue;
        }
        raise_to(&last, slot->start_ns);
        raise_to(&last, slot->end_ns); /* 0 if it is open */
        for (unsigned e = slot->events; e != USPAN_NO_INDEX; e = p->blocks[e].event.next) {
            raise_to(&last, p->blocks[e].event.time_ns);
        }
    }
    return last;
}

/* Returns the resource of a kept epoch. 0: it was altered, and the resource of this boot is used instead. */
static uint8_t whole_resource(const uspan_keep_t *k, unsigned n)
{
    n = n != 0u ? n : k->own + 1u;
    if (n > USPAN_EPOCHS_MAX) {
        return 0u;
    }
    const struct uspan_kept_resource *r = &k->resources[n - 1u];
    bool whole = r->len <= sizeof r->bytes && r->sum == uspan_keep_sum_resource(r);
    return whole ? (uint8_t)n : 0u;
}

/* Keep the epochs of kept spans, each with the resource of its boot. If their Unix time is unknown, it is set
 * when this boot knows it. An epoch that already waited in an earlier boot gets none. The new boot starts
 * with an unused epoch. */
static void adopt_epochs(uspan_tracer_t *t, uint64_t last)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_keep_t *k = uspan_keep_of(t);
    const uint64_t behind = uspan_now(t) - last;
    unsigned used = 0, own = 0; /* numbers of resources, from 1 */
    uspan_epoch_t *fresh = uspan_keep_count_epochs(t);
    memset(fresh, 0, sizeof *fresh);
    p->epoch = (uint8_t)(fresh - p->epochs);
    for (unsigned i = 0; i < USPAN_EPOCHS_MAX; i++) {
        uspan_epoch_t *e = &p->epochs[i];
        if (e->refs == 0u) {
            continue;
        }
        e->resource = whole_resource(k, e->resource);
        used |= 1u << e->resource;
        if (e->state == USPAN_EPOCH_UNKNOWN && e->heard == 0u) {
            e->offset_ns = (int64_t)behind;
            USPAN_COMMIT_ORDER();
            e->heard = 1u;
        } else if (e->state == USPAN_EPOCH_UNKNOWN) {
            e->offset_ns = (int64_t)((uint64_t)USPAN_UNSYNCED_BASE_S * 1000000000u);
            USPAN_COMMIT_ORDER();
            e->state = USPAN_EPOCH_UNSYNCED;
        }
    }
    while ((used >> ++own & 1u) != 0u) {
    }
    USPAN_COMMIT_ORDER(); /* from here on no kept epoch refers to the resource of this boot */
    k->own = (uint8_t)(own - 1u);
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

/* Returns true if an open span is newer than another one, or is its child. Its latest data is the most useful
 * after a crash. */
USPAN_NOINLINE_SMALL static bool is_inside(const uspan_slot_t *slot, const uspan_slot_t *other)
{
    const int64_t after = (int64_t)(slot->start_ns - other->start_ns);
    return after > 0 || (after == 0 && memcmp(slot->parent_id, other->span_id, sizeof other->span_id) == 0);
}

/* Make a slot one of this boot. Returns true if its span is open. A span whose end was not stored completely
 * counts as open. */
static bool adopt_slot(uspan_slot_t *slot)
{
    slot->traits |= USPAN_TRAIT_KEPT;
    slot->traits &= (uint8_t) ~(USPAN_TRAIT_PENDING | USPAN_TRAIT_WAITING);
    slot->busy = 0u;
    slot->pending = USPAN_PENDING_KEPT;
    slot->size = 0u;
    if (slot->state == USPAN_STATE_ENDING && slot->end_ns == 0u) {
        slot->state = USPAN_STATE_OPEN;
    }
    bool open = slot->state == USPAN_STATE_OPEN;
    slot->accepts_attrs = open;
    if (!open) {
        slot->state = USPAN_STATE_ENDED;
    }
    return open;
}

static void end_open(uspan_tracer_t *t, uspan_slot_t *slot, uint64_t last)
{
    uspan_trace_part_t *p = &t->trace;
    const uspan_t s = uspan_handle_of(p, slot);
    if (slot->status != USPAN_STATUS_ERROR) {
        slot->status = USPAN_STATUS_UNSET; /* status Ok was set before the end */
        set_reason(t, s, USPAN_KEY("error.type"));
        (void)uspan_set_status(t, s, USPAN_STATUS_ERROR, "device was reset");
    }
    set_reason(t, s, &reason_key);
    uint32_t state = uspan_lock(t);
    slot->accepts_attrs = 0u;
    slot->end_ns = slot->start_ns;
    raise_to(&slot->end_ns, last);
    p->open++;
    uspan_pool_queue(p, slot);
    uspan_unlock(t, state);
}

void uspan_keep_adopt(uspan_tracer_t *t, uspan_keep_report_t *report)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_keep_t *k = uspan_keep_of(t);
    const uint64_t last = last_ns(p, k->crash.now_ns);
    adopt_epochs(t, last);
#if USPAN_TRACESTATE_BYTES > 0
    adopt_tracestates(p);
#endif
    uspan_items_restore(p);
    const uspan_slot_t *broken = NULL; /* the innermost open span */
    for (uspan_slot_t *slot = p->slots; slot < p->slots + USPAN_SPANS_MAX; slot++) {
        if (slot->state == USPAN_STATE_FREE) {
            continue;
        }
        if (!adopt_slot(slot)) {
            report->ended++;
            continue;
        }
        report->open++;
        if (broken == NULL || is_inside(slot, broken)) {
            broken = slot;
        }
    }
    p->ended = report->ended;
    p->slots_live = (uint16_t)(report->ended + report->open);
    p->started = p->slots_live;
    p->values_truncated += k->cut;
    p->dest_mask = USPAN_PENDING_KEPT;
    k->has_broken = broken != NULL;
    if (broken != NULL) {
        memset(&k->broken, 0, sizeof k->broken);
        memcpy(k->broken.trace_id, uspan_ids_of(broken),
               sizeof k->broken.trace_id + sizeof k->broken.span_id);
        k->broken.flags = broken->flags;
        if (is_crash(k)) {
            add_crash_event(t, uspan_handle_of(p, broken), broken->span_id, last);
        }
    }
    for (uspan_slot_t *slot = p->slots; slot < p->slots + USPAN_SPANS_MAX; slot++) {
        if (slot->state == USPAN_STATE_OPEN) {
            end_open(t, slot, last);
        }
    }
    p->dest_mask = 0u;
    p->keep_root = 1u;
}
#endif
