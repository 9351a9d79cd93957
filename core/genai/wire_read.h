/* wire_read.h: what the rows of a dialect can ask for, and what a dialect is: two tables and a few words.
 * Private to core/genai. */
#ifndef USPAN_GENAI_WIRE_READ_H
#define USPAN_GENAI_WIRE_READ_H

#include "trace/inside.h"
#include "uspan/wire.h"
#include "json_read.h"

/* What is done with a value. Order matters: ranges are tested. */
typedef enum uspan_take {
    TAKE_NOTHING = 0,
    /* numbers that become attributes, doubles first; uspan_wire_keys has their keys in this order */
    TAKE_TEMPERATURE,
    TAKE_TOP_P,
    TAKE_TOP_K,
    TAKE_PRESENCE_PENALTY,
    TAKE_FREQUENCY_PENALTY,
    TAKE_MAX_TOKENS,
    TAKE_SEED,
    TAKE_DIMENSIONS,
    TAKE_CHOICE_COUNT, /* left out when 1 */
    /* texts that become attributes, the first one that comes */
    TAKE_REQUEST_TIER,
    TAKE_ID,
    TAKE_RESPONSE_MODEL,
    TAKE_RESPONSE_TIER,
    TAKE_FINGERPRINT,
    TAKE_MODEL, /* and the name of the span */
    TAKE_KEYS_END,
    /* other short texts, numbers and flags */
    TAKE_STREAM = TAKE_KEYS_END,
    TAKE_STOP,     /* one of the stop sequences */
    TAKE_ENCODING, /* of embeddings */
    TAKE_FORMAT,   /* of the answer: what has "json" in it is JSON */
    TAKE_ROLE,
    TAKE_CALL_ID,
    TAKE_CALL_NAME,
    TAKE_CALL_INDEX,
    TAKE_RESPONSE_TO,   /* id of the call that a tool's result belongs to */
    TAKE_RESPONSE_NAME, /* the tool's, where no id is told */
    TAKE_URI,           /* of an image; data: or other */
    TAKE_MIME,          /* of media whose bytes stand in the body */
    TAKE_FILE,          /* id of a file */
    TAKE_CHOICE_INDEX,
    TAKE_FINISH,
    TAKE_ERROR_TYPE,
    TAKE_THOUGHT,     /* the text before it was reasoning */
    TAKE_INCREMENTAL, /* answers in pieces that add to each other were asked for */
    TAKE_EVENT,       /* what an event is about: see uspan_wire_dialect_t */
    TAKE_ITEM,        /* type of an item of OpenAI's responses */
    TAKE_ITEM_ID,     /* of the call that an item is, or answers */
    TAKE_STATUS,      /* of a response */
    TAKE_TOOL_CHOICE, /* "none": the definitions are of no use to this call */
    TAKE_DEFINITION_TYPE,
    TAKE_DEFINITION_NAME,
    TAKE_TOKENS, /* the kinds of uspan_wire_tokens_t follow */
    TAKE_TOKENS_END = TAKE_TOKENS + 5,
    /* containers */
    TAKE_DOCUMENT = TAKE_TOKENS_END,
    TAKE_TOOLS,
    TAKE_DEFINITION,
    TAKE_MESSAGE,
    TAKE_PART,
    TAKE_CALL,
    TAKE_CHOICE,
    TAKE_DELTA,
    /* long texts, told piece by piece; the first two are lists where they are no text */
    TAKE_PIECES,
    TAKE_INPUT = TAKE_PIECES, /* one user message */
    TAKE_SYSTEM,              /* one text part */
    TAKE_TEXT,                /* of the message; of a tool: its result */
    TAKE_REASONING,
    TAKE_REFUSAL,
    TAKE_ARGUMENTS, /* JSON, in a text or as it stands */
    TAKE_RESPONSE,  /* result of a tool, the same */
    TAKE_DESCRIPTION,
    TAKE_PARAMETERS,
    TAKE_IMAGE,    /* base64, left out */
    TAKE_ADDITION, /* to what TAKE_EVENT said */
    TAKE_ERROR
} uspan_take_t;
#define TAKE_AS_IS(action) (USPAN_JSON_AS_IS | (action))

typedef enum uspan_wire_tokens {
    USPAN_WIRE_INPUT,
    USPAN_WIRE_OUTPUT,
    USPAN_WIRE_CACHE_READ,
    USPAN_WIRE_CACHE_CREATION,
    USPAN_WIRE_REASONING
} uspan_wire_tokens_t;

/* uspan_wire_dialect_t.traits */
#define USPAN_WIRE_LINES 1u             /* streamed as a document a line */
#define USPAN_WIRE_INPUT_UNCACHED 2u    /* input tokens are told without those from and for the cache */
#define USPAN_WIRE_OUTPUT_UNREASONED 4u /* output tokens are told without reasoning */
#define USPAN_WIRE_NO_CHOICES 8u        /* no finish reason is due */
#define USPAN_WIRE_MODEL_IN_URL 16u     /* /models/<model>:<call> */
#define USPAN_WIRE_CUMULATIVE 32u       /* an event repeats what was before, unless told to be incremental */
#define USPAN_WIRE_DEPLOYMENTS 64u      /* Azure: /deployments/<model>/<call> */

struct uspan_wire_dialect {
    const uspan_json_table_t *request, *response;
    uspan_t (*begin)(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model);
    const char *provider; /* where the host does not tell */
    const char *operation;
    const char *api; /* openai.api.type; NULL: none */
    unsigned traits;
    /* From the text under TAKE_EVENT: what TAKE_ADDITION adds to; TAKE_PART where an item begins. NULL: none
     * is told. */
    unsigned (*event)(const char *type);
};

/* uspan_wire_t.phase; KEPT: it is over, and its tool calls are kept. .form */
enum { USPAN_WIRE_REQUEST, USPAN_WIRE_RESPONSE, USPAN_WIRE_KEPT };
enum { USPAN_WIRE_UNKNOWN, USPAN_WIRE_WHOLE, USPAN_WIRE_EVENTS };
/* .flags */
#define USPAN_WIRE_IN_MESSAGE 0x0001u  /* a message is open in out */
#define USPAN_WIRE_ROLE_LATE 0x0002u   /* it began without a role */
#define USPAN_WIRE_WORD_CUT 0x0004u    /* word is not all of the text */
#define USPAN_WIRE_STREAMED 0x0008u    /* asked for in pieces, or came so */
#define USPAN_WIRE_PIECEWISE 0x0010u   /* what comes are additions to one message */
#define USPAN_WIRE_FRESH 0x0020u       /* the next piece of a tool call begins one */
#define USPAN_WIRE_BEGUN 0x0040u       /* the element being read began a tool call */
#define USPAN_WIRE_NAMED 0x0080u       /* the open tool call or definition has a name */
#define USPAN_WIRE_LEAF 0x0100u        /* and arguments */
#define USPAN_WIRE_FINISHED 0x0200u    /* a finish reason waits for the end of its choice */
#define USPAN_WIRE_FAILED 0x0400u      /* an error was told in the answer */
#define USPAN_WIRE_SKIP 0x0800u        /* the rest of this event is not read */
#define USPAN_WIRE_ANSWERED 0x1000u    /* a document of the answer was whole */
#define USPAN_WIRE_INCREMENTAL 0x4000u /* events add to each other */
#define USPAN_WIRE_CHUNKED 0x2000u     /* the first piece of the answer was seen */
#define USPAN_WIRE_NO_TOOLS 0x8000u    /* tools are told of, and none may be called */

/* wire_take.c: what a value does. A sink. */
void uspan_wire_take(void *w, unsigned action, uspan_json_event_t event, const char *text, size_t len);
/* What the URL says of the model, by the traits. */
void uspan_wire_take_url(uspan_wire_t *w, const char *url);
void uspan_wire_count_unread(uspan_wire_t *w);
/* Tools that the call cannot use leave the span. */
void uspan_wire_drop_definitions(uspan_wire_t *w);
/* What texts has, by choice, to list[USPAN_WIRE_TEXTS_MAX]. Returns how many. */
#define USPAN_WIRE_TEXTS_MAX 8u
size_t uspan_wire_texts(const uspan_wire_t *w, const char **list);

/* wire_put.c: messages. */
void uspan_wire_begin_list(uspan_wire_t *w, unsigned list);
void uspan_wire_end_list(uspan_wire_t *w);
void uspan_wire_put_container(uspan_wire_t *w, unsigned action, bool opens);
void uspan_wire_put_word(uspan_wire_t *w, unsigned action, const char *word);
void uspan_wire_put_index(uspan_wire_t *w, unsigned index);
void uspan_wire_put_piece(uspan_wire_t *w, unsigned action, uspan_json_event_t event, const char *text,
                          size_t len);
void uspan_wire_put_thought(uspan_wire_t *w);
/* The choice whose reason waits ends. */
void uspan_wire_put_finish(uspan_wire_t *w);

/* The message of an error: longer ones take the place of what an answer that failed has no use for. */
#define USPAN_WIRE_ERROR_BYTES                                                     \
    (offsetof(uspan_wire_t, texts) + sizeof(((const uspan_wire_t *)NULL)->texts) - \
     offsetof(uspan_wire_t, error))
static inline char *uspan_wire_error(uspan_wire_t *w)
{
    return (char *)w + offsetof(uspan_wire_t, error);
}
static inline bool uspan_wire_is_spilled(const uspan_wire_t *w)
{
    return w->error_len >= sizeof w->error;
}

/* wire_host.c */
const char *uspan_wire_provider(const char *authority, size_t len);
bool uspan_wire_is_in(const char *text, size_t len, const char *part);

#endif
