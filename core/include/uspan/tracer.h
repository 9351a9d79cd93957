/* tracer.h: the layout of a tracer, so that it can be static and its size known at build time. Private:
 * fields may change in any version. Invariants stand in the modules that keep them. */
#ifndef USPAN_TRACER_H
#define USPAN_TRACER_H

#include "context.h"
#include "export.h"
#include "types.h"
#if USPAN_KEEP
#include "crash.h"
#endif

#define USPAN_NO_INDEX 0xFFFFu /* no slot, no block */
#define USPAN_BLOCKS_MAX (USPAN_TEXT_BYTES / USPAN_BLOCK_BYTES)
#define USPAN_KEY_BITS (USPAN_ATTRS_MAX <= 24 ? 32u : USPAN_ATTRS_MAX * 8u / 32u * 32u)
#define USPAN_EPOCHS_MAX 4u
#define USPAN_TRACESTATES_MAX 2u
#define USPAN_RUNS_MAX 3u
#define USPAN_RUN_ID_BYTES 37u
#define USPAN_ENDPOINT_PARTS 4u

/* How an attribute is stored. */
typedef enum uspan_store {
    USPAN_STORE_NONE = 0,
    USPAN_STORE_INT,
    USPAN_STORE_DOUBLE,
    USPAN_STORE_BOOL,
    USPAN_STORE_STATIC, /* text by pointer */
    USPAN_STORE_PERCENT, /* the same, percent-encoded; len counts decoded bytes. Of the resource only */
    USPAN_STORE_INLINE,   /* text of up to 8 bytes, in the entry */
    USPAN_STORE_TEXT,   /* text in blocks */
    USPAN_STORE_BYTES,  /* bytes in blocks */
    USPAN_STORE_INTS,   /* arrays in blocks: 8 B an element; DOUBLES too */
    USPAN_STORE_DOUBLES,
    USPAN_STORE_BOOLS, /* 1 B an element */
    USPAN_STORE_TEXTS  /* two bytes of length (low first) and the text, each */
} uspan_store_t;

/* One attribute: 16 B on 32-bit. */
typedef struct uspan_entry {
    const uspan_key_t *key; /* NULL: an event's name, a link's tracestate */
    uint16_t len;           /* bytes of text, bytes or stored array */
    uint8_t store;
    uint8_t pend_len; /* TEXT: bytes of a UTF-8 sequence that an append began; they wait in pend */
    union {
        int64_t i;
        double d;
        const char *text;
        uint8_t inline_text[8];
        struct {
            uint16_t head, tail; /* blocks; USPAN_NO_INDEX when len is 0 */
            uint16_t pend;       /* TEXT: bits of the bytes that wait; of append.c, or a writer's stamp */
            uint16_t chars;      /* TEXT: characters, if a limit counts them; else at least so many */
        } chain;
    } v;
} uspan_entry_t;

/* Events and links begin alike: what walks the one walks the other. */
typedef struct uspan_event_rec {
    uint16_t next;  /* block of the next event */
    uint16_t attrs; /* block of its first entries */
    uint8_t attr_count;
    uint8_t dropped;
    uint16_t name_len;
    uint64_t time_ns;
    union {
        const char *text;
        uint8_t inline_text[8];
        struct {
            uint16_t head, tail;
        } chain;
    } name;
    uint8_t name_store; /* NEAR, STATIC or TEXT */
} uspan_event_rec_t;

typedef struct uspan_link_rec {
    uint16_t next;
    uint16_t attrs;
    uint8_t attr_count; /* a first entry without key is the tracestate */
    uint8_t dropped;
    uint8_t flags;
    uint8_t remote;
    uint8_t trace_id[16], span_id[8];
} uspan_link_rec_t;

#define USPAN_ENTRIES_PER_BLOCK (USPAN_BLOCK_BYTES / sizeof(uspan_entry_t))

typedef union uspan_block {
    uint8_t bytes[USPAN_BLOCK_BYTES];
    uspan_entry_t entries[USPAN_ENTRIES_PER_BLOCK];
    uspan_event_rec_t event;
    uspan_link_rec_t link;
    uint64_t align;
} uspan_block_t;

/* Fields here and below stand by size, bytes first: short load and store instructions reach only so far. */
typedef struct uspan_slot {
    uint32_t id; /* the handle: slot below, generation above, which is never 0 once ids have entropy */
    /* From here to start_ns all is zero at first, but for events, links and message. */
    uint8_t state; /* uspan_state_t of pool.h */
    uint8_t accepts_attrs;   /* 1: attributes may be set: open and recorded */
    uint8_t attr_count;
    uint8_t kind, flags;
    uint8_t traits; /* USPAN_TRAIT_* of pool.h */
    uint8_t status;
    uint8_t name_len;
    uint8_t event_count, link_count;
    uint8_t epoch, tracestate, run;
    uint8_t pending; /* bit d: destination d has not got it yet */
    uint8_t busy;    /* bit d: in the batch of destination d */
    struct {
        uint16_t prev, next;
    } queued[USPAN_DESTINATIONS_MAX]; /* in the queue of each destination; [0]: in the free list too */
    uint16_t message_len;
    uint16_t events, links, message; /* first blocks; the three USPAN_NO_INDEX at first */
    uint16_t events_tail, links_tail, message_tail;
    uint16_t dropped_attrs, dropped_events, dropped_links;
    uint32_t keys[USPAN_KEY_BITS / 32u]; /* bit of each key in attrs: a clear one says that a key is new */
    uint32_t size; /* encoded bytes of the Span message; set when first put in a batch */
    const uspan_scope_t *scope;
    uint64_t end_ns, start_ns;
    uint8_t trace_id[16], span_id[8], parent_id[8]; /* a root's parent_id is zero */
    char name[USPAN_NAME_MAX];
    uspan_entry_t attrs[USPAN_ATTRS_MAX];
} uspan_slot_t;

typedef struct uspan_epoch {
    int64_t offset_ns; /* Unix - monotonic */
    uint16_t refs;     /* slots that use it */
    uint8_t state;     /* uspan_epoch_state_t of clock.h */
    uint8_t serial;    /* changes when the entry is used anew */
    uint8_t heard;     /* 1: from a collector's Date, which a later one may correct */
#if USPAN_KEEP
    uint8_t resource; /* 0: of this boot; else of one before, 1 + index in keep.resources */
#endif
} uspan_epoch_t;

#if USPAN_TRACESTATE_BYTES > 0
typedef struct uspan_tracestate_rec {
    uint16_t refs, len;
    char text[USPAN_TRACESTATE_BYTES];
} uspan_tracestate_rec_t;
#endif

typedef struct uspan_run {
    uint16_t refs;
    uint8_t state; /* uspan_run_state_t of studio_run.h */
    uint8_t used;  /* 1: a span carries its id */
    uint8_t known; /* 1: the server has registered it */
    char id[USPAN_RUN_ID_BYTES];
    const char *name;
    uint64_t began_ns; /* monotonic */
} uspan_run_t;

/* The ended spans of one destination: first those in its batch, then those that wait, each oldest first. */
typedef struct uspan_queue {
    uint16_t head, tail;
    uint16_t waiting;  /* the first outside the batch; USPAN_NO_INDEX: none */
    uint16_t count;    /* of all */
    uint16_t flushing; /* so many of the first leave without waiting for a full batch */
} uspan_queue_t;

/* What recording needs. */
typedef struct uspan_trace_part {
    uint8_t enabled, content, stopping, seeded;
    uint8_t epoch; /* of new traces */
    uint8_t dest_mask; /* destinations in use */
    uint8_t run; /* of new spans + 1; 0: none */
    uint8_t ids_used;
    uint8_t no_definitions; /* 1: definitions of tools are not recorded */
    uint8_t history;        /* input messages that a span keeps; 0: all */
    uint8_t resting; /* bit d: the batch of destination d is not being sent now: its members may be evicted */
    uint8_t broken;  /* bit d: that has happened */
#if USPAN_KEEP
    uint8_t keep_root; /* 1: the next root says what happened before the reset */
#endif
    uint8_t pressed; /* bit d: a span found no slot, and no batch of destination d has given way since */
    uint16_t free_head, free_tail; /* slots, FIFO */
    uint16_t blocks_free;
    uint16_t blocks_live, blocks_high;
    uint32_t blocks_wanted; /* the most blocks that would have been in use, had none been missing */
    uint16_t slots_live, slots_high, open, ended;
    uspan_queue_t queues[USPAN_DESTINATIONS_MAX];
    uspan_limits_t limits;
    /* The tracer's arrays: through a pointer they are nearer than their offsets would be. */
    uspan_slot_t *slots;
    uspan_block_t *blocks;
    uint16_t *block_next;
    const uspan_port_t *port;
    struct uspan_export_part *out; /* the tracer's, likewise */
    const uspan_scope_t *scope;
    /* What only some programs need and others shall not link: NULL until the first text waits for the rest of
     * a character, until the first event or link, until totals of usage are kept. Callers hold the lock. */
    void (*finish_texts)(struct uspan_trace_part *p, uspan_slot_t *slot);
    /* Until a reader of LLM traffic holds text of a span. */
    void (*drop_waiting)(struct uspan_trace_part *p, uspan_slot_t *slot);
    void (*free_items)(struct uspan_trace_part *p, uspan_slot_t *slot);
    const struct uspan_items *items; /* how events, links and arrays are encoded; until the first of them */
    void (*count_failure)(struct uspan_trace_part *p, uspan_t s);
    void (*before_end)(struct uspan_tracer *t, uspan_t s); /* until a health hook is set; no lock is held */
    /* Likewise, until a processor is added, a span entered, a redactor or limits set. No lock is held. */
    void (*run_processors)(struct uspan_tracer *t, uspan_t s, unsigned event); /* uspan_event_t of trace.h */
    uspan_t (*find_current)(struct uspan_tracer *t);
    void (*redact)(const struct uspan_tracer *t, const uspan_key_t *key, const char **text, size_t *len);
    size_t (*limit_chars)(const char *text, size_t len, size_t *chars);
    uspan_processor_t *processors;
    struct uspan_usage *usage; /* the application's, or NULL; so are the next two */
    const struct uspan_health_source *health;
    const uspan_redactor_t *redactor;
    uint32_t attrs_dropped, events_dropped, links_dropped, values_truncated, tasks_dropped,
        tracestates_dropped, times_ahead;
#if USPAN_STUDIO
    uint32_t keys_refused; /* of attrs_dropped: their keys break Studio's pages */
#endif
    uint16_t attrs_wanted, events_wanted, links_wanted; /* most of one span that met a full table; 0: none */
    uint64_t dropped[USPAN_DROP_NO_DESTINATION + 1]; /* 64 bits; causes before there is a destination */
    uint64_t evicted[USPAN_DESTINATIONS_MAX];
    uint64_t started, unsampled;
    uspan_sampler_t sampler;
    uspan_epoch_t epochs[USPAN_EPOCHS_MAX];
    struct {
        uintptr_t task;
        uspan_t span;
    } tasks[USPAN_TASKS_MAX];
    uint32_t chacha[16]; /* where the next block starts from: constants, key, counter, nonce of zero */
    uint32_t ids[16];
#if USPAN_STUDIO
    uspan_run_t runs[USPAN_RUNS_MAX];
    uint32_t messages_dropped;
    uint16_t messages_len, messages_writers;
    uint8_t messages[USPAN_STUDIO_MESSAGE_BYTES];
#endif
#if USPAN_TRACESTATE_BYTES > 0
    uspan_tracestate_rec_t tracestates[USPAN_TRACESTATES_MAX];
#endif
} uspan_trace_part_t;

/* An endpoint, taken apart: authority and path point into the text it came from. */
typedef struct uspan_url {
    bool tls;
    uint16_t port;
    const char *authority; /* host and port as written, up to path */
    const char *path;      /* with query; "" stands for "/" */
    char host[USPAN_HOST_BYTES];
} uspan_url_t;

/* Waits between attempts. */
typedef struct uspan_backoff {
    uint32_t wait_ms;       /* the next one, before jitter; 0: nothing failed yet */
    uint64_t not_before_ns; /* monotonic */
} uspan_backoff_t;

/* Bytes of an answer's text that are logged and kept for uspan_diagnose(), with a closing 0. */
#define USPAN_MESSAGE_BYTES (USPAN_MESSAGE_TEXTS ? 121u : 1u)

/* A peer: whom to talk to, and how it went. */
typedef struct uspan_target {
#if USPAN_GZIP
    uint8_t compression; /* of bodies: uspan_compression_t of export_state.h */
#endif
    uint8_t renewed; /* 1: headers were renewed since the last success */
    uint8_t headers_flawed; /* 1: entries of headers are to be passed over */
    uint8_t failing; /* 1: retries began, and it was logged */
    uint8_t odd;     /* 1: it was logged that its answers are none of OTLP's */
    int8_t last_error;
    uint16_t last_status;
    const uspan_transport_t *transport;
    const char *why; /* words for the last failure, static */
    uint32_t timeout_ms;
    uint32_t requests, retries, resends, connects;
    const char *headers;
    const char *basic_user, *basic_pass;
    const char *basic64; /* the same, encoded at build time */
    uspan_backoff_t backoff;
    char said[USPAN_MESSAGE_BYTES]; /* what its last answer says, if that was no success */
    uspan_url_t url;
#if USPAN_HEADERS_BYTES > 0 && USPAN_RUNTIME_SETTINGS
    char headers_ram[USPAN_HEADERS_BYTES];
#endif
} uspan_target_t;

#define USPAN_DROP_OWN USPAN_DROP_EVICTED /* the first cause that each destination counts for itself */

/* A frozen set of spans on its way to one destination: those with its busy bit. */
typedef struct uspan_batch {
    uint16_t first, last; /* slots */
    uint16_t count;       /* 0: there is no batch */
    uint16_t limit;       /* spans in a batch after a 413 or a time-out; 0: no limit */
    uint16_t streak;      /* batches delivered within that limit since it last changed */
    uint16_t attempts;
#if USPAN_KEEP
    uint8_t resource; /* of all members, as an epoch has it */
#endif
    uint32_t body_len;
#if USPAN_GZIP
    uint32_t packed_len; /* of the body as it is sent: below body_len if it is compressed; 0: not known yet */
#endif
    const uspan_scope_t *scope; /* of all members; NULL: they have several */
    uint32_t spans_len;         /* bytes of all members, each with tag and length */
    uint32_t reported[USPAN_DROP_COUNT]; /* drop counts that travel with it */
} uspan_batch_t;

typedef struct uspan_dest {
    uint8_t used; /* uspan_dest_kind_t of queue.h */
    uspan_batch_t batch;
    const uspan_sink_t *sink;
    uspan_err_t (*renew)(void *ctx, char *buf, size_t cap);
    void *renew_ctx;
    uint32_t refusals, renewals;
    uint64_t body_bytes;
    uint64_t settled[2 + USPAN_SPOOL]; /* rejected, delivered, spooled: USPAN_SPAN_* of queue.h */
    uint64_t missed; /* started and settled before this destination existed: delivered elsewhere */
    uint64_t dropped[USPAN_DROP_COUNT - USPAN_DROP_OWN]; /* its own causes; the trace part has the others */
    uint32_t reported[USPAN_DROP_COUNT];                 /* acknowledged by the collector, modulo 2^32 */
    uspan_target_t target;
} uspan_dest_t;

#define USPAN_DROP_KEY_MAX 28u /* the longest key of a drop cause, "uspan.dropped.parent_dropped" */

/* The OTLP body source: where encoding stands. A unit is what is written in one go: fields, an attribute, an
 * element of an array. Fields in the words of otlp_fields.h. */
typedef struct uspan_otlp {
    uint8_t stage; /* what comes next: enum stage; of events and links: part */
    uint8_t part, cut; /* cut 1: the buffer ended within the unit under way */
    uint8_t dest;
    uint16_t slot;       /* index of the span under way */
    uint16_t rec;        /* block of the event or link under way */
    uint16_t item, entries; /* index of the next attribute in its list; block that it is in */
    uint16_t pos;        /* place in the resource list, which is text */
    struct uspan_elements {
        uint16_t block, left; /* left: bytes; 0: no array is under way */
        uint32_t at;          /* place in the block; it may lie behind it */
    } array; /* elements still to be written */
    uint32_t given; /* bytes of the unit under way that earlier reads gave out */
    uint32_t skip;  /* bytes to be passed over before the next one is written */
    uint8_t *at, *unit;  /* the buffer: the next byte, the unit's first one */
    const uint8_t *end;
    const struct uspan_tracer *tracer;
    const uspan_batch_t *batch;
    const uspan_scope_t *scope; /* of the spans being written */
    const uspan_slot_t *span;   /* under way */
    const uspan_entry_t *entry; /* attribute under way; NULL: none */
    uspan_entry_t made;         /* where it stands in no list of a span: itself, and its key */
    uspan_key_t made_key;
    char made_text[USPAN_DROP_KEY_MAX];
} uspan_otlp_t;

#if USPAN_GZIP
#define USPAN_GZIP_HASH_BITS 9 /* 1 KB */

/* The gzip filter: where compression stands. Fields in gzip.c's words. */
typedef struct uspan_gzip {
    uint8_t stage, step; /* of head, block and tail; byte of head and tail */
    uint8_t ended;       /* the source gave all */
    uint8_t bit_count;   /* in bits, which wait to be given out */
    uint32_t bits;
    uint32_t crc, len; /* of what the source gave */
    uint16_t at;       /* place of the next byte, modulo 65,536 */
    uint16_t ahead;    /* bytes there that are not coded yet */
    uint16_t distance; /* second half of a match; 0: none */
    uint16_t places[1u << USPAN_GZIP_HASH_BITS];
    uint8_t window[USPAN_GZIP_WINDOW];
} uspan_gzip_t;
#endif

/* The answer parser: state only, no copy of the answer but the first bytes of its body. See http_answer.h. */
typedef struct uspan_answer {
    uint8_t state, field;
    uint8_t flags;
    uint8_t token_len;
    uint16_t status;
    uint16_t body_len;   /* kept in body */
    uint32_t head_bytes; /* all that is not body: heads, chunk sizes, trailers */
    uint32_t left;       /* of the body or chunk */
    uint32_t body_bytes;
    uint32_t retry_after_s; /* UINT32_MAX: none */
#if USPAN_HTTP_DATE
    uint64_t retry_at_unix; /* seconds; 0: none */
    uint64_t date_unix;     /* seconds; 0: none */
#endif
    /* of the present line: a name, an element of a value that matters, a chunk size; and a 0 */
    char token[41];
    uint8_t body[USPAN_RESPONSE_BYTES];
} uspan_answer_t;

/* One request and its answer. Fields in the words of core/export/export_state.h. */
typedef struct uspan_exchange {
    uint8_t step; /* uspan_step_t */
    uint8_t job;  /* what it is for: uspan_job_t */
    uint8_t dest; /* for which destination */
    uint8_t reused;    /* the connection served a request before */
    uint8_t listening; /* while sending would block: look for an early answer next */
    int8_t send_error; /* not 0: no more can be sent; an answer may still be there */
    uint32_t send_at, send_len;               /* bytes of send that were taken, that stand there */
    uint32_t head_len, request_len, rendered; /* bytes of the head, of all; of all that went through send */
    const uspan_target_t *connected;    /* NULL: none */
    const uspan_transport_t *transport; /* of the connection */
    uspan_peer_t peer;
    uint64_t wake_ns;               /* when the next step is useful */
    uint64_t silent_until_ns;       /* it ends if no byte moves until then */
    uint64_t until_ns;              /* it ends in any case */
    uint64_t idle_until_ns;         /* how long the connection is kept */
    uspan_answer_t answer;
    uspan_otlp_t otlp;
#if USPAN_GZIP
    uint32_t measured; /* bytes of the compressed body so far, in the run that only counts them */
    uspan_gzip_t gzip;
#endif
    uint8_t send[USPAN_SEND_BYTES];
} uspan_exchange_t;

/* Delivery. */
typedef struct uspan_export_part {
    uint8_t turn;     /* destination that is asked first next time */
    uint8_t lane;     /* exchange that is stepped first next time */
    uint8_t stopping, stopped;
    uint8_t resource_flawed; /* entries of the resource are to be passed over */
#if USPAN_STUDIO
    uint8_t run_job; /* index of the run being registered */
    uint32_t run_failures, messages_delivered;
#endif
    uspan_exchange_t *exchange; /* the one at work now */
    const uspan_gate_t *gate;
    uspan_batching_t batching; /* within the compile-time limits */
    uint32_t log_suppressed;
    uint16_t shortages_logged; /* bits of uspan_shortages() */
    uspan_dest_t *dests; /* the tracer's */
    uint64_t now_ns, wake_ns; /* of this call of uspan_poll(); when the next one is useful */
    uint64_t clock_at_ns;
    uint64_t stop_at_ns, give_up_at_ns;
    uint64_t log_after_ns;
    uspan_backoff_t probe;
    uspan_resource_t resource;
    /* What only a resource with more than fixed texts needs: NULL until one is set. Here and below such
     * pointers keep what a program does not use out of it. */
    bool (*next_listed)(const struct uspan_tracer *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                        uspan_key_t *key);
    int (*percent_byte)(const char *text, size_t len, size_t *at);
#if USPAN_KEEP
    bool (*keep_resource)(struct uspan_tracer *t); /* until a mount: stores it for the boot after a reset */
#endif
    bool (*feed_sink)(struct uspan_tracer *t, unsigned dest); /* until a destination is a sink */
#if USPAN_STUDIO
    uspan_target_t studio;
    const char *project;
#endif
#if USPAN_SPOOL
    struct uspan_spool *spool; /* NULL: none */
#endif
    uspan_exchange_t exchanges[USPAN_EXCHANGES_MAX];
} uspan_export_part_t;

struct uspan_tracer {
    uspan_trace_part_t trace; /* first: its address is the tracer's */
    uint32_t magic;
    uspan_export_part_t out;
    uspan_dest_t dests[USPAN_DESTINATIONS_MAX];
    uint16_t block_next[USPAN_BLOCKS_MAX];
    uspan_slot_t slots[USPAN_SPANS_MAX];
    uspan_block_t blocks[USPAN_BLOCKS_MAX];
#if USPAN_KEEP
    uspan_keep_t keep; /* last: all from block_next to keep.sum is summed */
#endif
};

/* What an application was built with, as one number: the options and the sizes of what lies in its memory.
 * Every function that is given a tracer for the first time compares it with the library's own. Sizes notice
 * each option that changes a layout, and compilers that lay out differently. Options are folded too, because
 * changes of two of them can cancel out. */
#define USPAN_FOLD(id, value) ((uint32_t)((uint64_t)(id) * 2654435761u + (uint64_t)(value)))
#define USPAN_FOLD3(id, a, b, c) USPAN_FOLD(USPAN_FOLD(USPAN_FOLD(id, a), b), c)
#define USPAN_FOLD9(id, a, b, c, d, e, f, g, h, i) \
    USPAN_FOLD3(USPAN_FOLD3(USPAN_FOLD3(id, a, b, c), d, e, f), g, h, i)
#define USPAN_SIZES_ID                                                                                    \
    USPAN_FOLD9(USPAN_FOLD3(0u, sizeof(uspan_tracer_t), sizeof(uspan_context_t), sizeof(uspan_target_t)), \
                sizeof(uspan_trace_part_t), sizeof(uspan_export_part_t), sizeof(uspan_dest_t),            \
                sizeof(uspan_slot_t), sizeof(uspan_entry_t), sizeof(uspan_event_rec_t),                   \
                sizeof(uspan_answer_t), sizeof(uspan_otlp_t), sizeof(uspan_batch_t))
#define USPAN_OPTIONS_ID                                                                               \
    USPAN_FOLD9(USPAN_FOLD9(0u, USPAN_SPANS_MAX, USPAN_ATTRS_MAX, USPAN_NAME_MAX, USPAN_TEXT_BYTES,    \
                            USPAN_BLOCK_BYTES, USPAN_TASKS_MAX, USPAN_TRACESTATE_BYTES,                \
                            USPAN_DESTINATIONS_MAX, USPAN_SEND_BYTES),                                 \
                USPAN_RESPONSE_BYTES, USPAN_HEADERS_BYTES, USPAN_HOST_BYTES, USPAN_STUDIO,               \
                USPAN_RUNTIME_SETTINGS, USPAN_HTTP_DATE, USPAN_EVENTS_MAX, USPAN_LINKS_MAX,            \
                USPAN_EVENT_ATTRS_MAX + USPAN_EXCHANGES_MAX * 1000 + USPAN_MESSAGE_TEXTS * 10000 +          \
                    USPAN_WIRE_CALLS_MAX * 100000)
/* These change structs of genai.h and spool.h. */
#define USPAN_PROFILES_ID                                                                    \
    (USPAN_PROFILE_ALIYUN + USPAN_PROFILE_PHOENIX * 2 + USPAN_PROFILE_LANGFUSE * 4 +         \
     USPAN_PROFILE_AGENTSCOPE * 8 + USPAN_CONTENT * 16 + USPAN_SPOOL * 32 + USPAN_SPOOL_UNIT * 64)
/* These change structs of mcp.h. */
#define USPAN_MCP_SIZES_ID (USPAN_MCP_OPEN_MAX + USPAN_MCP_HOLD_BYTES * 64)
#define USPAN_CONFIG_ID \
    USPAN_FOLD3(USPAN_SIZES_ID, USPAN_OPTIONS_ID, USPAN_PROFILES_ID, USPAN_MCP_SIZES_ID)

USPAN_STATIC_ASSERT(sizeof(uspan_event_rec_t) <= USPAN_BLOCK_BYTES, "an event fits a block");
USPAN_STATIC_ASSERT(sizeof(uspan_link_rec_t) <= USPAN_BLOCK_BYTES, "a link fits a block");
USPAN_STATIC_ASSERT(sizeof(uspan_block_t) == USPAN_BLOCK_BYTES, "blocks have no padding");

#endif
