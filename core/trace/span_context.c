/* span_context.c: exports the identity of a span, as a context and as header lines. Null spans give an
 * unsampled context. */
#include <string.h>
#include "trace/id.h"
#include "trace/trace.h"
#include "trace/pool.h"

#define IDS_LEN 24u /* trace and span */

uspan_err_t uspan_context_of(uspan_tracer_t *t, uspan_t s, uspan_context_t *out)
{
    if (out == NULL) {
        return USPAN_ERR_ARG;
    }
    memset(out, 0, sizeof *out);
    if (!uspan_is_live(t)) {
        return USPAN_ERR_ARG;
    }
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t err = USPAN_OK;
    const uint8_t *ids = NULL;
    uint32_t state = uspan_id_lock(t, IDS_LEN);
    const uspan_slot_t *slot = uspan_slot_find(p, s);
    if (slot != NULL &&
        slot->state != USPAN_STATE_ENDED) { /* an ended span is stale at once, not only when it was sent */
        ids = uspan_ids_of(slot);
        out->flags = slot->flags;
        out->epoch = slot->epoch;
        out->epoch_serial = p->epochs[slot->epoch].serial;
#if USPAN_TRACESTATE_BYTES > 0
        if ((slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u) {
            const uspan_tracestate_rec_t *rec = &p->tracestates[slot->tracestate];
            memcpy(out->tracestate, rec->text, rec->len);
            out->tracestate_len = rec->len;
        }
#endif
    } else if (p->seeded == 0u) {
        err = USPAN_ERR_AGAIN;
    } else {
        ids = uspan_id_take(p, IDS_LEN);
        out->flags = USPAN_FLAG_RANDOM;
        err = uspan_is_null(s) ? USPAN_OK : USPAN_ERR_STALE;
    }
    if (ids != NULL) {
        memcpy(out, ids, IDS_LEN);
    }
    uspan_unlock(t, state);
    return err;
}

size_t uspan_trace_headers(uspan_tracer_t *t, uspan_t s, char *out, size_t cap)
{
    static const char parent_key[] = "traceparent: ";
    const size_t key_len = sizeof parent_key - 1u;
    if (out == NULL || cap == 0u) {
        return 0u;
    }
    out[0] = '\0';
    uspan_context_t c;
    (void)uspan_context_of(t, s, &c);
    size_t need = key_len + USPAN_TRACEPARENT_LEN + 2u;
#if USPAN_TRACESTATE_BYTES > 0
    static const char state_key[] = "\r\ntracestate: ";
    size_t state_len;
    const char *state = uspan_tracestate(&c, &state_len);
    need += state_len > 0u ? sizeof state_key - 1u + state_len : 0u;
#endif
    if (need >= cap || uspan_traceparent(&c, out + key_len) == 0u) {
        return 0u;
    }
    memcpy(out, parent_key, key_len);
    char *at = out + key_len + USPAN_TRACEPARENT_LEN;
#if USPAN_TRACESTATE_BYTES > 0
    if (state_len > 0u) {
        memcpy(at, state_key, sizeof state_key - 1u);
        at += sizeof state_key - 1u;
        memcpy(at, state, state_len);
        at += state_len;
    }
#endif
    memcpy(at, "\r\n", 3);
    return need;
}

#if USPAN_TRACESTATE_BYTES > 0
int uspan_tracestate_keep(uspan_trace_part_t *p, const char *text, size_t len)
{
    int unused = -1;
    for (unsigned i = 0; i < USPAN_TRACESTATES_MAX; i++) {
        uspan_tracestate_rec_t *rec = &p->tracestates[i];
        if (rec->refs > 0u && rec->len == len && memcmp(rec->text, text, len) == 0) {
            rec->refs++;
            return (int)i;
        }
        if (rec->refs == 0u) {
            unused = (int)i;
        }
    }
    if (unused < 0 || len > USPAN_TRACESTATE_BYTES) {
        p->tracestates_dropped++;
        return -1;
    }
    uspan_tracestate_rec_t *rec = &p->tracestates[unused];
    rec->refs = 1u;
    rec->len = (uint16_t)len;
    memcpy(rec->text, text, len);
    return unused;
}
#endif
