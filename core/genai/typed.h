/* typed.h: describes types of spans as tables of rows. typed.c turns the rows into attributes. Private to
 * core/genai. */
#ifndef USPAN_GENAI_TYPED_H
#define USPAN_GENAI_TYPED_H

#include "genai/span_lookup.h"
#include "trace/attr.h"
#include "trace/attr_set.h"
#include "trace/pool.h"
#include "uspan/genai.h"

/* The C type of the field, by kind of row. INPUT and OUTPUT are texts that profiles repeat. */
#define USPAN_TYPE_OF_TEXT const char *
#define USPAN_TYPE_OF_INPUT const char *
#define USPAN_TYPE_OF_OUTPUT const char *
#define USPAN_TYPE_OF_ONE const char *
#define USPAN_TYPE_OF_LIST const char *const *
#define USPAN_TYPE_OF_INT uspan_opt_int_t
#define USPAN_TYPE_OF_DOUBLE uspan_opt_double_t
#define USPAN_TYPE_OF_COUNT uint32_t
#define USPAN_TYPE_OF_TRUE bool

#define USPAN_ROW_INPUT USPAN_ROW_TEXT
#define USPAN_ROW_OUTPUT USPAN_ROW_TEXT
#define USPAN_REPEATS_TEXT 0u
#define USPAN_REPEATS_INPUT 1u
#define USPAN_REPEATS_OUTPUT 2u
#define USPAN_REPEATS_ONE 0u
#define USPAN_REPEATS_LIST 0u
#define USPAN_REPEATS_INT 0u
#define USPAN_REPEATS_DOUBLE 0u
#define USPAN_REPEATS_COUNT 0u
#define USPAN_REPEATS_TRUE 0u

/* Make a row. It does not compile if the field's type does not fit the kind. Tables have rows for content
 * only if USPAN_CONTENT is 1. */
#define ROW(kind_, S, field, key_)                                                                      \
    {                                                                                                   \
        { &uspan_key_##key_ },                                                                          \
            (uint16_t)(offsetof(S, field) + 0u * sizeof(_Generic(((S *)0)->field, USPAN_TYPE_OF_##kind_ \
                                                                 : 'x'))),                              \
            USPAN_ROW_##kind_, USPAN_REPEATS_##kind_                                                    \
    }
/* The last row of a table. NEXT_TABLE continues with another table, whose offsets count from `field`. */
#define END_ROW                         \
    {                                   \
        { NULL }, 0u, USPAN_ROW_END, 0u \
    }
#define NEXT_TABLE(S, field, rows)                                           \
    {                                                                        \
        { .more = (rows) }, (uint16_t)offsetof(S, field), USPAN_ROW_MORE, 0u \
    }
/* The first fields of every request, and the two fields that the short begin functions set. */
typedef struct uspan_request {
    USPAN_REQUEST_FIELDS;
    const char *subject, *second;
} uspan_request_t;

#define USPAN_TYPED_CALL 1u       /* a call of a model, counted in uspan_usage_t */
#define USPAN_TYPED_IS_FIXED 2u   /* the name is the fixed text, or the operation without a subject */
#define USPAN_TYPED_OR_FIXED 4u   /* the fixed text is the subject if the request has none */
#define USPAN_TYPED_OF_AGENT 8u   /* takes over the agent's name from its parent if it has none */
#define USPAN_TYPED_MODEL 16u     /* the request has USPAN_MODEL_FIELDS */
#define USPAN_TYPED_OWN_FIRST 32u /* the request's own name is followed by the subject */
#define USPAN_TYPED_MORE 64u      /* the type is the first member of a uspan_more_type_t */

typedef struct uspan_span_type {
    const char *operation;
    const uspan_row_t *rows; /* the first row is of the field `subject`, the second of `second` */
    uint8_t kind;
    uint8_t traits; /* USPAN_TYPED_* */
    uint8_t operation_len;
#if USPAN_PROFILE_ALIYUN
    const char *aliyun; /* gen_ai.span.kind; NULL: ENTRY for a root, CHAIN for others */
#endif
#if USPAN_PROFILE_PHOENIX
    const char *phoenix; /* openinference.span.kind; NULL: Phoenix finds it by the operation */
#endif
#if USPAN_PROFILE_LANGFUSE
    const char *langfuse; /* langfuse.observation.type; NULL: Langfuse finds it by the operation */
#endif
} uspan_span_type_t;
/* What only some types need. */
typedef struct uspan_more_type {
    uspan_span_type_t type;
    void (*extra)(uspan_tracer_t *t, uspan_t s, const void *request); /* called before the rows; NULL: none */
    const uspan_key_t *fixed_key; /* set to `fixed` before the rows, which can replace it; NULL: none */
    const char *fixed;
} uspan_more_type_t;
#define OPERATION(text) .operation = (text), .operation_len = (uint8_t)(sizeof(text) - 1u)
#if USPAN_PROFILE_ALIYUN
#define FOR_ALIYUN(kind) .aliyun = (kind),
#else
#define FOR_ALIYUN(kind)
#endif
#if USPAN_PROFILE_PHOENIX
#define FOR_PHOENIX(kind) .phoenix = (kind),
#else
#define FOR_PHOENIX(kind)
#endif
#if USPAN_PROFILE_LANGFUSE
#define FOR_LANGFUSE(type) .langfuse = (type),
#else
#define FOR_LANGFUSE(type)
#endif

/* The arguments have the order of the public functions, which therefore compile to a jump. */
/* Start a span. request: the struct that belongs to the type. NULL: no field is set. */
uspan_t uspan_typed_begin(uspan_tracer_t *t, uspan_t parent, const void *request,
                          const uspan_span_type_t *type);
/* Like uspan_typed_begin(), with trace_id and disabled of `more` (NULL: none). request must not be NULL. */
uspan_t uspan_typed_begin_as(uspan_tracer_t *t, uspan_t parent, const void *request,
                             const uspan_span_type_t *type, const uspan_options_t *more);
/* Start a span with the value of the first row, or with those of the first two rows. NULL: not set. */
uspan_t uspan_typed_begin_one(uspan_tracer_t *t, uspan_t parent, const char *subject,
                              const uspan_span_type_t *type);
uspan_t uspan_typed_begin_two(uspan_tracer_t *t, uspan_t parent, const char *second, const char *subject,
                              const uspan_span_type_t *type);
/* Set the subject after the start: its attribute and the span name. */
void uspan_typed_rename(uspan_tracer_t *t, uspan_t s, const char *subject, const uspan_span_type_t *type);
/* Set the attributes and the error of a result (NULL: none), and end the span. */
uspan_err_t uspan_typed_end(uspan_tracer_t *t, uspan_t s, const void *result, const uspan_row_t *rows);
/* Tables that others continue with: for any request, for a request to a model, for any result. The last one
 * is the complete table for the result of a chat. */
extern const uspan_row_t uspan_request_rows[];
extern const uspan_row_t uspan_model_rows[];
extern const uspan_row_t uspan_result_rows[];
extern const uspan_row_t uspan_chat_result_rows[];
/* Long texts are last in a table, so that they are dropped first if a span has too many attributes. These
 * rows are for tables that end with the texts of a request. */
#define SHORT_REQUEST_ROWS                                        \
    ROW(TEXT, uspan_request_t, conversation_id, conversation_id), \
        ROW(TEXT, uspan_request_t, function_name, function_name)
#if USPAN_CONTENT
#define FUNCTION_INPUT_ROW ROW(INPUT, uspan_request_t, function_input, function_input)
#endif
#define MORE_REQUEST NEXT_TABLE(uspan_request_t, start_ns, uspan_request_rows)
#define MORE_MODEL NEXT_TABLE(uspan_request_t, start_ns, uspan_model_rows)
#define MORE_RESULT NEXT_TABLE(uspan_result_t, end_ns, uspan_result_rows)
/* Returns true if definitions of tools are recorded. */
static inline bool uspan_tells_definitions(const uspan_tracer_t *t)
{
    return USPAN_CONTENT != 0 && USPAN_TOOL_DEFINITIONS != 0 && t->trace.no_definitions == 0u;
}
static inline __attribute__((always_inline)) bool uspan_has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Turn the traits `which` of an open span off, then those in `on` on. Returns as uspan_set_status(). */
uspan_err_t uspan_set_trait(uspan_tracer_t *t, uspan_t s, unsigned which, unsigned on);
/* Add the tokens of a call to the totals. */
void uspan_count_tokens(uspan_tracer_t *t, const uspan_tokens_t *tokens);
/* Set gen_ai.tool.definitions to function definitions that have only these names. Names that do not fit into
 * 256 bytes of JSON are left out. NULL: none. */
uspan_err_t uspan_set_tool_names(uspan_tracer_t *t, uspan_t s, const char *const *names);
/* Append parts and a 0 to out[*len..cap). The first part is copied, the next becomes a JSON string, and so on
 * in turn. Returns false if they do not fit. Then *len is unchanged, but bytes after it may have changed. */
bool uspan_put(char *out, size_t cap, size_t *len, const char *const *parts, unsigned count);

#endif
