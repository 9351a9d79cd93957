/* speech_spans.c: spans of text to speech and speech to text (voice spans of the OpenAI Agents SDK). Audio is
 * recorded only if the application passes it as input_messages. */
#include "genai/typed.h"

static const uspan_row_t speech_rows[] = {
    ROW(TEXT, uspan_speech_t, model, request_model),
    ROW(TEXT, uspan_speech_t, provider, provider_name),
    ROW(TEXT, uspan_speech_t, format, audio_output_format),
    ROW(TEXT, uspan_speech_t, voice, speech_voice),
#if USPAN_CONTENT
    ROW(INPUT, uspan_speech_t, input_messages, input_messages),
#endif
    MORE_REQUEST,
};

static const uspan_row_t transcription_rows[] = {
    ROW(TEXT, uspan_speech_t, model, request_model),
    ROW(TEXT, uspan_speech_t, provider, provider_name),
    ROW(TEXT, uspan_speech_t, format, audio_input_format),
#if USPAN_CONTENT
    ROW(TEXT, uspan_speech_t, input_messages, input_messages),
#endif
    MORE_REQUEST,
};

static const uspan_row_t speech_result_rows[] = {
#if USPAN_CONTENT
    ROW(OUTPUT, uspan_speech_result_t, output_messages, output_messages),
#endif
    MORE_RESULT,
};

static const uspan_more_type_t speech_type = {
    .type = { OPERATION(USPAN_OPERATION_SPEECH), .kind = USPAN_KIND_CLIENT,
              .traits = USPAN_TYPED_MORE | USPAN_TYPED_CALL, .rows = speech_rows,
              FOR_ALIYUN("LLM") FOR_PHOENIX("CHAIN") FOR_LANGFUSE("generation") },
    .fixed_key = &uspan_key_output_type,
    .fixed = USPAN_OUTPUT_SPEECH
};
static const uspan_more_type_t transcription_type = {
    .type = { OPERATION(USPAN_OPERATION_TRANSCRIPTION), .kind = USPAN_KIND_CLIENT,
              .traits = USPAN_TYPED_MORE | USPAN_TYPED_CALL, .rows = transcription_rows,
              FOR_ALIYUN("LLM") FOR_PHOENIX("CHAIN") FOR_LANGFUSE("generation") },
    .fixed_key = &uspan_key_output_type,
    .fixed = USPAN_OUTPUT_TEXT
};
static const uspan_row_t group_rows[] = {
#if USPAN_CONTENT
    ROW(INPUT, uspan_request_t, subject, function_input),
#endif
    END_ROW,
};
static const uspan_span_type_t group_type = { OPERATION(USPAN_OPERATION_SPEECH_GROUP),
                                              .traits = USPAN_TYPED_IS_FIXED, .kind = USPAN_KIND_INTERNAL,
                                              .rows = group_rows,
                                              FOR_ALIYUN("CHAIN") FOR_PHOENIX("CHAIN") FOR_LANGFUSE("span") };

uspan_t uspan_speech_begin(uspan_tracer_t *t, uspan_t parent, const char *model)
{
    return uspan_typed_begin_one(t, parent, model, &speech_type.type);
}

uspan_t uspan_speech_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_speech_t *speech)
{
    return uspan_typed_begin(t, parent, speech, &speech_type.type);
}

uspan_t uspan_transcription_begin(uspan_tracer_t *t, uspan_t parent, const char *model)
{
    return uspan_typed_begin_one(t, parent, model, &transcription_type.type);
}

uspan_t uspan_transcription_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_speech_t *speech)
{
    return uspan_typed_begin(t, parent, speech, &transcription_type.type);
}

uspan_err_t uspan_speech_end(uspan_tracer_t *t, uspan_t s, const uspan_speech_result_t *r)
{
    uspan_err_t worst =
        r != NULL && r->first_chunk_ns != 0u ? uspan_first_chunk_at(t, s, r->first_chunk_ns) : USPAN_OK;
    return uspan_worse_result(worst, uspan_typed_end(t, s, r, speech_result_rows));
}

uspan_t uspan_speech_group_begin(uspan_tracer_t *t, uspan_t parent, const char *input)
{
    return uspan_typed_begin_one(t, parent, input, &group_type);
}
