/* usage.c: sets token counts on a span and adds them to the totals. If the span is not recorded, only the
 * totals change. They change under the lock. */
#include "genai/typed.h"

/* Count the failure of a model call once, even if its span is not sampled. The caller holds the lock. */
static void count_failure(uspan_trace_part_t *p, uspan_t s)
{
    uspan_slot_t *slot = uspan_slot_find_open(p, s);
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
    __atomic_store_n(&t->trace.usage, usage,
                     __ATOMIC_RELAXED); /* uspan_count_tokens() reads it without lock */
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

/* ---- tokens, and all else in the result of a chat ------------------------------------------------------ */

static const uspan_row_t chat_output_rows[] = {
#if USPAN_CONTENT
    ROW(OUTPUT, uspan_chat_result_t, output_messages, output_messages),
    ROW(OUTPUT, uspan_chat_result_t, function_output, function_output),
#endif
    END_ROW,
};

const uspan_row_t uspan_chat_result_rows[] = {
    ROW(TEXT, uspan_chat_result_t, response_id, response_id),
    ROW(TEXT, uspan_chat_result_t, response_model, response_model),
    ROW(TEXT, uspan_chat_result_t, openai_service_tier, openai_response_service_tier),
    ROW(TEXT, uspan_chat_result_t, openai_system_fingerprint, openai_system_fingerprint),
    ROW(ONE, uspan_chat_result_t, finish_reason, response_finish_reasons),
    ROW(LIST, uspan_chat_result_t, finish_reasons, response_finish_reasons),
    ROW(TRUE, uspan_chat_result_t, compacted, conversation_compacted),
#if USPAN_SEMCONV_MODALITIES
    ROW(COUNT, uspan_chat_result_t, input_of.text, usage_text_input),
    ROW(COUNT, uspan_chat_result_t, input_of.image, usage_image_input),
    ROW(COUNT, uspan_chat_result_t, input_of.audio, usage_audio_input),
    ROW(COUNT, uspan_chat_result_t, output_of.text, usage_text_output),
    ROW(COUNT, uspan_chat_result_t, output_of.image, usage_image_output),
    ROW(COUNT, uspan_chat_result_t, output_of.audio, usage_audio_output),
    ROW(COUNT, uspan_chat_result_t, cache_read_of.text, usage_text_cache_read),
    ROW(COUNT, uspan_chat_result_t, cache_read_of.image, usage_image_cache_read),
    ROW(COUNT, uspan_chat_result_t, cache_read_of.audio, usage_audio_cache_read),
#endif
    ROW(COUNT, uspan_chat_result_t, usage.input, usage_input_tokens),
    ROW(COUNT, uspan_chat_result_t, usage.output, usage_output_tokens),
#if USPAN_PROFILE_AGENTSCOPE
    ROW(COUNT, uspan_chat_result_t, usage.cache_read, usage_agentscope_cache),
    ROW(COUNT, uspan_chat_result_t, usage.cache_creation, usage_agentscope_creation),
#endif
    ROW(COUNT, uspan_chat_result_t, usage.cache_read, usage_cache_read),
    ROW(COUNT, uspan_chat_result_t, usage.cache_creation, usage_cache_creation),
    ROW(COUNT, uspan_chat_result_t, usage.reasoning, usage_reasoning),
    NEXT_TABLE(uspan_chat_result_t, end_ns, chat_output_rows),
};

USPAN_STATIC_ASSERT(offsetof(uspan_tokens_t, reasoning) == 4u * sizeof(uint32_t) &&
                        offsetof(uspan_usage_t, reasoning) == 4u * sizeof(uint64_t),
                    "counts and their totals stand first, in one order");

void uspan_count_tokens(uspan_tracer_t *t, const uspan_tokens_t *tokens)
{
    /* If no totals are set, this saves the lock. */
    if (!uspan_is_live(t) || __atomic_load_n(&t->trace.usage, __ATOMIC_RELAXED) == NULL) {
        return;
    }
    uint32_t state = uspan_lock(t);
    uspan_usage_t *usage = t->trace.usage;
    if (usage != NULL) {
        const uint32_t *count = (const uint32_t *)(const void *)tokens;
        uint64_t *total = (uint64_t *)(void *)usage;
        for (unsigned i = 0; i < 5u; i++) {
            total[i] += count[i];
        }
    }
    uspan_unlock(t, state);
}

uspan_err_t uspan_set_tokens(uspan_tracer_t *t, uspan_t s, const uspan_tokens_t *tokens)
{
    if (t == NULL || tokens == NULL) {
        return USPAN_ERR_ARG;
    }
    const uspan_chat_result_t result = { .usage = *tokens }; /* its table has the rows of tokens */
    uspan_err_t worst = uspan_set_struct(t, s, &result, uspan_chat_result_rows);
    if (worst != USPAN_ERR_STALE) {
        uspan_count_tokens(t, tokens);
    }
    return worst;
}

uspan_err_t uspan_set_token_pair(uspan_tracer_t *t, uspan_t s, int64_t input, int64_t output)
{
    uspan_err_t worst = uspan_worse_result(uspan_set_int(t, s, &uspan_key_usage_input_tokens, input),
                                           uspan_set_int(t, s, &uspan_key_usage_output_tokens, output));
    if (worst != USPAN_ERR_STALE) {
        const uspan_tokens_t tokens = { .input = (uint32_t)input, .output = (uint32_t)output };
        uspan_count_tokens(t, &tokens);
    }
    return worst;
}
