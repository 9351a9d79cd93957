/* tracer.h: the layout of a tracer, so that it can be static and its size known at build time. Private:
 * fields may change in any version. Invariants stand in the modules that keep them. */
#ifndef USPAN_TRACER_H
#define USPAN_TRACER_H

#include "uspan.h"

#define USPAN_NO_INDEX 0xFFFFu /* no slot, no block */
#define USPAN_BLOCKS_MAX (USPAN_TEXT_BYTES / USPAN_BLOCK_BYTES)
#define USPAN_EPOCHS_MAX 4u
#define USPAN_TRACESTATES_MAX 2u
#define USPAN_RUNS_MAX 3u
#define USPAN_RUN_ID_BYTES 37u
#define USPAN_ENDPOINT_PARTS 4u

/* Every option that changes a layout, folded: the application's must equal the library's. */
#define USPAN_CONFIG_ID                                                                                \
    ((uint32_t)((((((((((uint64_t)USPAN_SPANS_MAX * 131u + USPAN_ATTRS_MAX) * 131u + USPAN_NAME_MAX) * \
                          131u +                                                                       \
                      USPAN_TEXT_BYTES) *                                                              \
                         131u +                                                                        \
                     USPAN_BLOCK_BYTES) *                                                              \
                        131u +                                                                         \
                    USPAN_TASKS_MAX) *                                                                 \
                       131u +                                                                          \
                   USPAN_TRACESTATE_BYTES) *                                                           \
                      131u +                                                                           \
                  USPAN_DESTINATIONS_MAX) *                                                            \
                     131u +                                                                            \
                 USPAN_SEND_BYTES) *                                                                   \
                    131u +                                                                             \
                USPAN_ANSWER_BYTES + USPAN_HEADERS_BYTES * 7u + USPAN_HOST_BYTES * 3u + USPAN_STUDIO + \
                USPAN_RUNTIME_SETTINGS * 2u))

/* How an attribute is stored. */
typedef enum uspan_store {
    USPAN_STORE_NONE = 0,
    USPAN_STORE_INT,
    USPAN_STORE_DOUBLE,
    USPAN_STORE_BOOL,
    USPAN_STORE_STATIC, /* text by pointer */
    USPAN_STORE_PERCENT, /* the same, percent-encoded; len counts decoded bytes. Of the resource only */
    USPAN_STORE_NEAR,   /* text of up to 8 bytes, in the entry */
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
    uint8_t pend_len; /* TEXT: bytes of a UTF-8 sequence begun by an append, waiting in pend */
    union {
        int64_t i;
        double d;
        const char *text;
        uint8_t near[8];
        struct {
            uint16_t head, tail; /* blocks; USPAN_NO_INDEX when len is 0 */
            uint8_t pend[3];
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
        uint8_t near[8];
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
    uint8_t may;   /* 1: attributes may be set: open and recorded */
    uint8_t attr_count;
    uint8_t kind, flags;
    uint8_t traits; /* USPAN_TRAIT_* of pool.h */
    uint8_t status;
    uint8_t name_len;
    uint8_t event_count, link_count;
    uint8_t epoch, tracestate, run;
    uint8_t pending; /* bit d: destination d has not got it yet */
    uint8_t busy;    /* bit d: in the batch of destination d */
    uint16_t prev, next;
    uint16_t message_len;
    uint16_t events, links, message; /* first blocks; the three USPAN_NO_INDEX at first */
    uint16_t events_tail, links_tail, message_tail;
    uint16_t dropped_attrs, dropped_events, dropped_links;
    uint32_t keys; /* bit of each key in attrs, uspan_key_bit(): a clear one says that a key is new */
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
} uspan_epoch_t;

#if USPAN_TRACESTATE_BYTES > 0
typedef struct uspan_tracestate_rec {
    uint16_t refs, len;
    char text[USPAN_TRACESTATE_BYTES];
} uspan_tracestate_rec_t;
#endif

typedef struct uspan_run {
    uint16_t refs;
    uint8_t state; /* uspan_run_state_t of studio.h */
    char id[USPAN_RUN_ID_BYTES];
    const char *name;
    uint64_t began_ns; /* monotonic */
} uspan_run_t;

/* What recording needs. */
typedef struct uspan_trace_part {
    uint8_t enabled, content, stopping, seeded;
    uint8_t epoch; /* of new traces */
    uint8_t dest_mask; /* destinations in use */
    uint8_t run; /* of new spans + 1; 0: none */
    uint8_t ids_used;
    uint16_t free_head, free_tail; /* slots, FIFO */
    uint16_t ended_head, ended_tail;
    uint16_t blocks_free;
    uint16_t blocks_live, blocks_high;
    uint16_t slots_live, slots_high, open, ended;
    uint16_t queued[USPAN_DESTINATIONS_MAX];
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
    void (*give_items)(struct uspan_trace_part *p, uspan_slot_t *slot);
    const struct uspan_items *items; /* how events, links and arrays are encoded; until the first of them */
    void (*count_failure)(struct uspan_trace_part *p, uspan_t s);
    /* Likewise, until a processor is added, a span entered, a redactor or limits set. No lock is held. */
    void (*run_processors)(struct uspan_tracer *t, uspan_t s, unsigned event); /* uspan_event_t of trace.h */
    uspan_t (*find_current)(struct uspan_tracer *t);
    void (*redact)(const struct uspan_tracer *t, const uspan_key_t *key, const char **text, size_t *len);
    size_t (*limit_chars)(const char *text, size_t len, size_t chars);
    uspan_processor_t *processors;
    struct uspan_usage *usage; /* the application's, or NULL; so is the next */
    const uspan_redactor_t *redactor;
    uint32_t attrs_dropped, events_dropped, links_dropped, values_truncated, tasks_dropped,
        tracestates_dropped;
    uint32_t dropped[USPAN_DROP_NO_DESTINATION + 1]; /* causes before there is a destination */
    uint32_t evicted[USPAN_DESTINATIONS_MAX];
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

/* A peer: whom to talk to, and how it went. */
typedef struct uspan_target {
    uint8_t renewed; /* 1: headers were renewed since the last success */
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
    uspan_url_t url;
#if USPAN_HEADERS_BYTES > 0 && USPAN_RUNTIME_SETTINGS
    char headers_ram[USPAN_HEADERS_BYTES];
#endif
} uspan_target_t;

/* A frozen set of spans on its way to one destination: those with its busy bit. */
typedef struct uspan_batch {
    uint16_t first; /* slot; USPAN_NO_INDEX: none */
    uint16_t count;
    uint16_t limit; /* spans in a batch after a 413; doubles with each success; 0: no limit */
    uint16_t attempts;
    uint32_t body_len;
    const uspan_scope_t *scope; /* of all members; NULL: they have several */
    uint32_t spans_len;         /* bytes of all members, each with tag and length */
    uint32_t reported[USPAN_DROP_COUNT]; /* drop counts that travel with it */
} uspan_batch_t;

typedef struct uspan_dest {
    uint8_t used; /* uspan_dest_kind_t of batch.h */
    uspan_batch_t batch;
    const uspan_sink_t *sink;
    uspan_err_t (*renew)(void *ctx, char *buf, size_t cap);
    void *renew_ctx;
    uint32_t refusals, renewals;
    uint64_t body_bytes;
    uint64_t settled[2]; /* rejected, delivered: USPAN_SETTLE_* of batch.h from USPAN_DROP_COUNT on */
    /* started and settled before this destination existed: delivered elsewhere */
    uint64_t missed;
    uint32_t dropped[USPAN_DROP_COUNT];  /* its own causes; the common ones are in the trace part */
    uint32_t reported[USPAN_DROP_COUNT]; /* acknowledged by the collector */
    uspan_target_t target;
} uspan_dest_t;

/* Bytes that one field takes at most, but for the text in it: both ids of a span. */
#define USPAN_HEAD_BYTES 28u

/* The longest key of a drop cause, "uspan.dropped.parent_dropped". */
#define USPAN_DROP_KEY_MAX 28u

/* The OTLP body source: where encoding stands. Fields in otlp.c's words. */
typedef struct uspan_otlp {
    uint8_t event;    /* why the last walk ended: a message begins or ends here */
    uint8_t counting; /* the walk only measures */
    uint8_t percent;  /* the text under way is percent-encoded */
    uint8_t dest;
    uint8_t head_len, head_at; /* bytes in head, bytes given out */
    uint16_t slot;             /* index of the span under way */
    uint16_t rec;              /* block of the next event or link */
    uint16_t item;             /* index of the next attribute in its list */
    uint16_t entries;          /* block that it is in */
    uint16_t pos;              /* place in the resource list, which is text */
    uint16_t array;            /* of the array under way: the next element's block */
    uint16_t taken;            /* and bytes already read */
    uint16_t block;            /* of the text under way */
    uint32_t array_at;         /* place in that block, or behind it */
    uint32_t counted;          /* bytes, when counting */
    uint32_t run, rest;        /* bytes of text still to come: without a break, and then */
    const uint8_t *text;
    const struct uspan_row *row;       /* of a table: the next one */
    const struct uspan_row *after_items, *after_array; /* and those that follow these */
    struct uspan_tracer *tracer;
    const uspan_batch_t *batch;
    const uspan_scope_t *scope; /* of the spans being written */
    const uspan_slot_t *span;   /* under way */
    const void *base;           /* what the fields are of: a slot, event, link or scope */
    const uspan_entry_t *entry; /* attribute under way */
    uspan_entry_t made;         /* where it stands in no list of a span: itself, and its key */
    uspan_key_t made_key;
    char made_text[USPAN_DROP_KEY_MAX];
    uint8_t head[USPAN_HEAD_BYTES];
} uspan_otlp_t;

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
    uint8_t body[USPAN_ANSWER_BYTES];
} uspan_answer_t;

/* Delivery. Fields in exporter.c's words. */
typedef struct uspan_export_part {
    uint8_t step; /* of the exchange under way: uspan_step_t of exporter.h */
    uint8_t job;  /* what it is for: uspan_job_t */
    uint8_t dest; /* for which destination */
    uint8_t turn; /* destination that is asked first next time */
    uint8_t flushing, stopping;
    uint8_t reused;    /* the connection served a request before */
    uint8_t resent;    /* this request was sent again on a new connection */
    uint8_t listening; /* while sending would block: look for an early answer next */
    uint8_t send_dead; /* no more can be sent; an answer may still be there */
#if USPAN_STUDIO
    uint8_t run_job; /* index of the run being registered */
#endif
    uint32_t send_at, send_len;             /* bytes of send that were taken, that stand there */
    uint32_t head_len, request_len, rendered; /* bytes of the head, of all; of all that went through send */
    const uspan_target_t *connected; /* NULL: none */
    const uspan_transport_t *transport; /* of the connection */
    const uspan_gate_t *gate;
    uspan_batching_t batching; /* within the compile-time limits */
    uspan_peer_t peer;
    uint32_t log_suppressed;
    uspan_dest_t *dests; /* the tracer's */
    uint64_t now_ns, wake_ns; /* of this call of uspan_poll(); when the next one is useful */
    uint64_t exchange_until_ns, idle_until_ns, clock_at_ns;
    uint64_t stop_at_ns, give_up_at_ns;
    uint64_t log_after_ns;
    uspan_backoff_t probe;
    uspan_resource_t resource;
    /* What only a resource with more than fixed texts needs: NULL until one is set. Here and below such
     * pointers keep what a program does not use out of it. */
    bool (*next_listed)(const struct uspan_tracer *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                        uspan_key_t *key);
    int (*percent_byte)(const char *text, size_t len, size_t *at);
    bool (*feed_sink)(struct uspan_tracer *t, unsigned dest); /* until a destination is a sink */
    uspan_answer_t answer;
    uspan_otlp_t otlp;
#if USPAN_STUDIO
    uspan_target_t studio;
    const char *project;
#endif
    uint8_t send[USPAN_SEND_BYTES];
} uspan_export_part_t;

struct uspan_tracer {
    uspan_trace_part_t trace; /* first: its address is the tracer's */
    uint32_t magic;
    uspan_export_part_t out;
    uspan_dest_t dests[USPAN_DESTINATIONS_MAX];
    uint16_t block_next[USPAN_BLOCKS_MAX];
    uspan_slot_t slots[USPAN_SPANS_MAX];
    uspan_block_t blocks[USPAN_BLOCKS_MAX];
};

USPAN_STATIC_ASSERT(sizeof(uspan_event_rec_t) <= USPAN_BLOCK_BYTES, "an event fits a block");
USPAN_STATIC_ASSERT(sizeof(uspan_link_rec_t) <= USPAN_BLOCK_BYTES, "a link fits a block");
USPAN_STATIC_ASSERT(sizeof(uspan_block_t) == USPAN_BLOCK_BYTES, "blocks have no padding");

#endif
