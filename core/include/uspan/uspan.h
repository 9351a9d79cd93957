/* uspan.h: record spans. Include this one; genai.h adds agent, LLM and tool spans.
 *
 * Text arguments named `text`, `name`, `message` are UTF-8 ending in 0; the _n forms take a length instead.
 * Invalid UTF-8 becomes U+FFFD. What a call copies, it copies before it returns; what must stay for ever says
 * "static". A zeroed tracer that was never started, or failed to start, is accepted too: its spans are null.
 * Every call accepts the null span, does nothing and returns USPAN_OK, so callers need no branch when the
 * pool was full. Every span call may be ignored by its result: a loss is counted anyway, in the span and in
 * uspan_stats(). */
#ifndef USPAN_H
#define USPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "config.h"
#include "err.h"
#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

#define USPAN_VERSION "0.1.0"

/* ---- handles, keys, values ----------------------------------------------------------------------------- */

/* One span, by value; copy freely: 10 bits of slot, 22 of generation. All zero is the null span. */
typedef struct uspan {
    uint32_t id;
} uspan_t;

#ifdef __cplusplus
#define USPAN_HANDLE(id) (uspan_t{(id)})
#else
#define USPAN_HANDLE(id) ((uspan_t){(id)})
#endif
/* As a parent: begin a new trace; go under the calling task's current span, or begin a trace where there is
 * none. */
#define USPAN_NULL USPAN_HANDLE(0u)
#define USPAN_ROOT USPAN_HANDLE(1u)
#define USPAN_CURRENT USPAN_HANDLE(2u)

/* An attribute key: static, never copied. len: bytes of text. Make one with the macros below. */
typedef struct uspan_key {
    const char *text;
    uint8_t len;
    uint8_t flags; /* USPAN_KEY_CONTENT: not recorded while content capture is off */
    uint16_t id;   /* equal text has equal ids; USPAN_KEY_ID() */
} uspan_key_t;
#define USPAN_KEY_CONTENT 1u

/* A key from a string literal of 1..255 bytes. INIT is an initialiser, for keys of your own:
 *     static const uspan_key_t bed = USPAN_KEY_INIT("garden.bed");
 * USPAN_KEY("garden.bed") is an expression, for use within functions. */
#define USPAN_KEY_LEN(literal)          \
    ((uint8_t)((sizeof(literal) - 1u) * \
               sizeof(char[sizeof(literal) >= 2u && sizeof(literal) <= 256u ? 1 : -1])))
#define USPAN_KEY_ID(literal)                                                       \
    ((uint16_t)((unsigned)(uint8_t)("" literal)[(sizeof(literal) - 1u) / 2u] * 5u + \
                (unsigned)sizeof(literal) * 9u))
#define USPAN_KEY_INIT(literal) { "" literal, USPAN_KEY_LEN(literal), 0u, USPAN_KEY_ID(literal) }
#define USPAN_KEY_CONTENT_INIT(literal)                                              \
    {                                                                                \
        "" literal, USPAN_KEY_LEN(literal), USPAN_KEY_CONTENT, USPAN_KEY_ID(literal) \
    }
/* A call, so that clang does not fold the initialiser around it: clang 14 then leaves the key itself without
 * contents. */
static inline const uspan_key_t *uspan_key_same(const uspan_key_t *key)
{
    return key;
}
#define USPAN_KEY(literal)                                                \
    (__extension__({                                                      \
        static const uspan_key_t uspan_key_here_ = USPAN_KEY_INIT(literal); \
        uspan_key_same(&uspan_key_here_);                                 \
    }))

typedef enum uspan_type {
    USPAN_TYPE_NONE = 0,
    USPAN_TYPE_INT,     /* v.i */
    USPAN_TYPE_DOUBLE,  /* v.d */
    USPAN_TYPE_BOOL,    /* v.i, 0 or 1 */
    USPAN_TYPE_TEXT,    /* v.text, count bytes; copied */
    USPAN_TYPE_STATIC,  /* v.text, count bytes; referenced, must be static */
    USPAN_TYPE_BYTES,   /* v.bytes, count bytes; copied */
    USPAN_TYPE_INTS,    /* v.ints, count of them; copied, as are the next three */
    USPAN_TYPE_DOUBLES, /* v.doubles */
    USPAN_TYPE_BOOLS,   /* v.bools */
    USPAN_TYPE_TEXTS    /* v.texts, count strings ending in 0 */
} uspan_type_t;

/* One attribute as an argument: for const tables, events and links. */
typedef struct uspan_attr {
    const uspan_key_t *key;
    uspan_type_t type;
    uint32_t count;
    union {
        int64_t i;
        double d;
        const char *text;
        const uint8_t *bytes;
        const int64_t *ints;
        const double *doubles;
        const bool *bools;
        const char *const *texts;
    } v;
} uspan_attr_t;

/* Initialisers for it. USPAN_ATTR_TEXT copies text ending in 0; USPAN_ATTR_STATIC takes a literal. */
#define USPAN_ATTR_STATIC(key, literal)                             \
    {                                                               \
        (key), USPAN_TYPE_STATIC, (uint32_t)(sizeof(literal) - 1u), \
        {                                                           \
            .text = "" literal                                      \
        }                                                           \
    }
#define USPAN_ATTR_TEXT(key, t) { (key), USPAN_TYPE_TEXT, USPAN_TO_NUL, { .text = (t) } }
#define USPAN_ATTR_TEXT_N(key, t, n) { (key), USPAN_TYPE_TEXT, (uint32_t)(n), { .text = (t) } }
#define USPAN_ATTR_INT(key, n) { (key), USPAN_TYPE_INT, 0u, { .i = (n) } }
#define USPAN_ATTR_DOUBLE(key, x) { (key), USPAN_TYPE_DOUBLE, 0u, { .d = (x) } }
#define USPAN_ATTR_BOOL(key, b) { (key), USPAN_TYPE_BOOL, 0u, { .i = (b) } }
#define USPAN_TO_NUL UINT32_MAX /* as count of text: up to the terminating 0 */

/* ---- kinds, status, scope, links ----------------------------------------------------------------------- */

/* OTLP's numbers (OpenTelemetry's own API counts INTERNAL as 0). */
typedef enum uspan_kind {
    USPAN_KIND_DEFAULT = 0, /* INTERNAL */
    USPAN_KIND_INTERNAL = 1,
    USPAN_KIND_SERVER = 2,
    USPAN_KIND_CLIENT = 3,
    USPAN_KIND_PRODUCER = 4,
    USPAN_KIND_CONSUMER = 5
} uspan_kind_t;

typedef enum uspan_status {
    USPAN_STATUS_UNSET = 0,
    USPAN_STATUS_OK = 1,
    USPAN_STATUS_ERROR = 2
} uspan_status_t;

/* Instrumentation scope: static. version may be NULL. */
typedef struct uspan_scope {
    const char *name;
    const char *version;
} uspan_scope_t;

struct uspan_context; /* context.h: ids, flags and tracestate that may outlive their span */
typedef struct uspan_context uspan_context_t;

/* A link as an argument. */
typedef struct uspan_link {
    const uspan_context_t *context;
    const uspan_attr_t *attrs; /* attr_count of them; NULL for none */
    size_t attr_count;
} uspan_link_t;

/* One tracer: all of the core's RAM. Static, zeroed or not; the layout (tracer.h) is private. */
typedef struct uspan_tracer uspan_tracer_t;

/* What uspan_start_with() may be told; all zero is uspan_start(). Everything is read during the call only. */
typedef struct uspan_options {
    uspan_kind_t kind;
    const uspan_scope_t *scope;    /* static; NULL: the tracer's */
    uint64_t start_ns;             /* monotonic, as uspan_now(); 0: now */
    /* local or remote; wins over the parent argument; not valid: a new trace */
    const uspan_context_t *parent;
    const uint8_t *trace_id;       /* 16 bytes, for a new trace; NULL or all zero: a random one */
    const uspan_attr_t *attrs;     /* set before the processors see the span */
    size_t attr_count;
    const uspan_link_t *links;
    size_t link_count;
    /* sets more of the span, after attrs and links, before the processors see it; NULL: nothing more */
    void (*fill)(void *arg, uspan_tracer_t *t, uspan_t s);
    void *fill_arg;
    /* on a root: this trace is not recorded; everything under it is null and propagates unsampled */
    bool disabled;
} uspan_options_t;

#define USPAN_FORM static inline __attribute__((always_inline))

/* ---- start and end ------------------------------------------------------------------------------------- */

/* Start a span now.
 *   parent   a span; USPAN_ROOT: begin a new trace; USPAN_CURRENT; a span that has already ended or the null
 *            span: the result is null too, counted as parent_dropped, never a false root
 *   name     copied, USPAN_NAME_MAX bytes kept
 * Returns: the span, or the null span when the pool is full, the ids have no entropy yet, or tracing is off.
 * Context: task, ISR. Never blocks; lock held for a fixed number of instructions. */
uspan_t uspan_start_n(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len);
/* The two that uspan_start_with() chooses from; not for programs to call. Where options are constant and name
 * no attributes, links or fill, what stores those is not linked. */
uspan_t uspan_start_bare(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                         const uspan_options_t *options);
uspan_t uspan_start_full(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                         const uspan_options_t *options);
USPAN_FORM bool uspan_is_full(const uspan_options_t *o)
{
    return o->attr_count != 0u || o->link_count != 0u || o->fill != NULL;
}
/* The same with options. Context: task; ISR when no sampler or processor of the application is set. */
USPAN_FORM uspan_t uspan_start_with(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                                    const uspan_options_t *options)
{
    return options != NULL && uspan_is_full(options) ? uspan_start_full(t, parent, name, name_len, options)
                                                     : uspan_start_bare(t, parent, name, name_len, options);
}

/* End a span now, or at end_ns (monotonic, as uspan_now(); before its start counts as its start) and hand it
 * to export.
 * Returns: USPAN_OK; USPAN_ERR_STALE (ended before; nothing changes). Context: task, ISR without processors.
 * Never blocks. */
uspan_err_t uspan_end(uspan_tracer_t *t, uspan_t s);
uspan_err_t uspan_end_at(uspan_tracer_t *t, uspan_t s, uint64_t end_ns);

/* Monotonic nanoseconds of the tracer's port. Context: task, ISR. */
uint64_t uspan_now(const uspan_tracer_t *t);

/* ---- attributes ---------------------------------------------------------------------------------------- */

/* Set one attribute; the same key again replaces its value, whatever its type.
 *   key      static descriptor; never copied
 * Returns: USPAN_OK; USPAN_TRUNCATED (text cut: USPAN_VALUE_MAX, the value limit, or the text pool ran dry;
 * counted);
 *          USPAN_ERR_FULL (table or text pool full; counted in the span's dropped_attributes_count);
 *          USPAN_ERR_STALE; USPAN_ERR_ARG (t or key NULL, text NULL with a length).
 * Context: task, ISR. Never blocks. Two contexts may write to one span; a reader sees the old or the new
 * value whole. */
uspan_err_t uspan_set_int(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, int64_t value);
uspan_err_t uspan_set_double(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, double value);
uspan_err_t uspan_set_bool(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, bool value);
uspan_err_t uspan_set_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                            size_t len);
/* text: static, referenced without a copy. Bytes that are not UTF-8 are copied and replaced instead. */
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
/* Set a whole table. Returns the worst result; each attribute stands or falls alone. */
uspan_err_t uspan_set_all(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *attrs, size_t count);
/* Extend a text or bytes value, or begin it: an answer that streams in. A UTF-8 sequence may be split between
 * two calls. A value of another type is replaced. Returns and context as uspan_set_str_n(); two tasks that
 * append to one value interleave by pieces of up to 64 bytes. */
uspan_err_t uspan_append_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                               size_t len);
uspan_err_t uspan_append_bytes(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const void *data,
                               size_t len);

/* ---- events, links, status, name ----------------------------------------------------------------------- */

/* Add an event at time_ns (monotonic; 0: now). Returns: USPAN_OK; USPAN_TRUNCATED (an attribute was cut or
 * dropped, counted in the event); USPAN_ERR_FULL (counted in dropped_events_count); USPAN_ERR_STALE;
 * USPAN_ERR_ARG.
 * Context: task, ISR. Never blocks. */
uspan_err_t uspan_event_n(uspan_tracer_t *t, uspan_t s, const char *name, size_t name_len, uint64_t time_ns,
                          const uspan_attr_t *attrs, size_t attr_count);
/* Add a link to another span. Returns as uspan_event_n(), with dropped_links_count; USPAN_ERR_ARG: context
 * not valid. */
uspan_err_t uspan_add_link(uspan_tracer_t *t, uspan_t s, const uspan_link_t *link);
/* Set the status. Ok > Error > Unset: once Ok it stays; Unset changes nothing; Error may become Ok, or
 * another Error. message: copied, for Error only; NULL for none. Context: task, ISR. Never blocks. */
uspan_err_t uspan_set_status(uspan_tracer_t *t, uspan_t s, uspan_status_t status, const char *message);
/* Replace the name. Context: task, ISR. */
uspan_err_t uspan_set_name_n(uspan_tracer_t *t, uspan_t s, const char *name, size_t name_len);

/* An error happened in the span: an `exception` event now, `error.type`, status Error.
 *   type     low cardinality: "timeout", "429", "dns_error"; NULL: "_OTHER"
 *   message  for people, no secrets; NULL for none
 *   data     JSON text kept in the event as `uspan.error.data`; NULL for none
 * The span goes on; end it as ever. Returns the worst of its parts. Context: task, ISR. Never blocks. */
uspan_err_t uspan_record_error_data(uspan_tracer_t *t, uspan_t s, const char *type, const char *message,
                                    const char *data);

/* ---- current span -------------------------------------------------------------------------------------- */

/* Make s the calling task's current span. Returns the one before, for uspan_leave(); null where there was
 * none. With more than USPAN_TASKS_MAX tasks inside spans the call does nothing, counted as tasks_dropped.
 * Context: task. Never blocks. */
uspan_t uspan_enter(uspan_tracer_t *t, uspan_t s);
void uspan_leave(uspan_tracer_t *t, uspan_t before);
/* The calling task's current span, or the null span. Context: task. */
uspan_t uspan_current(uspan_tracer_t *t);

/* ---- sampling, processors, switches -------------------------------------------------------------------- */

/* Sampler. `parent_based`: a span with a parent does as its parent did; otherwise `bound` decides by the
 * trace id: sampled iff big-endian u64 of trace_id[8..15] >> 1 is below it. */
typedef struct uspan_sampler {
    uint64_t bound;
    bool parent_based;
} uspan_sampler_t;
#define USPAN_SAMPLE_ALWAYS ((uint64_t)1 << 63)
#define USPAN_SAMPLE_NEVER ((uint64_t)0)
/* Bound for a ratio that is a constant: folded by the compiler. */
#define USPAN_SAMPLE_RATIO(r) \
    ((r) >= 1 ? USPAN_SAMPLE_ALWAYS : (r) <= 0 ? USPAN_SAMPLE_NEVER : (uint64_t)((r)*9223372036854775808.0))
/* Bound for a ratio given as text, "0.25", "1", "1e-3": no floating point. USPAN_ERR_ARG: not a number in
 * 0..1. */
uspan_err_t uspan_sample_ratio_parse(const char *text, uint64_t *bound);
/* Default: always, parent-based. Context: task. Takes effect at the next start. */
void uspan_set_sampler(uspan_tracer_t *t, uspan_sampler_t sampler);

/* Hooks on every recorded span. They run in the caller's context, outside every lock; they may call the
 * reading functions of read.h on any span, and setters in on_start. Each may be NULL. Caller-owned, stays
 * until replaced. */
typedef struct uspan_processor {
    void *ctx;
    void (*on_start)(void *ctx, uspan_tracer_t *t, uspan_t s);
    void (*on_end)(void *ctx, uspan_tracer_t *t, uspan_t s); /* readable, no longer writable */
    void (*force_flush)(void *ctx);
    void (*shutdown)(void *ctx);
    struct uspan_processor *next; /* the tracer's */
} uspan_processor_t;
/* Add one at the end; or replace all by one (NULL: none), which shuts the others down. Context: task, while
 * no span call runs elsewhere. USPAN_ERR_ARG: it is in the list already. */
uspan_err_t uspan_add_processor(uspan_tracer_t *t, uspan_processor_t *p);
void uspan_set_processor(uspan_tracer_t *t, uspan_processor_t *p);

/* Recording on or off. Off: starts give null spans that propagate as unsampled; open spans go on. Context:
 * task, ISR. */
void uspan_set_enabled(uspan_tracer_t *t, bool enabled);
/* Content (keys with USPAN_KEY_CONTENT) recorded or not. Default: on, when USPAN_CONTENT is 1. Context: task,
 * ISR. */
void uspan_set_content(uspan_tracer_t *t, bool enabled);

/* Sees each text of content before it is stored, in the fragments in which it comes (of message.h: before it
 * is escaped, roles, names and ids too; of an array: each text; bytes, blobs and numbers are not shown), and
 * says what is stored in its place: text itself, or less of it (*len), or a text of its own that stays until
 * it is called again; *len 0: nothing. Runs in the caller's context, outside every lock; may call nothing
 * that sets content. */
typedef struct uspan_redactor {
    void *ctx;
    const char *(*redact)(void *ctx, const uspan_key_t *key, const char *text, size_t *len);
} uspan_redactor_t;
/* Caller-owned, stays until replaced; NULL: none. Context: task. */
void uspan_set_redactor(uspan_tracer_t *t, const uspan_redactor_t *redactor);

/* Limits below the compile-time maxima. 0 sets the maximum again. value_chars: of text, in characters; of
 * bytes, in bytes. */
typedef struct uspan_limits {
    uint16_t attrs, events, links, event_attrs, link_attrs;
    uint32_t value_chars;
} uspan_limits_t;
void uspan_set_limits(uspan_tracer_t *t, const uspan_limits_t *limits);

/* ---- forms without lengths ----------------------------------------------------------------------------- */

/* strlen of a literal is folded by the compiler, so these cost nothing over the _n forms; at -Os, too, where
 * gcc would share one copy that counts at run time. */
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
/* Record an error and end: for early returns. */
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
#include "tracer.h"
#else
#include "disabled.h" /* turns every call into nothing */
#endif

#endif
