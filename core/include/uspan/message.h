/* message.h: writes messages, tool definitions, function arguments and results as JSON directly into the text
 * of a span, without a second buffer.
 *
 * After every call the attribute is one complete JSON value, and every message, part and definition in it has
 * the fields that its schema requires. The text that closes open objects is stored at the end, and the next
 * call overwrites it. Therefore no call is needed at the end, and a span that ends early keeps what was
 * written. An output message that was not finished has finish_reason "error".
 *
 * If the value reaches USPAN_VALUE_MAX or the limit for values, or the text pool is full, the open text is
 * cut at a character and ends in "...[truncated]". If no text is open, the item is dropped. Everything after
 * it is dropped too. This is counted as values_truncated, and every call then returns USPAN_TRUNCATED.
 *
 * Text is UTF-8 and is escaped here. Bytes that are not UTF-8 become U+FFFD. JSON given as text is checked
 * and made compact. Text that is not one complete JSON value is stored as a JSON string and counted in
 * `invalid`.
 *
 * For every call: the caller owns *w (stack or static), which must stay valid until the last call. One task
 * or ISR writes at a time. The span may be null. All texts are copied. NULL means "" unless stated otherwise.
 * Returns: USPAN_OK; USPAN_TRUNCATED; USPAN_ERR_ARG (call out of place, nothing is written); USPAN_ERR_FULL
 * (no room for the beginning, counted); USPAN_ERR_STALE (the span has ended, or another writer has set the
 * attribute). You may ignore results. Context: task, ISR. Never blocks.
 *
 * With USPAN_CONTENT 0 or USPAN_ENABLED 0 the calls are empty and their arguments are not evaluated. If
 * content is off at run time, they return at once. */
#ifndef USPAN_MESSAGE_H
#define USPAN_MESSAGE_H

#include "genai.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A value that is being written: 56 B on 32-bit, 64 B on 64-bit. Private except `invalid`. Bytes come first,
 * because short instructions reach only small offsets. */
typedef struct uspan_writer {
    uint8_t invalid; /* number of JSON texts that were not valid; 255: that or more */
    uint8_t state;   /* within a leaf */
    uint8_t flags;
    uint8_t depth;   /* open containers */
    uint8_t base;    /* containers around the JSON given as text */
    uint8_t list;
    uint8_t before, escape; /* state before a number or literal; within an escape */
    uint8_t need_len;
    uint8_t pend_len, pend[3]; /* bytes of a character, or of three for base64 */
    uint8_t messages;          /* input messages begun, except those of role system; 255: that or more */
    uint16_t need;             /* required fields that the open message and part do not have yet */
    uint16_t len, tail; /* bytes of the value without the closing text; block of the last of them */
    uint16_t total;     /* bytes with the closing text */
    uint16_t chars;     /* characters in len */
    uint16_t from, from_block, from_chars; /* the same, where JSON given as text began */
    uint16_t token, token_block;           /* and where its last number or literal began */
    uint16_t hex, high;                    /* units of an escape */
    uint16_t stamp;                        /* identifies the value of this writer */
    uint32_t stack; /* open containers, the innermost in bit 0; 1: an object */
    uspan_t s;
    const uspan_key_t *key;
    uspan_tracer_t *t; /* NULL: nothing more is written */
} uspan_writer_t;

/* ---- lists of messages --------------------------------------------------------------------------------- */

typedef enum uspan_list {
    USPAN_INPUT_MESSAGES = 1,  /* gen_ai.input.messages: messages */
    USPAN_OUTPUT_MESSAGES,     /* gen_ai.output.messages: messages, each with a finish reason */
    USPAN_SYSTEM_INSTRUCTIONS, /* gen_ai.system_instructions: parts only */
    USPAN_TOOL_LIST            /* gen_ai.tool.definitions */
} uspan_list_t;

/* Input messages beyond uspan_set_history() are dropped, the oldest first, and counted as
 * uspan.input.messages.omitted. Without USPAN_TOOL_DEFINITIONS, definitions of tools are not recorded, and
 * the calls return as with content off. System instructions may have only parts of type text: any other
 * returns USPAN_ERR_ARG. */
/* Begin a list. With its first element it replaces the span's value of that key. */
uspan_err_t uspan_messages_begin(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, uspan_list_t list);

/* Begin a message. The previous one is closed.
 *   role   "system", "user", "assistant", "tool" or another. NULL: uspan_message_role() sets it later
 *   name   of the author; NULL: none */
uspan_err_t uspan_message(uspan_writer_t *w, const char *role, const char *name);
/* Set the role after the parts. No part can follow. */
uspan_err_t uspan_message_role(uspan_writer_t *w, const char *role);
/* Close the message and set why it ended.
 *   reason   "stop", "length", "content_filter", "tool_call", "error" or another. More than 14 bytes are kept
 *            only if there is room. NULL: "stop" for an output message, none for an input message */
uspan_err_t uspan_message_finish(uspan_writer_t *w, const char *reason);

/* Used by the functions below. `texts` has three entries. Their meaning depends on kind. NULL: none. */
typedef enum uspan_part_kind {
    USPAN_PART_OTHER = 0, /* texts: type */
    USPAN_PART_TEXT,
    USPAN_PART_REASONING,
    USPAN_PART_TOOL_CALL, /* id, name */
    USPAN_PART_TOOL_RESPONSE, /* id */
    USPAN_PART_BLOB, /* modality, MIME type */
    USPAN_PART_URI, /* modality, MIME type, URI */
    USPAN_PART_FILE, /* modality, MIME type, file id */
    USPAN_PART_SERVER_CALL, /* id, name, type of tool */
    USPAN_PART_SERVER_RESPONSE, /* id, -, type of tool */
    USPAN_PART_DEFINITION, /* name, description */
    USPAN_PART_COMPACTION /* id */
} uspan_part_kind_t;
uspan_err_t uspan_write_part(uspan_writer_t *w, uspan_part_kind_t kind, const char *const texts[3],
                             const void *data, size_t len);
static inline uspan_err_t uspan_part_of(uspan_writer_t *w, uspan_part_kind_t kind, const char *a,
                                        const char *b, const char *c, const void *data, size_t len)
{
    const char *const texts[3] = { a, b, c };
    return uspan_write_part(w, kind, texts, data, len);
}
static inline size_t uspan_text_len(const char *text)
{
    return text != NULL ? strlen(text) : 0u;
}

/* Begin a part of the open message (of the list, for system instructions). The previous one is closed. Text,
 * arguments, response and data stay open: uspan_write_more() continues them. */
static inline uspan_err_t uspan_part_text_n(uspan_writer_t *w, const char *text, size_t len)
{
    return uspan_part_of(w, USPAN_PART_TEXT, NULL, NULL, NULL, text, len);
}
static inline uspan_err_t uspan_part_text(uspan_writer_t *w, const char *text)
{
    return uspan_part_text_n(w, text, uspan_text_len(text));
}
static inline uspan_err_t uspan_part_reasoning_n(uspan_writer_t *w, const char *text, size_t len)
{
    return uspan_part_of(w, USPAN_PART_REASONING, NULL, NULL, NULL, text, len);
}
static inline uspan_err_t uspan_part_reasoning(uspan_writer_t *w, const char *text)
{
    return uspan_part_reasoning_n(w, text, uspan_text_len(text));
}
/* id, name: NULL: none, or set later with uspan_write_str(). arguments, response: JSON. NULL: set later. */
static inline uspan_err_t uspan_part_tool_call(uspan_writer_t *w, const char *id, const char *name,
                                               const char *arguments)
{
    return uspan_part_of(w, USPAN_PART_TOOL_CALL, id, name, NULL, arguments, uspan_text_len(arguments));
}
static inline uspan_err_t uspan_part_tool_response(uspan_writer_t *w, const char *id, const char *response)
{
    return uspan_part_of(w, USPAN_PART_TOOL_RESPONSE, id, NULL, NULL, response, uspan_text_len(response));
}
/* modality: "image", "video", "audio" or another. mime: NULL: none. data: len bytes, encoded as base64
 * here. */
static inline uspan_err_t uspan_part_blob(uspan_writer_t *w, const char *modality, const char *mime,
                                          const void *data, size_t len)
{
    return uspan_part_of(w, USPAN_PART_BLOB, modality, mime, NULL, data, len);
}
static inline uspan_err_t uspan_part_uri(uspan_writer_t *w, const char *modality, const char *mime,
                                         const char *uri)
{
    return uspan_part_of(w, USPAN_PART_URI, modality, mime, uri, NULL, 0u);
}
static inline uspan_err_t uspan_part_file(uspan_writer_t *w, const char *modality, const char *mime,
                                          const char *file_id)
{
    return uspan_part_of(w, USPAN_PART_FILE, modality, mime, file_id, NULL, 0u);
}
/* A tool that ran at the provider. type: of the tool, for example "web_search". Its other members can
 * follow. */
static inline uspan_err_t uspan_part_server_tool_call(uspan_writer_t *w, const char *id, const char *name,
                                                      const char *type)
{
    return uspan_part_of(w, USPAN_PART_SERVER_CALL, id, name, type, NULL, 0u);
}
static inline uspan_err_t uspan_part_server_tool_response(uspan_writer_t *w, const char *id, const char *type)
{
    return uspan_part_of(w, USPAN_PART_SERVER_RESPONSE, id, NULL, type, NULL, 0u);
}
/* The text by which the provider replaced a part of the conversation. id, content: NULL: none. */
static inline uspan_err_t uspan_part_compaction(uspan_writer_t *w, const char *id, const char *content)
{
    return uspan_part_of(w, USPAN_PART_COMPACTION, id, NULL, NULL, content, uspan_text_len(content));
}
/* A part of any other type. Its members follow. */
static inline uspan_err_t uspan_part(uspan_writer_t *w, const char *type)
{
    return uspan_part_of(w, USPAN_PART_OTHER, type != NULL ? type : "", NULL, NULL, NULL, 0u);
}

/* One tool of USPAN_TOOL_LIST. description: NULL: none. parameters: JSON Schema as JSON text; NULL:
 * none. Further members may follow. */
static inline uspan_err_t uspan_tool_definition(uspan_writer_t *w, const char *name, const char *description,
                                                const char *parameters)
{
    return uspan_part_of(w, USPAN_PART_DEFINITION, name, description, NULL, parameters,
                         uspan_text_len(parameters));
}

/* ---- any JSON ------------------------------------------------------------------------------------------ */

/* Begin a value under any key: an object, an array or one text. It replaces the span's value of that key. */
uspan_err_t uspan_write_begin(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, const uspan_key_t *key);
/* Set an attribute from JSON text, for example gen_ai.tool.call.arguments or agentscope.function.output. If
 * len is 0, the attribute is not set. */
uspan_err_t uspan_set_json_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *json,
                             size_t len);
static inline uspan_err_t uspan_set_json(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                         const char *json)
{
    return uspan_set_json_n(t, s, key, json, uspan_text_len(json));
}

/* Kinds of values that are written in pieces: uspan_write_leaf() or a part begins one, and uspan_write_more()
 * continues it. */
typedef enum uspan_leaf {
    USPAN_LEAF_NONE = 0,
    USPAN_LEAF_TEXT,   /* a string; a character may be split between two pieces */
    USPAN_LEAF_BASE64, /* bytes */
    USPAN_LEAF_JSON    /* JSON as text; it may be split anywhere */
} uspan_leaf_t;
/* Used by the functions below. text begins the value, and data is the first piece of its leaf. */
uspan_err_t uspan_write_member(uspan_writer_t *w, const char *name, const char *text, uspan_leaf_t leaf,
                               const void *data, size_t len);

/* Write a member of the open object (name in UTF-8) or an element of the open array (name NULL).
 * uspan_write_object() and uspan_write_array() open one, and uspan_write_close() closes the innermost. Up to
 * 24 can be nested. */
static inline uspan_err_t uspan_write_object(uspan_writer_t *w, const char *name)
{
    return uspan_write_member(w, name, "{", USPAN_LEAF_NONE, NULL, 0u);
}
static inline uspan_err_t uspan_write_array(uspan_writer_t *w, const char *name)
{
    return uspan_write_member(w, name, "[", USPAN_LEAF_NONE, NULL, 0u);
}
uspan_err_t uspan_write_close(uspan_writer_t *w);
static inline uspan_err_t uspan_write_str_n(uspan_writer_t *w, const char *name, const char *text,
                                            size_t len)
{
    return uspan_write_member(w, name, "\"", USPAN_LEAF_TEXT, text, len);
}
static inline uspan_err_t uspan_write_str(uspan_writer_t *w, const char *name, const char *text)
{
    return uspan_write_str_n(w, name, text, uspan_text_len(text));
}
uspan_err_t uspan_write_int(uspan_writer_t *w, const char *name, int64_t value);
/* Write 15 significant digits. USPAN_ERR_ARG: not a number or infinite, which JSON cannot express. */
uspan_err_t uspan_write_double(uspan_writer_t *w, const char *name, double value);
static inline uspan_err_t uspan_write_bool(uspan_writer_t *w, const char *name, bool value)
{
    return uspan_write_member(w, name, value ? "true" : "false", USPAN_LEAF_NONE, NULL, 0u);
}
static inline uspan_err_t uspan_write_null(uspan_writer_t *w, const char *name)
{
    return uspan_write_member(w, name, "null", USPAN_LEAF_NONE, NULL, 0u);
}
static inline uspan_err_t uspan_write_leaf(uspan_writer_t *w, const char *name, uspan_leaf_t leaf)
{
    return uspan_write_member(w, name, leaf == USPAN_LEAF_JSON ? "" : "\"", leaf, NULL, 0u);
}
uspan_err_t uspan_write_more_n(uspan_writer_t *w, const void *data, size_t len);
static inline uspan_err_t uspan_write_more(uspan_writer_t *w, const char *text)
{
    return uspan_write_more_n(w, text, uspan_text_len(text));
}
/* Close everything that is open. Only this call detects JSON text that ended too early and removes reserved
 * spaces. */
uspan_err_t uspan_write_end(uspan_writer_t *w);

/* Begin agentscope.function.input in the form of AgentScope, {"args":[],"kwargs":{..}}. Write the members of
 * kwargs next. */
static inline uspan_err_t uspan_function_input_begin(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s)
{
    (void)uspan_write_begin(w, t, s, &uspan_key_function_input);
    (void)uspan_write_object(w, NULL);
    (void)uspan_write_array(w, "args");
    (void)uspan_write_close(w);
    return uspan_write_object(w, "kwargs");
}

#ifdef __cplusplus
}
#endif

#if (!USPAN_ENABLED || !USPAN_CONTENT) && !defined(USPAN_MESSAGE_INSIDE)
/* Checks the types of the arguments. They are not evaluated, and no function is linked. */
static inline uspan_err_t uspan_no_content(uspan_err_t never)
{
    return never;
}
#define USPAN_NO_CONTENT(call) uspan_no_content(0 ? (call) : USPAN_OK)
#define uspan_messages_begin(...) USPAN_NO_CONTENT(uspan_messages_begin(__VA_ARGS__))
#define uspan_message(...) USPAN_NO_CONTENT(uspan_message(__VA_ARGS__))
#define uspan_message_role(...) USPAN_NO_CONTENT(uspan_message_role(__VA_ARGS__))
#define uspan_message_finish(...) USPAN_NO_CONTENT(uspan_message_finish(__VA_ARGS__))
#define uspan_part_text_n(...) USPAN_NO_CONTENT(uspan_part_text_n(__VA_ARGS__))
#define uspan_part_text(...) USPAN_NO_CONTENT(uspan_part_text(__VA_ARGS__))
#define uspan_part_reasoning_n(...) USPAN_NO_CONTENT(uspan_part_reasoning_n(__VA_ARGS__))
#define uspan_part_reasoning(...) USPAN_NO_CONTENT(uspan_part_reasoning(__VA_ARGS__))
#define uspan_part_tool_call(...) USPAN_NO_CONTENT(uspan_part_tool_call(__VA_ARGS__))
#define uspan_part_tool_response(...) USPAN_NO_CONTENT(uspan_part_tool_response(__VA_ARGS__))
#define uspan_part_blob(...) USPAN_NO_CONTENT(uspan_part_blob(__VA_ARGS__))
#define uspan_part_uri(...) USPAN_NO_CONTENT(uspan_part_uri(__VA_ARGS__))
#define uspan_part_file(...) USPAN_NO_CONTENT(uspan_part_file(__VA_ARGS__))
#define uspan_part_compaction(...) USPAN_NO_CONTENT(uspan_part_compaction(__VA_ARGS__))
#define uspan_part_server_tool_call(...) USPAN_NO_CONTENT(uspan_part_server_tool_call(__VA_ARGS__))
#define uspan_part_server_tool_response(...) USPAN_NO_CONTENT(uspan_part_server_tool_response(__VA_ARGS__))
#define uspan_part(...) USPAN_NO_CONTENT(uspan_part(__VA_ARGS__))
#define uspan_tool_definition(...) USPAN_NO_CONTENT(uspan_tool_definition(__VA_ARGS__))
#define uspan_write_begin(...) USPAN_NO_CONTENT(uspan_write_begin(__VA_ARGS__))
#define uspan_function_input_begin(...) USPAN_NO_CONTENT(uspan_function_input_begin(__VA_ARGS__))
#define uspan_set_json_n(...) USPAN_NO_CONTENT(uspan_set_json_n(__VA_ARGS__))
#define uspan_set_json(...) USPAN_NO_CONTENT(uspan_set_json(__VA_ARGS__))
#define uspan_write_object(...) USPAN_NO_CONTENT(uspan_write_object(__VA_ARGS__))
#define uspan_write_array(...) USPAN_NO_CONTENT(uspan_write_array(__VA_ARGS__))
#define uspan_write_close(...) USPAN_NO_CONTENT(uspan_write_close(__VA_ARGS__))
#define uspan_write_str_n(...) USPAN_NO_CONTENT(uspan_write_str_n(__VA_ARGS__))
#define uspan_write_str(...) USPAN_NO_CONTENT(uspan_write_str(__VA_ARGS__))
#define uspan_part_of(...) USPAN_NO_CONTENT(uspan_part_of(__VA_ARGS__))
#define uspan_write_part(...) USPAN_NO_CONTENT(uspan_write_part(__VA_ARGS__))
#define uspan_write_member(...) USPAN_NO_CONTENT(uspan_write_member(__VA_ARGS__))
#define uspan_write_int(...) USPAN_NO_CONTENT(uspan_write_int(__VA_ARGS__))
#define uspan_write_double(...) USPAN_NO_CONTENT(uspan_write_double(__VA_ARGS__))
#define uspan_write_bool(...) USPAN_NO_CONTENT(uspan_write_bool(__VA_ARGS__))
#define uspan_write_null(...) USPAN_NO_CONTENT(uspan_write_null(__VA_ARGS__))
#define uspan_write_leaf(...) USPAN_NO_CONTENT(uspan_write_leaf(__VA_ARGS__))
#define uspan_write_more_n(...) USPAN_NO_CONTENT(uspan_write_more_n(__VA_ARGS__))
#define uspan_write_more(...) USPAN_NO_CONTENT(uspan_write_more(__VA_ARGS__))
#define uspan_write_end(...) USPAN_NO_CONTENT(uspan_write_end(__VA_ARGS__))
#endif
#endif
