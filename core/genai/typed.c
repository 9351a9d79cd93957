/* typed.c: starts and ends every typed span. Fields that are not set produce no attribute. All request
 * attributes are set before processors see the span. Names follow the GenAI conventions, "Spans". */
#include "genai/typed.h"
#include <string.h>
#include "trace/trace.h"

const uspan_row_t uspan_request_rows[] = {
    SHORT_REQUEST_ROWS,
#if USPAN_CONTENT
    FUNCTION_INPUT_ROW,
#endif
    END_ROW,
};

#if USPAN_CONTENT
static const uspan_row_t model_content_rows[] = {
    SHORT_REQUEST_ROWS,
    ROW(INPUT, uspan_chat_t, input_messages, input_messages),
    ROW(TEXT, uspan_chat_t, system_instructions, system_instructions),
    FUNCTION_INPUT_ROW,
    END_ROW,
};
#define MORE_OF_MODEL NEXT_TABLE(uspan_request_t, start_ns, model_content_rows)
#else
#define MORE_OF_MODEL MORE_REQUEST
#endif
USPAN_STATIC_ASSERT(offsetof(uspan_request_t, start_ns) == 0u, "a table may go on with its own struct");

/* Rows for uspan_chat_t and uspan_agent_t, which have these fields at the same offsets. */
const uspan_row_t uspan_model_rows[] = {
    ROW(TEXT, uspan_chat_t, output_type, output_type),
    ROW(LIST, uspan_chat_t, stop_sequences, request_stop_sequences),
    ROW(DOUBLE, uspan_chat_t, temperature, request_temperature),
    ROW(DOUBLE, uspan_chat_t, top_p, request_top_p),
    ROW(DOUBLE, uspan_chat_t, presence_penalty, request_presence_penalty),
    ROW(DOUBLE, uspan_chat_t, frequency_penalty, request_frequency_penalty),
    ROW(INT, uspan_chat_t, top_k, request_top_k),
    ROW(INT, uspan_chat_t, max_tokens, request_max_tokens),
    ROW(INT, uspan_chat_t, seed, request_seed),
    ROW(INT, uspan_chat_t, choice_count, request_choice_count),
    MORE_OF_MODEL,
};
USPAN_STATIC_ASSERT(offsetof(uspan_chat_t, temperature) == offsetof(uspan_agent_t, temperature) &&
                        offsetof(uspan_chat_t, tool_definitions) == offsetof(uspan_agent_t, tool_definitions),
                    "models' fields stand at one place");

const uspan_row_t uspan_result_rows[] = {
#if USPAN_CONTENT
    ROW(OUTPUT, uspan_result_t, function_output, function_output),
#endif
    END_ROW,
};

/* ---- attributes of a struct ---------------------------------------------------------------------------- */

/* With Studio, studio_texts.c adds AgentScope's attributes at the end of every span. */
#define REPEATS_AGENTSCOPE (USPAN_PROFILE_AGENTSCOPE && !USPAN_STUDIO)
#if USPAN_CONTENT && (USPAN_PROFILE_PHOENIX || USPAN_PROFILE_LANGFUSE || REPEATS_AGENTSCOPE)
/* Set an input or output text again, under the keys that the backends of the profiles read. */
static void repeat_text(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row, const char *text)
{
    bool output = row->repeats == USPAN_REPEATS_OUTPUT;
    bool generic = row->key == (output ? &uspan_key_function_output : &uspan_key_function_input);
#if USPAN_PROFILE_PHOENIX
    if (generic) {
        (void)uspan_set_str(t, s, output ? &uspan_key_phoenix_output : &uspan_key_phoenix_input, text);
        (void)uspan_set_static(t, s, output ? &uspan_key_phoenix_output_type : &uspan_key_phoenix_input_type,
                               "application/json");
    }
#endif
#if USPAN_PROFILE_LANGFUSE
    if (generic && uspan_has_key(t, s, &uspan_key_langfuse_type)) { /* it reads other keys of other spans */
        (void)uspan_set_str(t, s, output ? &uspan_key_langfuse_output : &uspan_key_langfuse_input, text);
    }
#endif
#if REPEATS_AGENTSCOPE
    if (!generic) {
        (void)uspan_set_str(t, s, output ? &uspan_key_function_output : &uspan_key_function_input, text);
    }
#endif
    (void)generic;
}

static uspan_err_t set_rows(uspan_tracer_t *t, uspan_t s, const void *from, const uspan_row_t *rows)
{
    const char *base = from;
    for (const uspan_row_t *row = rows; row->kind != USPAN_ROW_END; row++) {
        const char *field = base + row->offset;
        if (row->kind == USPAN_ROW_MORE) {
            base = field;
            row = row->more - 1;
        } else if (row->repeats != 0u && uspan_has_text(*(const char *const *)field)) {
            repeat_text(t, s, row, *(const char *const *)field);
        }
    }
    return uspan_set_struct(t, s, from, rows);
}
#else
#define set_rows uspan_set_struct
#endif

/* Returns what a type of USPAN_TYPED_MORE has in addition. */
static inline const uspan_more_type_t *more_of(const uspan_span_type_t *type)
{
    return (const uspan_more_type_t *)(const void *)type;
}

/* ---- begin --------------------------------------------------------------------------------------------- */

static void set_profiles(uspan_tracer_t *t, uspan_t s, const uspan_span_type_t *type)
{
#if USPAN_PROFILE_ALIYUN
    const char *kind = type->aliyun;
    if (kind == NULL) { /* no lock is needed: ids of an open span do not change */
        kind = uspan_is_zero(uspan_slot_at(&t->trace, s)->parent_id, 8) ? "ENTRY" : "CHAIN";
    }
    (void)uspan_set_static(t, s, &uspan_key_aliyun_span_kind, kind);
#endif
#if USPAN_PROFILE_PHOENIX
    if (type->phoenix != NULL) {
        (void)uspan_set_static(t, s, &uspan_key_phoenix_span_kind, type->phoenix);
    }
#endif
#if USPAN_PROFILE_LANGFUSE
    if (type->langfuse != NULL) {
        (void)uspan_set_static(t, s, &uspan_key_langfuse_type, type->langfuse);
    }
#endif
    (void)t, (void)s, (void)type;
}

static inline void set_request_attrs(uspan_tracer_t *t, uspan_t parent, uspan_t s, const uspan_request_t *r,
                                     const uspan_span_type_t *type)
{
    if (type->operation != NULL) {
        (void)uspan_set_static_n(t, s, &uspan_key_operation_name, type->operation, type->operation_len);
    }
    bool has_more = (type->traits & USPAN_TYPED_MORE) != 0u;
    if (has_more && more_of(type)->fixed_key != NULL) {
        (void)uspan_set_static(t, s, more_of(type)->fixed_key, more_of(type)->fixed);
    }
    set_profiles(t, s, type);
    if (has_more && more_of(type)->extra != NULL) {
        more_of(type)->extra(t, s, r);
    }
    (void)set_rows(t, s, r, type->rows);
#if USPAN_CONTENT && USPAN_TOOL_DEFINITIONS
    if ((type->traits & USPAN_TYPED_MODEL) != 0u && uspan_tells_definitions(t)) {
        const char *definitions =
            ((const uspan_chat_t *)(const void *)r)->tool_definitions; /* same offset in uspan_agent_t */
        if (uspan_has_text(definitions)) {
            (void)uspan_set_str(t, s, &uspan_key_tool_definitions, definitions);
        }
    }
#endif
    if (parent.id == USPAN_CURRENT.id) {
        parent = uspan_current(t);
    }
    /* A span without a conversation id takes over that of its parent. */
    if (!uspan_has_text(r->conversation_id)) {
        uspan_copy_key(t, parent, &uspan_key_conversation_id, s, &uspan_key_conversation_id);
    }
    if ((type->traits & USPAN_TYPED_OF_AGENT) != 0u) {
        uspan_copy_key(t, parent, &uspan_key_agent_name, s, &uspan_key_agent_name);
    }
#if USPAN_PROFILE_ALIYUN
    uspan_copy_key(t, s, &uspan_key_conversation_id, s, &uspan_key_aliyun_session_id);
#endif
    for (const uspan_attr_t *a = r->attrs; a != NULL && a->key != NULL; a++) {
        (void)uspan_set_all(t, s, a, 1u);
    }
}

/* One byte more than a span keeps. The span cuts a name that is too long at a character, and counts it. */
#define NAME_BYTES (USPAN_NAME_MAX + 1u)

/* Append the bytes of text that fit into the name. Returns the new length. */
USPAN_NOINLINE_SMALL static size_t add_text(char name[NAME_BYTES], size_t len, const char *text, size_t n)
{
    n = n < NAME_BYTES - len ? n : NAME_BYTES - len;
    memcpy(name + len, text, n);
    return len + n;
}

/* Build the span name. It is `own` if that is set, or the type's fixed name if it has one. Otherwise it is
 * "operation subject", or the operation if there is no subject. Returns the length. */
static size_t make_name(char name[NAME_BYTES], const uspan_span_type_t *type, const char *own,
                        const char *subject)
{
    const char *first = type->operation;
    if (uspan_has_text(own)) {
        first = own;
        subject = (type->traits & USPAN_TYPED_OWN_FIRST) != 0u ? subject : NULL;
    } else if ((type->traits & USPAN_TYPED_IS_FIXED) != 0u) {
        first = (type->traits & USPAN_TYPED_MORE) != 0u ? more_of(type)->fixed : first;
        subject = NULL;
    } else if ((type->traits & USPAN_TYPED_OR_FIXED) != 0u && !uspan_has_text(subject)) {
        subject = more_of(type)->fixed;
    }
    size_t len = add_text(name, 0u, first, first == type->operation ? type->operation_len : strlen(first));
    if (uspan_has_text(subject) && len < NAME_BYTES) {
        name[len++] = ' ';
        len = add_text(name, len, subject, strlen(subject));
    }
    return len;
}

/* Count a call of a model, even if its span is null or not sampled. */
static void count_call(uspan_tracer_t *t, uspan_t s)
{
    if (__atomic_load_n(&t->trace.usage, __ATOMIC_RELAXED) == NULL) {
        return; /* no totals are set: saves the lock */
    }
    uint32_t state = uspan_lock(t);
    if (t->trace.usage != NULL) {
        uspan_slot_t *slot = uspan_slot_find_open(&t->trace, s);
        t->trace.usage->calls++;
        if (slot != NULL) {
            slot->traits |= USPAN_TRAIT_CALL;
        }
    }
    uspan_unlock(t, state);
}

uspan_t uspan_typed_begin_as(uspan_tracer_t *t, uspan_t parent, const void *request,
                             const uspan_span_type_t *type, const uspan_options_t *more)
{
    const uspan_request_t *r = request;
    char name[NAME_BYTES];
    if (!uspan_is_live(t)) {
        return USPAN_NULL;
    }
    uspan_options_t o = {
        .kind = r->kind != USPAN_KIND_DEFAULT ? r->kind : (uspan_kind_t)type->kind,
        .start_ns = r->start_ns,
        .parent = r->context,
        .attr_count = 1u, /* above 0: uspan_start_bare() calls no processor. It reads no attribute */
    };
    if (more != NULL) {
        o.trace_id = more->trace_id;
        o.disabled = more->disabled;
    }
    uspan_t s = uspan_start_bare(t, parent, name, make_name(name, type, r->span_name, r->subject), &o);
    if (!uspan_is_null(s) && uspan_slot_at(&t->trace, s)->accepts_attrs != 0u) {
        set_request_attrs(t, parent, s, r, type);
        uspan_processors(t, s, USPAN_ON_START);
    }
    if ((type->traits & USPAN_TYPED_CALL) != 0u) {
        count_call(t, s);
    }
    return s;
}

uspan_t uspan_typed_begin(uspan_tracer_t *t, uspan_t parent, const void *request,
                          const uspan_span_type_t *type)
{
    return request != NULL ? uspan_typed_begin_as(t, parent, request, type, NULL)
                           : uspan_typed_begin_one(t, parent, NULL, type);
}

uspan_t uspan_typed_begin_two(uspan_tracer_t *t, uspan_t parent, const char *second, const char *subject,
                              const uspan_span_type_t *type)
{
    union { /* large enough for every type, with no field set */
        uspan_request_t request;
        uspan_chat_t chat;
        uspan_agent_t agent;
        uspan_tool_t tool;
        uspan_workflow_t workflow;
        uspan_retrieval_t retrieval;
        uspan_embeddings_t embeddings;
        uspan_mcp_tools_t mcp_tools;
        uspan_speech_t speech;
        uspan_memory_t memory;
        uspan_fetch_response_t fetch;
    } any;
    memset(&any, 0, sizeof any);
    any.request.subject = subject;
    any.request.second = second;
    return uspan_typed_begin_as(t, parent, &any, type, NULL);
}

uspan_t uspan_typed_begin_one(uspan_tracer_t *t, uspan_t parent, const char *subject,
                              const uspan_span_type_t *type)
{
    return uspan_typed_begin_two(t, parent, NULL, subject, type);
}

void uspan_typed_rename(uspan_tracer_t *t, uspan_t s, const char *subject, const uspan_span_type_t *type)
{
    char name[NAME_BYTES];
    (void)uspan_set_str(t, s, type->rows[0].key, subject);
    (void)uspan_set_name_n(t, s, name, make_name(name, type, NULL, subject));
}

/* ---- end ----------------------------------------------------------------------------------------------- */

uspan_err_t uspan_typed_end(uspan_tracer_t *t, uspan_t s, const void *result, const uspan_row_t *rows)
{
    const uspan_result_t *r = result;
    uspan_err_t worst = USPAN_OK;
    uint64_t end_ns = 0;
    if (r != NULL) {
        worst = set_rows(t, s, r, rows);
        if (uspan_has_text(r->error_type) || uspan_has_text(r->error_message)) {
            worst = uspan_worse_result(worst, uspan_record_error(t, s, r->error_type, r->error_message));
        }
        end_ns = r->end_ns;
    }
    return uspan_worse_result(worst, uspan_end_at(t, s, end_ns));
}
