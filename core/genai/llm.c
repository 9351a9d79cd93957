/* llm.c: calls of models that answer in text or vectors (spec of the GenAI conventions, "Inference",
 * "Embeddings", "Retrievals"): CLIENT spans named by the model. */
#include "typed.h"

static const uspan_row_t chat_rows[] = {
    ROW_TEXT(uspan_chat_t, model, request_model),
    ROW_TEXT(uspan_chat_t, provider, provider_name),
    ROW_TRUE(uspan_chat_t, stream, request_stream),
    ROW_TEXT(uspan_chat_t, server_address, server_address),
    ROW_PORT(uspan_chat_t, server_port, server_port),
    ROW_TEXT(uspan_chat_t, openai_api_type, openai_api_type),
    ROW_TEXT(uspan_chat_t, openai_service_tier, openai_request_service_tier),
};

static const uspan_row_t chat_result_rows[] = {
    ROW_TEXT(uspan_chat_result_t, response_id, response_id),
    ROW_TEXT(uspan_chat_result_t, response_model, response_model),
    ROW_ONE(uspan_chat_result_t, finish_reason, response_finish_reasons),
    ROW_LIST(uspan_chat_result_t, finish_reasons, response_finish_reasons),
    ROW_TEXT(uspan_chat_result_t, openai_service_tier, openai_response_service_tier),
    ROW_TEXT(uspan_chat_result_t, openai_system_fingerprint, openai_system_fingerprint),
    CONTENT_ROWS(ROW_OUTPUT(uspan_chat_result_t, output_messages, output_messages)),
};

#define MODEL_CALL \
    .kind = USPAN_KIND_CLIENT, .has_model = true, .is_call = true, ROWS(chat_rows), FOR_ALIYUN("LLM")

static const uspan_span_type_t chat_type = { .operation = USPAN_OPERATION_CHAT, MODEL_CALL };
static const uspan_span_type_t generate_type = { .operation = USPAN_OPERATION_GENERATE, MODEL_CALL };
static const uspan_span_type_t completion_type = { .operation = USPAN_OPERATION_COMPLETION, MODEL_CALL };

static void name_openai(uspan_tracer_t *t, uspan_t s, const void *request)
{
    (void)request; /* names another one afterwards, where it does */
    (void)uspan_set_static(t, s, &uspan_key_provider_name, USPAN_PROVIDER_OPENAI);
}

static const uspan_span_type_t response_type = { .operation = USPAN_OPERATION_CHAT,
                                                 .fixed_key = &uspan_key_openai_api_type,
                                                 .fixed = USPAN_API_RESPONSES,
                                                 .extra = name_openai,
                                                 MODEL_CALL };

uspan_t uspan_chat_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model)
{
    return uspan_typed_begin_short(t, parent, &chat_type, model, provider);
}

uspan_t uspan_chat_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return uspan_typed_begin(t, parent, &chat_type, chat, NULL);
}

uspan_t uspan_generate_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model)
{
    return uspan_typed_begin_short(t, parent, &generate_type, model, provider);
}

uspan_t uspan_generate_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return uspan_typed_begin(t, parent, &generate_type, chat, NULL);
}

uspan_t uspan_completion_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model)
{
    return uspan_typed_begin_short(t, parent, &completion_type, model, provider);
}

uspan_t uspan_completion_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return uspan_typed_begin(t, parent, &completion_type, chat, NULL);
}

uspan_t uspan_response_begin(uspan_tracer_t *t, uspan_t parent, const char *model)
{
    return uspan_typed_begin_short(t, parent, &response_type, model, NULL);
}

uspan_t uspan_response_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return uspan_typed_begin(t, parent, &response_type, chat, NULL);
}

uspan_err_t uspan_chat_end(uspan_tracer_t *t, uspan_t s, const uspan_chat_result_t *r)
{
    uspan_err_t worst = USPAN_OK;
    if (r != NULL) {
        bool failed = uspan_has_text(r->error_type) || uspan_has_text(r->error_message);
        worst = uspan_set_tokens(t, s, &r->usage);
        if (failed && uspan_has_key(t, s, &uspan_key_response_time_to_first_chunk)) {
            const char *broke_off = USPAN_FINISH_ERROR; /* unless the result says better */
            (void)uspan_set_strs(t, s, &uspan_key_response_finish_reasons, &broke_off, 1u);
        }
    }
    return uspan_typed_end(t, s, END_ROWS(chat_result_rows), r, worst);
}

/* ---- embeddings and retrieval -------------------------------------------------------------------------- */

static const uspan_row_t embeddings_rows[] = {
    ROW_TEXT(uspan_embeddings_t, model, request_model),
    ROW_TEXT(uspan_embeddings_t, provider, provider_name),
    ROW_INT(uspan_embeddings_t, dimensions, embeddings_dimension_count),
    ROW_LIST(uspan_embeddings_t, encoding_formats, request_encoding_formats),
    ROW_TEXT(uspan_embeddings_t, server_address, server_address),
    ROW_PORT(uspan_embeddings_t, server_port, server_port),
};

static const uspan_row_t embeddings_result_rows[] = {
    ROW_TEXT(uspan_embeddings_result_t, response_model, response_model),
    ROW_INT(uspan_embeddings_result_t, input_tokens, usage_input_tokens),
};

static const uspan_span_type_t embeddings_type = { .operation = USPAN_OPERATION_EMBEDDINGS,
                                                   .kind = USPAN_KIND_CLIENT,
                                                   .is_call = true,
                                                   ROWS(embeddings_rows),
                                                   FOR_ALIYUN("EMBEDDING") };

uspan_t uspan_embeddings_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model)
{
    return uspan_typed_begin_short(t, parent, &embeddings_type, model, provider);
}

uspan_t uspan_embeddings_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_embeddings_t *e)
{
    return uspan_typed_begin(t, parent, &embeddings_type, e, NULL);
}

uspan_err_t uspan_embeddings_end(uspan_tracer_t *t, uspan_t s, const uspan_embeddings_result_t *r)
{
    if (r != NULL && r->input_tokens.is_set && r->input_tokens.value > 0) {
        const uspan_tokens_t tokens = { .input = (uint32_t)r->input_tokens.value };
        uspan_count_tokens(t, &tokens);
    }
    return uspan_typed_end(t, s, END_ROWS(embeddings_result_rows), r, USPAN_OK);
}

static const uspan_row_t retrieval_rows[] = {
    ROW_TEXT(uspan_retrieval_t, data_source_id, data_source_id),
    ROW_TEXT(uspan_retrieval_t, provider, provider_name),
    ROW_TEXT(uspan_retrieval_t, model, request_model),
    ROW_DOUBLE(uspan_retrieval_t, top_k, request_top_k),
    CONTENT_ROWS(ROW_INPUT(uspan_retrieval_t, query, retrieval_query)),
};

static const uspan_row_t retrieval_result_rows[] = {
    CONTENT_ROWS(ROW_OUTPUT(uspan_retrieval_result_t, documents, retrieval_documents)),
};

static const uspan_span_type_t retrieval_type = { .operation = USPAN_OPERATION_RETRIEVAL,
                                                  .kind = USPAN_KIND_CLIENT,
                                                  ROWS(retrieval_rows),
                                                  FOR_ALIYUN("RETRIEVER") FOR_LANGFUSE("retriever") };

uspan_t uspan_retrieval_begin(uspan_tracer_t *t, uspan_t parent, const char *data_source_id)
{
    return uspan_typed_begin_short(t, parent, &retrieval_type, data_source_id, NULL);
}

uspan_t uspan_retrieval_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_retrieval_t *r)
{
    return uspan_typed_begin(t, parent, &retrieval_type, r, NULL);
}

uspan_err_t uspan_retrieval_end(uspan_tracer_t *t, uspan_t s, const uspan_retrieval_result_t *r)
{
    return uspan_typed_end(t, s, END_ROWS(retrieval_result_rows), r, USPAN_OK);
}
