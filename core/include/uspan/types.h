/* types.h: handles, keys, values, and the structs that the application passes to a tracer. Included by
 * uspan.h. */
#ifndef USPAN_TYPES_H
#define USPAN_TYPES_H

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

/* ---- handles, keys, values ----------------------------------------------------------------------------- */

/* Handle of one span. Pass it by value and copy it freely. It has 10 bits of slot number and 22 bits of
 * generation. All zero is the null span. uspan recognises a stale handle until 4,194,303 more spans have used
 * its slot. Free slots are reused in turn. */
typedef struct uspan {
    uint32_t id;
} uspan_t;

#ifdef __cplusplus
#define USPAN_HANDLE(id) (uspan_t{(id)})
#else
#define USPAN_HANDLE(id) ((uspan_t){(id)})
#endif
/* Values for the parent argument. USPAN_ROOT starts a new trace. USPAN_CURRENT uses the calling task's
 * current span. If the task has none, it starts a new trace. */
#define USPAN_NULL USPAN_HANDLE(0u)
#define USPAN_ROOT USPAN_HANDLE(1u)
#define USPAN_CURRENT USPAN_HANDLE(2u)

/* An attribute key. It must be static, because uspan keeps its address. Use the macros below to make one. */
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
/* A hash of the key's length, its middle and its last three characters. Numbered keys have different hashes,
 * and so have all GenAI keys. */
#define USPAN_KEY_CHAR(literal, from_end) \
    ((unsigned)(uint8_t)("" literal)[sizeof(literal) > (from_end) ? sizeof(literal) - 1u - (from_end) : 0u])
#define USPAN_KEY_ID(literal)                                                                 \
    ((uint16_t)(USPAN_KEY_CHAR(literal, sizeof(literal) / 2u) * 52u +                         \
                USPAN_KEY_CHAR(literal, 1u) * 70u + USPAN_KEY_CHAR(literal, 2u) * 234u +      \
                USPAN_KEY_CHAR(literal, 3u) * 220u + (unsigned)sizeof(literal) * 51u))
#define USPAN_KEY_INIT(literal) { "" literal, USPAN_KEY_LEN(literal), 0u, USPAN_KEY_ID(literal) }
#define USPAN_KEY_CONTENT_INIT(literal)                                              \
    {                                                                                \
        "" literal, USPAN_KEY_LEN(literal), USPAN_KEY_CONTENT, USPAN_KEY_ID(literal) \
    }
/* This is a function so that clang does not fold the initialiser around it. clang 14 would emit the key
 * without contents. */
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

/* Initialisers for it. USPAN_ATTR_TEXT copies text ending in 0. If it is a literal, the compiler counts its
 * bytes. USPAN_ATTR_STATIC takes a literal. In C++ they are expressions, and static tables of them need no
 * code either. */
#ifdef __cplusplus
#define USPAN_ATTR_OF(key, type, count, value) \
    (__extension__ uspan_attr_t{ (key), (type), (count), { value } })
#define USPAN_ATTR_INTEGER(n) .i = static_cast<int64_t>(n)
#define USPAN_ATTR_NUMBER(x) .d = static_cast<double>(x)
#define USPAN_ATTR_HAS(text) (static_cast<const char *>(text) != nullptr)
#define USPAN_ATTR_BYTES(text) static_cast<uint32_t>(__builtin_strlen(text))
#else
#define USPAN_ATTR_OF(key, type, count, value) { (key), (type), (count), { value } }
#define USPAN_ATTR_INTEGER(n) .i = (n)
#define USPAN_ATTR_NUMBER(x) .d = (x)
#define USPAN_ATTR_HAS(text) ((const char *)(text) != (const char *)0)
#define USPAN_ATTR_BYTES(text) ((uint32_t)__builtin_strlen(text))
#endif
/* A literal is a constant to the compiler, and a variable is none, even if its text is known. */
#define USPAN_ATTR_COUNT(text) \
    (__builtin_constant_p(text) ? USPAN_ATTR_BYTES(USPAN_ATTR_HAS(text) ? (text) : "") : USPAN_TO_NUL)
#define USPAN_ATTR_STATIC(key, literal) \
    USPAN_ATTR_OF(key, USPAN_TYPE_STATIC, (uint32_t)(sizeof(literal) - 1u), .text = "" literal)
#define USPAN_ATTR_TEXT(key, t) USPAN_ATTR_OF(key, USPAN_TYPE_TEXT, USPAN_ATTR_COUNT(t), .text = (t))
#define USPAN_ATTR_TEXT_N(key, t, n) USPAN_ATTR_OF(key, USPAN_TYPE_TEXT, (uint32_t)(n), .text = (t))
#define USPAN_ATTR_INT(key, n) USPAN_ATTR_OF(key, USPAN_TYPE_INT, 0u, USPAN_ATTR_INTEGER(n))
#define USPAN_ATTR_DOUBLE(key, x) USPAN_ATTR_OF(key, USPAN_TYPE_DOUBLE, 0u, USPAN_ATTR_NUMBER(x))
#define USPAN_ATTR_BOOL(key, b) USPAN_ATTR_OF(key, USPAN_TYPE_BOOL, 0u, USPAN_ATTR_INTEGER(b))
#define USPAN_TO_NUL UINT32_MAX /* as count of text: the text ends in 0 */

/* ---- kinds, status, scope, links ----------------------------------------------------------------------- */

/* The values are those of OTLP. The OpenTelemetry API counts INTERNAL as 0. */
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

struct uspan_context; /* context.h: ids, flags and tracestate that can outlive their span */
typedef struct uspan_context uspan_context_t;

/* A link as an argument. */
typedef struct uspan_link {
    const uspan_context_t *context;
    const uspan_attr_t *attrs; /* attr_count of them; NULL for none */
    size_t attr_count;
} uspan_link_t;

/* Returns true if a Unix time in nanoseconds can be the present time. This is the rule for each source of
 * time: port, application, SNTP and Date. The time must be at most 30 years after USPAN_DATE_MIN_S, and not
 * before it. The first day of the second era of NTP (RFC 5905 section 6), from 2036-02-07 06:28:16 UTC on, is
 * refused, because SNTP clients read an answer without a time as its beginning. With USPAN_DATE_MIN_S 0 each
 * time is plausible. Pure. Context: task, ISR. */
static inline bool uspan_unix_is_plausible(uint64_t unix_ns)
{
    /* The upper 32 bits of each time, in steps of 4.3 s. */
    const uint32_t high = (uint32_t)(unix_ns >> 32);
    const uint32_t first = (uint32_t)((uint64_t)USPAN_DATE_MIN_S * 1000000000u >> 32);
    const uint32_t era = (uint32_t)((uint64_t)2085978496u * 1000000000u >> 32);
    return USPAN_DATE_MIN_S == 0 ||
           (high - first < 0x0D400000u /* 30.2 years */ && high - era >= 0x5000u /* 24.4 hours */);
}

/* One tracer: all RAM of the core, about 20 KB with the default options. Make it static, not a local
 * variable: it must stay valid until uspan_stopped() returns true. Zeroed or not. Its layout (tracer.h) is
 * private. */
typedef struct uspan_tracer uspan_tracer_t;

/* Options of uspan_start_with(). With all fields zero it behaves like uspan_start(). uspan keeps no pointer
 * into this struct after the call, except scope. */
typedef struct uspan_options {
    uspan_kind_t kind;
    const uspan_scope_t *scope;    /* static; NULL: the tracer's */
    uint64_t start_ns;             /* monotonic, as uspan_now(); 0, or ahead of now: now */
    /* local or remote. It wins over the parent argument. If it is not valid, a new trace starts */
    const uspan_context_t *parent;
    const uint8_t *trace_id;       /* 16 bytes, for a new trace; NULL or all zero: a random one */
    const uspan_attr_t *attrs;     /* set before the processors see the span */
    size_t attr_count;
    const uspan_link_t *links;
    size_t link_count;
    /* called after attrs and links are set, before processors see the span, to set more of it. May be NULL */
    void (*fill)(void *arg, uspan_tracer_t *t, uspan_t s);
    void *fill_arg;
    /* on a root: this trace is not recorded. Everything under it is null and propagates unsampled */
    bool disabled;
} uspan_options_t;

/* ---- sampling, processors, limits ---------------------------------------------------------------------- */

/* Sampler. If parent_based is true, a span with a parent follows the decision of its parent. Otherwise
 * `bound` decides by the trace id: the span is sampled if the big-endian u64 of trace_id[8..15], shifted
 * right by 1, is below bound. */
typedef struct uspan_sampler {
    uint64_t bound;
    bool parent_based;
} uspan_sampler_t;

/* Hooks on every recorded span. They run in the caller's context, outside every lock. They may call the
 * functions of read.h on any span, and setters in on_start. Each may be NULL. The struct must stay valid
 * until it is replaced. */
typedef struct uspan_processor {
    void *ctx;
    void (*on_start)(void *ctx, uspan_tracer_t *t, uspan_t s);
    void (*on_end)(void *ctx, uspan_tracer_t *t, uspan_t s); /* readable, no longer writable */
    void (*force_flush)(void *ctx);
    void (*shutdown)(void *ctx);
    struct uspan_processor *next; /* private to the tracer */
} uspan_processor_t;

/* uspan calls redact() with each piece of content text before it stores the piece. From message.h the text is
 * not escaped yet, and roles, names and ids are passed too. Of an array each text is passed. Bytes, blobs and
 * numbers are not passed. redact() returns the text to store: text itself, a beginning of it (*len), or a
 * text of its own that stays valid until the next call. *len 0 stores nothing. It runs in the caller's
 * context, outside every lock. It must not call functions that set content. */
typedef struct uspan_redactor {
    void *ctx;
    const char *(*redact)(void *ctx, const uspan_key_t *key, const char *text, size_t *len);
} uspan_redactor_t;

/* Limits below the compile-time maxima. 0: the compile-time maximum. value_chars counts characters of text,
 * and bytes of a bytes value. */
typedef struct uspan_limits {
    uint16_t attrs, events, links, event_attrs, link_attrs;
    uint32_t value_chars;
} uspan_limits_t;

#ifdef __cplusplus
}
#endif
#endif
