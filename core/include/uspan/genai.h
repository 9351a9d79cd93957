/* genai.h: spans of agents, LLM calls, tools and related operations, in OpenTelemetry's GenAI conventions.
 *
 * Each type has three functions. begin takes the one or two facts that every such span has. begin_with takes
 * a struct with all fields. end takes the result. They return what uspan_start() and uspan_end() return. The
 * spans are ordinary spans: keys of genai_keys.h, uspan_fail() and uspan_end() work on them. In these structs
 * text that is NULL or "" is absent, a number is absent unless USPAN_OPT() sets it (zero is a value), and
 * lists end in NULL. uspan keeps no pointer into them after the call.
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
    bool stream; /* the request asked for a streamed answer */
    uint32_t server_port;
    const char *server_address;
    const char *openai_api_type, *openai_service_tier;
    const char *reasoning_level;             /* as the vendor calls it: "low", "high" */
    const char *previous_response_id;        /* id of the response that this call continues */
    const char *prompt_name, *prompt_version; /* of a managed prompt; sent if USPAN_SEMCONV_PROMPTS is 1 */
} uspan_chat_t;
typedef struct uspan_chat_result {
    USPAN_RESULT_FIELDS;
    const char *response_id, *response_model;
    const char *finish_reason;         /* if there is one choice; the vendor's term */
    const char *const *finish_reasons; /* if there are several choices */
    uspan_tokens_t usage;
    const char *output_messages; /* C: JSON */
    const char *openai_service_tier, *openai_system_fingerprint;
    bool compacted; /* the provider shortened the conversation */
    /* Parts of usage. Sent if USPAN_SEMCONV_MODALITIES is 1. */
    uspan_modality_counts_t input_of, output_of, cache_read_of;
} uspan_chat_result_t;

/* Start the span of a model call, CLIENT. The span names are "chat {model}", "generate_content {model}" and
 * "text_completion {model}". uspan_response_begin() starts a "chat {model}" with openai.api.type responses.
 * Its provider is openai if none is given. */
uspan_t uspan_chat_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model);
uspan_t uspan_chat_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat);
uspan_t uspan_generate_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model);
uspan_t uspan_generate_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat);
uspan_t uspan_completion_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model);
uspan_t uspan_completion_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat);
uspan_t uspan_response_begin(uspan_tracer_t *t, uspan_t parent, const char *model);
uspan_t uspan_response_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat);
/* Set the result of one of the four calls above and end its span. If r is NULL, only end it. If a call fails
 * after the first chunk and has no finish reason, the answer is incomplete: its finish reason is "error", and
 * text that was appended is kept. Returns the worst result of its parts, as all end functions below. */
uspan_err_t uspan_chat_end(uspan_tracer_t *t, uspan_t s, const uspan_chat_result_t *r);
/* Record that the first piece of a streamed answer arrived, now or at at_ns (monotonic). It sets
 * request.stream and the time since the start. Later calls change nothing. For chat and speech. */
uspan_err_t uspan_first_chunk(uspan_tracer_t *t, uspan_t s);
uspan_err_t uspan_first_chunk_at(uspan_tracer_t *t, uspan_t s, uint64_t at_ns);

/* Fetching a response that the provider created in the background. It is not a model call and has no
 * usage. */
typedef struct uspan_fetch_response {
    USPAN_REQUEST_FIELDS;
    const char *response_id, *provider;
    const char *stream_cursor; /* position in the stream at which to continue */
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
/* Span "fetch_response", CLIENT. The conventions require provider and response_id. */
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
/* Span "embeddings {model}", CLIENT. */
uspan_t uspan_embeddings_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model);
uspan_t uspan_embeddings_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_embeddings_t *e);
uspan_err_t uspan_embeddings_end(uspan_tracer_t *t, uspan_t s, const uspan_embeddings_result_t *r);

typedef struct uspan_retrieval {
    USPAN_REQUEST_FIELDS;
    const char *data_source_id, *provider;
    const char *model;
    uspan_opt_int_t top_k; /* number of documents requested */
    const char *query;     /* C */
} uspan_retrieval_t;
typedef struct uspan_retrieval_result {
    USPAN_RESULT_FIELDS;
    /* C: JSON, [{"id":"d1","score":0.95}]. Phoenix shows an entry only if it has both members. */
    const char *documents;
} uspan_retrieval_result_t;
/* Span "retrieval {data source}", CLIENT. */
uspan_t uspan_retrieval_begin(uspan_tracer_t *t, uspan_t parent, const char *data_source_id);
uspan_t uspan_retrieval_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_retrieval_t *r);
uspan_err_t uspan_retrieval_end(uspan_tracer_t *t, uspan_t s, const uspan_retrieval_result_t *r);

/* One operation on the memory of an agent. A memory is a store of records. */
typedef struct uspan_memory {
    USPAN_REQUEST_FIELDS;
    const char *store_id, *record_id;
    const char *provider; /* of a remote service; NULL: the store is in this program */
    const char *query;    /* C: the search text */
    const char *records;  /* C: JSON: records to store, [{"content":"..."}] */
    const char *server_address;
    uint32_t server_port;
} uspan_memory_t;
typedef struct uspan_memory_result {
    USPAN_RESULT_FIELDS;
    const char *record_id; /* id that the store assigned */
    const char *records;   /* C: JSON: records found, [{"content":"...","id":"r1","score":0.9}] */
    uspan_opt_int_t record_count;
} uspan_memory_result_t;
/* Span "{operation}", CLIENT. Set kind to INTERNAL for a store in this program.
 *   operation  USPAN_MEMORY_*; static */
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

/* The judgement of an answer by a person or a program. */
typedef struct uspan_judgement {
    const char *name;          /* of the judged quality: "relevance"; required */
    const char *label;         /* "pass", "fail" */
    const char *explanation;   /* given by the judge */
    const char *response_id;   /* id of the judged response */
    const char *error_type;    /* why there is no judgement */
    uspan_opt_double_t score;
} uspan_evaluation_t;
/* Add the event "gen_ai.evaluation.result" to the span of the judged answer. The span must be open. Returns:
 * as uspan_event_n(); USPAN_ERR_ARG: no name. */
uspan_err_t uspan_evaluation(uspan_tracer_t *t, uspan_t s, const uspan_evaluation_t *e);

/* ---- agents and tools ---------------------------------------------------------------------------------- */

typedef struct uspan_agent {
    USPAN_REQUEST_FIELDS;
    const char *name, *provider;
    USPAN_MODEL_FIELDS;
    /* With USPAN_SEMCONV_LATEST, id, version and provider are sent only if kind is CLIENT. */
    const char *id, *description, *version, *data_source_id, *model;
    const char *previous_response_id; /* of a remote agent: id of the response that this call continues */
    const char *const *tools;    /* C: names of tools; used if tool_definitions is NULL */
    const char *const *handoffs; /* names of agents */
    const char *output_schema;   /* name of the type of its answer */
#if USPAN_PROFILE_AGENTSCOPE
    const char *event_type; /* USPAN_EVENT_*: the event with which it continues */
#endif
} uspan_agent_t;
typedef struct uspan_agent_result {
    USPAN_RESULT_FIELDS;
    const char *output_messages; /* C: JSON */
#if USPAN_PROFILE_AGENTSCOPE
    const char *reply_id;
    const char *hitl_pending_tools, *external_pending_tools; /* JSON lists of names, if the agent is paused */
#endif
} uspan_agent_result_t;
/* Spans "invoke_agent {name}", INTERNAL (set kind to CLIENT for a remote agent), and "create_agent {name}",
 * CLIENT. */
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
    /* agent that owns the tool; NULL: that of the parent, if it is an agent or a tool span */
    const char *agent_name;
#if USPAN_PROFILE_AGENTSCOPE
    bool external; /* the tool runs elsewhere; the span records its result */
#endif
} uspan_tool_t;
typedef struct uspan_tool_result {
    USPAN_RESULT_FIELDS;
    const char *result; /* C: JSON; of a generator its last item */
} uspan_tool_result_t;
/* Span "execute_tool {name}", INTERNAL. call_id is the id that the model gave, or NULL. */
uspan_t uspan_tool_begin(uspan_tracer_t *t, uspan_t parent, const char *name, const char *call_id);
uspan_t uspan_tool_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_tool_t *tool);
uspan_err_t uspan_tool_end(uspan_tracer_t *t, uspan_t s, const uspan_tool_result_t *r);

typedef struct uspan_plan {
    USPAN_REQUEST_FIELDS;
    const char *agent_name; /* NULL: as for a tool */
} uspan_plan_t;
/* Span "plan {agent}", INTERNAL: the agent divides its task into steps. The chat that makes the plan is a
 * child span. Pass the steps as function_input and function_output. */
uspan_t uspan_plan_begin(uspan_tracer_t *t, uspan_t parent, const char *agent_name);
uspan_t uspan_plan_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_plan_t *p);
uspan_err_t uspan_plan_end(uspan_tracer_t *t, uspan_t s, const uspan_result_t *r);

typedef struct uspan_handoff {
    USPAN_REQUEST_FIELDS;
    const char *to_agent, *from_agent;
} uspan_handoff_t;
/* Span "agent_handoff {to}", INTERNAL. `to` may be NULL at the start and be set at the end. */
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
    bool triggered; /* it does not make the span fail */
} uspan_guardrail_result_t;
/* Span "guardrail_check {name}", INTERNAL. Pass input and output as function_input and function_output. */
uspan_t uspan_guardrail_begin(uspan_tracer_t *t, uspan_t parent, const char *name);
uspan_t uspan_guardrail_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_guardrail_t *g);
uspan_err_t uspan_guardrail_end(uspan_tracer_t *t, uspan_t s, const uspan_guardrail_result_t *r);
/* Record the error "Guardrail tripwire triggered" on the span `around`, with name and type (or NULL) as data.
 * That span stays open. Returns: as uspan_record_error_data(). */
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
    const char *const *tools;     /* C: names; or set tool_definitions */
    const char *tool_definitions; /* C: JSON */
} uspan_mcp_tools_result_t;
/* Span "tools/list", CLIENT. */
uspan_t uspan_mcp_tools_begin(uspan_tracer_t *t, uspan_t parent, const char *server);
uspan_t uspan_mcp_tools_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_mcp_tools_t *m);
uspan_err_t uspan_mcp_tools_end(uspan_tracer_t *t, uspan_t s, const uspan_mcp_tools_result_t *r);

/* ---- functions ----------------------------------------------------------------------------------------- */

typedef struct uspan_format {
    USPAN_REQUEST_FIELDS;
    const char *target; /* provider whose message format is produced; NULL: "unknown" */
} uspan_format_t;
typedef struct uspan_format_result {
    USPAN_RESULT_FIELDS;
    uspan_opt_int_t count; /* number of messages, if the result is a list */
} uspan_format_result_t;
/* Span "format {target}", INTERNAL. */
uspan_t uspan_format_begin(uspan_tracer_t *t, uspan_t parent, const char *target);
uspan_t uspan_format_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_format_t *f);
uspan_err_t uspan_format_end(uspan_tracer_t *t, uspan_t s, const uspan_format_result_t *r);

typedef struct uspan_function {
    USPAN_REQUEST_FIELDS;
    const char *name;
} uspan_function_t;
/* Span "invoke_generic_function {name}", INTERNAL. uspan_custom_begin() starts the same span with data (C: a
 * JSON object). Set its scalar entries with USPAN_CUSTOM_KEY(). The names "task" and "turn" are reserved for
 * the OpenAI Agents SDK. */
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
    const char *voice;  /* of the synthesised speech */
    /* C: JSON: the text to speak, or the audio to transcribe if it is to be recorded */
    const char *input_messages;
} uspan_speech_t;
typedef struct uspan_speech_result {
    USPAN_RESULT_FIELDS;
    uint64_t first_chunk_ns;     /* monotonic, when speech began; 0: unknown */
    const char *output_messages; /* C: JSON: the transcribed text */
} uspan_speech_result_t;
/* Spans "speech_generation {model}" and "transcription {model}", CLIENT, and "speech_group", INTERNAL, whose
 * function_input is `input`. */
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
    const char *name; /* of the speaker; NULL: "user" or "agent" */
    const char *text;
    const char *tool, *call_id; /* for calls and results; NULL: "" */
} uspan_studio_message_t;
/* Queue a message for Studio. uspan keeps no pointer after the call. Returns: USPAN_OK; USPAN_TRUNCATED: the
 * text exceeds half of USPAN_STUDIO_MESSAGE_BYTES; USPAN_ERR_FULL: there is no room, or there are no random
 * bytes. The message is then lost and counted (messages_dropped). Without a run the call does nothing.
 * Context: task. Bound: the length of the text, and a move of USPAN_STUDIO_MESSAGE_BYTES bytes. */
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
