/* context.c: traceparent, W3C Trace Context Level 2 §3.2. Invariant: a context that is returned is valid or
 * all zero. */
#include "trace/internal.h"
#include "uspan/context.h"
#include "trace/ascii.h"
#include "trace/trace.h"
#include "trace/tracestate.h"

/* Number of hexadecimal digits of version, trace id, parent id and flags. They are separated by '-'. */
static const uint8_t digits_of[4] = { 2, 32, 16, 2 };

bool uspan_is_zero(const uint8_t *bytes, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) {
        any |= bytes[i];
    }
    return any == 0u;
}

bool uspan_context_is_valid(const uspan_context_t *c)
{
    return !uspan_is_zero(c->trace_id, sizeof(c->trace_id)) && !uspan_is_zero(c->span_id, sizeof(c->span_id));
}

static bool read_traceparent(uspan_context_t *c, const char *at, size_t len)
{
    uint8_t version, flags;
    uint8_t *const parts[4] = { &version, c->trace_id, c->span_id, &flags };
    if (len < USPAN_TRACEPARENT_LEN) {
        return false;
    }
    for (size_t part = 0; part < 4u; part++) {
        if (!uspan_read_hex(parts[part], at, digits_of[part])) {
            return false;
        }
        at += digits_of[part];
        if (part < 3u && *at++ != '-') {
            return false;
        }
    }
    if (version == 0xFFu || (len > USPAN_TRACEPARENT_LEN && (version == 0u || *at != '-'))) {
        return false;
    }
    c->flags = flags & (USPAN_FLAG_SAMPLED | USPAN_FLAG_RANDOM);
    c->remote = 1;
    return uspan_context_is_valid(c);
}

uspan_err_t uspan_context_parse_n(uspan_context_t *out, const char *traceparent, size_t traceparent_len,
                                  const char *tracestate, size_t tracestate_len)
{
    traceparent_len = uspan_trim(&traceparent, traceparent_len);
    *out = (uspan_context_t){ 0 };
    if (!read_traceparent(out, traceparent, traceparent_len)) {
        *out = (uspan_context_t){ 0 };
        return USPAN_ERR_ARG;
    }
#if USPAN_TRACESTATE_BYTES > 0
    return uspan_tracestate_parse(out, tracestate, tracestate_len);
#else
    return tracestate != NULL && tracestate_len != 0u ? USPAN_TRUNCATED : USPAN_OK;
#endif
}

size_t uspan_traceparent(const uspan_context_t *c, char out[56])
{
    const uint8_t *bytes = (const uint8_t *)c; /* trace id, span id, flags */
    if (!uspan_context_is_valid(c)) {
        out[0] = '\0';
        return 0;
    }
    for (unsigned i = 0; i < 26u; i++) {
        unsigned byte = i == 0u ? 0u : bytes[i - 1u];
        if (i == 25u) {
            byte &= USPAN_FLAG_SAMPLED | USPAN_FLAG_RANDOM;
        }
        *out++ = "0123456789abcdef"[byte >> 4];
        *out++ = "0123456789abcdef"[byte & 15u];
        if (i == 0u || i == 16u || i == 24u) {
            *out++ = '-';
        }
    }
    *out = '\0';
    return USPAN_TRACEPARENT_LEN;
}
