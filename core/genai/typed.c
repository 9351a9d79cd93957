/* typed.c: the one way in which a request becomes a span and a result ends it: whatever is absent leaves no
 * trace, and all of a request is there before the processors see the span. Names are those of the GenAI
 * conventions, "Spans". */
#include "typed.h"
#include <string.h>

#define CONVERSATION_BYTES 64u

static const uspan_row_t request_rows[] = {
    ROW(TEXT, uspan_request_t, conversation_id, conversation_id),
    ROW(TEXT, uspan_request_t, function_name, function_name),
    CONTENT_END(END(INPUT, uspan_request_t, function_input, function_input)),
};

/* Of chat and agent, which have them at the same place. */
static const uspan_row_t model_rows[] = {
    ROW(DOUBLE, uspan_chat_t, temperature, request_temperature),
    ROW(DOUBLE, uspan_chat_t, top_p, request_top_p),
    ROW(DOUBLE, uspan_chat_t, top_k, request_top_k),
    ROW(DOUBLE, uspan_chat_t, presence_penalty, request_presence_penalty),
    ROW(DOUBLE, uspan_chat_t, frequency_penalty, request_frequency_penalty),
    ROW(INT, uspan_chat_t, max_tokens, request_max_tokens),
    ROW(INT, uspan_chat_t, seed, request_seed),
    ROW(INT, uspan_chat_t, choice_count, request_choice_count),
    ROW(LIST, uspan_chat_t, stop_sequences, request_stop_sequences),
    ROW(TEXT, uspan_chat_t, output_type, output_type),
    CONTENT_END(ROW(INPUT, uspan_chat_t, input_messages, input_messages),
                ROW(TEXT, uspan_chat_t, system_instructions, system_instructions),
                END(TEXT, uspan_chat_t, tool_definitions, tool_definitions)),
};
USPAN_STATIC_ASSERT(offsetof(uspan_chat_t, temperature) == offsetof(uspan_agent_t, temperature) &&
                        offsetof(uspan_chat_t, tool_definitions) == offsetof(uspan_agent_t, tool_definitions),
                    "models' fields stand at one place");

#if USPAN_CONTENT
static const uspan_row_t result_rows[] = { END(OUTPUT, uspan_result_t, function_output, function_output) };
#endif

uspan_err_t uspan_worst(uspan_err_t a, uspan_err_t b)
{
    return uspan_worse(a, b);
}

/* ---- the walker ---------------------------------------------------------------------------------------- */

USPAN_APART static void set_static(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text)
{
    (void)uspan_set_static(t, s, key, text);
}

/* What profiles repeat of a text that went in or came out, in words that their backends read. */
static void repeat_text(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row, const char *text)
{
#if USPAN_CONTENT
    bool output = row->kind == USPAN_ROW_OUTPUT;
    bool generic = row->key == (output ? &uspan_key_function_output : &uspan_key_function_input);
    if (row->kind != USPAN_ROW_INPUT && !output) {
        return;
    }
#if USPAN_PROFILE_PHOENIX
    if (generic) {
        (void)uspan_set_str(t, s, output ? &uspan_key_phoenix_output : &uspan_key_phoenix_input, text);
        set_static(t, s, output ? &uspan_key_phoenix_output_type : &uspan_key_phoenix_input_type,
                   "application/json");
    }
#endif
#if USPAN_PROFILE_LANGFUSE
    if (generic) {
        (void)uspan_set_str(t, s, output ? &uspan_key_langfuse_output : &uspan_key_langfuse_input, text);
    }
#endif
#if USPAN_PROFILE_AGENTSCOPE
    if (!generic) {
        (void)uspan_set_str(t, s, output ? &uspan_key_function_output : &uspan_key_function_input, text);
    }
#endif
    (void)generic;
#endif
    (void)t, (void)s, (void)row, (void)text;
}

static uspan_err_t set_text(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row, const char *text)
{
    if (!uspan_has_text(text)) {
        return USPAN_OK;
    }
    if (row->kind == USPAN_ROW_ONE) {
        return uspan_set_strs(t, s, row->key, &text, 1u);
    }
    repeat_text(t, s, row, text);
    return uspan_set_str(t, s, row->key, text);
}

static uspan_err_t set_list(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *const *texts)
{
    size_t count = 0;
    while (texts != NULL && texts[count] != NULL) {
        count++;
    }
    return count > 0u ? uspan_set_strs(t, s, key, texts, count) : USPAN_OK;
}

static uspan_err_t set_row(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row, const void *field)
{
    const uspan_opt_int_t *i = field;
    const uspan_opt_double_t *d = field;
    switch (row->kind) {
    case USPAN_ROW_NONE:
        return USPAN_OK;
    case USPAN_ROW_LIST:
        return set_list(t, s, row->key, *(const char *const *const *)field);
    case USPAN_ROW_DOUBLE:
        return d->is_set ? uspan_set_double(t, s, row->key, d->value) : USPAN_OK;
    case USPAN_ROW_INT:
        return i->is_set ? uspan_set_int(t, s, row->key, i->value) : USPAN_OK;
    case USPAN_ROW_COUNT:
        return *(const uint32_t *)field != 0u ? uspan_set_int(t, s, row->key, *(const uint32_t *)field)
                                              : USPAN_OK;
    case USPAN_ROW_TRUE:
        return *(const bool *)field ? uspan_set_bool(t, s, row->key, true) : USPAN_OK;
    default:
        return set_text(t, s, row, *(const char *const *)field);
    }
}

/* At most max rows. */
static uspan_err_t walk(uspan_tracer_t *t, uspan_t s, const void *from, const uspan_row_t *row, unsigned max)
{
    uspan_err_t worst = USPAN_OK;
    bool more = row != NULL;
    for (; more && max > 0u; max--, row++) {
        worst = uspan_worst(worst, set_row(t, s, row, (const char *)from + row->offset));
        more = row->is_last == 0u;
    }
    return worst;
}

uspan_err_t uspan_set_rows(uspan_tracer_t *t, uspan_t s, const void *from, const uspan_row_t *rows)
{
    return walk(t, s, from, rows, UINT8_MAX);
}

/* ---- begin --------------------------------------------------------------------------------------------- */

typedef struct filling {
    const uspan_span_type_t *type;
    const uspan_request_t *request;
    unsigned rows; /* of the type's, at most; UINT8_MAX: the request is the type's own struct */
    uspan_t parent;
} filling_t;

/* The conversation of `from` as attribute `key` of s, where s has no such one yet. */
static void copy_conversation(uspan_tracer_t *t, uspan_t from, uspan_t s, const uspan_key_t *key)
{
    uspan_trace_part_t *p = &t->trace;
    char text[CONVERSATION_BYTES];
    size_t len = 0;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *up = uspan_slot_open(p, from);
    uspan_slot_t *own = uspan_slot_open(p, s);
    const uspan_entry_t *e = NULL;
    if (up != NULL && own != NULL && (up->keys & uspan_key_bit(&uspan_key_conversation_id)) != 0u &&
        uspan_entry_find(own, key) == NULL) {
        e = uspan_entry_find(up, &uspan_key_conversation_id);
    }
    if (e != NULL && e->len <= sizeof text && e->store >= USPAN_STORE_STATIC &&
        e->store <= USPAN_STORE_TEXT) {
        const uint8_t *bytes = e->store == USPAN_STORE_STATIC ? (const uint8_t *)e->v.text : e->v.near;
        unsigned block = e->v.chain.head;
        for (; len < e->len; len++) {
            if (e->store == USPAN_STORE_TEXT && len % USPAN_BLOCK == 0u) {
                bytes = p->blocks[block].bytes;
                block = p->block_next[block];
            }
            text[len] = (char)*bytes++;
        }
    }
    uspan_unlock(t, state);
    if (len > 0u) {
        (void)uspan_set_str_n(t, s, key, text, len);
    }
}

static void set_profiles(uspan_tracer_t *t, uspan_t s, const uspan_span_type_t *type)
{
#if USPAN_PROFILE_ALIYUN
    set_static(t, s, &uspan_key_aliyun_span_kind, type->aliyun);
#endif
#if USPAN_PROFILE_PHOENIX
    if (type->phoenix != NULL) {
        set_static(t, s, &uspan_key_phoenix_span_kind, type->phoenix);
    }
#endif
#if USPAN_PROFILE_LANGFUSE
    if (type->langfuse != NULL) {
        set_static(t, s, &uspan_key_langfuse_type, type->langfuse);
    }
#endif
    (void)t, (void)s, (void)type;
}

static void fill(void *arg, uspan_tracer_t *t, uspan_t s)
{
    const filling_t *f = arg;
    const uspan_span_type_t *type = f->type;
    const uspan_request_t *r = f->request;
    bool whole = f->rows == UINT8_MAX;
    set_static(t, s, &uspan_key_operation_name, type->operation);
    if (type->fixed_key != NULL) {
        set_static(t, s, type->fixed_key, type->fixed);
    }
    set_profiles(t, s, type);
    if (type->extra != NULL) {
        type->extra(t, s, whole ? r : NULL);
    }
    (void)uspan_set_rows(t, s, r, request_rows);
    if (whole && (type->traits & USPAN_TYPED_MODEL) != 0u) {
        (void)uspan_set_rows(t, s, r, model_rows);
    }
    (void)walk(t, s, r, type->rows, f->rows);
    /* The parent's is its children's, where they have none of their own, as a run's. */
    copy_conversation(t, f->parent.id == USPAN_CURRENT.id ? uspan_current(t) : f->parent, s,
                      &uspan_key_conversation_id);
#if USPAN_PROFILE_ALIYUN
    copy_conversation(t, s, s, &uspan_key_aliyun_session_id);
#endif
    for (const uspan_attr_t *a = r->attrs; a != NULL && a->key != NULL; a++) {
        (void)uspan_set_all(t, s, a, 1u);
    }
}

/* Append what fits a name, whole characters only. */
static size_t add_text(char name[USPAN_NAME_MAX], size_t len, const char *text)
{
    size_t n = strlen(text);
    if (n > USPAN_NAME_MAX - len) {
        for (n = USPAN_NAME_MAX - len; n > 0u && ((unsigned char)text[n] & 0xC0u) == 0x80u; n--) {
            /* not within a character */
        }
    }
    memcpy(name + len, text, n);
    return len + n;
}

/* "operation subject", or the operation alone. */
static size_t make_name(char name[USPAN_NAME_MAX], const uspan_span_type_t *type, const uspan_request_t *r)
{
    const char *first = type->operation;
    const char *subject = r->subject;
    if (uspan_has_text(r->span_name) || (type->traits & USPAN_TYPED_IS_FIXED) != 0u) {
        first = uspan_has_text(r->span_name) ? r->span_name : type->fixed;
        subject = NULL;
    } else if ((type->traits & USPAN_TYPED_OR_FIXED) != 0u && !uspan_has_text(subject)) {
        subject = type->fixed;
    }
    size_t len = add_text(name, 0u, first);
    if (uspan_has_text(subject) && len < USPAN_NAME_MAX) {
        name[len++] = ' ';
        len = add_text(name, len, subject);
    }
    return len;
}

/* A call of a model counts, whatever became of its span. */
static void count_call(uspan_tracer_t *t, uspan_t s)
{
    uint32_t state = uspan_lock(t);
    if (t->trace.usage != NULL) {
        uspan_slot_t *slot = uspan_slot_open(&t->trace, s);
        t->trace.usage->calls++;
        if (slot != NULL) {
            slot->traits |= USPAN_TRAIT_CALL;
        }
    }
    uspan_unlock(t, state);
}

uspan_t uspan_typed_begin_as(uspan_tracer_t *t, uspan_t parent, const void *request,
                             const uspan_span_type_t *type, unsigned rows, uspan_options_t *o)
{
    const uspan_request_t *r = request;
    filling_t f = { type, r, rows, parent };
    char name[USPAN_NAME_MAX];
    if (!uspan_is_live(t)) {
        return USPAN_NULL;
    }
    o->kind = r->kind != USPAN_KIND_DEFAULT ? r->kind : (uspan_kind_t)type->kind;
    o->start_ns = r->start_ns;
    o->parent = r->context;
    o->fill = fill;
    o->fill_arg = &f;
    uspan_t s = uspan_start_with(t, parent, name, make_name(name, type, r), o);
    if ((type->traits & USPAN_TYPED_CALL) != 0u) {
        count_call(t, s);
    }
    return s;
}

static uspan_t begin(uspan_tracer_t *t, uspan_t parent, const void *request, const uspan_span_type_t *type,
                     unsigned rows)
{
    uspan_options_t o = { .kind = USPAN_KIND_DEFAULT };
    return uspan_typed_begin_as(t, parent, request, type, rows, &o);
}

uspan_t uspan_typed_begin(uspan_tracer_t *t, uspan_t parent, const void *request,
                          const uspan_span_type_t *type)
{
    return request != NULL ? begin(t, parent, request, type, UINT8_MAX)
                           : uspan_typed_begin_one(t, parent, NULL, type);
}

uspan_t uspan_typed_begin_two(uspan_tracer_t *t, uspan_t parent, const char *second, const char *subject,
                              const uspan_span_type_t *type)
{
    const uspan_request_t r = { .subject = subject, .second = second };
    return begin(t, parent, &r, type, second != NULL ? 2u : 1u);
}

uspan_t uspan_typed_begin_one(uspan_tracer_t *t, uspan_t parent, const char *subject,
                              const uspan_span_type_t *type)
{
    return uspan_typed_begin_two(t, parent, NULL, subject, type);
}

void uspan_typed_rename(uspan_tracer_t *t, uspan_t s, const char *subject, const uspan_span_type_t *type)
{
    const uspan_request_t r = { .subject = subject };
    char name[USPAN_NAME_MAX];
    (void)uspan_set_str(t, s, type->rows[0].key, subject);
    (void)uspan_set_name_n(t, s, name, make_name(name, type, &r));
}

/* ---- end ----------------------------------------------------------------------------------------------- */

uspan_err_t uspan_typed_end(uspan_tracer_t *t, uspan_t s, const void *result, const uspan_row_t *rows)
{
    const uspan_result_t *r = result;
    uspan_err_t worst = USPAN_OK;
    uint64_t end_ns = 0;
    if (r != NULL) {
        worst = uspan_set_rows(t, s, r, rows);
#if USPAN_CONTENT
        worst = uspan_worst(worst, uspan_set_rows(t, s, r, result_rows));
#endif
        if (uspan_has_text(r->error_type) || uspan_has_text(r->error_message)) {
            worst = uspan_worst(worst, uspan_record_error(t, s, r->error_type, r->error_message));
        }
        end_ns = r->end_ns;
    }
    return uspan_worst(worst, uspan_end_at(t, s, end_ns));
}
