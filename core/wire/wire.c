/* wire.c: reads one HTTP exchange with a model, from its URL to its result. The application calls it through
 * wire.h, and wire_begin.c calls uspan_wire_begin_as(). Each byte is read once. The caller's traffic is not
 * delayed or changed. Invariant: t is NULL if no exchange is open. */
#include "wire/wire_attrs.h"
#include <string.h>
#include "trace/decimal.h"
#include "trace/utf8.h"
#include "wire/sse.h"
#include "wire/wire_calls.h"
#include "wire/wire_choice.h"
#include "wire/wire_collect.h"
#include "wire/wire_errors.h"
#include "wire/wire_messages.h"
#include "wire/wire_url.h"

#define OTHER_EVENT 1u      /* event_hash of a name that is not needed */
#define CLIENT_TEXT_MAX 48u /* bytes of the client's text, if the server sent a text too */

static const uspan_key_t unread_key = USPAN_KEY_INIT("uspan.wire.unread");
static const uspan_json_table_t nothing = { NULL, NULL, 0u, false, NULL };
/* For a URL without a known dialect. The span is recorded, but the bodies are skipped. */
static const uspan_wire_dialect_t unknown = { &nothing,  &nothing,        NULL,
                                              "unknown", USPAN_WIRE_CHAT, USPAN_WIRE_NO_CHOICES };

/* ---- begin --------------------------------------------------------------------------------------------- */

/* Returns the number of digits at the end of text. */
static size_t count_digits(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[len - 1u - n] >= '0' && text[len - 1u - n] <= '9') {
        n++;
    }
    return n;
}

/* Set server.address and server.port. authority: without user name and password. */
static void set_server(uspan_wire_t *w, const char *authority, size_t len, bool tls)
{
    size_t digits = count_digits(authority, len);
    size_t host_len = len;
    unsigned port = tls ? 443u : 80u;
    if (digits > 0u && digits <= 5u && digits < len && authority[len - 1u - digits] == ':') {
        host_len = len - 1u - digits;
        port = 0u;
        for (size_t at = len - digits; at < len; at++) {
            port = port * 10u + (unsigned)(authority[at] - '0');
        }
    }
    if (host_len > 2u && authority[0] == '[' && authority[host_len - 1u] == ']') {
        authority++;
        host_len -= 2u;
    }
    (void)uspan_set_str_n(w->t, w->s, &uspan_key_server_address, authority, host_len);
    (void)uspan_set_int(w->t, w->s, &uspan_key_server_port, port);
}

uspan_t uspan_wire_begin_as(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *url,
                            const uspan_wire_dialect_t *dialect)
{
    memset(w, 0, sizeof *w);
    memset(w->tokens, 0xFF, sizeof w->tokens);
    w->t = t;
    w->dialect = dialect != NULL ? dialect : &unknown;
    w->unit_tail = USPAN_NO_INDEX;
    unsigned traits = w->dialect->traits;
    w->known = (traits & (USPAN_WIRE_CHAT_API | USPAN_WIRE_RESPONSES_API)) ==
               0u; /* the first bit: the tier has an attribute for OpenAI only */
    w->text_hash = USPAN_WIRE_HASH_BEGIN;
    const char *provider = NULL;
    const char *authority = url != NULL ? url + strcspn(url, ":") : "";
    size_t len = 0;
    if (strncmp(authority, "://", 3u) == 0) {
        authority += 3;
        len = strcspn(authority, "/?#");
        /* User name and password are never recorded. A password may contain an unescaped '@'. */
        for (const char *at; (at = memchr(authority, '@', len)) != NULL; authority = at + 1) {
            len -= (size_t)(at + 1 - authority);
        }
        provider = uspan_wire_provider(authority, len);
    }
    provider = provider != NULL ? provider : w->dialect->provider;
    if (strncmp(provider, "gcp.", 4u) == 0) {
        w->flags |= USPAN_WIRE_TOTAL_COUNTS; /* Gemini with OpenAI's dialect counts thoughts only there */
    }
    uspan_t (*begin)(uspan_tracer_t *, uspan_t, const char *, const char *) =
        (traits & USPAN_WIRE_EMBEDDINGS) != 0u ? uspan_embeddings_begin : uspan_chat_begin;
    w->s = begin(t, parent, provider, NULL);
    (void)uspan_set_static(t, w->s, &uspan_key_operation_name, uspan_wire_operations[w->dialect->operation]);
    if (len > 0u) {
        set_server(w, authority, len, strncmp(url, "http:", 5u) != 0);
    }
    if (w->known == 0u && strcmp(provider, "openai") == 0) {
        (void)uspan_set_static(t, w->s, &uspan_key_openai_api_type,
                               (traits & USPAN_WIRE_CHAT_API) != 0u ? "chat_completions" : "responses");
    }
    if ((traits & USPAN_WIRE_LINES) != 0u) { /* unless the request disables it */
        w->flags |= USPAN_WIRE_STREAMED;
    } else { /* the end of a line does not end a document */
        w->json.line = true;
    }
    if (url != NULL) {
        uspan_wire_take_url(w, url);
    }
    return w->s;
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

static bool ends_line(char c)
{
    return c == '\n' || c == '\r';
}

/* Pass bytes of a document to the JSON reader. A malformed document is counted once. Returns the number of
 * bytes read. */
static size_t feed(uspan_wire_t *w, const char *data, size_t len)
{
    const uspan_json_table_t *table =
        w->phase == USPAN_WIRE_REQUEST ? w->dialect->request : w->dialect->response;
    bool was_bad = uspan_json_read_is_bad(&w->json);
    size_t used = uspan_json_read_feed(&w->json, table, uspan_wire_on_value, w, data, len);
    if (uspan_json_read_is_bad(&w->json) && !was_bad) {
        uspan_wire_count_unread(w);
    }
    return used;
}

/* Read bytes of a document that is not the data of an event. With json.line, a line feed in a string is read
 * as if it were escaped, and other line ends are skipped. Returns the number of bytes read. */
static size_t feed_lines(uspan_wire_t *w, const char *data, size_t len)
{
    size_t used = feed(w, data, len);
    while (used < len && w->json.line && ends_line(data[used]) && !uspan_json_read_is_done(&w->json) &&
           !uspan_json_read_is_bad(&w->json)) {
        if (data[used] == '\n' && uspan_json_read_in_string(&w->json)) {
            (void)feed(w, "\\n", 2u);
        }
        used++;
        used += feed(w, data + used, len - used);
    }
    return used;
}

/* Prepare for the next document. One that is incomplete or malformed ends here. */
static void begin_document(uspan_wire_t *w)
{
    if (!uspan_json_read_is_blank(&w->json) && !uspan_json_read_is_done(&w->json)) {
        uspan_wire_break_off(w);
    }
    uspan_json_read_begin(&w->json);
    w->word_len = w->value_len = 0u;
    w->text_hash = USPAN_WIRE_HASH_BEGIN;
    w->flags &= ~(USPAN_WIRE_WORD_CUT | USPAN_WIRE_BLANK | USPAN_WIRE_LOST);
}

/* Returns true if a document was begun and is neither complete nor malformed. */
static bool is_open(const uspan_wire_t *w)
{
    return !uspan_json_read_is_blank(&w->json) && !uspan_json_read_is_done(&w->json) &&
           !uspan_json_read_is_bad(&w->json);
}

/* Returns the length of white space, control characters and byte order marks before a body. */
USPAN_NOINLINE static size_t skip_lead(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && (int8_t)text[n] <= ' ') {
        n++;
    }
    return n;
}

void uspan_wire_request(uspan_wire_t *w, const void *data, size_t len)
{
    if (w->t != NULL && w->phase == USPAN_WIRE_REQUEST && len > 0u) {
        size_t lead = uspan_json_read_is_blank(&w->json) ? skip_lead(data, len) : 0u;
        (void)feed_lines(w, (const char *)data + lead, len - lead);
    }
}

static void end_request(uspan_wire_t *w)
{
    bool broke_off = is_open(w);
    begin_document(w);
    if (broke_off) {
        uspan_wire_count_unread(w);
    }
    uspan_wire_end_list(w);
    w->phase = USPAN_WIRE_RESPONSE;
    w->texts_len = 0u;
    w->texts_count = 0u;
    uspan_wire_begin_list(w, USPAN_OUTPUT_MESSAGES);
}

/* Read documents that follow each other. After a malformed document the rest is skipped. If the dialect has
 * one document per line, reading continues at the next line. */
static void read_documents(uspan_wire_t *w, const char *data, size_t len)
{
    const char *end = data + len;
    while (data < end) {
        if (*data != '{' && uspan_wire_is(w, USPAN_WIRE_ANSWERED) && uspan_json_read_is_blank(&w->json)) {
            data++; /* between documents, for example "data:" of the next event */
            continue;
        }
        data += feed_lines(w, data, (size_t)(end - data));
        if (uspan_json_read_is_done(&w->json)) {
            w->flags |= USPAN_WIRE_ANSWERED;
            begin_document(w);
        } else if (uspan_json_read_is_bad(&w->json)) {
            const char *line = memchr(data, '\n', (size_t)(end - data));
            if ((w->dialect->traits & USPAN_WIRE_LINES) == 0u || line == NULL) {
                return;
            }
            data = line + 1;
            begin_document(w);
        }
    }
}

/* Read data of one event before its document, or in its place. Only [DONE], in any case, means that the
 * answer is complete. Other words hide what follows in the event. Returns the number of bytes read. */
static size_t read_words(uspan_wire_t *w, const char *data, size_t len)
{
    size_t at = 0;
    for (; at < len && !ends_line(data[at]) && (data[at] != '{' || w->text_hash != USPAN_WIRE_HASH_BEGIN);
         at++) {
        if (data[at] == ':' && w->text_hash == USPAN_JSON_PATH("data")) { /* "data:" may be sent twice */
            w->text_hash = USPAN_WIRE_HASH_BEGIN;
        } else if (strchr(" \t[],\":", data[at]) == NULL) {
            bool was_end = w->text_hash == USPAN_JSON_PATH("done");
            w->text_hash = USPAN_JSON_HASH(w->text_hash, data[at] | 0x20);
            w->flags &= ~(was_end ? USPAN_WIRE_ENDED : 0u);
            w->flags |= w->text_hash == USPAN_JSON_PATH("done") ? USPAN_WIRE_ENDED : 0u;
        }
    }
    return at;
}

/* Read data of one event. Objects are read one after another, also those of a list. Returns the number of
 * bytes read. 0: skip the rest of the line. */
static size_t read_data(uspan_wire_t *w, uspan_sse_t *sse, const char *data, size_t len)
{
    bool begins = uspan_json_read_is_blank(&w->json);
    if (begins && (data[0] != '{' || w->text_hash != USPAN_WIRE_HASH_BEGIN)) {
        return read_words(w, data, len);
    }
    size_t used = feed(w, data, len);
    sse->in_text = false;
    if (uspan_json_read_is_done(&w->json)) {
        w->flags |= USPAN_WIRE_ANSWERED;
        begin_document(w);
    } else {
        sse->in_text = uspan_json_read_in_string(&w->json);
    }
    return used;
}

static void end_event(uspan_wire_t *w)
{
    if (is_open(w)) {
        uspan_wire_count_unread(w);
    }
    if (w->event_hash == USPAN_JSON_PATH("error") && !uspan_wire_is(w, USPAN_WIRE_ENDED)) {
        w->flags |= USPAN_WIRE_FAILED; /* even if its data are not JSON */
    }
    begin_document(w);
    w->event_hash = 0u;
}

/* Read bytes of an event's name. It is needed if it starts like "error", or if it may replace the type in the
 * data. Returns the position after these bytes. */
static const char *read_name(uspan_wire_t *w, const char *data, const char *end)
{
    bool wanted = (w->dialect->traits & USPAN_WIRE_NAMED_EVENTS) != 0u;
    if (w->event_hash == 0u) {
        w->event_hash = wanted || *data == 'e' ? USPAN_WIRE_HASH_BEGIN : OTHER_EVENT;
    }
    const char *from = data;
    while (data < end && !ends_line(*data)) {
        data++;
    }
    if (w->event_hash != OTHER_EVENT) {
        w->event_hash = uspan_wire_hash(w->event_hash, from, (size_t)(data - from));
    }
    return data;
}

/* Read a line that continues an open string, or a blank line in it. A line end that is not escaped is in the
 * string, if no field follows it. A blank line ends the event only when the next field shows it. Returns
 * false if the line is none of these. */
USPAN_NOINLINE static bool read_text_line(uspan_wire_t *w, uspan_sse_t *sse, uspan_sse_next_t next)
{
    const char *text = "";
    size_t begun = 0;
    bool was_blank = uspan_wire_is(w, USPAN_WIRE_BLANK);
    if (next == USPAN_SSE_TEXT) {
        begun = uspan_sse_begin_text(sse, &text);
    } else if (next != USPAN_SSE_END) {
        if (was_blank) {
            end_event(w);
            sse->in_text = false;
        }
        return false;
    }
    if (was_blank || next == USPAN_SSE_TEXT) {
        (void)feed(w, "\\n\\n", was_blank && next == USPAN_SSE_TEXT ? 4u : 2u);
    }
    w->flags = next == USPAN_SSE_TEXT ? w->flags & ~USPAN_WIRE_BLANK : w->flags | USPAN_WIRE_BLANK;
    (void)feed(w, text, begun);
    return true;
}

static void read_events(uspan_wire_t *w, const char *data, size_t len)
{
    const char *end = data + len;
    uspan_sse_t sse = { w->sse, uspan_json_read_in_string(&w->json) };
    for (uspan_sse_next_t next = uspan_sse_next(&sse, &data, end); next != USPAN_SSE_MORE;
         next = uspan_sse_next(&sse, &data, end)) {
        if (sse.in_text && read_text_line(w, &sse, next)) {
            continue;
        }
        if (next == USPAN_SSE_END) {
            end_event(w);
        } else if (next == USPAN_SSE_ERROR) {
            w->event_hash = USPAN_JSON_PATH("error");
        } else if (next == USPAN_SSE_NAME) {
            data = read_name(w, data, end);
        } else if (uspan_sse_is_bare(&sse)) {
            w->form = USPAN_WIRE_WHOLE;
            begin_document(w);
            read_documents(w, data, (size_t)(end - data));
            return;
        } else {
            size_t used = read_data(w, &sse, data, (size_t)(end - data));
            data += used;
            if (used == 0u) {
                uspan_sse_pass(&sse);
            }
        }
    }
    w->sse = sse.state;
}

void uspan_wire_response(uspan_wire_t *w, const void *data, size_t len)
{
    const char *text = data;
    if (w->t == NULL || len == 0u) {
        return;
    }
    if (w->phase == USPAN_WIRE_REQUEST) {
        end_request(w);
        if (w->dialect == &unknown) {
            uspan_wire_count_unread(w);
        }
    }
    if (w->form == USPAN_WIRE_UNKNOWN) {
        size_t lead = skip_lead(text, len);
        text += lead;
        len -= lead;
        if (len > 0u && (*text == '{' || *text == '[')) {
            w->form = USPAN_WIRE_WHOLE;
        } else if (len > 0u) {
            w->form = USPAN_WIRE_EVENTS;
            w->flags |= USPAN_WIRE_STREAMED;
            w->json.line = true;
        }
    }
    if (w->form == USPAN_WIRE_EVENTS) {
        read_events(w, text, len);
    } else if (len > 0u) {
        read_documents(w, text, len);
    }
}

/* ---- end ----------------------------------------------------------------------------------------------- */

/* Returns what is missing or wrong in the answer, or NULL. */
static const char *fault_of(const uspan_wire_t *w, int http_status)
{
    if (w->dialect != &unknown && w->phase == USPAN_WIRE_REQUEST) {
        return http_status >= 200 && http_status <= 299 ? "the answer is empty" : NULL;
    }
    if (w->dialect == &unknown || w->texts_count > 0u) {
        return NULL;
    }
    bool comes_whole = w->form == USPAN_WIRE_WHOLE && ((w->dialect->traits & USPAN_WIRE_LINES) == 0u ||
                                                       !uspan_wire_is(w, USPAN_WIRE_STREAMED));
    bool ends = uspan_wire_is(w, USPAN_WIRE_ENDED) || comes_whole;
    bool needs_choice = (w->dialect->traits & USPAN_WIRE_NO_CHOICES) == 0u;
    if (uspan_wire_is(w, USPAN_WIRE_ANSWERED) && !is_open(w) && (ends || !needs_choice)) {
        return needs_choice && !uspan_wire_is(w, USPAN_WIRE_SEEN) ? "the answer has no choices" : NULL;
    }
    return uspan_json_read_is_bad(&w->json) ? "the answer is malformed" : "the answer broke off";
}

/* Find out why the exchange failed. Returns false if it did not fail.
 *   type    in: the client's text, or NULL. Out: error.type. An HTTP status is more precise than the client's
 *           text, which is put into the message then
 *   digits  memory for the status as text
 *   text    memory for the message */
static bool find_error(uspan_wire_t *w, int http_status, const char **type, const char **message,
                       char digits[4], char text[USPAN_WIRE_ERROR_BYTES])
{
    bool has_status = http_status >= 400 && http_status <= 999;
    const char *client = has_status && *type != NULL ? *type : "";
    size_t at = uspan_utf8_cut(client, strlen(client), CLIENT_TEXT_MAX);
    memcpy(text, client, at);
    memcpy(text + at, ": ", 2u);
    char *server = text + at + (at > 0u ? 2u : 0u);
    size_t room = USPAN_WIRE_ERROR_BYTES - (size_t)(server - text);
    server[uspan_utf8_cut(server, uspan_wire_error(w, server, room), room - 1u)] = '\0';
    *message = server;
    if (has_status) {
        digits[3] = '\0';
        *type = uspan_int_text(http_status, digits + 3);
        if (server[0] == '\0') {
            memcpy(server, w->error_type, sizeof w->error_type);
        }
        *message = server[0] != '\0' ? text : client;
        return true;
    }
    if (*type != NULL) {
        return true;
    }
    if (uspan_wire_is(w, USPAN_WIRE_FAILED)) {
        *type = w->error_type[0] != '\0' ? w->error_type : "_OTHER";
        return true;
    }
    *message = fault_of(w, http_status);
    *type = "parse_error";
    return *message != NULL;
}

/* End the span with what the answer said. Not inlined: its stack is not needed before. */
USPAN_NOINLINE static uspan_err_t end_span(uspan_wire_t *w, int http_status, const char *error)
{
    uspan_tracer_t *t = w->t;
    char digits[4];
    char text[USPAN_WIRE_ERROR_BYTES];
    const char *message = NULL;
    bool failed = find_error(w, http_status, &error, &message, digits, text);
    w->t = NULL;
    if (w->unread > 0u) {
        (void)uspan_set_int(t, w->s, &unread_key, w->unread);
    }
    error = failed ? error : NULL;
    message = failed ? message : NULL;
    if ((w->dialect->traits & USPAN_WIRE_EMBEDDINGS) != 0u) {
        const uspan_embeddings_result_t r = {
            .error_type = error,
            .error_message = message,
            .input_tokens = { w->tokens[USPAN_WIRE_INPUT] >= 0, w->tokens[USPAN_WIRE_INPUT] },
        };
        return uspan_embeddings_end(t, w->s, &r);
    }
    const char *reasons[USPAN_WIRE_TEXTS_MAX + 1u];
    size_t count = w->phase == USPAN_WIRE_RESPONSE ? uspan_wire_texts(w, reasons) : 0u;
    reasons[count] = NULL;
    const uspan_chat_result_t r = {
        .error_type = error,
        .error_message = message,
        .finish_reasons = count > 0u ? reasons : NULL,
        .usage = uspan_wire_tokens_of(w),
    };
    return uspan_chat_end(t, w->s, &r);
}

uspan_err_t uspan_wire_end(uspan_wire_t *w, int http_status, const char *error)
{
    if (w->t == NULL) {
        return USPAN_ERR_STALE;
    }
    bool broke_off = is_open(w);
    if (!uspan_json_read_is_blank(&w->json)) {
        uspan_wire_break_off(w);
    }
    bool failed = error != NULL || http_status >= 400 || uspan_wire_is(w, USPAN_WIRE_FAILED) ||
                  fault_of(w, http_status) != NULL;
    w->flags = failed ? w->flags & ~USPAN_WIRE_ENDED : w->flags | USPAN_WIRE_ENDED;
    if (w->phase == USPAN_WIRE_RESPONSE) {
        uspan_wire_end_message(w);
    }
    uspan_wire_end_list(w);
    uspan_wire_drop_calls(w);
    if (broke_off) {
        uspan_wire_count_unread(w);
    }
    return end_span(w, http_status, error);
}
