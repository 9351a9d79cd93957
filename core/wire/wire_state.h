/* wire_state.h: the state that the three stages of reading LLM traffic share. Reading: the tables of a
 * dialect map JSON paths to actions. Collecting: values become records, which wait in wire_hold until their
 * item is complete. Therefore the order of members does not matter. Writing: the records of an item become
 * messages and parts. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_STATE_H
#define USPAN_WIRE_WIRE_STATE_H

#include "json/json_read.h"
#include "trace/internal.h"
#include "trace/lock.h"
#include "uspan/wire.h"

/* Actions for a value. Their order matters, because ranges are tested. */
typedef enum uspan_take {
    TAKE_NOTHING = 0, /* known, and ignored */
    /* numbers that become attributes, doubles first; wire_attrs.c has their keys in this order */
    TAKE_TEMPERATURE,
    TAKE_TOP_P,
    TAKE_PRESENCE_PENALTY,
    TAKE_FREQUENCY_PENALTY,
    TAKE_TOP_K,
    TAKE_MAX_TOKENS,
    TAKE_NEW_MAX_TOKENS, /* replaces TAKE_MAX_TOKENS; it is used if both are there */
    TAKE_SEED,
    TAKE_DIMENSIONS,
    TAKE_CHOICE_COUNT, /* not sent if 1 */
#if USPAN_SEMCONV_MODALITIES
    TAKE_TEXT_INPUT, /* parts of token counts, not sent if 0 */
    TAKE_IMAGE_INPUT,
    TAKE_AUDIO_INPUT,
    TAKE_TEXT_OUTPUT,
    TAKE_IMAGE_OUTPUT,
    TAKE_AUDIO_OUTPUT,
    TAKE_TEXT_CACHED,
    TAKE_IMAGE_CACHED,
    TAKE_AUDIO_CACHED,
#endif
    /* texts that become attributes; the first one is used */
    TAKE_WORDS,
    TAKE_REQUEST_TIER = TAKE_WORDS, /* wire.c: only of dialects with an api */
    TAKE_REASONING_LEVEL,
    TAKE_PREVIOUS_RESPONSE,
    TAKE_ID,
    TAKE_RESPONSE_MODEL,
    TAKE_RESPONSE_TIER,
    TAKE_FINGERPRINT,
    TAKE_MODEL, /* also the name of the span */
    TAKE_KEYS_END,
    /* other short texts and flags, which are used at once */
    TAKE_STREAM = TAKE_KEYS_END,
    TAKE_STOP,        /* one of the stop sequences */
    TAKE_ENCODING,    /* of embeddings */
    TAKE_FORMAT,      /* of the answer: JSON if it contains "json" */
    TAKE_TOOL_CHOICE, /* "none": the call cannot use the definitions */
    TAKE_INCREMENTAL, /* the request asked for pieces that add to each other */
    TAKE_EVENT,       /* type of an event; its hash is stored */
    TAKE_DONE,        /* true: the answer is complete */
#if USPAN_SEMCONV_MODALITIES
    TAKE_MODALITY, /* of an entry of the lists below */
    TAKE_MODALITY_TOKENS,
#endif
    /* token counts: the kinds of uspan_wire_tokens_t follow */
    TAKE_TOKENS,
    TAKE_TOKENS_END = TAKE_TOKENS + 9, /* USPAN_WIRE_TOKENS_COUNT */
    /* containers */
    TAKE_DOCUMENT = TAKE_TOKENS_END,
    TAKE_TOOLS,
    TAKE_DEFINITION,
    TAKE_CHOICE,
    TAKE_UNREAD, /* counted as unread */
#if USPAN_SEMCONV_MODALITIES
    TAKE_INPUT_ENTRY, /* Gemini's counts by modality, in the order of the attributes above */
    TAKE_OUTPUT_ENTRY,
    TAKE_CACHED_ENTRY,
#endif
    TAKE_MESSAGE, /* of a request. From here to TAKE_PART: a text may be in its place */
    TAKE_DELTA,   /* its content is added to earlier content */
    TAKE_INPUT,   /* list of messages; a text is one user message */
    TAKE_SYSTEM,  /* list of parts; a text is one part */
    /* records, which wait until their item is complete: first markers, then short values, then long ones */
    TAKE_RECORDS,
    TAKE_PART = TAKE_RECORDS, /* opens a part */
    TAKE_CALL,                /* opens a tool call */
    TAKE_OLD_CALL,            /* the same in its older form: it counts if there is no other */
    TAKE_WHOLE,               /* opens an answer that repeats or replaces earlier pieces */
    TAKE_CLOSE,               /* closes the four */
    TAKE_BREAK,               /* the next text starts a new part */
    TAKE_THOUGHT,             /* the text is a thought */
    TAKE_BLOB,                /* an image; its base64 is skipped */
    TAKE_ID_REST,             /* hash of the part of an id that is cut off */
    TAKE_PLAIN,               /* from here to the weak code: recorded even without content */
    TAKE_CHOICE_INDEX = TAKE_PLAIN,
    TAKE_INDEX,      /* of a call, a block or an item */
    TAKE_PART_INDEX, /* of a part of an item */
    TAKE_FINISH,
    TAKE_STATUS, /* of a response: the finish reason if there is no other */
    TAKE_WEAK_ERROR,
    TAKE_ERROR,      /* its message; if empty, there is an error without a message */
    TAKE_ERROR_TYPE, /* from here to TAKE_TO: recorded also as a number */
    TAKE_ERROR_STATUS,
    TAKE_ERROR_CODE,
    TAKE_WEAK_CODE, /* an error only if the document has no answer */
    TAKE_CALL_ID,
    TAKE_ITEM_ID, /* another id of the same call */
    TAKE_TO,      /* id of the call to which a tool's result belongs */
    TAKE_TO_NAME, /* name of its tool */
    TAKE_TYPE,    /* of an item or definition */
    TAKE_ROLE,
    TAKE_NAME,
    TAKE_MIME,
    TAKE_FILE,
    TAKE_URI,
    TAKE_CONTENT, /* long values from here on */
    TAKE_TEXT = TAKE_CONTENT,
    TAKE_TRANSCRIPT, /* of sound: the text if there is no other */
    TAKE_REASONING,  /* up to three members may contain it; the first one with text is used */
    TAKE_REASONING_2,
    TAKE_REASONING_3,
    TAKE_REFUSAL,
    TAKE_ARGUMENTS,     /* JSON, as a text or as a value */
    TAKE_START_INPUT,   /* arguments, unless others follow */
    TAKE_RESPONSE,      /* result of a tool, as a text or as a value */
    TAKE_RESPONSE_TEXT, /* result of a tool that stays a text; an error if there is no result */
    TAKE_DESCRIPTION,
    TAKE_PARAMETERS,
    TAKE_ADDITION, /* added to the text that the event type names */
    TAKE_ALL,      /* the complete text, repeated at its end */
    TAKE_RECORDS_END
} uspan_take_t;
USPAN_STATIC_ASSERT((int)TAKE_RECORDS_END < (int)USPAN_JSON_LIKE && TAKE_RECORDS_END - TAKE_RECORDS <= 64,
                    "actions of json_read.h, and a bit for each tag");
USPAN_STATIC_ASSERT(TAKE_KEYS_END - TAKE_WORDS <= 16, "a bit of uspan_wire_t.known for each");
/* Rows for the parts of a count by modality, if they are sent. */
#if USPAN_SEMCONV_MODALITIES
#define TAKE_MODALITIES(X, details, way)         \
    X(details ".text_tokens", TAKE_TEXT_##way)   \
    X(details ".image_tokens", TAKE_IMAGE_##way) \
    X(details ".audio_tokens", TAKE_AUDIO_##way)
#else
#define TAKE_MODALITIES(X, details, way)
#endif
#define TAKE_AS_IS(action) (USPAN_JSON_AS_IS | (action))
#define TAKE_LIST USPAN_JSON_LIST
#define TAKE_LIKE USPAN_JSON_LIKE

typedef enum uspan_wire_tokens {
    USPAN_WIRE_INPUT,
    USPAN_WIRE_OUTPUT,
    USPAN_WIRE_CACHE_READ,
    USPAN_WIRE_CACHE_CREATION,
    USPAN_WIRE_REASONING,
    USPAN_WIRE_TOTAL,
    USPAN_WIRE_TOOL_PROMPT, /* part of input that tools of the provider produced */
    USPAN_WIRE_CACHE_5M,    /* part of cache creation */
    USPAN_WIRE_CACHE_1H,
    USPAN_WIRE_TOKENS_COUNT
} uspan_wire_tokens_t;

/* uspan_wire_dialect_t.traits */
#define USPAN_WIRE_LINES 1u /* streamed as one document per line */
/* input tokens do not include tokens read from and written to the cache */
#define USPAN_WIRE_INPUT_UNCACHED 2u
#define USPAN_WIRE_OUTPUT_UNREASONED 4u /* output tokens do not include reasoning */
#define USPAN_WIRE_NO_CHOICES 8u        /* there is no finish reason */
#define USPAN_WIRE_MODEL_IN_URL 16u     /* /models/<model>:<call> */
/* an event repeats the earlier text, unless incremental output was requested */
#define USPAN_WIRE_CUMULATIVE 32u
#define USPAN_WIRE_DEPLOYMENTS 64u      /* Azure: /deployments/<model>/<call> */
#define USPAN_WIRE_WHOLE_CALLS 128u     /* a tool call is always complete */
#define USPAN_WIRE_NAMED_EVENTS 512u    /* the name of an event may replace the type in its data */
#define USPAN_WIRE_RESULTS_AS_TEXT 256u /* a tool's result that is a text stays a text */

#define USPAN_WIRE_CHAT_API 1024u /* openai.api.type */
#define USPAN_WIRE_RESPONSES_API 2048u
#define USPAN_WIRE_EMBEDDINGS 4096u

struct uspan_wire_dialect {
    const uspan_json_table_t *request, *response;
    void (*end_unit)(uspan_wire_t *w); /* a choice, or a document without choices, is complete: write it */
    const char *provider;              /* used if the host does not show it */
    uint8_t operation;
    uint16_t traits;
};
enum { USPAN_WIRE_CHAT, USPAN_WIRE_COMPLETION, USPAN_WIRE_EMBEDDING }; /* .operation */
extern const char *const uspan_wire_operations[];

/* Of requests in all dialects but Gemini's. */
extern const uspan_json_table_t uspan_wire_request_table;
/* Rows for errors, behind those of each dialect's answer. */
extern const uspan_json_table_t uspan_wire_error_table;
#define TAKE_TABLE(name, ROWS) USPAN_JSON_TABLE_OF(name, ROWS, &uspan_wire_error_table)
#define TAKE_TABLE_CAMEL(name, ROWS) USPAN_JSON_TABLE_OF_CAMEL(name, ROWS, &uspan_wire_error_table)

/* Returns the hash of the type in an event's data, or of the name in its line. */
static inline uint32_t uspan_wire_event(const uspan_wire_t *w)
{
    return w->type_hash != 0u ? w->type_hash : w->event_hash;
}

/* uspan_wire_t.phase. KEPT: the exchange has ended, and its tool calls are stored. The second enum: .form. */
enum { USPAN_WIRE_REQUEST, USPAN_WIRE_RESPONSE, USPAN_WIRE_KEPT };
enum { USPAN_WIRE_UNKNOWN, USPAN_WIRE_WHOLE, USPAN_WIRE_EVENTS };
/* .flags */
#define USPAN_WIRE_IN_MESSAGE 0x0001u  /* a message is open in out */
#define USPAN_WIRE_WORD_CUT 0x0002u    /* word holds only a part of the text */
#define USPAN_WIRE_STREAMED 0x0004u    /* streaming was requested or used */
#define USPAN_WIRE_FAILED 0x0008u      /* the answer contains an error */
#define USPAN_WIRE_BLANK 0x0010u       /* a blank line came while a string was open */
#define USPAN_WIRE_ANSWERED 0x0020u    /* a document of the answer was complete */
#define USPAN_WIRE_INCREMENTAL 0x0040u /* events add to each other */
#define USPAN_WIRE_CHUNKED 0x0080u     /* the first piece of the answer was seen */
#define USPAN_WIRE_NO_TOOLS 0x0100u    /* tools are defined but must not be called */
#define USPAN_WIRE_ENDED 0x0200u       /* the answer reported its end */
#define USPAN_WIRE_SEEN 0x0400u        /* something of an answer was seen */
#define USPAN_WIRE_PIECES 0x0800u      /* some of the answer came in pieces */
#define USPAN_WIRE_HAS_CALL 0x1000u    /* the message calls a tool of the application */
#define USPAN_WIRE_RESTARTED 0x2000u   /* this document has replaced the messages before it */
#define USPAN_WIRE_PART_TOLD 0x4000u   /* the open part of an item has text */
#define USPAN_WIRE_LOST 0x8000u        /* a part of the value that is being read did not fit */
#define USPAN_WIRE_REPEATS 0x10000u    /* pieces repeat the text before them */
#define USPAN_WIRE_IN_CHOICE 0x20000u
/* of the unit that is being read, or of its document */
#define USPAN_WIRE_HAS_DELTA 0x40000u
#define USPAN_WIRE_HAS_WHOLE 0x80000u
#define USPAN_WIRE_HAS_CHOICE 0x100000u
#define USPAN_WIRE_HAS_ERROR 0x200000u
#define USPAN_WIRE_TOTAL_COUNTS 0x400000u  /* the total includes tokens of no other count */
#define USPAN_WIRE_INDEX_REPEATS 0x800000u /* output_index is not unique */
#define USPAN_WIRE_UNBEGUN 0x1000000u      /* nothing of the value that is being read fitted */
#define USPAN_WIRE_NEW_MAX 0x2000000u      /* TAKE_NEW_MAX_TOKENS was seen */
#define USPAN_WIRE_HAS_COUNT 0x4000000u    /* tokens were counted */
#define USPAN_WIRE_DRAFT 0x8000000u        /* an item began with a text that has not come again */
#define USPAN_WIRE_OF_UNIT \
    (USPAN_WIRE_HAS_DELTA | USPAN_WIRE_HAS_WHOLE | USPAN_WIRE_HAS_ERROR | USPAN_WIRE_HAS_COUNT)

static inline bool uspan_wire_is(const uspan_wire_t *w, uint32_t flag)
{
    return (w->flags & flag) != 0u;
}

/* Hash of a text. It equals USPAN_JSON_PATH() of the text. */
#define USPAN_WIRE_HASH_BEGIN ((uint32_t)'.')
uint32_t uspan_wire_hash(uint32_t hash, const char *text, size_t len);

#endif
