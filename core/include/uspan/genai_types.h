/* genai_types.h: fields and types that the structs of genai.h, workflow.h and mcp.h share. Included by
 * genai.h. */
#ifndef USPAN_GENAI_TYPES_H
#define USPAN_GENAI_TYPES_H

#include "uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct uspan_optional_int {
    bool is_set;
    int64_t value;
} uspan_opt_int_t;
typedef struct uspan_optional_double {
    bool is_set;
    double value;
} uspan_opt_double_t;
/* Set a number in an initialiser: .temperature = USPAN_OPT(0.0). The functions are for assignments. */
#define USPAN_OPT(number) { true, (number) }
static inline uspan_opt_int_t uspan_opt_int(int64_t value)
{
    const uspan_opt_int_t opt = USPAN_OPT(value);
    return opt;
}
static inline uspan_opt_double_t uspan_opt_double(double value)
{
    const uspan_opt_double_t opt = USPAN_OPT(value);
    return opt;
}

/* Number of attributes of the largest span: a failed streamed chat with every field set. Profiles add to it.
 * If a span gets more than USPAN_ATTRS_MAX attributes, those set last are dropped and counted. One entry is
 * reserved for error.type. If your code sets every field, check the size at compile time:
 *     USPAN_STATIC_ASSERT(USPAN_ATTRS_MAX >= USPAN_FULLEST_SPAN, "USPAN_ATTRS_MAX: a complete span"); */
#define USPAN_FULLEST_SPAN                                                                     \
    (40 + USPAN_TOOL_DEFINITIONS + 2 * USPAN_SEMCONV_PROMPTS + 9 * USPAN_SEMCONV_MODALITIES + \
     3 * USPAN_PROFILE_ALIYUN + 4 * USPAN_PROFILE_PHOENIX + USPAN_PROFILE_LANGFUSE +          \
     2 * USPAN_PROFILE_AGENTSCOPE)

/* C marks content. Wrap text that is expensive to build: if USPAN_CONTENT is 0, the argument is not
 * evaluated. */
#define USPAN_IF_CONTENT(text) (USPAN_CONTENT ? (text) : NULL)

/* The first fields of each request. conversation_id NULL: that of the parent, up to 64 bytes. function_input:
 * the arguments as JSON. attrs: more attributes. A zeroed one ends the list. */
#define USPAN_REQUEST_FIELDS                                                    \
    uint64_t start_ns;              /* monotonic, as uspan_now(); 0: now */     \
    const char *span_name;          /* replaces the usual name */             \
    uspan_kind_t kind;              /* replaces the usual kind */             \
    const uspan_context_t *context; /* parent, replaces the argument */   \
    const char *conversation_id;                                                \
    const char *function_name; /* "Class.method" of the traced call */          \
    const char *function_input; /* C */                                         \
    const uspan_attr_t *attrs

/* The first fields of each result. If an error type or message is set, the span fails. */
#define USPAN_RESULT_FIELDS                                        \
    uint64_t end_ns;           /* monotonic; 0: now */             \
    const char *error_type;    /* "timeout", "429"; low cardinality */ \
    const char *error_message; /* for people, no secrets */        \
    const char *function_output /* C: JSON or text */

/* Parameters of a request to a model. */
#define USPAN_MODEL_FIELDS                                                                  \
    uspan_opt_double_t temperature, top_p, presence_penalty, frequency_penalty;             \
    uspan_opt_int_t top_k, max_tokens, seed;                                                \
    uspan_opt_int_t choice_count; /* sent if it is not 1, as the conventions require */             \
    const char *const *stop_sequences;                                                      \
    const char *output_type;         /* USPAN_OUTPUT_* */                                   \
    const char *input_messages;      /* C: JSON, as are the next two; message.h can write it */ \
    const char *system_instructions; /* C */                                                \
    const char *tool_definitions     /* C */

typedef struct uspan_result {
    USPAN_RESULT_FIELDS;
} uspan_result_t;

#ifdef __cplusplus
}
#endif
#endif
