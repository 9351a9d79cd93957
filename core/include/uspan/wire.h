/* wire.h: a whole chat span from the bytes that pass by. Three calls beside an HTTP client that stays as it
 * is: the body of the request as it is sent, the body of the answer as it comes, how the call ended.
 *
 *     static uspan_wire_t w;
 *     uspan_wire_begin(&w, t, agent, "https://api.openai.com/v1/chat/completions");
 *     uspan_wire_request(&w, body, body_len);
 *     ... for each piece of the answer's body: uspan_wire_response(&w, piece, piece_len);
 *     uspan_wire_end(&w, http_status, NULL);
 *
 * and one for each tool that the answer asks for: uspan_wire_tool_begin(). uspan_propagate() writes the
 * request's header lines.
 *
 * Bodies are without HTTP headers and chunk sizes, in fragments of any size. Nothing of them is kept but what
 * the span keeps: model, parameters, instructions, messages and tool definitions of the request; id, model,
 * finish reasons, text, reasoning, tool calls and usage of the answer, streamed (server-sent events, a
 * document a line) or whole; first-chunk time; errors and refusals. Bytes that are no such thing change
 * nothing but a count. Images and sounds are told, their bytes left out.
 * Context: task; one at a time on one uspan_wire_t. Never blocks. */
#ifndef USPAN_WIRE_H
#define USPAN_WIRE_H

#include "genai.h"
#include "message.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a vendor's API speaks. Name one to uspan_wire_begin_as() where the URL does not tell. */
typedef struct uspan_wire_dialect uspan_wire_dialect_t;
#if USPAN_ENABLED
#if USPAN_WIRE_OPENAI_CHAT
extern const uspan_wire_dialect_t uspan_wire_openai_chat; /* and all that are compatible */
extern const uspan_wire_dialect_t uspan_wire_openai_embeddings;
#endif
#if USPAN_WIRE_ANTHROPIC
extern const uspan_wire_dialect_t uspan_wire_anthropic;
#endif
#if USPAN_WIRE_OLLAMA
extern const uspan_wire_dialect_t uspan_wire_ollama;
extern const uspan_wire_dialect_t uspan_wire_ollama_embeddings;
#endif
#if USPAN_WIRE_OPENAI_RESPONSES
extern const uspan_wire_dialect_t uspan_wire_openai_responses;
#endif
#if USPAN_WIRE_GEMINI
extern const uspan_wire_dialect_t uspan_wire_gemini;
extern const uspan_wire_dialect_t uspan_wire_gemini_embeddings;
#endif
#if USPAN_WIRE_DASHSCOPE
extern const uspan_wire_dialect_t uspan_wire_dashscope;
extern const uspan_wire_dialect_t uspan_wire_dashscope_embeddings;
#endif
#endif

/* ---- layout, private: fields may change in any version ------------------------------------------------- */

#define USPAN_READ_PATHS_MAX 9u /* containers whose members can be named by a path */

/* Where a JSON document stands: json_read.h. */
typedef struct uspan_json_read {
    uint32_t paths[USPAN_READ_PATHS_MAX]; /* hash of each open container */
    uint8_t actions[USPAN_READ_PATHS_MAX];
    uint8_t state, depth;
    uint8_t action;     /* of the value being read */
    uint8_t raw_action; /* of the value being passed on as it stands; 0: none */
    uint8_t raw_depth;
    uint8_t row;        /* tried first: a hint, any value does */
    uint8_t digits;     /* of an escape, still to come; of a literal, read */
    bool key;           /* the string being read is a key */
    bool line;          /* no byte of a line's end is read */
    bool negative, exponent_negative;
    uint16_t unit;      /* of an escape */
    uint16_t high;      /* a high surrogate that waits for its low one; 0: none */
    int16_t scale;      /* the number is mantissa times ten to the power of this */
    int16_t exponent;   /* as written */
    uint32_t hash;      /* of the path to the value that is read or comes next */
    uint32_t arrays;    /* bit 0: the innermost container is an array; bit 1: the one around it; ... */
    uint64_t mantissa;
} uspan_json_read_t;

/* One open call. Zeroed or not before uspan_wire_begin(); at most 512 bytes, tool calls kept after it too. */
typedef struct uspan_wire {
    uspan_tracer_t *t;
    const uspan_wire_dialect_t *dialect; /* NULL: none was found, or the call has ended */
    uspan_t s;
    int32_t tokens[5];   /* by kind; -1: not told */
    uint32_t known;      /* bit of each attribute that is set once and is set */
    uint16_t unread;     /* values, events and documents that could not be read or kept; no more than fit */
    uint16_t flags;
    uint16_t kept_len;   /* of the tool calls that are kept after the end, in place of all that follows */
    uint8_t phase, form; /* of the exchange; of the answer */
    uint8_t sse;
    uint8_t list, part;  /* open in out; 0: none */
    uint8_t choice, call; /* index of the choice, and of the tool call */
    uint8_t written;     /* choice whose message is open, or was last */
    uint8_t lost;        /* bit of each choice of which pieces are missing; the last one: of all from 7 on */
    uint8_t texts_count; /* finish reasons or stop sequences in texts */
    uint8_t texts_len;
    uint8_t word_len;
    uint8_t error_len;   /* above sizeof error: it goes on in what follows */
    uint8_t event;       /* what additions of this event add to */
    uspan_json_read_t json;
    uspan_writer_t out;  /* the list of messages being written */
    char word[72];       /* a short text that is being read */
    char error_type[28];
    char error[80];
    char call_id[40];    /* of the tool call being read; name of the tool whose result is */
    char role[24];       /* of the message being read; type of the definition */
    char texts[56];      /* finish reasons or stop sequences: index of the choice and 1, text, 0 */
    uint8_t place;       /* of the choice in its document: its index, where that is not told */
    uint8_t gathered;    /* bytes in error that wait to be written to out; then there is no error yet */
} uspan_wire_t;
USPAN_STATIC_ASSERT(sizeof(uspan_wire_t) <= 512u, "state of an open call: 512 bytes");

/* ---- calls --------------------------------------------------------------------------------------------- */

#if USPAN_ENABLED
/* Begin the span of one HTTP exchange with a model, CLIENT; the caller may set more on it.
 *   url    of the request: dialect, provider, server.address and server.port come from it; read during the
 *          call. A URL of no known form: the span is "chat" and the bodies are passed over.
 * Returns: the span; null as uspan_start(). */
uspan_t uspan_wire_begin(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *url);
/* The same for a dialect that the caller knows. url may be NULL. */
uspan_t uspan_wire_begin_as(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *url,
                            const uspan_wire_dialect_t *dialect);
/* The next bytes of the request's body; any bytes are accepted, a null span too. */
void uspan_wire_request(uspan_wire_t *w, const void *data, size_t len);
/* The next bytes of the answer's body; the request ends with the first of them. Of a text in small pieces up
 * to 79 bytes are not in the span yet: uspan_wire_end() writes them, a plain uspan_end() does not. */
void uspan_wire_response(uspan_wire_t *w, const void *data, size_t len);
/* The exchange is over: the span ends.
 *   http_status  of the answer; 0: none came, or not known. From 400 on the span failed, with error.type
 *                that number and the message of the error body
 *   error        what went wrong with the exchange: "timeout", "connection_reset"; NULL: nothing
 * Returns the worst result of what it sets and of uspan_end(); a second call does nothing and returns
 * USPAN_ERR_STALE. */
uspan_err_t uspan_wire_end(uspan_wire_t *w, int http_status, const char *error);
/* Begin the span of a tool that an answer asked for, when its exchange is over, as uspan_tool_begin() does,
 * with the arguments of the answer; uspan_tool_end() ends it. What the tool says goes back in the next
 * request, whose reader finds it there.
 *   name     NULL: the answer's
 *   call_id  of the call; NULL: the first one of that name (of any) that no span was begun for, for vendors
 *            without ids
 * The first of these calls keeps what the answer asked for in w, some 400 bytes of it, until the next
 * uspan_wire_begin(): arguments are missing where the chat's span was sent before that, longer ones where it
 * was sent before their own call. Without content a tool's span has what the caller says.
 * Returns: the span; null as uspan_start(). Context: task. */
uspan_t uspan_wire_tool_begin(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *name,
                              const char *call_id);
/* Values, events and documents that could not be read or kept, so far; the span says it as
 * uspan.wire.unread. */
static inline unsigned uspan_wire_unread(const uspan_wire_t *w)
{
    return w->unread;
}
#else
struct uspan_wire_dialect {
    char none;
};
static const uspan_wire_dialect_t uspan_wire_openai_chat = { 0 };
static const uspan_wire_dialect_t uspan_wire_openai_embeddings = { 0 };
static const uspan_wire_dialect_t uspan_wire_anthropic = { 0 };
static const uspan_wire_dialect_t uspan_wire_ollama = { 0 };
static const uspan_wire_dialect_t uspan_wire_ollama_embeddings = { 0 };
static const uspan_wire_dialect_t uspan_wire_openai_responses = { 0 };
static const uspan_wire_dialect_t uspan_wire_gemini = { 0 };
static const uspan_wire_dialect_t uspan_wire_gemini_embeddings = { 0 };
static const uspan_wire_dialect_t uspan_wire_dashscope = { 0 };
static const uspan_wire_dialect_t uspan_wire_dashscope_embeddings = { 0 };
static inline uspan_t uspan_wire_begin(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *url)
{
    (void)w, (void)t, (void)parent, (void)url;
    return USPAN_NULL;
}
static inline uspan_t uspan_wire_begin_as(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *url,
                                          const uspan_wire_dialect_t *dialect)
{
    (void)dialect;
    return uspan_wire_begin(w, t, parent, url);
}
static inline void uspan_wire_request(uspan_wire_t *w, const void *data, size_t len)
{
    (void)w, (void)data, (void)len;
}
static inline void uspan_wire_response(uspan_wire_t *w, const void *data, size_t len)
{
    (void)w, (void)data, (void)len;
}
static inline uspan_err_t uspan_wire_end(uspan_wire_t *w, int http_status, const char *error)
{
    (void)w, (void)http_status, (void)error;
    return USPAN_OK;
}
static inline uspan_t uspan_wire_tool_begin(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent,
                                            const char *name, const char *call_id)
{
    (void)w, (void)t, (void)parent, (void)name, (void)call_id;
    return USPAN_NULL;
}
static inline unsigned uspan_wire_unread(const uspan_wire_t *w)
{
    (void)w;
    return 0u;
}
#endif

#ifdef __cplusplus
}
#endif
#endif
