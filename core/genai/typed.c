/* typed.c: the one way in which a request becomes a span and a result ends it: whatever is absent leaves no
 * trace, and all of a request is there before the processors see the span. Names are those of the GenAI
 * conventions, "Spans". */
#include "typed.h"
#include <string.h>

#define CONVERSATION_BYTES 64u

static const uspan_row_t request_rows[] = {
    ROW_TEXT(uspan_request_t, conversation_id, conversation_id),
    ROW_TEXT(uspan_request_t, function_name, function_name),
    CONTENT_ROWS(ROW_INPUT(uspan_request_t, function_input, function_input)),
};

/* Of chat and agent, which have them at the same place. */
static const uspan_row_t model_rows[] = {
    ROW_DOUBLE(uspan_chat_t, temperature, request_temperature),
    ROW_DOUBLE(uspan_chat_t, top_p, request_top_p),
    ROW_DOUBLE(uspan_chat_t, top_k, request_top_k),
    ROW_DOUBLE(uspan_chat_t, presence_penalty, request_presence_penalty),
    ROW_DOUBLE(uspan_chat_t, frequency_penalty, request_frequency_penalty),
    ROW_INT(uspan_chat_t, max_tokens, request_max_tokens),
    ROW_INT(uspan_chat_t, seed, request_seed),
    ROW_INT(uspan_chat_t, choice_count, request_choice_count),
    ROW_LIST(uspan_chat_t, stop_sequences, request_stop_sequences),
    ROW_TEXT(uspan_chat_t, output_type, output_type),
    CONTENT_ROWS(ROW_INPUT(uspan_chat_t, input_messages, input_messages),
                 ROW_TEXT(uspan_chat_t, system_instructions, system_instructions),
                 ROW_TEXT(uspan_chat_t, tool_definitions, tool_definitions)),
};
USPAN_STATIC_ASSERT(offsetof(uspan_chat_t, temperature) == offsetof(uspan_agent_t, temperature) &&
                        offsetof(uspan_chat_t, tool_definitions) == offsetof(uspan_agent_t, tool_definitions),
                    "models' fields stand at one place");

static const uspan_row_t result_rows[] = { CONTENT_ROWS(
    ROW_OUTPUT(uspan_result_t, function_output, function_output)) };

/* ---- the walker ---------------------------------------------------------------------------------------- */

static uspan_err_t set_list(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *const *texts)
{
    size_t count = 0;
    while (texts[count] != NULL) {
        count++;
    }
    return count > 0u ? uspan_set_strs(t, s, key, texts, count) : USPAN_OK;
}

/* What profiles repeat of a text that went in (or came out): in words that their backends read. */
static void repeat_text(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text, bool output)
{
#if USPAN_CONTENT && (USPAN_PROFILE_PHOENIX || USPAN_PROFILE_LANGFUSE)
    if (key == &uspan_key_function_input || key == &uspan_key_function_output) {
#if USPAN_PROFILE_PHOENIX
        (void)uspan_set_str(t, s, output ? &uspan_key_phoenix_output : &uspan_key_phoenix_input, text);
        (void)uspan_set_static(t, s, output ? &uspan_key_phoenix_output_type : &uspan_key_phoenix_input_type,
                               "application/json");
#endif
#if USPAN_PROFILE_LANGFUSE
        (void)uspan_set_str(t, s, output ? &uspan_key_langfuse_output : &uspan_key_langfuse_input, text);
#endif
    }
#endif
#if USPAN_CONTENT && USPAN_PROFILE_AGENTSCOPE
    if (key != &uspan_key_function_input && key != &uspan_key_function_output) {
        (void)uspan_set_str(t, s, output ? &uspan_key_function_output : &uspan_key_function_input, text);
    }
#endif
    (void)t, (void)s, (void)key, (void)text, (void)output;
}

static uspan_err_t set_text(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row, const char *text)
{
    if (text[0] == '\0') {
        return USPAN_OK;
    }
    if (row->kind == USPAN_ROW_ONE) {
        return uspan_set_strs(t, s, row->key, &text, 1u);
    }
    if (row->kind != USPAN_ROW_TEXT) {
        repeat_text(t, s, row->key, text, row->kind == USPAN_ROW_OUTPUT);
    }
    return uspan_set_str(t, s, row->key, text);
}

static uspan_err_t set_row(uspan_tracer_t *t, uspan_t s, const uspan_row_t *row, const void *field)
{
    const char *text;
    const char *const *list;
    uspan_opt_int_t i;
    uspan_opt_double_t d;
    uint16_t port;
    bool is_true;
    switch (row->kind) {
    case USPAN_ROW_NONE:
        return USPAN_OK;
    case USPAN_ROW_INT:
        memcpy(&i, field, sizeof i);
        return i.is_set ? uspan_set_int(t, s, row->key, i.value) : USPAN_OK;
    case USPAN_ROW_DOUBLE:
        memcpy(&d, field, sizeof d);
        return d.is_set ? uspan_set_double(t, s, row->key, d.value) : USPAN_OK;
    case USPAN_ROW_PORT:
        memcpy(&port, field, sizeof port);
        return port != 0u ? uspan_set_int(t, s, row->key, port) : USPAN_OK;
    case USPAN_ROW_TRUE:
    case USPAN_ROW_BOOL:
        memcpy(&is_true, field, sizeof is_true);
        return is_true || row->kind == USPAN_ROW_BOOL ? uspan_set_bool(t, s, row->key, is_true) : USPAN_OK;
    case USPAN_ROW_LIST:
        memcpy(&list, field, sizeof list);
        return list != NULL ? set_list(t, s, row->key, list) : USPAN_OK;
    default:
        memcpy(&text, field, sizeof text);
        return text != NULL ? set_text(t, s, row, text) : USPAN_OK;
    }
}

uspan_err_t uspan_set_rows(uspan_tracer_t *t, uspan_t s, const uspan_row_t *rows, size_t count,
                           const void *from)
{
    uspan_err_t worst = USPAN_OK;
    for (size_t i = 0; i < count; i++) {
        worst = uspan_worse(worst, set_row(t, s, &rows[i], (const char *)from + rows[i].offset));
    }
    return worst;
}

/* ---- begin --------------------------------------------------------------------------------------------- */

typedef struct filling {
    const uspan_span_type_t *type;
    const void *request;
    unsigned rows; /* how many of the type's */
    uspan_t parent;
} filling_t;

const uspan_entry_t *uspan_attr_of(const uspan_slot_t *slot, const uspan_key_t *key)
{
    unsigned count = (slot->keys & uspan_key_bit(key)) != 0u ? slot->attr_count : 0u;
    for (unsigned i = 0; i < count; i++) {
        if (uspan_same_key(slot->attrs[i].key, key)) {
            return &slot->attrs[i];
        }
    }
    return NULL;
}

/* The parent's conversation is its children's too, where they have none of their own. */
static void inherit_conversation(uspan_tracer_t *t, uspan_t s, uspan_t parent)
{
    const uspan_key_t *key = &uspan_key_conversation_id;
    uspan_trace_part_t *p = &t->trace;
    char text[CONVERSATION_BYTES];
    const char *found = NULL;
    size_t len = 0;
    bool is_static = false;
    if (parent.id == USPAN_CURRENT.id) {
        parent = uspan_current(t);
    }
    uint32_t state = uspan_lock(t);
    uspan_slot_t *up = uspan_slot_open(p, parent);
    uspan_slot_t *own = uspan_slot_open(p, s);
    const uspan_entry_t *e = NULL;
    if (up != NULL && own != NULL && uspan_attr_of(own, key) == NULL) { /* a run's is there already */
        e = uspan_attr_of(up, key);
    }
    if (e != NULL && e->store == USPAN_STORE_STATIC) {
        is_static = true;
        found = e->v.text;
        len = e->len;
    } else if (e != NULL && e->len <= sizeof text &&
               (e->store == USPAN_STORE_NEAR || e->store == USPAN_STORE_TEXT)) {
        const uint8_t *from = e->v.near;
        unsigned block = e->store == USPAN_STORE_TEXT ? e->v.chain.head : USPAN_NO_INDEX;
        found = text;
        while (len < e->len) {
            if (block != USPAN_NO_INDEX) {
                from = p->blocks[block].bytes;
                block = p->block_next[block];
            }
            size_t n = e->len - len < USPAN_BLOCK ? e->len - len : USPAN_BLOCK;
            memcpy(text + len, from, n);
            len += n;
        }
    }
    uspan_unlock(t, state);
    if (len > 0u) {
        (void)(is_static ? uspan_set_static_n(t, s, key, found, len)
                         : uspan_set_str_n(t, s, key, found, len));
    }
}

static void set_profiles(uspan_tracer_t *t, uspan_t s, const uspan_span_type_t *type)
{
#if USPAN_PROFILE_ALIYUN
    (void)uspan_set_static(t, s, &uspan_key_aliyun_span_kind, type->aliyun);
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

static void fill(void *arg, uspan_tracer_t *t, uspan_t s)
{
    const filling_t *f = arg;
    const uspan_span_type_t *type = f->type;
    const uspan_request_t *r = f->request;
    (void)uspan_set_static(t, s, &uspan_key_operation_name, type->operation);
    if (type->fixed_key != NULL) {
        (void)uspan_set_static(t, s, type->fixed_key, type->fixed);
    }
    set_profiles(t, s, type);
    (void)uspan_set_rows(t, s, END_ROWS(request_rows), r);
    if (type->extra != NULL) {
        type->extra(t, s, f->rows == type->row_count ? r : NULL);
    }
    if (type->whole_name == NULL && type->unknown != NULL && !uspan_has_text(r->subject)) {
        (void)uspan_set_static(t, s, type->rows[0].key, type->unknown);
    }
    (void)uspan_set_rows(t, s, type->rows, f->rows, r);
    if (type->has_model && f->rows == type->row_count) {
        (void)uspan_set_rows(t, s, END_ROWS(model_rows), r);
    }
    if (!uspan_has_text(r->conversation_id)) {
        inherit_conversation(t, s, f->parent);
    }
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
    const char *whole = uspan_has_text(r->span_name) ? r->span_name : type->whole_name;
    if (whole != NULL) {
        return add_text(name, 0u, whole);
    }
    size_t len = add_text(name, 0u, type->operation);
    const char *subject = uspan_has_text(r->subject) ? r->subject : type->unknown;
    if (subject != NULL && len < USPAN_NAME_MAX) {
        name[len++] = ' ';
        len = add_text(name, len, subject);
    }
    return len;
}

/* A call of a model counts, whatever became of its span. */
static void count_call(uspan_tracer_t *t, uspan_t s)
{
    uint32_t state = uspan_lock(t);
    uspan_usage_t *usage = t->trace.usage;
    if (usage != NULL) {
        uspan_slot_t *slot = uspan_slot_open(&t->trace, s);
        usage->calls++;
        if (slot != NULL) {
            slot->traits |= USPAN_TRAIT_CALL;
        }
    }
    uspan_unlock(t, state);
}

static uspan_t begin(uspan_tracer_t *t, filling_t *f, uspan_options_t *o)
{
    const uspan_request_t *r = f->request;
    if (!uspan_is_live(t)) {
        return USPAN_NULL;
    }
    char name[USPAN_NAME_MAX];
    size_t len = make_name(name, f->type, r);
    o->kind = r->kind != USPAN_KIND_DEFAULT ? r->kind : (uspan_kind_t)f->type->kind;
    o->start_ns = r->start_ns;
    o->parent = r->context;
    o->fill = fill;
    o->fill_arg = f;
    uspan_t s = uspan_start_with(t, f->parent, name, len, o);
    if (f->type->is_call && t->trace.usage != NULL) {
        count_call(t, s);
    }
    return s;
}

uspan_t uspan_typed_begin(uspan_tracer_t *t, uspan_t parent, const uspan_span_type_t *type,
                          const void *request, uspan_options_t *o)
{
    uspan_options_t none = { .kind = USPAN_KIND_DEFAULT };
    filling_t f = { type, request, type->row_count, parent };
    if (request == NULL) {
        return uspan_typed_begin_short(t, parent, type, NULL, NULL);
    }
    return begin(t, &f, o != NULL ? o : &none);
}

uspan_t uspan_typed_begin_short(uspan_tracer_t *t, uspan_t parent, const uspan_span_type_t *type,
                                const char *subject, const char *second)
{
    uspan_options_t none = { .kind = USPAN_KIND_DEFAULT };
    const uspan_request_t r = { .subject = subject, .second = second };
    filling_t f = { type, &r, second != NULL ? 2u : type->row_count > 0u, parent };
    return begin(t, &f, &none);
}

uspan_err_t uspan_rename(uspan_tracer_t *t, uspan_t s, const uspan_span_type_t *type, const char *subject)
{
    const uspan_request_t r = { .subject = subject };
    char name[USPAN_NAME_MAX];
    size_t len = make_name(name, type, &r);
    uspan_err_t err = uspan_set_str(t, s, type->rows[0].key, subject);
    return uspan_worse(err, uspan_set_name_n(t, s, name, len));
}

/* ---- end ----------------------------------------------------------------------------------------------- */

uspan_err_t uspan_typed_end(uspan_tracer_t *t, uspan_t s, const uspan_row_t *rows, size_t count,
                            const void *result, uspan_err_t worst)
{
    const uspan_result_t *r = result;
    if (r == NULL) {
        return uspan_worse(worst, uspan_end(t, s));
    }
    worst = uspan_worse(worst, uspan_set_rows(t, s, END_ROWS(result_rows), r));
    worst = uspan_worse(worst, uspan_set_rows(t, s, rows, count, r));
    if (uspan_has_text(r->error_type) || uspan_has_text(r->error_message)) {
        worst = uspan_worse(worst, uspan_record_error(t, s, r->error_type, r->error_message));
    }
    return uspan_worse(worst, uspan_end_at(t, s, r->end_ns));
}
