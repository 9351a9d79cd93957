/* workflow.h: a run of an agent as a whole: the OpenAI Agents SDK's trace; and what is
 * private in it. */
#ifndef USPAN_GENAI_H
#include "genai.h" /* brings this file in where it belongs */
#endif
#ifndef USPAN_WORKFLOW_H
#define USPAN_WORKFLOW_H

#ifdef __cplusplus
extern "C" {
#endif

/* A key of its metadata, from a literal: USPAN_ATTR_INT(USPAN_METADATA_KEY("bed"), 3), of .metadata only. */
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
    /* The conversation that spans under it belong to too. With a run registered in Studio, that is the run,
     * and the group is session.id and uspan.trace.group_id. */
    const char *group_id;
    /* "trace_" and 32 lower-case hexadecimal digits, not all 0, are the trace's id; any other text is
     * kept as uspan.trace.id. */
    const char *trace_id;
    const char *user_id, *session_id, *environment;
    const uspan_attr_t *metadata; /* ended by a zeroed one */
    const char *input_messages;   /* C: JSON */
    bool disabled;   /* nothing of it is recorded */
    bool no_content; /* content of it is not */
} uspan_workflow_t;
typedef struct uspan_workflow_result {
    USPAN_RESULT_FIELDS;
    const char *output_messages; /* C: JSON */
} uspan_workflow_result_t;
/* "invoke_workflow {name}", INTERNAL. */
uspan_t uspan_workflow_begin(uspan_tracer_t *t, uspan_t parent, const char *name);
uspan_t uspan_workflow_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_workflow_t *w);
uspan_err_t uspan_workflow_end(uspan_tracer_t *t, uspan_t s, const uspan_workflow_result_t *r);

/* ---- privacy ------------------------------------------------------------------------------------------- */

/* Content of s, and of spans that begin under it from now on: recorded, or not. What it has stays. */
uspan_err_t uspan_content_of(uspan_tracer_t *t, uspan_t s, bool recorded);
/* Whether content of s is recorded: false too for spans that are null, gone or not sampled. Ask before
 * making text that is dear. Context: task, ISR. */
bool uspan_wants_content(uspan_tracer_t *t, uspan_t s);
/* Set or append content by its key's short name; where USPAN_CONTENT is 0 the arguments are not evaluated:
 *     uspan_content(t, chat, input_messages, make_json(question)); */
#define uspan_content(t, s, name, text) \
    (USPAN_CONTENT ? uspan_set_str((t), (s), &uspan_key_##name, (text)) : USPAN_OK)
#define uspan_content_append(t, s, name, text) \
    (USPAN_CONTENT ? uspan_append_str((t), (s), &uspan_key_##name, (text)) : USPAN_OK)

#ifdef __cplusplus
}
#endif
#endif
