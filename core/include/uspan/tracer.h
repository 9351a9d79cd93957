/* tracer.h: the layout of a tracer. Its size is known at build time, so it can be static. Private: fields may
 * change in any version. The modules that own the fields state their invariants. */
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
    USPAN_STORE_STATIC, /* text, by pointer */
    USPAN_STORE_PERCENT, /* like STATIC, percent-encoded; len counts decoded bytes; resource only */
    USPAN_STORE_INLINE,   /* text of up to 8 bytes, in the entry */
    USPAN_STORE_TEXT,   /* text in blocks */
    USPAN_STORE_BYTES,  /* bytes in blocks */
    USPAN_STORE_INTS,   /* arrays in blocks: 8 B an element; DOUBLES too */
    USPAN_STORE_DOUBLES,
    USPAN_STORE_BOOLS, /* 1 B an element */
    USPAN_STORE_TEXTS  /* for each text two bytes of length (low first), then the text */
} uspan_store_t;

/* One attribute: 16 B on 32-bit. */
typedef struct uspan_entry {
    const uspan_key_t *key; /* NULL: an event's name, a link's tracestate */
    uint16_t len;           /* bytes of text, bytes or stored array */
    uint8_t store;
    uint8_t pend_len; /* TEXT: bytes of an unfinished UTF-8 sequence, stored in pend */
    union {
        int64_t i;
        double d;
        const char *text;
        uint8_t inline_text[8];
        struct {
            uint16_t head, tail; /* blocks; USPAN_NO_INDEX when len is 0 */
            uint16_t pend;       /* TEXT: bits of those bytes; used by append.c, or stamp of a writer */
            uint16_t chars; /* TEXT: number of characters if a limit counts them; otherwise a lower bound */
        } chain;
    } v;
} uspan_entry_t;

/* Events and links have the same first fields. One function can walk both lists. */
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
    uint8_t attr_count; /* a first entry without a key is the tracestate */
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

/* Fields are sorted by size, bytes first: short load and store instructions reach only small offsets. */
typedef struct uspan_slot {
    uint32_t id; /* the handle: slot number below, generation above, never 0 once ids have random bytes */
    /* From here to start_ns all is zero at the start, except events, links and message. */
    uint8_t state; /* uspan_state_t of pool.h */
    uint8_t accepts_attrs;   /* 1: attributes can be set: open and recorded */
    uint8_t attr_count;
    uint8_t kind, flags;
    uint8_t traits; /* USPAN_TRAIT_* of pool.h */
    uint8_t status;
    uint8_t name_len;
    uint8_t event_count, link_count;
    uint8_t epoch, tracestate, run;
    uint8_t pending; /* bit d: destination d has not received it yet */
    uint8_t busy;    /* bit d: in the batch of destination d */
    struct {
        uint16_t prev, next;
    } queued[USPAN_DESTINATIONS_MAX]; /* links in the queue of each destination; [0] also in the free list */
    uint16_t message_len;
    uint16_t events, links, message; /* first blocks; USPAN_NO_INDEX at the start */
    uint16_t events_tail, links_tail, message_tail;
    uint16_t dropped_attrs, dropped_events, dropped_links;
    uint32_t keys[USPAN_KEY_BITS / 32u]; /* one bit per key in attrs: a clear bit shows that a key is new */
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
    uint8_t serial;    /* changes when the entry is reused */
    uint8_t heard;     /* 1: from a collector's Date, which a later Date may correct */
#if USPAN_KEEP
    uint8_t resource; /* 0: of this boot; otherwise of an earlier one, 1 + index in keep.resources */
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

/* The ended spans of one destination: first those in its batch, then the waiting ones, each oldest first. */
typedef struct uspan_queue {
    uint16_t head, tail;
    uint16_t waiting;  /* the first span outside the batch; USPAN_NO_INDEX: none */
    uint16_t count;    /* of all spans in the queue */
    uint16_t flushing; /* number of spans at the head that do not wait for a full batch */
} uspan_queue_t;

/* State of recording. */
typedef struct uspan_trace_part {
    uint8_t enabled, content, stopping, seeded;
    uint8_t epoch; /* of new traces */
    uint8_t dest_mask; /* destinations in use */
    uint8_t run; /* of new spans + 1; 0: none */
    uint8_t ids_used;
    uint8_t no_definitions; /* 1: definitions of tools are not recorded */
    uint8_t history;        /* input messages that a span keeps; 0: all */
    uint8_t resting; /* bit d: the batch of destination d is not being sent; its members may be evicted */
    uint8_t broken;  /* bit d: members of that batch were evicted */
#if USPAN_KEEP
    uint8_t keep_root; /* 1: the next root span reports the reset */
#endif
    uint8_t pressed; /* bit d: a span found no free slot, and no batch of destination d was released since */
    uint16_t free_head, free_tail; /* slots, FIFO */
    uint16_t blocks_free;
    uint16_t blocks_live, blocks_high; /* the most before any was freed; updated by the next free */
    uint32_t blocks_wanted; /* most blocks that would have been in use if none had been missing */
    uint16_t slots_live, slots_high, open, ended;
    uspan_queue_t queues[USPAN_DESTINATIONS_MAX];
    uspan_limits_t limits;
    /* The tracer's arrays. Access through a pointer needs smaller offsets. */
    uspan_slot_t *slots;
    uspan_block_t *blocks;
    uint16_t *block_next;
    const uspan_port_t *port;
    struct uspan_export_part *out; /* part of the tracer, also by pointer */
    const uspan_scope_t *scope;
    /* Functions that only some programs link. NULL until text waits for the rest of a character, until the
     * first event or link, and until usage totals are kept. The lock is held. */
    void (*finish_texts)(struct uspan_trace_part *p, uspan_slot_t *slot);
    /* NULL until a reader of LLM traffic buffers text of a span. */
    void (*drop_waiting)(struct uspan_trace_part *p, uspan_slot_t *slot);
    void (*free_items)(struct uspan_trace_part *p, uspan_slot_t *slot);
    const struct uspan_items *items; /* encodes events, links and arrays; NULL until the first of them */
    void (*count_failure)(struct uspan_trace_part *p, uspan_t s);
    void (*before_end)(struct uspan_tracer *t, uspan_t s); /* NULL until a health hook is set; no lock */
    /* NULL until a processor is added, a span entered, a redactor or limits set. No lock is held. */
    void (*run_processors)(struct uspan_tracer *t, uspan_t s, unsigned event); /* uspan_event_t of trace.h */
    uspan_t (*find_current)(struct uspan_tracer *t);
    void (*redact)(const struct uspan_tracer *t, const uspan_key_t *key, const char **text, size_t *len);
    size_t (*limit_chars)(const char *text, size_t len, size_t *chars);
    uspan_processor_t *processors;
    struct uspan_usage *usage; /* owned by the application, or NULL; so are the next two */
    const struct uspan_health_source *health;
    const uspan_redactor_t *redactor;
    uint32_t attrs_dropped, events_dropped, links_dropped, values_truncated, names_truncated,
        tasks_dropped, tracestates_dropped, times_ahead;
#if USPAN_STUDIO
    uint32_t keys_refused; /* part of attrs_dropped: keys that break Studio's pages */
#endif
    uint16_t attrs_wanted, events_wanted, links_wanted; /* most of a span that exceeded a table; 0: none */
    uint64_t dropped[USPAN_DROP_NO_DESTINATION + 1]; /* causes before a span has a destination */
    uint64_t evicted[USPAN_DESTINATIONS_MAX];
    uint64_t started, unsampled;
    uspan_sampler_t sampler;
    uspan_epoch_t epochs[USPAN_EPOCHS_MAX];
    struct {
        uintptr_t task;
        uspan_t span;
    } tasks[USPAN_TASKS_MAX];
    uint32_t chacha[16]; /* input of the next block: constants, key, counter, nonce of zero */
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

/* A parsed endpoint. authority and path point into the text that was parsed. */
typedef struct uspan_url {
    bool tls;
    uint16_t port;
    const char *authority; /* host and port as written, up to path */
    const char *path;      /* with query; "" means "/" */
    char host[USPAN_HOST_BYTES];
} uspan_url_t;

/* Waits between attempts. */
typedef struct uspan_backoff {
    uint32_t wait_ms;       /* the next one, before jitter; 0: nothing failed yet */
    uint64_t not_before_ns; /* monotonic */
} uspan_backoff_t;

/* Bytes of a response's text that are logged and kept for uspan_diagnose(), including the 0. */
#define USPAN_MESSAGE_BYTES (USPAN_MESSAGE_TEXTS ? 121u : 1u)

/* An HTTP server, its settings, and its state. */
typedef struct uspan_target {
#if USPAN_GZIP
    uint8_t compression; /* of bodies: uspan_compression_t of export_state.h */
#endif
    uint8_t renewed; /* 1: headers were renewed since the last success */
    uint8_t headers_flawed; /* 1: headers has entries that must be skipped */
    uint8_t failing; /* 1: retries began, and it was logged */
    int8_t last_error;
    uint16_t last_status;
    const uspan_transport_t *transport;
    const char *why; /* text of the last failure, static */
    uint32_t timeout_ms;
    uint32_t requests, retries, resends, connects, unread;
    const char *headers;
    const char *basic_user, *basic_pass;
    const char *basic64; /* user and password, encoded at build time */
    uspan_backoff_t backoff;
    uspan_url_t url;
    char said[USPAN_MESSAGE_BYTES]; /* text of the last response that was not a success */
#if USPAN_HEADERS_BYTES > 0 && USPAN_RUNTIME_SETTINGS
    char headers_ram[USPAN_HEADERS_BYTES];
#endif
} uspan_target_t;

#define USPAN_DROP_OWN USPAN_DROP_EVICTED /* the first cause that each destination counts for itself */

/* The spans of one request to one destination. The set does not change. Its members have the busy bit. */
typedef struct uspan_batch {
    uint16_t first, last; /* slots */
    uint16_t count;       /* 0: there is no batch */
    uint16_t limit;       /* spans in a batch after a 413 or a time-out; 0: no limit */
    uint16_t streak; /* batches delivered within that limit since it changed; UINT16_MAX: without content */
    uint16_t attempts;
#if USPAN_KEEP
    uint8_t resource; /* of all members, numbered as in an epoch */
#endif
    uint32_t body_len, resource_len; /* bytes; 0 of the resource's attributes: it has changed */
#if USPAN_GZIP
    uint32_t packed_len; /* of the body as it is sent: below body_len if it is compressed; 0: not known yet */
#endif
    const uspan_scope_t *scope; /* of all members; NULL: several scopes */
    uint32_t spans_len;         /* bytes of all members, each with tag and length */
    uint32_t reported[USPAN_DROP_COUNT]; /* drop counts that are sent with it */
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
    uint64_t missed; /* spans with a result before this destination was added */
    uint64_t dropped[USPAN_DROP_COUNT - USPAN_DROP_OWN]; /* by its own causes; others: trace part */
    uint32_t reported[USPAN_DROP_COUNT];                 /* acknowledged by the collector, modulo 2^32 */
    uspan_target_t target;
} uspan_dest_t;

#define USPAN_DROP_KEY_MAX 28u /* bytes of the longest one, "uspan.dropped.parent_dropped" */

/* The OTLP encoder: its position. A unit is encoded as a whole: fields, an attribute, an array element. See
 * core/export/otlp_attr.h. */
typedef struct uspan_otlp {
    uint8_t stage; /* next stage: enum stage; for events and links: part */
    uint8_t part, cut; /* cut 1: the buffer ended within the current unit */
    uint8_t dest;
    uint16_t slot;       /* index of the current span */
    uint16_t rec;        /* block of the current event or link */
    uint16_t item, entries; /* index of the next attribute in its list; its block */
    uint16_t pos;        /* position in the resource list, which is text */
    struct uspan_elements {
        uint16_t block, left; /* left: bytes; 0: there is no current array */
        uint32_t at;          /* position in the block; it may be beyond its end */
    } array; /* elements that are still to be encoded */
    uint32_t given; /* bytes of the current unit that earlier reads returned */
    uint32_t skip;  /* bytes to skip before the next one is written */
    uint8_t *at, *unit;  /* the buffer: the next byte; the first byte of the unit */
    const uint8_t *end;
    const struct uspan_tracer *tracer;
    const uspan_batch_t *batch;
    const uspan_scope_t *scope; /* of the spans being written */
    const uspan_slot_t *span;   /* the current one */
    const uspan_entry_t *entry; /* the current attribute; NULL: none */
    uspan_entry_t made;         /* an attribute that is in no list of a span, and its key */
    uspan_key_t made_key;
    char made_text[USPAN_DROP_KEY_MAX];
} uspan_otlp_t;

#if USPAN_GZIP
#define USPAN_GZIP_HASH_BITS 9 /* 1 KB */

/* The gzip encoder: its position. See core/export/gzip.c. */
typedef struct uspan_gzip {
    uint8_t stage, step; /* of head, block and tail; byte of head and tail */
    uint8_t ended;       /* 1: the source has no more bytes */
    uint8_t bit_count;   /* bits that wait in `bits` */
    uint32_t bits;
    uint32_t crc, len; /* of the bytes from the source */
    uint16_t at;       /* position of the next byte, modulo 65,536 */
    uint16_t ahead;    /* bytes from there that are not encoded yet */
    uint16_t distance; /* second half of a match; 0: none */
    uint16_t places[1u << USPAN_GZIP_HASH_BITS];
    uint8_t window[USPAN_GZIP_WINDOW];
} uspan_gzip_t;
#endif

/* The response parser: state, and the first bytes of the body. See core/export/http_response.h. */
typedef struct uspan_answer {
    uint8_t state, field;
    uint8_t flags;
    uint8_t token_len;
    uint16_t status;
    uint16_t body_len;   /* kept in body */
    uint32_t head_bytes; /* bytes that are not body: heads, chunk sizes, trailers */
    uint32_t left;       /* bytes left of the body or chunk */
    uint32_t body_bytes;
    uint32_t retry_after_s; /* UINT32_MAX: none */
#if USPAN_HTTP_DATE
    uint64_t retry_at_unix; /* seconds; 0: none */
    uint64_t date_unix;     /* seconds; 0: none */
#endif
    bool is_packed; /* Content-Encoding: the body cannot be read */
    /* of the current line: a name, an element of a value that is used, or a chunk size; ends in 0 */
    char token[41];
    uint8_t body[USPAN_RESPONSE_BYTES];
} uspan_answer_t;

/* One request and its response. See core/export/export_state.h. */
typedef struct uspan_exchange {
    uint8_t step; /* uspan_step_t */
    uint8_t job;  /* its purpose: uspan_job_t */
    uint8_t dest; /* for which destination */
    uint8_t reused;    /* 1: the connection served a request before */
    uint8_t listening; /* if sending would block: 1: check for an early response next */
    int8_t send_error; /* not 0: no more can be sent, but a response may still arrive */
    uint32_t send_at, send_len;               /* bytes of `send` that were taken; that are filled */
    uint32_t head_len, request_len, rendered; /* bytes of the head; of all; that passed through `send` */
    const uspan_target_t *connected;    /* NULL: none */
    const uspan_transport_t *transport; /* of the connection */
    uspan_peer_t peer;
    uspan_answer_t answer;
    uint64_t wake_ns;               /* when the next step is useful */
    uint64_t silent_until_ns;       /* the exchange ends if no byte moves until then */
    uint64_t until_ns;              /* the exchange ends then in any case */
    uint64_t idle_until_ns;         /* the idle connection is closed then */
    uspan_otlp_t otlp;
#if USPAN_GZIP
    uint32_t measured; /* bytes of the compressed body so far, while they are counted */
    uspan_gzip_t gzip;
#endif
    uint8_t send[USPAN_SEND_BYTES];
} uspan_exchange_t;

/* State of export. */
typedef struct uspan_export_part {
    uint8_t turn;     /* destination that is served first next time */
    uint8_t lane;     /* exchange that is stepped first next time */
    uint8_t stopping, stopped;
    uint8_t resource_flawed; /* 1: the resource has entries that must be skipped */
#if USPAN_STUDIO
    uint8_t run_job; /* index of the run being registered */
    uint32_t run_failures, messages_delivered;
#endif
    uspan_exchange_t *exchange; /* the current one */
    const uspan_gate_t *gate;
    uspan_batching_t batching; /* within the compile-time limits */
    uint32_t log_suppressed;
    uint16_t shortages_logged; /* bits of uspan_shortages() */
    uspan_dest_t *dests; /* part of the tracer */
    uint64_t now_ns, wake_ns; /* time of this uspan_poll() call; when the next one is useful */
    uint64_t clock_at_ns;
    uint64_t stop_at_ns, give_up_at_ns;
    uint64_t log_after_ns;
    uspan_backoff_t probe;
    uspan_resource_t resource;
    /* Needed only for a resource with more than fixed texts, otherwise NULL. Such pointers keep unused code
     * out of the program. */
    bool (*next_listed)(const struct uspan_tracer *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                        uspan_key_t *key);
    int (*percent_byte)(const char *text, size_t len, size_t *at);
#if USPAN_KEEP
    bool (*keep_resource)(struct uspan_tracer *t); /* NULL until a mount; stores the resource for later */
#endif
    bool (*feed_sink)(struct uspan_tracer *t, unsigned dest); /* NULL until a destination is a sink */
#if USPAN_STUDIO
    uspan_target_t studio;
    const char *project;
#endif
#if USPAN_SPOOL
    struct uspan_spool *spools[1 + (USPAN_SPOOL_EACH > 0) * USPAN_DESTINATIONS_MAX]; /* [0]: that in use */
#endif
    uspan_exchange_t exchanges[USPAN_EXCHANGES_MAX];
} uspan_export_part_t;

struct uspan_tracer {
    uspan_trace_part_t trace; /* first: it has the address of the tracer */
    uspan_export_part_t out;
    uspan_dest_t dests[USPAN_DESTINATIONS_MAX];
    uint16_t block_next[USPAN_BLOCKS_MAX];
    uspan_slot_t slots[USPAN_SPANS_MAX];
    uspan_block_t blocks[USPAN_BLOCKS_MAX];
#if USPAN_KEEP
    uspan_keep_t keep; /* last: the checksum covers all from block_next to keep.sum */
#endif
};

/* One number for the options an application was built with and the sizes of what is in its memory. Each
 * function that gets a tracer for the first time compares it with the number of the library. The sizes show
 * every option and compiler that changes a layout. The options are included too, because two changes can
 * cancel out in a size. */
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
#define USPAN_PROFILES_ID                                                                                 \
    (USPAN_PROFILE_ALIYUN + USPAN_PROFILE_PHOENIX * 2 + USPAN_PROFILE_LANGFUSE * 4 + USPAN_CONTENT * 16 + \
     USPAN_PROFILE_AGENTSCOPE * 8 + USPAN_SPOOL * 32 + USPAN_SPOOL_UNIT * (64 + USPAN_SPOOL_EACH * 128))
/* These change structs of mcp.h. */
#define USPAN_MCP_SIZES_ID (USPAN_MCP_OPEN_MAX + USPAN_MCP_HOLD_BYTES * 64)
#define USPAN_CONFIG_ID \
    USPAN_FOLD3(USPAN_SIZES_ID, USPAN_OPTIONS_ID, USPAN_PROFILES_ID, USPAN_MCP_SIZES_ID)

USPAN_STATIC_ASSERT(sizeof(uspan_event_rec_t) <= USPAN_BLOCK_BYTES, "an event fits a block");
USPAN_STATIC_ASSERT(sizeof(uspan_link_rec_t) <= USPAN_BLOCK_BYTES, "a link fits a block");
USPAN_STATIC_ASSERT(sizeof(uspan_block_t) == USPAN_BLOCK_BYTES, "blocks have no padding");

#endif
