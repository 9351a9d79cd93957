/* workflow_spans.c: the span of a complete run. Its conversation, trace id and content switch apply to all
 * spans under it. */
#include "genai/typed.h"
#include "trace/ascii.h"
#include "trace/trace.h"

static const uspan_row_t workflow_rows[] = {
    ROW(TEXT, uspan_workflow_t, name, workflow_name),
    ROW(TEXT, uspan_workflow_t, user_id, user_id),
    ROW(TEXT, uspan_workflow_t, session_id, session_id),
    ROW(TEXT, uspan_workflow_t, environment, environment_name),
#if USPAN_CONTENT
    ROW(INPUT, uspan_workflow_t, input_messages, input_messages),
#endif
    MORE_REQUEST,
};

static const uspan_row_t workflow_result_rows[] = {
#if USPAN_CONTENT
    ROW(OUTPUT, uspan_workflow_result_t, output_messages, output_messages),
#endif
    MORE_RESULT,
};

/* Read "trace_" and 32 lower-case hexadecimal digits. Returns false if text has another form or all digits
 * are 0. */
static bool read_trace_id(uint8_t id[16], const char *text)
{
    return text != NULL && strncmp(text, "trace_", 6u) == 0 && uspan_read_hex(id, text + 6, 32u) &&
           text[38] == '\0' && !uspan_is_zero(id, 16u);
}

static void set_group(uspan_tracer_t *t, uspan_t s, const char *group)
{
    const uspan_key_t *key = &uspan_key_conversation_id;
    if (uspan_has_key(t, s, key)) { /* that of the Studio run */
        (void)uspan_set_str(t, s, &uspan_key_uspan_group_id, group);
        key = &uspan_key_session_id;
    }
    (void)uspan_set_str(t, s, key, group);
#if USPAN_PROFILE_LANGFUSE
    (void)uspan_set_str(t, s, &uspan_key_session_id, group);
#endif
}

static void set_metadata(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *a)
{
    for (; a != NULL && a->key != NULL; a++) {
        (void)uspan_set_all(t, s, a, 1u);
#if USPAN_PROFILE_LANGFUSE
        uspan_attr_t again = *a;
        again.key++; /* USPAN_METADATA_KEY() makes two keys, one after the other */
        (void)uspan_set_all(t, s, &again, 1u);
#endif
    }
}

static void set_trace(uspan_tracer_t *t, uspan_t s, const void *request)
{
    const uspan_workflow_t *w = request;
#if USPAN_PROFILE_LANGFUSE
    (void)uspan_set_str(t, s, &uspan_key_langfuse_trace_name,
                        uspan_has_text(w->name) ? w->name : "Agent workflow");
#endif
    if (w->no_content) {
        (void)uspan_set_span_content(t, s, false);
    }
    if (uspan_has_text(w->group_id)) {
        set_group(t, s, w->group_id);
    }
    set_metadata(t, s, w->metadata);
}

static const uspan_more_type_t workflow_type = {
    .type = { OPERATION(USPAN_OPERATION_WORKFLOW), .kind = USPAN_KIND_INTERNAL, .rows = workflow_rows,
              .traits = USPAN_TYPED_MORE | USPAN_TYPED_OR_FIXED, FOR_PHOENIX("CHAIN") FOR_LANGFUSE("chain") },
    .extra = set_trace,
    .fixed_key = &uspan_key_workflow_name,
    .fixed = "Agent workflow", /* as the OpenAI Agents SDK */
};

uspan_t uspan_workflow_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return uspan_typed_begin_one(t, parent, name, &workflow_type.type);
}

uspan_t uspan_workflow_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_workflow_t *w)
{
    if (w == NULL) {
        return uspan_workflow_begin(t, parent, NULL);
    }
    uint8_t id[16];
    bool is_ours = read_trace_id(id, w->trace_id);
    uspan_options_t o = { .disabled = w->disabled, .trace_id = is_ours ? id : NULL };
    uspan_t s = uspan_typed_begin_as(t, parent, w, &workflow_type.type, &o);
    if (!is_ours && uspan_has_text(w->trace_id)) {
        (void)uspan_set_str(t, s, &uspan_key_uspan_trace_id, w->trace_id);
    }
    return s;
}

uspan_err_t uspan_workflow_end(uspan_tracer_t *t, uspan_t s, const uspan_workflow_result_t *r)
{
    return uspan_typed_end(t, s, r, workflow_result_rows);
}
