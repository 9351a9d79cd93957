/* model_spans.c: CLIENT spans of calls to models and data sources (GenAI conventions, "Inference",
 * "Embeddings", "Retrievals"), and of fetching a response that was made in the background. */
#include "genai/typed.h"

static const uspan_row_t chat_rows[] = {
    ROW(TEXT, uspan_chat_t, model, request_model),
    ROW(TEXT, uspan_chat_t, provider, provider_name),
    ROW(TEXT, uspan_chat_t, server_address, server_address),
    ROW(TEXT, uspan_chat_t, openai_api_type, openai_api_type),
    ROW(TEXT, uspan_chat_t, openai_service_tier, openai_request_service_tier),
    ROW(TEXT, uspan_chat_t, reasoning_level, request_reasoning_level),
    ROW(TEXT, uspan_chat_t, previous_response_id, request_previous_response),
#if USPAN_SEMCONV_PROMPTS
    ROW(TEXT, uspan_chat_t, prompt_name, prompt_name),
    ROW(TEXT, uspan_chat_t, prompt_version, prompt_version),
#endif
    ROW(TRUE, uspan_chat_t, stream, request_stream),
    ROW(COUNT, uspan_chat_t, server_port, server_port),
    MORE_MODEL,
};

#define MODEL_CALL                                                                                \
    .kind = USPAN_KIND_CLIENT, .traits = USPAN_TYPED_CALL | USPAN_TYPED_MODEL, .rows = chat_rows, \
    FOR_ALIYUN("LLM")

static const uspan_span_type_t chat_type = { OPERATION(USPAN_OPERATION_CHAT), MODEL_CALL };
static const uspan_span_type_t generate_type = { OPERATION(USPAN_OPERATION_GENERATE), MODEL_CALL };
static const uspan_span_type_t completion_type = { OPERATION(USPAN_OPERATION_COMPLETION), MODEL_CALL };

static void name_openai(uspan_tracer_t *t, uspan_t s, const void *request)
{
    (void)request; /* a provider in the request is set later and replaces this one */
    (void)uspan_set_static(t, s, &uspan_key_provider_name, USPAN_PROVIDER_OPENAI);
}

static const uspan_more_type_t response_type = {
    .type = { OPERATION(USPAN_OPERATION_CHAT), .kind = USPAN_KIND_CLIENT, .rows = chat_rows,
              .traits = USPAN_TYPED_MORE | USPAN_TYPED_CALL | USPAN_TYPED_MODEL, FOR_ALIYUN("LLM") },
    .extra = name_openai,
    .fixed_key = &uspan_key_openai_api_type,
    .fixed = USPAN_API_RESPONSES,
};

uspan_t uspan_chat_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model)
{
    return uspan_typed_begin_two(t, parent, provider, model, &chat_type);
}

uspan_t uspan_chat_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return uspan_typed_begin(t, parent, chat, &chat_type);
}

uspan_t uspan_generate_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model)
{
    return uspan_typed_begin_two(t, parent, provider, model, &generate_type);
}

uspan_t uspan_generate_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return uspan_typed_begin(t, parent, chat, &generate_type);
}

uspan_t uspan_completion_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model)
{
    return uspan_typed_begin_two(t, parent, provider, model, &completion_type);
}

uspan_t uspan_completion_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return uspan_typed_begin(t, parent, chat, &completion_type);
}

uspan_t uspan_response_begin(uspan_tracer_t *t, uspan_t parent, const char *model)
{
    return uspan_typed_begin_one(t, parent, model, &response_type.type);
}

uspan_t uspan_response_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return uspan_typed_begin(t, parent, chat, &response_type.type);
}

uspan_err_t uspan_chat_end(uspan_tracer_t *t, uspan_t s, const uspan_chat_result_t *r)
{
    if (r != NULL && (uspan_has_text(r->error_type) || uspan_has_text(r->error_message)) &&
        uspan_has_key(t, s, &uspan_key_response_time_to_first_chunk)) {
        const char *broke_off = USPAN_FINISH_ERROR; /* replaced if the result has a reason */
        (void)uspan_set_strs(t, s, &uspan_key_response_finish_reasons, &broke_off, 1u);
    }
    uspan_err_t worst = uspan_typed_end(t, s, r, uspan_chat_result_rows);
    if (r != NULL && worst != USPAN_ERR_STALE) {
        uspan_count_tokens(t, &r->usage);
    }
    return worst;
}

/* ---- responses made in the background ------------------------------------------------------------------ */

static const uspan_row_t fetch_rows[] = {
    ROW(TEXT, uspan_fetch_response_t, response_id, response_id),
    ROW(TEXT, uspan_fetch_response_t, provider, provider_name),
    ROW(TEXT, uspan_fetch_response_t, stream_cursor, request_stream_cursor),
    ROW(TEXT, uspan_fetch_response_t, server_address, server_address),
    ROW(COUNT, uspan_fetch_response_t, server_port, server_port),
    MORE_REQUEST,
};

static const uspan_row_t fetch_result_rows[] = {
    ROW(TEXT, uspan_fetch_response_result_t, response_model, response_model),
    ROW(TEXT, uspan_fetch_response_result_t, status, response_status),
    ROW(LIST, uspan_fetch_response_result_t, finish_reasons, response_finish_reasons),
#if USPAN_CONTENT
    ROW(OUTPUT, uspan_fetch_response_result_t, output_messages, output_messages),
#endif
    MORE_RESULT,
};

static const uspan_span_type_t fetch_type = { OPERATION(USPAN_OPERATION_FETCH_RESPONSE),
                                              .traits = USPAN_TYPED_IS_FIXED, .kind = USPAN_KIND_CLIENT,
                                              .rows = fetch_rows,
                                              FOR_ALIYUN("TASK") FOR_PHOENIX("CHAIN") FOR_LANGFUSE("span") };

uspan_t uspan_fetch_response_begin(uspan_tracer_t *t, uspan_t parent, const char *provider,
                                   const char *response_id)
{
    return uspan_typed_begin_two(t, parent, provider, response_id, &fetch_type);
}

uspan_t uspan_fetch_response_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_fetch_response_t *f)
{
    return uspan_typed_begin(t, parent, f, &fetch_type);
}

uspan_err_t uspan_fetch_response_end(uspan_tracer_t *t, uspan_t s, const uspan_fetch_response_result_t *r)
{
    return uspan_typed_end(t, s, r, fetch_result_rows);
}

/* ---- embeddings and retrieval -------------------------------------------------------------------------- */

static const uspan_row_t embeddings_rows[] = {
    ROW(TEXT, uspan_embeddings_t, model, request_model),
    ROW(TEXT, uspan_embeddings_t, provider, provider_name),
    ROW(LIST, uspan_embeddings_t, encoding_formats, request_encoding_formats),
    ROW(TEXT, uspan_embeddings_t, server_address, server_address),
    ROW(INT, uspan_embeddings_t, dimensions, embeddings_dimension_count),
    ROW(COUNT, uspan_embeddings_t, server_port, server_port),
    MORE_REQUEST,
};

static const uspan_span_type_t embeddings_type = { OPERATION(USPAN_OPERATION_EMBEDDINGS),
                                                   .kind = USPAN_KIND_CLIENT, .traits = USPAN_TYPED_CALL,
                                                   .rows = embeddings_rows, FOR_ALIYUN("EMBEDDING") };

uspan_t uspan_embeddings_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model)
{
    return uspan_typed_begin_two(t, parent, provider, model, &embeddings_type);
}

uspan_t uspan_embeddings_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_embeddings_t *e)
{
    return uspan_typed_begin(t, parent, e, &embeddings_type);
}

static const uspan_row_t embeddings_result_rows[] = {
    ROW(TEXT, uspan_embeddings_result_t, response_model, response_model),
    ROW(INT, uspan_embeddings_result_t, input_tokens, usage_input_tokens),
    MORE_RESULT,
};

uspan_err_t uspan_embeddings_end(uspan_tracer_t *t, uspan_t s, const uspan_embeddings_result_t *r)
{
    if (r != NULL && r->input_tokens.is_set) {
        const uspan_tokens_t tokens = { .input = (uint32_t)r->input_tokens.value };
        uspan_count_tokens(t, &tokens);
    }
    return uspan_typed_end(t, s, r, embeddings_result_rows);
}

static const uspan_row_t retrieval_rows[] = {
    ROW(TEXT, uspan_retrieval_t, data_source_id, data_source_id),
    ROW(TEXT, uspan_retrieval_t, provider, provider_name),
    ROW(TEXT, uspan_retrieval_t, model, request_model),
#if USPAN_CONTENT
    ROW(INPUT, uspan_retrieval_t, query, retrieval_query),
#endif
    ROW(INT, uspan_retrieval_t, top_k, retrieval_top_k),
    MORE_REQUEST,
};

static const uspan_row_t retrieval_result_rows[] = {
#if USPAN_CONTENT
    ROW(OUTPUT, uspan_retrieval_result_t, documents, retrieval_documents),
#endif
    MORE_RESULT,
};

static const uspan_span_type_t retrieval_type = { OPERATION(USPAN_OPERATION_RETRIEVAL),
                                                  .kind = USPAN_KIND_CLIENT, .rows = retrieval_rows,
                                                  FOR_ALIYUN("RETRIEVER") FOR_LANGFUSE("retriever") };

uspan_t uspan_retrieval_begin(uspan_tracer_t *t, uspan_t parent, const char *data_source_id)
{
    return uspan_typed_begin_one(t, parent, data_source_id, &retrieval_type);
}

uspan_t uspan_retrieval_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_retrieval_t *r)
{
    return uspan_typed_begin(t, parent, r, &retrieval_type);
}

uspan_err_t uspan_retrieval_end(uspan_tracer_t *t, uspan_t s, const uspan_retrieval_result_t *r)
{
    return uspan_typed_end(t, s, r, retrieval_result_rows);
}
