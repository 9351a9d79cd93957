/* genai.h: spans of agents, LLM calls, tools and what is around them, in OpenTelemetry's GenAI conventions.
 *
 * Each type has a begin with the one or two facts that every such span has, a begin_with that takes a struct
 * of all it may have, and an end with what is known afterwards. They are spans as any: keys of genai_keys.h,
 * uspan_fail() and uspan_end() work on them. In these structs NULL or "" text is absent, a number is absent
 * unless USPAN_OPT() gives it (zero is a value), and lists end in NULL. All is read during the call only.
 *
 *     uspan_t chat = uspan_chat_begin_with(t, agent, &(uspan_chat_t){
 *         .provider = USPAN_PROVIDER_OPENAI, .model = "gpt-4o", .temperature = USPAN_OPT(0.0) });
 *     ...
 *     uspan_chat_end(t, chat, &(uspan_chat_result_t){
 *         .finish_reason = "stop", .usage = { .input = 812, .output = 64 } });
 *
 * scope.h has the forms that end themselves. Contexts of all calls here: task, ISR; never blocks. */
#ifndef USPAN_GENAI_H
#define USPAN_GENAI_H

#include "genai_keys.h"
#include "usage.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what structs are made of -------------------------------------------------------------------------- */

typedef struct uspan_optional_int {
    bool is_set;
    int64_t value;
} uspan_opt_int_t;
typedef struct uspan_optional_double {
    bool is_set;
    double value;
} uspan_opt_double_t;
/* A number that is there, in an initialiser: .temperature = USPAN_OPT(0.0); the calls are for assignments. */
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

/* Attributes of the fullest span: a streamed chat with every field given, which failed; profiles add to it.
 * What finds no place among USPAN_ATTRS_MAX is left out, last come first, and counted; error.type always has
 * one. Who gives every field, and wants to lose none, says so:
 *     USPAN_STATIC_ASSERT(USPAN_ATTRS_MAX >= USPAN_FULLEST_SPAN, "USPAN_ATTRS_MAX: a whole span"); */
#define USPAN_FULLEST_SPAN                                                                \
    (38 + 3 * USPAN_PROFILE_ALIYUN + 4 * USPAN_PROFILE_PHOENIX + USPAN_PROFILE_LANGFUSE + \
     2 * USPAN_PROFILE_AGENTSCOPE)

/* Marked C: content; wrap what is dear to make, so that it is not made where USPAN_CONTENT is 0. */
#define USPAN_IF_CONTENT(text) (USPAN_CONTENT ? (text) : NULL)

/* First in each request. conversation_id is taken over from the parent where it is not given, up to 64
 * bytes; function_input: what went in, as JSON; attrs: more attributes, ended by a zeroed one. */
#define USPAN_REQUEST_FIELDS                                                    \
    uint64_t start_ns;              /* monotonic, as uspan_now(); 0: now */     \
    const char *span_name;          /* in place of the usual one */             \
    uspan_kind_t kind;              /* in place of the usual one */             \
    const uspan_context_t *context; /* as parent, in place of the argument */   \
    const char *conversation_id;                                                \
    const char *function_name; /* "Class.method" of the traced call */          \
    const char *function_input; /* C */                                         \
    const uspan_attr_t *attrs

/* First in each result. An error type or message makes the span one that failed. */
#define USPAN_RESULT_FIELDS                                        \
    uint64_t end_ns;           /* monotonic; 0: now */             \
    const char *error_type;    /* "timeout", "429"; few of them */ \
    const char *error_message; /* for people, no secrets */        \
    const char *function_output /* C: JSON or text */

/* What is asked of a model. */
#define USPAN_MODEL_FIELDS                                                                  \
    uspan_opt_double_t temperature, top_p, top_k, presence_penalty, frequency_penalty;      \
    uspan_opt_int_t max_tokens, seed;                                                       \
    uspan_opt_int_t choice_count; /* the convention has it where it is not 1 */             \
    const char *const *stop_sequences;                                                      \
    const char *output_type;         /* USPAN_OUTPUT_* */                                   \
    const char *input_messages;      /* C: JSON, as are the next two; message.h makes it */ \
    const char *system_instructions; /* C */                                                \
    const char *tool_definitions     /* C */

typedef struct uspan_result {
    USPAN_RESULT_FIELDS;
} uspan_result_t;

/* ---- LLM calls ----------------------------------------------------------------------------------------- */

typedef struct uspan_chat {
    USPAN_REQUEST_FIELDS;
    const char *model, *provider;
    USPAN_MODEL_FIELDS;
    bool stream; /* an answer in pieces was asked for */
    uint32_t server_port;
    const char *server_address;
    const char *openai_api_type, *openai_service_tier;
} uspan_chat_t;
typedef struct uspan_chat_result {
    USPAN_RESULT_FIELDS;
    const char *response_id, *response_model;
    const char *finish_reason;         /* of the one choice, in the vendor's words */
    const char *const *finish_reasons; /* or of several */
    uspan_tokens_t usage;
    const char *output_messages; /* C: JSON */
    const char *openai_service_tier, *openai_system_fingerprint;
} uspan_chat_result_t;

/* "chat {model}", CLIENT; "generate_content {model}", "text_completion {model}": the same with other words.
 * response: "chat {model}" with openai.api.type responses, provider openai where none is given. */
uspan_t uspan_chat_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model);
uspan_t uspan_chat_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat);
uspan_t uspan_generate_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model);
uspan_t uspan_generate_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat);
uspan_t uspan_completion_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model);
uspan_t uspan_completion_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat);
uspan_t uspan_response_begin(uspan_tracer_t *t, uspan_t parent, const char *model);
uspan_t uspan_response_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat);
/* Set what is known and end; of the four above. r may be NULL: end. An error after the first chunk, with no
 * finish reason given, is an answer that broke off: finish reason "error"; what was appended stays.
 * Returns the worst of its parts, as do all ends below. */
uspan_err_t uspan_chat_end(uspan_tracer_t *t, uspan_t s, const uspan_chat_result_t *r);
/* The first piece of a streamed answer is here, now or at at_ns (monotonic): request.stream, and the time
 * since the start. Later calls change nothing. Of chat and speech. */
uspan_err_t uspan_first_chunk(uspan_tracer_t *t, uspan_t s);
uspan_err_t uspan_first_chunk_at(uspan_tracer_t *t, uspan_t s, uint64_t at_ns);

typedef struct uspan_embeddings {
    USPAN_REQUEST_FIELDS;
    const char *model, *provider;
    uspan_opt_int_t dimensions;
    const char *const *encoding_formats;
    const char *server_address;
    uint32_t server_port;
} uspan_embeddings_t;
typedef struct uspan_embeddings_result {
    USPAN_RESULT_FIELDS;
    const char *response_model;
    uspan_opt_int_t input_tokens;
} uspan_embeddings_result_t;
/* "embeddings {model}", CLIENT. */
uspan_t uspan_embeddings_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model);
uspan_t uspan_embeddings_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_embeddings_t *e);
uspan_err_t uspan_embeddings_end(uspan_tracer_t *t, uspan_t s, const uspan_embeddings_result_t *r);

typedef struct uspan_retrieval {
    USPAN_REQUEST_FIELDS;
    const char *data_source_id, *provider;
    const char *model;
    uspan_opt_double_t top_k;
    const char *query; /* C */
} uspan_retrieval_t;
typedef struct uspan_retrieval_result {
    USPAN_RESULT_FIELDS;
    const char *documents; /* C: JSON, [{"id":"d1","score":0.95}] */
} uspan_retrieval_result_t;
/* "retrieval {data source}", CLIENT. */
uspan_t uspan_retrieval_begin(uspan_tracer_t *t, uspan_t parent, const char *data_source_id);
uspan_t uspan_retrieval_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_retrieval_t *r);
uspan_err_t uspan_retrieval_end(uspan_tracer_t *t, uspan_t s, const uspan_retrieval_result_t *r);

/* ---- agents and tools ---------------------------------------------------------------------------------- */

typedef struct uspan_agent {
    USPAN_REQUEST_FIELDS;
    const char *name, *provider;
    USPAN_MODEL_FIELDS;
    const char *id, *description, *version, *data_source_id, *model;
    const char *const *tools;    /* names; stand for tool_definitions where that is NULL. C */
    const char *const *handoffs; /* names of agents */
    const char *output_schema;   /* name of the type that its answer has */
#if USPAN_PROFILE_AGENTSCOPE
    const char *event_type; /* USPAN_EVENT_*: what it goes on with */
#endif
} uspan_agent_t;
typedef struct uspan_agent_result {
    USPAN_RESULT_FIELDS;
    const char *output_messages; /* C: JSON */
#if USPAN_PROFILE_AGENTSCOPE
    const char *reply_id;
    const char *hitl_pending_tools, *external_pending_tools; /* JSON lists of names, when paused */
#endif
} uspan_agent_result_t;
/* "invoke_agent {name}", INTERNAL (set kind to CLIENT for a remote one); "create_agent {name}", CLIENT. */
uspan_t uspan_agent_begin(uspan_tracer_t *t, uspan_t parent, const char *name);
uspan_t uspan_agent_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_agent_t *a);
uspan_t uspan_create_agent_begin(uspan_tracer_t *t, uspan_t parent, const char *name);
uspan_t uspan_create_agent_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_agent_t *a);
uspan_err_t uspan_agent_end(uspan_tracer_t *t, uspan_t s, const uspan_agent_result_t *r);

typedef struct uspan_tool {
    USPAN_REQUEST_FIELDS;
    const char *name, *call_id;
    const char *description;
    const char *type;      /* NULL: USPAN_TOOL_FUNCTION */
    const char *arguments; /* C: a JSON object */
    const char *mcp_server;
#if USPAN_PROFILE_AGENTSCOPE
    bool external; /* run elsewhere; the span tells of its result */
#endif
} uspan_tool_t;
typedef struct uspan_tool_result {
    USPAN_RESULT_FIELDS;
    const char *result; /* C: JSON; of a generator, its last item */
} uspan_tool_result_t;
/* "execute_tool {name}", INTERNAL; call_id as the model gave it, or NULL. */
uspan_t uspan_tool_begin(uspan_tracer_t *t, uspan_t parent, const char *name, const char *call_id);
uspan_t uspan_tool_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_tool_t *tool);
uspan_err_t uspan_tool_end(uspan_tracer_t *t, uspan_t s, const uspan_tool_result_t *r);

typedef struct uspan_handoff {
    USPAN_REQUEST_FIELDS;
    const char *to_agent, *from_agent;
} uspan_handoff_t;
/* "agent_handoff {to}", INTERNAL. to may be NULL, and be told at the end. */
uspan_t uspan_handoff_begin(uspan_tracer_t *t, uspan_t parent, const char *from, const char *to);
uspan_t uspan_handoff_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_handoff_t *h);
uspan_err_t uspan_handoff_end(uspan_tracer_t *t, uspan_t s, const char *to);

typedef struct uspan_guardrail {
    USPAN_REQUEST_FIELDS;
    const char *name;
    const char *type; /* "input", "output" */
} uspan_guardrail_t;
typedef struct uspan_guardrail_result {
    USPAN_RESULT_FIELDS;
    bool triggered; /* no error of this span */
} uspan_guardrail_result_t;
/* "guardrail_check {name}", INTERNAL; input and output are function_input and function_output. */
uspan_t uspan_guardrail_begin(uspan_tracer_t *t, uspan_t parent, const char *name);
uspan_t uspan_guardrail_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_guardrail_t *g);
uspan_err_t uspan_guardrail_end(uspan_tracer_t *t, uspan_t s, const uspan_guardrail_result_t *r);
/* The error of the span around it, which goes on: "Guardrail tripwire triggered", with name and type (or
 * NULL) as data. */
uspan_err_t uspan_guardrail_tripped(uspan_tracer_t *t, uspan_t around, const char *name, const char *type);

typedef struct uspan_mcp_tools {
    USPAN_REQUEST_FIELDS;
    const char *server;
    const char *session_id, *protocol_version;
    const char *transport; /* "tcp", "pipe" */
    const char *server_address;
    uint32_t server_port;
} uspan_mcp_tools_t;
typedef struct uspan_mcp_tools_result {
    USPAN_RESULT_FIELDS;
    const char *const *tools;     /* C: names; or */
    const char *tool_definitions; /* C: JSON */
} uspan_mcp_tools_result_t;
/* "tools/list", CLIENT. */
uspan_t uspan_mcp_tools_begin(uspan_tracer_t *t, uspan_t parent, const char *server);
uspan_t uspan_mcp_tools_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_mcp_tools_t *m);
uspan_err_t uspan_mcp_tools_end(uspan_tracer_t *t, uspan_t s, const uspan_mcp_tools_result_t *r);

/* ---- functions ----------------------------------------------------------------------------------------- */

typedef struct uspan_format {
    USPAN_REQUEST_FIELDS;
    const char *target; /* a provider, whose form of messages is made; NULL: "unknown" */
} uspan_format_t;
typedef struct uspan_format_result {
    USPAN_RESULT_FIELDS;
    uspan_opt_int_t count; /* messages made, where the result is a list */
} uspan_format_result_t;
/* "format {target}", INTERNAL. */
uspan_t uspan_format_begin(uspan_tracer_t *t, uspan_t parent, const char *target);
uspan_t uspan_format_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_format_t *f);
uspan_err_t uspan_format_end(uspan_tracer_t *t, uspan_t s, const uspan_format_result_t *r);

typedef struct uspan_function {
    USPAN_REQUEST_FIELDS;
    const char *name;
} uspan_function_t;
/* "invoke_generic_function {name}", INTERNAL. custom: the same with data, C: a JSON object; its scalar
 * entries may be set with USPAN_CUSTOM_KEY(). Names "task" and "turn" are the SDK's. */
uspan_t uspan_function_begin(uspan_tracer_t *t, uspan_t parent, const char *name);
uspan_t uspan_function_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_function_t *f);
uspan_t uspan_custom_begin(uspan_tracer_t *t, uspan_t parent, const char *name, const char *data);
uspan_err_t uspan_function_end(uspan_tracer_t *t, uspan_t s, const uspan_result_t *r);

/* ---- speech -------------------------------------------------------------------------------------------- */

typedef struct uspan_speech {
    USPAN_REQUEST_FIELDS;
    const char *model, *provider;
    const char *format; /* of the audio: "pcm" */
    const char *voice;  /* of speech */
    /* C: JSON: the text to speak; the audio to write down, where it is to be kept */
    const char *input_messages;
} uspan_speech_t;
typedef struct uspan_speech_result {
    USPAN_RESULT_FIELDS;
    uint64_t first_chunk_ns;     /* monotonic: speech began; 0: not known */
    const char *output_messages; /* C: JSON: the text written down */
} uspan_speech_result_t;
/* "speech_generation {model}", "transcription {model}", CLIENT; "speech_group", INTERNAL, with input as its
 * function_input. */
uspan_t uspan_speech_begin(uspan_tracer_t *t, uspan_t parent, const char *model);
uspan_t uspan_speech_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_speech_t *speech);
uspan_t uspan_transcription_begin(uspan_tracer_t *t, uspan_t parent, const char *model);
uspan_t uspan_transcription_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_speech_t *speech);
uspan_err_t uspan_speech_end(uspan_tracer_t *t, uspan_t s, const uspan_speech_result_t *r);
uspan_t uspan_speech_group_begin(uspan_tracer_t *t, uspan_t parent, const char *input);

#ifdef __cplusplus
}
#endif

#include "workflow.h"
#if !USPAN_ENABLED
#include "disabled_genai.h"
#endif
#endif
