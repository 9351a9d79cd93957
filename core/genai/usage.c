/* usage.c: tokens of a call are on its span and in the totals, or in the totals alone where the span is not
 * recorded. The totals change under the lock. */
#include "typed.h"

void uspan_set_usage(uspan_tracer_t *t, uspan_usage_t *usage)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uint32_t state = uspan_lock(t);
    t->trace.usage = usage;
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

static uspan_err_t set_count(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uint32_t count)
{
    return count > 0u ? uspan_set_int(t, s, key, count) : USPAN_OK;
}

static uint32_t to_count(int64_t n)
{
    return n <= 0 ? 0u : n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

uspan_err_t uspan_tokens(uspan_tracer_t *t, uspan_t s, int64_t input, int64_t output)
{
    uspan_err_t worst = uspan_set_int(t, s, &uspan_key_usage_input_tokens, input);
    worst = uspan_worse(worst, uspan_set_int(t, s, &uspan_key_usage_output_tokens, output));
    if (worst != USPAN_ERR_STALE && worst != USPAN_ERR_ARG) {
        const uspan_tokens_t tokens = { .input = to_count(input), .output = to_count(output) };
        uspan_count_tokens(t, &tokens);
    }
    return worst;
}

uspan_err_t uspan_set_tokens(uspan_tracer_t *t, uspan_t s, const uspan_tokens_t *tokens)
{
    uspan_err_t worst = USPAN_OK;
    if (t == NULL || tokens == NULL) {
        return USPAN_ERR_ARG;
    }
    if (tokens->input != 0u || tokens->output != 0u) {
        worst = uspan_set_int(t, s, &uspan_key_usage_input_tokens, tokens->input);
        worst = uspan_worse(worst, uspan_set_int(t, s, &uspan_key_usage_output_tokens, tokens->output));
    }
    worst = uspan_worse(worst, set_count(t, s, &uspan_key_usage_cache_read, tokens->cache_read));
    worst = uspan_worse(worst, set_count(t, s, &uspan_key_usage_cache_creation, tokens->cache_creation));
    worst = uspan_worse(worst, set_count(t, s, &uspan_key_usage_reasoning, tokens->reasoning));
#if USPAN_PROFILE_AGENTSCOPE
    worst = uspan_worse(worst, set_count(t, s, &uspan_key_usage_agentscope_cache, tokens->cache_read));
    worst = uspan_worse(worst, set_count(t, s, &uspan_key_usage_agentscope_creation, tokens->cache_creation));
#endif
    if (worst != USPAN_ERR_STALE) {
        uspan_count_tokens(t, tokens);
    }
    return worst;
}
