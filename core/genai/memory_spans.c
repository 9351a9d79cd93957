/* memory_spans.c: spans of operations on an agent's memory, and evaluations. An evaluation is an event of the
 * span that was judged. */
#include <string.h>
#include "genai/typed.h"

static const uspan_row_t memory_rows[] = {
    ROW(TEXT, uspan_memory_t, store_id, memory_store_id),
    ROW(TEXT, uspan_memory_t, record_id, memory_record_id),
    ROW(TEXT, uspan_memory_t, provider, provider_name),
    ROW(TEXT, uspan_memory_t, server_address, server_address),
#if USPAN_CONTENT
    ROW(INPUT, uspan_memory_t, query, memory_query),
    ROW(INPUT, uspan_memory_t, records, memory_records),
#endif
    ROW(COUNT, uspan_memory_t, server_port, server_port),
    MORE_REQUEST,
};

static const uspan_row_t memory_result_rows[] = {
    ROW(TEXT, uspan_memory_result_t, record_id, memory_record_id),
#if USPAN_CONTENT
    ROW(OUTPUT, uspan_memory_result_t, records, memory_records),
#endif
    ROW(INT, uspan_memory_result_t, record_count, memory_record_count),
    MORE_RESULT,
};

uspan_t uspan_memory_begin_with(uspan_tracer_t *t, uspan_t parent, const char *operation,
                                const uspan_memory_t *m)
{
    if (operation == NULL) {
        operation = USPAN_MEMORY_SEARCH;
    }
    const uspan_span_type_t type = { .operation = operation, /* the type is read during the call only */
                                     .operation_len = (uint8_t)strlen(operation), /* they are short */
                                     .traits = USPAN_TYPED_IS_FIXED,
                                     .kind = USPAN_KIND_CLIENT,
                                     .rows = memory_rows,
                                     FOR_ALIYUN("TASK") FOR_PHOENIX("CHAIN") FOR_LANGFUSE("span") };
    return uspan_typed_begin(t, parent, m, &type);
}

uspan_err_t uspan_memory_end(uspan_tracer_t *t, uspan_t s, const uspan_memory_result_t *r)
{
    return uspan_typed_end(t, s, r, memory_result_rows);
}

/* ---- evaluations --------------------------------------------------------------------------------------- */

static const uspan_key_t error_type_key = USPAN_KEY_INIT("error.type");

uspan_err_t uspan_evaluation(uspan_tracer_t *t, uspan_t s, const uspan_evaluation_t *e)
{
    static const char name[] = "gen_ai.evaluation.result";
    static const uspan_key_t *const keys[] = { &uspan_key_evaluation_name, &uspan_key_evaluation_label,
                                               &uspan_key_evaluation_explanation, &uspan_key_response_id,
                                               &error_type_key };
    USPAN_STATIC_ASSERT(offsetof(uspan_evaluation_t, error_type) == 4u * sizeof(const char *),
                        "the texts stand first, in the order of the keys");
    uspan_attr_t attrs[6];
    uspan_attr_t *a = attrs;
    if (t == NULL || e == NULL || !uspan_has_text(e->name)) {
        return USPAN_ERR_ARG;
    }
    const char *const *texts = (const char *const *)(const void *)e;
    for (unsigned i = 0; i < 5u; i++) {
        if (uspan_has_text(texts[i])) {
            a->key = keys[i];
            a->type = USPAN_TYPE_TEXT;
            a->count = USPAN_TO_NUL;
            a->v.text = texts[i];
            a++;
        }
    }
    if (e->score.is_set) {
        a->key = &uspan_key_evaluation_score;
        a->type = USPAN_TYPE_DOUBLE;
        a->v.d = e->score.value;
        a++;
    }
    return uspan_event_n(t, s, name, sizeof name - 1u, 0u, attrs, (size_t)(a - attrs));
}
