/* workflow.h: the span of a complete agent run, which the OpenAI Agents SDK calls a trace, and privacy of
 * content. */
#ifndef USPAN_WORKFLOW_H
#define USPAN_WORKFLOW_H

#include "genai_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Make a key for .metadata of a workflow from a literal: USPAN_ATTR_INT(USPAN_METADATA_KEY("bed"), 3). */
#if USPAN_PROFILE_LANGFUSE
#define USPAN_METADATA_KEY(name)                                                                           \
    (__extension__({                                                                                       \
        static const uspan_key_t uspan_keys_here_[2] = { USPAN_KEY_INIT("uspan.trace.metadata." name),     \
                                                         USPAN_KEY_INIT("langfuse.trace.metadata." name) }; \
        uspan_key_same(uspan_keys_here_);                                                                  \
    }))
#else
#define USPAN_METADATA_KEY(name) USPAN_KEY("uspan.trace.metadata." name)
#endif

typedef struct uspan_workflow {
    USPAN_REQUEST_FIELDS;
    const char *name; /* NULL: "Agent workflow" */
    /* The conversation id, also of the spans below. If a Studio run is registered, its id is the conversation
     * id, and group_id is sent as session.id and uspan.trace.group_id. */
    const char *group_id;
    /* "trace_" and 32 lower-case hexadecimal digits, not all 0, set the trace id. Any other text is sent as
     * uspan.trace.id. */
    const char *trace_id;
    const char *user_id, *session_id, *environment;
    const uspan_attr_t *metadata; /* a zeroed one ends the list */
    const char *input_messages;   /* C: JSON */
    bool disabled;   /* the run is not recorded */
    bool no_content; /* its content is not recorded */
} uspan_workflow_t;
typedef struct uspan_workflow_result {
    USPAN_RESULT_FIELDS;
    const char *output_messages; /* C: JSON */
} uspan_workflow_result_t;
/* Start and end a workflow span: "invoke_workflow {name}", INTERNAL. Arguments, results and contexts are as
 * for the spans of genai.h. */
uspan_t uspan_workflow_begin(uspan_tracer_t *t, uspan_t parent, const char *name);
uspan_t uspan_workflow_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_workflow_t *w);
uspan_err_t uspan_workflow_end(uspan_tracer_t *t, uspan_t s, const uspan_workflow_result_t *r);

/* ---- privacy ------------------------------------------------------------------------------------------- */

/* Turn content recording on or off for s and for spans started under it later. Content already recorded is
 * kept. Returns: USPAN_OK; USPAN_ERR_STALE. Context: task, ISR. */
uspan_err_t uspan_set_span_content(uspan_tracer_t *t, uspan_t s, bool recorded);
/* Turn recording of tool definitions on or off. Default with USPAN_TOOL_DEFINITIONS 1: on. With 0 they are
 * never recorded. Context: task, ISR. */
void uspan_set_tool_definitions(uspan_tracer_t *t, bool recorded);
/* Limit the input messages of each span that message.h or wire.h writes. Messages of role system or developer
 * are always kept, and of the others the last n. uspan.input.messages.omitted counts the dropped ones.
 *   n   0..255. 0: keep all. Default: USPAN_HISTORY_MESSAGES
 * Context: task, ISR. */
void uspan_set_history(uspan_tracer_t *t, unsigned n);
/* Returns true if content of s is recorded, and false for null, stale and unsampled spans. Ask before
 * building expensive text. Context: task, ISR. */
bool uspan_wants_content(uspan_tracer_t *t, uspan_t s);
/* Set or append content by its key's short name. If USPAN_CONTENT is 0, the arguments are not evaluated:
 *     uspan_content(t, chat, input_messages, make_json(question)); */
#define uspan_content(t, s, name, text) \
    (USPAN_CONTENT ? uspan_set_str((t), (s), &uspan_key_##name, (text)) : USPAN_OK)
#define uspan_content_append(t, s, name, text) \
    (USPAN_CONTENT ? uspan_append_str((t), (s), &uspan_key_##name, (text)) : USPAN_OK)

#ifdef __cplusplus
}
#endif

#if !USPAN_ENABLED
#include "disabled_workflow.h"
#endif
#endif
