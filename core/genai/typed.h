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
    USPAN_ROW_TEXT,  /* const char *: where not NULL and not "" */
    USPAN_ROW_INPUT, /* the same; profiles repeat it under their own keys */
    USPAN_ROW_OUTPUT,
    USPAN_ROW_INT,    /* uspan_opt_int_t */
    USPAN_ROW_DOUBLE, /* uspan_opt_double_t */
    USPAN_ROW_PORT,   /* uint16_t: where not 0 */
    USPAN_ROW_TRUE,   /* bool: where true */
    USPAN_ROW_BOOL,   /* bool: always */
    USPAN_ROW_ONE,    /* const char *: a list of that one */
    USPAN_ROW_LIST    /* const char *const *, ended by NULL */
} uspan_row_kind_t;

typedef struct uspan_row {
    const uspan_key_t *key;
    uint16_t offset; /* of the field in its struct */
    uint8_t kind;
} uspan_row_t;

/* An offset, with a check that the field is of the type that the row's kind reads. */
#define USPAN_ROW(S, field, kind_, type_, key_)                                         \
    {                                                                                   \
        &uspan_key_##key_,                                                              \
            (uint16_t)(offsetof(S, field) + 0u * sizeof(_Generic(((S *)0)->field, type_ \
                                                                 : 'x'))),              \
            USPAN_ROW_##kind_                                                           \
    }
#define ROW_TEXT(S, field, key) USPAN_ROW(S, field, TEXT, const char *, key)
#define ROW_INPUT(S, field, key) USPAN_ROW(S, field, INPUT, const char *, key)
#define ROW_OUTPUT(S, field, key) USPAN_ROW(S, field, OUTPUT, const char *, key)
#define ROW_INT(S, field, key) USPAN_ROW(S, field, INT, uspan_opt_int_t, key)
#define ROW_DOUBLE(S, field, key) USPAN_ROW(S, field, DOUBLE, uspan_opt_double_t, key)
#define ROW_PORT(S, field, key) USPAN_ROW(S, field, PORT, uint16_t, key)
#define ROW_TRUE(S, field, key) USPAN_ROW(S, field, TRUE, bool, key)
#define ROW_BOOL(S, field, key) USPAN_ROW(S, field, BOOL, bool, key)
#define ROW_ONE(S, field, key) USPAN_ROW(S, field, ONE, const char *, key)
#define ROW_LIST(S, field, key) USPAN_ROW(S, field, LIST, const char *const *, key)
/* Rows of content: none of them where USPAN_CONTENT is 0. */
#if USPAN_CONTENT
#define CONTENT_ROWS(...) __VA_ARGS__
#else
#define CONTENT_ROWS(...)        \
    {                            \
        NULL, 0u, USPAN_ROW_NONE \
    }
#endif

/* How every request and result begins; and what the short begins fill in. */
typedef struct uspan_request {
    USPAN_REQUEST_FIELDS;
    const char *subject, *second;
} uspan_request_t;

typedef struct uspan_span_type {
    const char *operation;
    const char *whole_name; /* NULL: "operation subject" */
    const char *unknown;    /* subject where there is none; NULL: none */
    const uspan_key_t *fixed_key;
    const char *fixed;
    void (*extra)(uspan_tracer_t *t, uspan_t s, const void *request); /* before the rows; NULL */
    const uspan_row_t *rows; /* the first is the subject's, unless whole_name is there */
    uint8_t row_count;
    uint8_t kind;
    bool has_model; /* USPAN_MODEL_FIELDS follow subject and second */
    bool is_call;   /* of a model: counted in uspan_usage_t */
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
#define ROWS(table) .rows = (table), .row_count = (uint8_t)(sizeof(table) / sizeof((table)[0]))

static inline bool uspan_has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Set what the rows find in a struct. Returns the worst result. */
uspan_err_t uspan_set_rows(uspan_tracer_t *t, uspan_t s, const uspan_row_t *rows, size_t count,
                           const void *from);
/* Begin with a request whose struct is the type's; o: further options, its kind, start_ns, parent and fill
 * are set here; NULL: none. */
uspan_t uspan_typed_begin(uspan_tracer_t *t, uspan_t parent, const uspan_span_type_t *type,
                          const void *request, uspan_options_t *o);
/* Begin with the first row or two alone. */
uspan_t uspan_typed_begin_short(uspan_tracer_t *t, uspan_t parent, const uspan_span_type_t *type,
                                const char *subject, const char *second);
/* Set what a result says (NULL: nothing), and end. worst: what went wrong before. */
uspan_err_t uspan_typed_end(uspan_tracer_t *t, uspan_t s, const uspan_row_t *rows, size_t count,
                            const void *result, uspan_err_t worst);
/* The subject became known later: its attribute, and the name. */
uspan_err_t uspan_rename(uspan_tracer_t *t, uspan_t s, const uspan_span_type_t *type, const char *subject);
#define END_ROWS(table) (table), sizeof(table) / sizeof((table)[0])

/* Tokens of a call, into the totals. */
void uspan_count_tokens(uspan_tracer_t *t, const uspan_tokens_t *tokens);
/* The attribute with that key, or NULL. Caller holds the lock. */
const uspan_entry_t *uspan_attr_of(const uspan_slot_t *slot, const uspan_key_t *key);
/* Whether an open span has an attribute. */
bool uspan_has_key(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key);
/* Names, as definitions of functions, under gen_ai.tool.definitions; those that do not fit 256 bytes are left
 * out. NULL: none. */
uspan_err_t uspan_set_tool_names(uspan_tracer_t *t, uspan_t s, const char *const *names);
/* Append a JSON string to out[*len..cap), quotes and a closing 0 included. False: it does not fit, nothing is
 * appended. */
bool uspan_quote(char *out, size_t cap, size_t *len, const char *text);

#endif
