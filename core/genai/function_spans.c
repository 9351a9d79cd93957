/* function_spans.c: spans of the agent's own work: formatters, functions, custom spans. */
#include "genai/typed.h"

static const uspan_row_t format_rows[] = {
    ROW(TEXT, uspan_format_t, target, format_target),
    MORE_REQUEST,
};

static const uspan_row_t format_result_rows[] = {
    ROW(INT, uspan_format_result_t, count, format_count),
    MORE_RESULT,
};

static const uspan_more_type_t format_type = {
    .type = { OPERATION(USPAN_OPERATION_FORMAT), .traits = USPAN_TYPED_MORE | USPAN_TYPED_OR_FIXED,
              .kind = USPAN_KIND_INTERNAL, .rows = format_rows,
              FOR_ALIYUN("TASK") FOR_PHOENIX("CHAIN") FOR_LANGFUSE("span") },
    .fixed_key = &uspan_key_format_target,
    .fixed = USPAN_PROVIDER_UNKNOWN
};

uspan_t uspan_format_begin(uspan_tracer_t *t, uspan_t parent, const char *target)
{
    return uspan_typed_begin_one(t, parent, target, &format_type.type);
}

uspan_t uspan_format_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_format_t *f)
{
    return uspan_typed_begin(t, parent, f, &format_type.type);
}

uspan_err_t uspan_format_end(uspan_tracer_t *t, uspan_t s, const uspan_format_result_t *r)
{
    return uspan_typed_end(t, s, r, format_result_rows);
}

static const uspan_row_t function_rows[] = {
    ROW(TEXT, uspan_function_t, name, function_name),
    MORE_REQUEST,
};

static const uspan_span_type_t function_type = { OPERATION(USPAN_OPERATION_FUNCTION),
                                                 .kind = USPAN_KIND_INTERNAL, .rows = function_rows,
                                                 FOR_ALIYUN("TASK") FOR_PHOENIX("CHAIN")
                                                     FOR_LANGFUSE("span") };

uspan_t uspan_function_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return uspan_typed_begin_one(t, parent, name, &function_type);
}

uspan_t uspan_function_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_function_t *f)
{
    return uspan_typed_begin(t, parent, f, &function_type);
}

uspan_err_t uspan_function_end(uspan_tracer_t *t, uspan_t s, const uspan_result_t *r)
{
    return uspan_typed_end(t, s, r, uspan_result_rows);
}
