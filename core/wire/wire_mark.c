/* wire_mark.c: records when an exchange reached each phase, as the application reports it through wire.h.
 * Invariant: the first report of a phase is used, and later ones change nothing. */
#include "trace/internal.h"
#include "uspan/wire.h"
#include "trace/attr.h"
#include "trace/pool.h"

void uspan_wire_mark(uspan_wire_t *w, uspan_wire_phase_t phase)
{
    static const uspan_key_t *const keys[] = { &uspan_key_uspan_wire_resolved,
                                               &uspan_key_uspan_wire_connected,
                                               &uspan_key_uspan_wire_tls_done, &uspan_key_uspan_wire_sent,
                                               &uspan_key_uspan_wire_first_byte };
    uspan_tracer_t *t = w != NULL ? w->t : NULL;
    if (!uspan_is_live(t) || uspan_is_null(w->s) || (unsigned)phase >= sizeof keys / sizeof keys[0]) {
        return;
    }
    uint64_t now_ns = uspan_now(t), start_ns = 0;
    uspan_err_t err;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_recording(&t->trace, w->s, &err);
    bool first = slot != NULL && uspan_entry_find(slot, keys[phase]) == NULL;
    if (first) {
        start_ns = slot->start_ns;
    }
    uspan_unlock(t, state);
    if (first) {
        (void)uspan_set_int(t, w->s, keys[phase], (int64_t)((now_ns - start_ns) / 1000000u));
    }
}
