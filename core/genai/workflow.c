/* workflow.c: a run as a whole. What it says holds for all under it: its conversation (which children take
 * over), its trace id, and whether content is recorded. */
#include "typed.h"
#include "trace/ascii.h"
#include "trace/id.h"

static const uspan_row_t workflow_rows[] = {
    ROW_TEXT(uspan_workflow_t, name, workflow_name),
    ROW_TEXT(uspan_workflow_t, user_id, user_id),
    ROW_TEXT(uspan_workflow_t, session_id, session_id),
    ROW_TEXT(uspan_workflow_t, environment, environment_name),
    CONTENT_ROWS(ROW_INPUT(uspan_workflow_t, input_messages, input_messages)),
};

static const uspan_row_t workflow_result_rows[] = {
    CONTENT_ROWS(ROW_OUTPUT(uspan_workflow_result_t, output_messages, output_messages)),
};

/* "trace_" and 32 lower-case digits, not all 0. */
static bool read_trace_id(uint8_t id[16], const char *text)
{
    uint8_t any = 0;
    if (strncmp(text, "trace_", 6u) != 0 || strlen(text) != 38u) {
        return false;
    }
    for (unsigned i = 0; i < 32u; i++) {
        char c = text[6u + i];
        int digit = uspan_hex(c);
        if (digit < 0 || c != uspan_lower(c)) {
            return false;
        }
        id[i / 2u] = (uint8_t)(id[i / 2u] << 4 | digit);
        any |= (uint8_t)digit;
    }
    return any != 0u;
}

static void set_group(uspan_tracer_t *t, uspan_t s, const char *group)
{
    if (uspan_has_key(t, s, &uspan_key_conversation_id)) { /* the run's */
        (void)uspan_set_str(t, s, &uspan_key_session_id, group);
        (void)uspan_set_str(t, s, &uspan_key_uspan_group_id, group);
        return;
    }
    (void)uspan_set_str(t, s, &uspan_key_conversation_id, group);
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
        again.key++; /* USPAN_METADATA_KEY() makes two */
        (void)uspan_set_all(t, s, &again, 1u);
#endif
    }
}

static void set_trace(uspan_tracer_t *t, uspan_t s, const void *request)
{
    const uspan_workflow_t *w = request;
#if USPAN_PROFILE_LANGFUSE
    (void)uspan_set_str(t, s, &uspan_key_langfuse_trace_name,
                        w != NULL && uspan_has_text(w->name) ? w->name : "Agent workflow");
#endif
    if (w == NULL) {
        return;
    }
    uint8_t id[16];
    if (w->no_content) {
        (void)uspan_content_of(t, s, false);
    }
    if (uspan_has_text(w->trace_id) && !read_trace_id(id, w->trace_id)) {
        (void)uspan_set_str(t, s, &uspan_key_uspan_trace_id, w->trace_id);
    }
    if (uspan_has_text(w->group_id)) {
        set_group(t, s, w->group_id);
    }
    set_metadata(t, s, w->metadata);
}

static const uspan_span_type_t workflow_type = { .operation = USPAN_OPERATION_WORKFLOW,
                                                 .unknown = "Agent workflow", /* the SDK's default */
                                                 .extra = set_trace,
                                                 .kind = USPAN_KIND_INTERNAL,
                                                 ROWS(workflow_rows),
                                                 FOR_ALIYUN("ENTRY") FOR_PHOENIX("CHAIN")
                                                     FOR_LANGFUSE("chain") };

uspan_t uspan_workflow_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return uspan_typed_begin_short(t, parent, &workflow_type, name, NULL);
}

uspan_t uspan_workflow_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_workflow_t *w)
{
    uint8_t id[16] = { 0 };
    uspan_options_t o = { .kind = USPAN_KIND_DEFAULT };
    if (w != NULL) {
        o.disabled = w->disabled;
        if (uspan_has_text(w->trace_id) && read_trace_id(id, w->trace_id)) {
            o.trace_id = id;
        }
    }
    return uspan_typed_begin(t, parent, &workflow_type, w, &o);
}

uspan_err_t uspan_workflow_end(uspan_tracer_t *t, uspan_t s, const uspan_workflow_result_t *r)
{
    return uspan_typed_end(t, s, END_ROWS(workflow_result_rows), r, USPAN_OK);
}

uspan_err_t uspan_new_id(uspan_tracer_t *t, uspan_id_kind_t kind, char out[USPAN_ID_TEXT_BYTES])
{
    uint8_t id[16];
    size_t bytes = kind == USPAN_ID_TRACE ? 16u : 12u;
    const char *prefix = kind == USPAN_ID_TRACE ? "trace_" : kind == USPAN_ID_SPAN ? "span_" : "group_";
    out[0] = '\0';
    if (!uspan_is_live(t) || !uspan_id_random(t, id, bytes)) {
        return USPAN_ERR_AGAIN;
    }
    size_t len = strlen(prefix);
    memcpy(out, prefix, len);
    for (size_t i = 0; i < bytes; i++) {
        out[len++] = "0123456789abcdef"[id[i] >> 4];
        out[len++] = "0123456789abcdef"[id[i] & 15u];
    }
    out[len] = '\0';
    return USPAN_OK;
}
