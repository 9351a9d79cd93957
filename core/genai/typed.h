/* typed.h: how a typed span is described: a table of rows, which one walker turns into attributes. Private to
 * core/genai. */
#ifndef USPAN_GENAI_TYPED_H
#define USPAN_GENAI_TYPED_H

#include "trace/attr.h"
#include "trace/pool.h"
#include "uspan/genai.h"

/* What a field holds, and how it becomes an attribute. */
typedef enum uspan_row_kind {
    USPAN_ROW_NONE = 0,
    USPAN_ROW_TEXT,   /* where not NULL and not "" */
    USPAN_ROW_INPUT,  /* the same; profiles repeat it under their own keys */
    USPAN_ROW_OUTPUT, /* likewise */
    USPAN_ROW_ONE,    /* a list of that one */
    USPAN_ROW_LIST,   /* ended by NULL */
    USPAN_ROW_INT,
    USPAN_ROW_DOUBLE,
    USPAN_ROW_COUNT, /* where not 0 */
    USPAN_ROW_TRUE   /* where true */
} uspan_row_kind_t;
#define USPAN_TYPE_OF_TEXT const char *
#define USPAN_TYPE_OF_INPUT const char *
#define USPAN_TYPE_OF_OUTPUT const char *
#define USPAN_TYPE_OF_ONE const char *
#define USPAN_TYPE_OF_LIST const char *const *
#define USPAN_TYPE_OF_INT uspan_opt_int_t
#define USPAN_TYPE_OF_DOUBLE uspan_opt_double_t
#define USPAN_TYPE_OF_COUNT uint32_t
#define USPAN_TYPE_OF_TRUE bool

typedef struct uspan_row {
    const uspan_key_t *key;
    uint16_t offset; /* of the field in its struct */
    uint8_t kind;
    uint8_t is_last; /* of its table */
} uspan_row_t;

/* A row, and the last of a table; a field of another type than its kind reads does not compile. */
#define USPAN_ROW(kind_, S, field, key_, last)                                                          \
    {                                                                                                   \
        &uspan_key_##key_,                                                                              \
            (uint16_t)(offsetof(S, field) + 0u * sizeof(_Generic(((S *)0)->field, USPAN_TYPE_OF_##kind_ \
                                                                 : 'x'))),                              \
            USPAN_ROW_##kind_, (last)                                                                   \
    }
#define ROW(kind, S, field, key) USPAN_ROW(kind, S, field, key, 0u)
#define END(kind, S, field, key) USPAN_ROW(kind, S, field, key, 1u)
/* The rows of content, which end a table: none of them where USPAN_CONTENT is 0. */
#if USPAN_CONTENT
#define CONTENT_END(...) __VA_ARGS__
#else
#define CONTENT_END(...)             \
    {                                \
        NULL, 0u, USPAN_ROW_NONE, 1u \
    }
#endif

/* How every request begins, and what the short begins fill in. */
typedef struct uspan_request {
    USPAN_REQUEST_FIELDS;
    const char *subject, *second;
} uspan_request_t;

#define USPAN_TYPED_MODEL 1u    /* USPAN_MODEL_FIELDS follow subject and second */
#define USPAN_TYPED_CALL 2u     /* of a model: counted in uspan_usage_t */
#define USPAN_TYPED_IS_FIXED 4u /* the fixed text is the whole name */
#define USPAN_TYPED_OR_FIXED 8u /* the fixed text is the subject where there is none */

typedef struct uspan_span_type {
    const char *operation;
    const uspan_key_t *fixed_key; /* set first, for rows to replace; NULL: none */
    const char *fixed;
    void (*extra)(uspan_tracer_t *t, uspan_t s, const void *request); /* before the rows; NULL */
    const uspan_row_t *rows;                                          /* the first two: subject and second */
    uint8_t kind;
    uint8_t traits; /* USPAN_TYPED_* */
#if USPAN_PROFILE_ALIYUN
    const char *aliyun; /* gen_ai.span.kind */
#endif
#if USPAN_PROFILE_PHOENIX
    const char *phoenix; /* openinference.span.kind; NULL: Phoenix finds it by the operation */
#endif
#if USPAN_PROFILE_LANGFUSE
    const char *langfuse; /* langfuse.observation.type; NULL likewise */
#endif
} uspan_span_type_t;
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

/* Arguments stand where the public calls have them, so that those are a jump.
 * Begin with a request whose struct is the type's; NULL: with nothing. */
uspan_t uspan_typed_begin(uspan_tracer_t *t, uspan_t parent, const void *request,
                          const uspan_span_type_t *type);
/* The same with more options, whose kind, start_ns, parent and fill are set here. rows: of the type's, at
 * most; UINT8_MAX: the request is the type's own struct. */
uspan_t uspan_typed_begin_as(uspan_tracer_t *t, uspan_t parent, const void *request,
                             const uspan_span_type_t *type, unsigned rows, uspan_options_t *o);
/* Begin with the first row alone; with the first two. */
uspan_t uspan_typed_begin_one(uspan_tracer_t *t, uspan_t parent, const char *subject,
                              const uspan_span_type_t *type);
uspan_t uspan_typed_begin_two(uspan_tracer_t *t, uspan_t parent, const char *second, const char *subject,
                              const uspan_span_type_t *type);
/* The subject became known later: its attribute, and the name. */
void uspan_typed_rename(uspan_tracer_t *t, uspan_t s, const char *subject, const uspan_span_type_t *type);
/* Set what a result says (NULL: nothing), and end. rows: NULL: it has none of its own. */
uspan_err_t uspan_typed_end(uspan_tracer_t *t, uspan_t s, const void *result, const uspan_row_t *rows);
/* Set what the rows find in a struct. Returns the worst result. */
uspan_err_t uspan_set_rows(uspan_tracer_t *t, uspan_t s, const void *from, const uspan_row_t *rows);
/* uspan_worse(), not inlined. */
uspan_err_t uspan_worst(uspan_err_t a, uspan_err_t b);

static inline bool uspan_has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Tokens of a call, into the totals. */
void uspan_count_tokens(uspan_tracer_t *t, const uspan_tokens_t *tokens);
/* Whether an open span has an attribute. */
bool uspan_has_key(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key);
/* Names, as definitions of functions, under gen_ai.tool.definitions; those that do not fit 256 bytes are left
 * out. NULL: none. */
uspan_err_t uspan_set_tool_names(uspan_tracer_t *t, uspan_t s, const char *const *names);
/* Append parts to out[*len..cap): the first as it is, the next as a JSON string, and so on; and a 0. False:
 * they do not fit, nothing is appended. */
bool uspan_put(char *out, size_t cap, size_t *len, const char *const *parts, unsigned count);

#endif
