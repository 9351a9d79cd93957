/* usage.c: tokens of a call are on its span and in the totals, or in the totals alone where the span is not
 * recorded. The totals change under the lock. */
#include "typed.h"

/* A call of a model fails once, sampled or not. Caller holds the lock. */
static void count_failure(uspan_trace_part_t *p, uspan_t s)
{
    uspan_slot_t *slot = uspan_slot_open(p, s);
    if (slot != NULL && (slot->traits & USPAN_TRAIT_CALL) != 0u) {
        slot->traits &= (uint8_t)~USPAN_TRAIT_CALL;
        p->usage->errors++;
    }
}

void uspan_set_usage(uspan_tracer_t *t, uspan_usage_t *usage)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uint32_t state = uspan_lock(t);
    t->trace.usage = usage;
    t->trace.count_failure = usage != NULL ? count_failure : NULL;
    uspan_unlock(t, state);
}

void uspan_read_usage(uspan_tracer_t *t, uspan_usage_t *out)
{
    *out = (uspan_usage_t){ .calls = 0u };
    if (!uspan_is_live(t)) {
        return;
    }
    uint32_t state = uspan_lock(t);
    if (t->trace.usage != NULL) {
        *out = *t->trace.usage;
    }
    uspan_unlock(t, state);
}

void uspan_count_tokens(uspan_tracer_t *t, const uspan_tokens_t *tokens)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uint32_t state = uspan_lock(t);
    uspan_usage_t *usage = t->trace.usage;
    if (usage != NULL) {
        usage->input += tokens->input;
        usage->output += tokens->output;
        usage->cache_read += tokens->cache_read;
        usage->cache_creation += tokens->cache_creation;
        usage->reasoning += tokens->reasoning;
    }
    uspan_unlock(t, state);
}

const uspan_row_t uspan_token_rows[] = {
    ROW(COUNT, uspan_tokens_t, input, usage_input_tokens),
    ROW(COUNT, uspan_tokens_t, output, usage_output_tokens),
#if USPAN_PROFILE_AGENTSCOPE
    ROW(COUNT, uspan_tokens_t, cache_read, usage_agentscope_cache),
    ROW(COUNT, uspan_tokens_t, cache_creation, usage_agentscope_creation),
#endif
    ROW(COUNT, uspan_tokens_t, cache_read, usage_cache_read),
    ROW(COUNT, uspan_tokens_t, cache_creation, usage_cache_creation),
    ROW(COUNT, uspan_tokens_t, reasoning, usage_reasoning),
    END_ROW,
};

uspan_err_t uspan_set_tokens(uspan_tracer_t *t, uspan_t s, const uspan_tokens_t *tokens)
{
    if (t == NULL || tokens == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_err_t worst = uspan_set_rows(t, s, tokens, uspan_token_rows);
    if (worst != USPAN_ERR_STALE) {
        uspan_count_tokens(t, tokens);
    }
    return worst;
}

uspan_err_t uspan_tokens(uspan_tracer_t *t, uspan_t s, int64_t input, int64_t output)
{
    uspan_err_t worst = uspan_worst(uspan_set_int(t, s, &uspan_key_usage_input_tokens, input),
                                    uspan_set_int(t, s, &uspan_key_usage_output_tokens, output));
    if (worst != USPAN_ERR_STALE && worst != USPAN_ERR_ARG) {
        const uspan_tokens_t tokens = { .input = (uint32_t)input, .output = (uint32_t)output };
        uspan_count_tokens(t, &tokens);
    }
    return worst;
}
