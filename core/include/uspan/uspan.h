/* uspan.h: record spans. Include this one; genai.h adds agent, LLM and tool spans.
 *
 * Text arguments named `text`, `name`, `message` are UTF-8 ending in 0; the _n forms take a length instead.
 * Invalid UTF-8 becomes U+FFFD. A call copies its arguments before it returns. An argument described as
 * "static" must stay valid until the program ends. A zeroed tracer that was never started, or failed to
 * start, is accepted too: its spans are null. Every call accepts the null span, does nothing and returns
 * USPAN_OK, so callers need no branch for a full pool. You may ignore the result of every span call. Losses
 * are counted on the span and in uspan_stats(). */
#ifndef USPAN_H
#define USPAN_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define USPAN_VERSION "0.1.0"

#define USPAN_FORM static inline __attribute__((always_inline))

/* ---- start and end ------------------------------------------------------------------------------------- */

/* Start a span now.
 *   parent   a span, USPAN_ROOT to start a new trace, or USPAN_CURRENT. If it is the null span or has already
 *            ended, the result is null too and counted as parent_dropped. It never becomes a false root
 *   name     copied, USPAN_NAME_MAX bytes kept. A cut is counted as names_truncated
 * Returns: the span, or the null span if the pool is full, there are no random bytes for ids yet, or tracing
 * is off. Context: task, ISR. Never blocks. It holds the lock for a fixed number of instructions. */
uspan_t uspan_start_n(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len);
/* Used by uspan_start_with(). Do not call them. If the options are constant and have no attributes, links or
 * fill, the code that stores these is not linked. */
uspan_t uspan_start_bare(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                         const uspan_options_t *options);
uspan_t uspan_start_full(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                         const uspan_options_t *options);
USPAN_FORM bool uspan_is_full(const uspan_options_t *o)
{
    return o->attr_count != 0u || o->link_count != 0u || o->fill != NULL;
}
/* Like uspan_start_n(), with options. Context: task, and ISR if the application has set no sampler and no
 * processor. */
USPAN_FORM uspan_t uspan_start_with(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                                    const uspan_options_t *options)
{
    return options != NULL && uspan_is_full(options) ? uspan_start_full(t, parent, name, name_len, options)
                                                     : uspan_start_bare(t, parent, name, name_len, options);
}

/* End a span now, or at end_ns (monotonic, as uspan_now()), and pass it to export. A time before its start
 * counts as its start. A time ahead of now counts as now, and in uspan_stats() as times_ahead. Returns:
 * USPAN_OK; USPAN_ERR_STALE (the span has ended before, nothing changes). Context: task, and ISR if no
 * processor is set. Never blocks. */
uspan_err_t uspan_end(uspan_tracer_t *t, uspan_t s);
uspan_err_t uspan_end_at(uspan_tracer_t *t, uspan_t s, uint64_t end_ns);

/* Monotonic nanoseconds of the tracer's port. Context: task, ISR. */
uint64_t uspan_now(const uspan_tracer_t *t);

/* ---- attributes ---------------------------------------------------------------------------------------- */

/* Set one attribute. If the key is set already, its value is replaced, whatever its type. Text, bytes and
 * arrays are copied.
 *   key   static descriptor; never copied
 * Returns: USPAN_OK; USPAN_TRUNCATED (text cut at USPAN_VALUE_MAX, at the value limit, or because the text
 * pool is full; counted); USPAN_ERR_FULL (table or text pool full; counted in the span's
 * dropped_attributes_count); USPAN_ERR_STALE; USPAN_ERR_ARG (t or key NULL, text NULL with a length).
 * Context: task, ISR. Never blocks. Two contexts may write to one span. A reader sees the complete old value
 * or the complete new one. Keys with spaces, NaN and infinity are sent as they are. Some backends refuse
 * them. */
uspan_err_t uspan_set_int(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, int64_t value);
uspan_err_t uspan_set_double(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, double value);
uspan_err_t uspan_set_bool(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, bool value);
uspan_err_t uspan_set_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                            size_t len);
/* Like uspan_set_str_n(), but text must be static: uspan keeps the pointer. Text that is not UTF-8 is copied
 * and corrected instead. Returns and context of this and the next ones are as above. */
uspan_err_t uspan_set_static_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                               size_t len);
uspan_err_t uspan_set_bytes(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const void *data,
                            size_t len);
uspan_err_t uspan_set_ints(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const int64_t *values,
                           size_t count);
uspan_err_t uspan_set_doubles(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const double *values,
                              size_t count);
uspan_err_t uspan_set_bools(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const bool *values,
                            size_t count);
uspan_err_t uspan_set_strs(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *const *texts,
                           size_t count);
/* Set several attributes. attrs is read during the call only. If one fails, the others are still set. Returns
 * the worst result. Context as above. */
uspan_err_t uspan_set_all(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *attrs, size_t count);
/* Append to a text or bytes value, or create it, for example for a streamed answer. A UTF-8 sequence may be
 * split between two calls. A value of another type is replaced. Returns and context as uspan_set_str_n(). If
 * two tasks append to one value, their pieces of up to 64 bytes alternate. */
uspan_err_t uspan_append_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                               size_t len);
uspan_err_t uspan_append_bytes(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const void *data,
                               size_t len);

/* ---- events, links, status, name ----------------------------------------------------------------------- */

/* Add an event at time_ns (monotonic; 0: now). A time ahead of now counts as now, and in uspan_stats() as
 * times_ahead. Returns: USPAN_OK; USPAN_TRUNCATED (an attribute was cut or dropped, counted in the event);
 * USPAN_ERR_FULL (counted in dropped_events_count); USPAN_ERR_STALE; USPAN_ERR_ARG.
 * Context: task, ISR. Never blocks. */
uspan_err_t uspan_event_n(uspan_tracer_t *t, uspan_t s, const char *name, size_t name_len, uint64_t time_ns,
                          const uspan_attr_t *attrs, size_t attr_count);
/* Add a link to another span. Returns as uspan_event_n(), with dropped_links_count; USPAN_ERR_ARG: context
 * not valid. */
uspan_err_t uspan_add_link(uspan_tracer_t *t, uspan_t s, const uspan_link_t *link);
/* Set the status. Priority: Ok, then Error, then Unset. A span that is Ok stays Ok. Error can be replaced by
 * Ok or by another Error. Setting Unset has no effect. message: copied, for Error only; NULL for none.
 * Returns: USPAN_OK; USPAN_TRUNCATED: the message was cut or dropped, counted in values_truncated;
 * USPAN_ERR_STALE; USPAN_ERR_ARG. Context: task, ISR. Never blocks. */
uspan_err_t uspan_set_status(uspan_tracer_t *t, uspan_t s, uspan_status_t status, const char *message);
/* Replace the name. It is copied, and USPAN_NAME_MAX bytes are kept. Returns: USPAN_OK; USPAN_TRUNCATED (cut,
 * counted as names_truncated); USPAN_ERR_STALE; USPAN_ERR_ARG (no name). Context: task, ISR. Never blocks. */
uspan_err_t uspan_set_name_n(uspan_tracer_t *t, uspan_t s, const char *name, size_t name_len);

/* Record an error: add an `exception` event now, set `error.type`, and set the status to Error.
 *   type     low cardinality: "timeout", "429", "dns_error"; NULL: "_OTHER"
 *   message  for people, no secrets; NULL for none
 *   data     JSON text kept in the event as `uspan.error.data`; NULL for none
 * The span stays open. End it with uspan_end() as usual. All texts are copied. Returns the worst result of
 * its parts. Context: task, ISR. Never blocks. */
uspan_err_t uspan_record_error_data(uspan_tracer_t *t, uspan_t s, const char *type, const char *message,
                                    const char *data);

/* ---- current span -------------------------------------------------------------------------------------- */

/* Make s the calling task's current span. Returns the previous one, or the null span if there was none. Pass
 * it to uspan_leave(). If more than USPAN_TASKS_MAX tasks have a current span, the call does nothing and is
 * counted as tasks_dropped. Context of both: task. Never blocks. */
uspan_t uspan_enter(uspan_tracer_t *t, uspan_t s);
void uspan_leave(uspan_tracer_t *t, uspan_t before);
/* The calling task's current span, or the null span. Context: task. */
uspan_t uspan_current(uspan_tracer_t *t);

/* ---- sampling, processors, switches -------------------------------------------------------------------- */

#define USPAN_SAMPLE_ALWAYS ((uint64_t)1 << 63)
#define USPAN_SAMPLE_NEVER ((uint64_t)0)
/* Sampling bound for a constant ratio r, 0..1. The compiler computes it. */
#define USPAN_SAMPLE_RATIO(r) \
    ((r) >= 1 ? USPAN_SAMPLE_ALWAYS : (r) <= 0 ? USPAN_SAMPLE_NEVER : (uint64_t)((r)*9223372036854775808.0))
/* Compute the sampling bound of a ratio given as text: "0.25", "1", "1e-3". It uses no floating point.
 * Returns: USPAN_OK; USPAN_ERR_ARG: not a number in 0..1. Context: task, ISR. */
uspan_err_t uspan_sample_ratio_parse(const char *text, uint64_t *bound);
/* Set the sampler. It is copied and used from the next start on. Default: all spans, parent-based. Context:
 * task. */
void uspan_set_sampler(uspan_tracer_t *t, uspan_sampler_t sampler);

/* Add a processor at the end of the list, or replace the list by one processor (NULL: by none) and shut the
 * others down. *p must stay valid as long as it is in the list. Returns: USPAN_OK; USPAN_ERR_ARG: NULL, or
 * the processor is in the list already. Context: task, while no span call runs elsewhere. */
uspan_err_t uspan_add_processor(uspan_tracer_t *t, uspan_processor_t *p);
void uspan_set_processor(uspan_tracer_t *t, uspan_processor_t *p);

/* Turn recording on or off. While it is off, start calls return null spans, which propagate as unsampled.
 * Open spans stay open. Context: task, ISR. */
void uspan_set_enabled(uspan_tracer_t *t, bool enabled);
/* Turn recording of content (keys with USPAN_KEY_CONTENT) on or off. Default: on, if USPAN_CONTENT is 1.
 * Context: task, ISR. */
void uspan_set_content(uspan_tracer_t *t, bool enabled);

/* Set the redactor. *redactor must stay valid until it is replaced. NULL: none. Context: task. */
void uspan_set_redactor(uspan_tracer_t *t, const uspan_redactor_t *redactor);

/* Set the limits. They are copied. NULL: the compile-time maxima. Context: task. */
void uspan_set_limits(uspan_tracer_t *t, const uspan_limits_t *limits);

/* ---- forms without lengths ----------------------------------------------------------------------------- */

/* Returns and contexts are those of the _n forms. Text NULL has the length 0. The compiler computes strlen()
 * of a literal, so these cost no more than the _n forms. They are always inlined, because with -Os gcc would
 * share one copy that counts at run time. */
USPAN_FORM uspan_t uspan_start(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return uspan_start_n(t, parent, name, name != NULL ? strlen(name) : 0u);
}
USPAN_FORM uspan_err_t uspan_set_str(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                     const char *text)
{
    return uspan_set_str_n(t, s, key, text, text != NULL ? strlen(text) : 0u);
}
USPAN_FORM uspan_err_t uspan_set_static(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                        const char *text)
{
    return uspan_set_static_n(t, s, key, text, text != NULL ? strlen(text) : 0u);
}
USPAN_FORM uspan_err_t uspan_append_str(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                        const char *text)
{
    return uspan_append_str_n(t, s, key, text, text != NULL ? strlen(text) : 0u);
}
USPAN_FORM uspan_err_t uspan_event(uspan_tracer_t *t, uspan_t s, const char *name)
{
    return uspan_event_n(t, s, name, name != NULL ? strlen(name) : 0u, 0u, NULL, 0u);
}
USPAN_FORM uspan_err_t uspan_set_name(uspan_tracer_t *t, uspan_t s, const char *name)
{
    return uspan_set_name_n(t, s, name, name != NULL ? strlen(name) : 0u);
}
static inline uspan_err_t uspan_record_error(uspan_tracer_t *t, uspan_t s, const char *type,
                                             const char *message)
{
    return uspan_record_error_data(t, s, type, message, NULL);
}
/* Record an error and end the span, for early returns. Arguments are those of uspan_record_error_data().
 * Returns and context are those of uspan_end(). */
static inline uspan_err_t uspan_fail(uspan_tracer_t *t, uspan_t s, const char *type, const char *message)
{
    (void)uspan_record_error_data(t, s, type, message, NULL);
    return uspan_end(t, s);
}
#undef USPAN_FORM

#ifdef __cplusplus
}
#endif

#include "context.h"
#include "export.h"
#if USPAN_ENABLED
#if USPAN_KEEP
#include "crash.h"
#endif
#include "tracer.h"
#else
#include "disabled.h"
#endif
#include "cpp.h"

#endif
