/* inject.c: a span's identity leaves the tracer: as a context, as header lines. Null spans leave as unsampled
 * ones. */
#include <string.h>
#include "id.h"
#include "trace.h"
#include "pool.h"

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
    uint32_t state = uspan_lock(t);
    const uspan_slot_t *slot = uspan_is_null(s) ? NULL : uspan_slot_of(p, s);
    if (slot != NULL && slot->state == USPAN_STATE_ENDED) {
        slot = NULL; /* stale at once, and not only when it was sent */
    }
    if (slot != NULL) {
        memcpy(out->trace_id, slot->trace_id, 16);
        memcpy(out->span_id, slot->span_id, 8);
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
    }
    uspan_unlock(t, state);
    if (slot == NULL) {
        err = uspan_is_null(s) ? USPAN_OK : USPAN_ERR_STALE;
        if (!uspan_id_random(t, out->trace_id, 16u) || !uspan_id_random(t, out->span_id, 8u)) {
            memset(out, 0, sizeof *out);
            return USPAN_ERR_AGAIN;
        }
        out->flags = USPAN_FLAG_RANDOM;
    }
    return err;
}

size_t uspan_headers_of(uspan_tracer_t *t, uspan_t s, char *out, size_t cap)
{
    static const char parent_key[] = "traceparent: ";
    static const char state_key[] = "tracestate: ";
    if (out == NULL || cap == 0u) {
        return 0u;
    }
    out[0] = '\0';
    uspan_context_t c;
    (void)uspan_context_of(t, s, &c);
    char parent[USPAN_TRACEPARENT_LEN + 1u];
    if (t == NULL || uspan_traceparent(&c, parent) == 0u) {
        return 0u;
    }
    size_t need = sizeof parent_key - 1u + USPAN_TRACEPARENT_LEN + 2u;
    size_t state_len = 0;
#if USPAN_TRACESTATE_BYTES > 0
    const char *state = uspan_tracestate(&c, &state_len);
    need += state_len > 0u ? sizeof state_key - 1u + state_len + 2u : 0u;
#endif
    if (need >= cap) {
        return 0u;
    }
    char *at = out;
    memcpy(at, parent_key, sizeof parent_key - 1u);
    at += sizeof parent_key - 1u;
    memcpy(at, parent, USPAN_TRACEPARENT_LEN);
    at += USPAN_TRACEPARENT_LEN;
#if USPAN_TRACESTATE_BYTES > 0
    if (state_len > 0u) {
        memcpy(at, "\r\n", 2);
        memcpy(at + 2, state_key, sizeof state_key - 1u);
        at += 2u + sizeof state_key - 1u;
        memcpy(at, state, state_len);
        at += state_len;
    }
#else
    (void)state_key;
    (void)state_len;
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
