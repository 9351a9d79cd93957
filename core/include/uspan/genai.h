/* genai.h: spans of agents, LLM calls, tools and what is around them, in OpenTelemetry's GenAI conventions.
 *
 * Each type has three functions. begin takes the one or two facts that every such span has. begin_with takes
 * a struct with all fields. end takes the result. They are ordinary spans: keys of genai_keys.h, uspan_fail()
 * and uspan_end() work on them. In these structs text that is NULL or "" is absent, a number is absent unless
 * USPAN_OPT() sets it (zero is a value), and lists end in NULL. uspan keeps no pointer into them after the
 * call.
 *
 *     uspan_t chat = uspan_chat_begin_with(t, agent, &(uspan_chat_t){
 *         .provider = USPAN_PROVIDER_OPENAI, .model = "gpt-4o", .temperature = USPAN_OPT(0.0) });
 *     ...
 *     uspan_chat_end(t, chat, &(uspan_chat_result_t){
 *         .finish_reason = "stop", .usage = { .input = 812, .output = 64 } });
 *
 * In C++ the struct is passed by reference (cpp_genai.h). scope.h has forms that end with their block.
 * Context of all calls here: task, ISR. They never block. */
#ifndef USPAN_GENAI_H
#define USPAN_GENAI_H

#include "genai_keys.h"
#include "genai_types.h"
#include "usage.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- LLM calls ----------------------------------------------------------------------------------------- */

typedef struct uspan_chat {
    USPAN_REQUEST_FIELDS;
    const char *model, *provider;
    USPAN_MODEL_FIELDS;
    bool stream; /* an answer in pieces was asked for */
    uint32_t server_port;
    const char *server_address;
    const char *openai_api_type, *openai_service_tier;
    const char *reasoning_level;             /* as the vendor calls it: "low", "high" */
    const char *previous_response_id;        /* of the response that this call continues */
    const char *prompt_name, *prompt_version; /* of a managed prompt; sent where USPAN_SEMCONV_PROMPTS is 1 */
} uspan_chat_t;
typedef struct uspan_chat_result {
    USPAN_RESULT_FIELDS;
    const char *response_id, *response_model;
    const char *finish_reason;         /* of the one choice, in the vendor's words */
    const char *const *finish_reasons; /* or of several */
    uspan_tokens_t usage;
    const char *output_messages; /* C: JSON */
    const char *openai_service_tier, *openai_system_fingerprint;
    bool compacted; /* the provider shortened the conversation */
    /* Parts of usage; sent where USPAN_SEMCONV_MODALITIES is 1. */
    uspan_modality_counts_t input_of, output_of, cache_read_of;
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
/* Record that the first piece of a streamed answer arrived, now or at at_ns (monotonic). It sets
 * request.stream and the time since the start. Later calls change nothing. For chat and speech. */
uspan_err_t uspan_first_chunk(uspan_tracer_t *t, uspan_t s);
uspan_err_t uspan_first_chunk_at(uspan_tracer_t *t, uspan_t s, uint64_t at_ns);

/* Fetching a response that the provider makes in the background. It is not a model call and has no usage. */
typedef struct uspan_fetch_response {
    USPAN_REQUEST_FIELDS;
    const char *response_id, *provider;
    const char *stream_cursor; /* where the stream continues */
    const char *server_address;
    uint32_t server_port;
} uspan_fetch_response_t;
typedef struct uspan_fetch_response_result {
    USPAN_RESULT_FIELDS;
    const char *response_model;
    const char *status;                /* USPAN_RESPONSE_* */
    const char *const *finish_reasons; /* one for each choice */
    const char *output_messages;       /* C: JSON */
} uspan_fetch_response_result_t;
/* "fetch_response", CLIENT. Both texts are required by the conventions. */
uspan_t uspan_fetch_response_begin(uspan_tracer_t *t, uspan_t parent, const char *provider,
                                   const char *response_id);
uspan_t uspan_fetch_response_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_fetch_response_t *f);
uspan_err_t uspan_fetch_response_end(uspan_tracer_t *t, uspan_t s, const uspan_fetch_response_result_t *r);

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
    uspan_opt_int_t top_k; /* documents asked for */
    const char *query;     /* C */
} uspan_retrieval_t;
typedef struct uspan_retrieval_result {
    USPAN_RESULT_FIELDS;
    /* C: JSON, [{"id":"d1","score":0.95}]. Phoenix wants both in each entry, or it shows none. */
    const char *documents;
} uspan_retrieval_result_t;
/* "retrieval {data source}", CLIENT. */
uspan_t uspan_retrieval_begin(uspan_tracer_t *t, uspan_t parent, const char *data_source_id);
uspan_t uspan_retrieval_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_retrieval_t *r);
uspan_err_t uspan_retrieval_end(uspan_tracer_t *t, uspan_t s, const uspan_retrieval_result_t *r);

/* One operation on an agent's memory, a store of records. */
typedef struct uspan_memory {
    USPAN_REQUEST_FIELDS;
    const char *store_id, *record_id;
    const char *provider; /* of a service; NULL: the store is in this program */
    const char *query;    /* C: what is searched for */
    const char *records;  /* C: JSON: what is stored, [{"content":"..."}] */
    const char *server_address;
    uint32_t server_port;
} uspan_memory_t;
typedef struct uspan_memory_result {
    USPAN_RESULT_FIELDS;
    const char *record_id; /* that the store gave */
    const char *records;   /* C: JSON: what was found, [{"content":"...","id":"r1","score":0.9}] */
    uspan_opt_int_t record_count;
} uspan_memory_result_t;
/* "{operation}", CLIENT (set kind to INTERNAL for a store in this program).
 *   operation  USPAN_MEMORY_*: static */
uspan_t uspan_memory_begin_with(uspan_tracer_t *t, uspan_t parent, const char *operation,
                                const uspan_memory_t *m);
static inline uspan_t uspan_memory_begin(uspan_tracer_t *t, uspan_t parent, const char *operation,
                                         const char *store_id)
{
    uspan_memory_t m;
    memset(&m, 0, sizeof m);
    m.store_id = store_id;
    return uspan_memory_begin_with(t, parent, operation, &m);
}
uspan_err_t uspan_memory_end(uspan_tracer_t *t, uspan_t s, const uspan_memory_result_t *r);

/* How good an answer is, as a person or a program judged it. */
typedef struct uspan_judgement {
    const char *name;          /* of what is judged: "relevance"; required */
    const char *label;         /* "pass", "fail" */
    const char *explanation;   /* of the judge */
    const char *response_id;   /* that was judged */
    const char *error_type;    /* why there is no judgement */
    uspan_opt_double_t score;
} uspan_evaluation_t;
/* Add the event "gen_ai.evaluation.result" to the span that was judged, which is open.
 * Returns: as uspan_event_n(); USPAN_ERR_ARG: no name. */
uspan_err_t uspan_evaluation(uspan_tracer_t *t, uspan_t s, const uspan_evaluation_t *e);

/* ---- agents and tools ---------------------------------------------------------------------------------- */

typedef struct uspan_agent {
    USPAN_REQUEST_FIELDS;
    const char *name, *provider;
    USPAN_MODEL_FIELDS;
    /* With USPAN_SEMCONV_LATEST, id and version (and provider) are sent only where kind is CLIENT. */
    const char *id, *description, *version, *data_source_id, *model;
    const char *previous_response_id; /* of a remote agent: the response that this call continues */
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
    const char *agent_name; /* whose tool it is; NULL: that of the parent, if it is an agent or a tool */
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

typedef struct uspan_plan {
    USPAN_REQUEST_FIELDS;
    const char *agent_name; /* NULL: as of a tool */
} uspan_plan_t;
/* "plan {agent}", INTERNAL: the agent breaks its task down. The chat that does it is a child. Steps are
 * function_input and function_output. */
uspan_t uspan_plan_begin(uspan_tracer_t *t, uspan_t parent, const char *agent_name);
uspan_t uspan_plan_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_plan_t *p);
uspan_err_t uspan_plan_end(uspan_tracer_t *t, uspan_t s, const uspan_result_t *r);

typedef struct uspan_handoff {
    USPAN_REQUEST_FIELDS;
    const char *to_agent, *from_agent;
} uspan_handoff_t;
/* "agent_handoff {to}", INTERNAL. to may be NULL, and be set at the end. */
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
/* Record on the span around it the error "Guardrail tripwire triggered", with name and type (or NULL) as
 * data. That span stays open. */
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
static inline uspan_t uspan_custom_begin(uspan_tracer_t *t, uspan_t parent, const char *name,
                                         const char *data)
{
    uspan_function_t f;
    memset(&f, 0, sizeof f);
    f.name = name;
    f.function_input = data;
    return uspan_function_begin_with(t, parent, &f);
}
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

/* ---- Studio (USPAN_STUDIO 1) --------------------------------------------------------------------------- */

#if USPAN_STUDIO
/* A message of the current run, for the conversation on Studio's run page. uspan sends messages when the run
 * is registered, in the order of the calls, one request each. A message that Studio refuses is dropped.
 * Content switches and the redactor apply as for the attribute that holds the same text. */
typedef enum uspan_studio_kind {
    USPAN_STUDIO_USER = 0, /* text: what the user said */
    USPAN_STUDIO_AGENT,    /* text: what the agent answered */
    USPAN_STUDIO_CALL,     /* text: arguments of the tool, JSON */
    USPAN_STUDIO_RESULT    /* text: the tool's result */
} uspan_studio_kind_t;
typedef struct {
    uspan_studio_kind_t kind;
    const char *name; /* who speaks; NULL: "user" or "agent" */
    const char *text;
    const char *tool, *call_id; /* of calls and results; NULL: "" */
} uspan_studio_message_t;
/* uspan keeps no pointer after the call. Returns USPAN_TRUNCATED for a text above half of
 * USPAN_STUDIO_MESSAGE_BYTES, USPAN_ERR_FULL if there is no room or there are no random bytes: the message is
 * lost and counted (messages_dropped). Without a run the call does nothing. Context: task. Bound: its length,
 * and a move of USPAN_STUDIO_MESSAGE_BYTES. */
uspan_err_t uspan_studio_message(uspan_tracer_t *t, const uspan_studio_message_t *m);
#endif

#ifdef __cplusplus
}
#endif

#include "workflow.h"
#if !USPAN_ENABLED
#include "disabled_genai.h"
#endif
#include "cpp_genai.h"
#endif
