/* wire.h: builds a complete chat span from the request and response bodies that your HTTP client sends and
 * receives. The client does not change. You pass the body of the request, the pieces of the answer's body,
 * and how the call ended.
 *
 *     static uspan_wire_t w;
 *     uspan_wire_begin(&w, t, agent, "https://api.openai.com/v1/chat/completions");
 *     uspan_wire_request(&w, body, body_len);
 *     ... for each piece of the answer's body: uspan_wire_response(&w, piece, piece_len);
 *     uspan_wire_end(&w, http_status, NULL);
 *
 * uspan_wire_tool_begin() starts the span of each tool that the answer asks for. uspan_propagate() writes the
 * request's header lines.
 *
 * Pass bodies without HTTP headers and chunk sizes, in fragments of any size. The span gets: model,
 * parameters, instructions, messages and tool definitions of the request; id, model, finish reasons, text,
 * reasoning, tool calls and usage of the answer, streamed (server-sent events, or a document in each line) or
 * in one piece; the time of the first chunk; errors and refusals. Anything else is skipped and counted
 * (uspan_wire_unread()). Images and audio appear as parts without their data.
 * Context: task; one at a time on one uspan_wire_t. Never blocks. */
#ifndef USPAN_WIRE_H
#define USPAN_WIRE_H

#include "genai.h"
#include "json_reader.h"
#include "message.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The format of a vendor's API. Pass one to uspan_wire_begin_as() if the URL does not show it. */
typedef struct uspan_wire_dialect uspan_wire_dialect_t;
#if USPAN_ENABLED
#if USPAN_WIRE_OPENAI_CHAT
extern const uspan_wire_dialect_t uspan_wire_openai_chat;        /* and all that are compatible */
extern const uspan_wire_dialect_t uspan_wire_openai_completions; /* the older API: a prompt, and a text */
extern const uspan_wire_dialect_t uspan_wire_openai_embeddings;
#endif
#if USPAN_WIRE_ANTHROPIC
extern const uspan_wire_dialect_t uspan_wire_anthropic;
#endif
#if USPAN_WIRE_OLLAMA
extern const uspan_wire_dialect_t uspan_wire_ollama;
extern const uspan_wire_dialect_t uspan_wire_ollama_completions; /* /api/generate */
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

/* A tool call whose pieces have arrived. */
typedef struct uspan_wire_call {
    uint32_t id;   /* hash; 0: none */
    uint16_t tail; /* last block of its records */
    uint8_t index; /* as sent by the vendor; 255: none */
    uint8_t state;
} uspan_wire_call_t;

/* One open call. It may be zeroed or not before uspan_wire_begin(). At most 512 bytes. It also keeps the tool
 * calls after the end. */
typedef struct uspan_wire {
    /* Bytes come first: they are used most, and the shortest instructions reach only small offsets. */
    uint8_t phase, form; /* of the exchange; of the answer */
    uint8_t sse;
    uint8_t list, part;   /* open in out; 0: none */
    uint8_t written;      /* choice whose message is open, or was written last */
    uint8_t lost, closed; /* one bit per choice that lacks pieces, and that has ended; bit 7: 7 and above */
    uint8_t place;        /* index of the choice in its document, if the document does not state it */
    uint8_t item, item_part, item_kind, item_next; /* of a response: the item that is being read */
    uint8_t texts_count;                           /* finish reasons or stop sequences in texts */
    uint8_t texts_len;
    uint8_t word_len, value_len;
    uint8_t has_message; /* 1: the span has the message of an error */
    uint8_t calls_count;
    uint8_t gathered;        /* bytes of hold: text that waits to be written */
    uint8_t first, hold_len; /* bytes after it: records */
    uint8_t last;            /* offset of the last record, and 1 */
    uint16_t unread;         /* values, events and documents that could not be read or kept; saturates */
    uint16_t known;          /* one bit per attribute that is set only once and is set */
    union {
        uint16_t kept_len; /* of tool calls, kept after the end in place of json and the following fields */
        uint16_t told_len; /* of the text that has the hash `told`, before the end */
    };
    uint16_t unit_tail; /* last block of the records of the unit being read */
    uint32_t flags;
    uspan_tracer_t *t;
    const uspan_wire_dialect_t *dialect; /* NULL: none was found, or the call has ended */
    uspan_t s;
    uint32_t told;                  /* one bit per item that has text */
    uint32_t text_hash;             /* of the text being read */
    uint32_t type_hash, event_hash; /* of the event: from its data; from its line */
    int32_t tokens[9];              /* by kind; -1: unknown */
    uspan_json_read_t json;
    uspan_writer_t out; /* the list of messages being written */
    char error_type[28];
    uspan_wire_call_t calls[USPAN_WIRE_CALLS_MAX];
    char texts[56]; /* finish reasons or stop sequences: index of the choice and 1, text, 0 */
    char hold[96];
} uspan_wire_t;
USPAN_STATIC_ASSERT(sizeof(uspan_wire_t) <= 448u + 8u * USPAN_WIRE_CALLS_MAX,
                    "state of an open call: 512 bytes with 8 tool calls");

/* ---- calls --------------------------------------------------------------------------------------------- */

typedef enum uspan_wire_phase {
    USPAN_WIRE_RESOLVED = 0, /* the host name has an address */
    USPAN_WIRE_CONNECTED,    /* TCP */
    USPAN_WIRE_TLS_DONE,
    USPAN_WIRE_REQUEST_SENT, /* all of it */
    USPAN_WIRE_FIRST_BYTE    /* of the answer, its status line */
} uspan_wire_phase_t;

#if USPAN_ENABLED
/* Start the CLIENT span of one HTTP exchange with a model. The caller may set more attributes on it.
 *   w     must stay valid until the next uspan_wire_begin(). One exchange at a time
 *   url   of the request. Dialect, provider, server.address and server.port come from it. Read during the
 *         call only. If its form is unknown, the span is named "chat" and the bodies are skipped
 * Returns: the span; null as uspan_start(). */
uspan_t uspan_wire_begin(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *url);
/* Like uspan_wire_begin(), but with a dialect that the caller knows. url may be NULL. */
uspan_t uspan_wire_begin_as(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *url,
                            const uspan_wire_dialect_t *dialect);
/* Pass the next bytes of the request's body. Any bytes are accepted, and a null span too. */
void uspan_wire_request(uspan_wire_t *w, const void *data, size_t len);
/* Pass the next bytes of the answer's body. The first of them ends the request. Up to 72 bytes of streamed
 * text, tool calls in pieces and the finish reason may still be buffered in *w. uspan_wire_end() writes them
 * to the span. If you call only uspan_end(), they are lost, and values_truncated counts one more. */
void uspan_wire_response(uspan_wire_t *w, const void *data, size_t len);
/* End the exchange and its span.
 *   http_status  of the answer. 0: there was none, or it is unknown. From 400 on the span fails, with the
 *                number as error.type and the message of the error body
 *   error        why the exchange failed: "timeout", "connection_reset". NULL: it did not fail. It becomes
 *                error.type if the status is below 400. Otherwise it is put before the message of the error
 *                body in the status message. Read during the call only
 * Returns the worst result of what it sets and of uspan_end(). A second call does nothing and returns
 * USPAN_ERR_STALE. */
uspan_err_t uspan_wire_end(uspan_wire_t *w, int http_status, const char *error);
/* Start the span of a tool that an answer asked for, after the exchange has ended. It is like
 * uspan_tool_begin(), with the arguments from the answer. End it with uspan_tool_end(). uspan_wire_request()
 * reads the tool's result from the next request.
 *   name     NULL: the name in the answer
 *   call_id  of the call. NULL, for vendors without ids: the first call of that name (or of any name) that
 *            has no span yet
 * The first such call stores the tool calls of the answer in *w, about 400 bytes, until the next
 * uspan_wire_begin(). If the chat's span was already sent then, arguments are missing. Arguments that exceed
 * those bytes are read from the chat's span, and are missing if it was sent before the call for their tool.
 * If content is off, or the text pool had no room for the answer, the tool's span has only what the caller
 * sets. Therefore pass the name too.
 * Returns: the span; null as uspan_start(). Context: task. */
uspan_t uspan_wire_tool_begin(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *name,
                              const char *call_id);
/* Record that the exchange has now reached a phase, to find out why a call was slow. The span gets the
 * milliseconds since its start, as uspan.wire.resolved_ms, .connected_ms, .tls_done_ms, .request_sent_ms and
 * .first_byte_ms. The first call for a phase counts. Linked only if called. Context: task. */
void uspan_wire_mark(uspan_wire_t *w, uspan_wire_phase_t phase);
/* Number of values, events and documents that could not be read or stored so far. The span has it as
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
static const uspan_wire_dialect_t uspan_wire_openai_completions = { 0 };
static const uspan_wire_dialect_t uspan_wire_openai_embeddings = { 0 };
static const uspan_wire_dialect_t uspan_wire_anthropic = { 0 };
static const uspan_wire_dialect_t uspan_wire_ollama = { 0 };
static const uspan_wire_dialect_t uspan_wire_ollama_completions = { 0 };
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
static inline void uspan_wire_mark(uspan_wire_t *w, uspan_wire_phase_t phase)
{
    (void)w, (void)phase;
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
