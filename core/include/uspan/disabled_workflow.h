/* disabled_workflow.h: the functions of workflow.h if USPAN_ENABLED is 0. Included by workflow.h. */
#ifndef USPAN_DISABLED_WORKFLOW_H
#define USPAN_DISABLED_WORKFLOW_H

#include "config.h"

#if !USPAN_ENABLED
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

#define uspan_workflow_begin uspan_off_workflow_begin
static inline uspan_t uspan_workflow_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return USPAN_NULL;
}
#define uspan_workflow_begin_with uspan_off_workflow_begin_with
static inline uspan_t uspan_workflow_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_workflow_t *w)
{
    return USPAN_NULL;
}
#define uspan_workflow_end uspan_off_workflow_end
static inline uspan_err_t uspan_workflow_end(uspan_tracer_t *t, uspan_t s, const uspan_workflow_result_t *r)
{
    return USPAN_OK;
}
#define uspan_set_span_content uspan_off_set_span_content
static inline uspan_err_t uspan_set_span_content(uspan_tracer_t *t, uspan_t s, bool recorded)
{
    return USPAN_OK;
}
#define uspan_set_tool_definitions uspan_off_set_tool_definitions
static inline void uspan_set_tool_definitions(uspan_tracer_t *t, bool recorded)
{
}
#define uspan_set_history uspan_off_set_history
static inline void uspan_set_history(uspan_tracer_t *t, unsigned n)
{
}
#define uspan_wants_content uspan_off_wants_content
static inline bool uspan_wants_content(uspan_tracer_t *t, uspan_t s)
{
    return false;
}

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#endif
