/* wire.c: one HTTP exchange with a model, from its first byte to its outcome. Whatever the bytes are, each is
 * read once, and the caller's traffic is never waited for or changed.
 * Invariant: t is NULL exactly while no exchange is open. */
#include "wire_read.h"
#include <string.h>
#include "sse.h"

static const uspan_key_t unread_key = USPAN_KEY_INIT("uspan.wire.unread");
static const uspan_json_table_t nothing = { NULL, NULL, 0u };
/* Of a URL that no dialect knows: the span, and nothing read. */
static const uspan_wire_dialect_t unknown = { &nothing, &nothing, uspan_chat_begin,      "unknown",
                                              "chat",   NULL,     USPAN_WIRE_NO_CHOICES, NULL };

/* ---- begin --------------------------------------------------------------------------------------------- */

static size_t count_digits(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[len - 1u - n] >= '0' && text[len - 1u - n] <= '9') {
        n++;
    }
    return n;
}

/* server.address and server.port. authority: without user information. */
static void set_server(uspan_wire_t *w, const char *authority, size_t len, bool tls)
{
    size_t digits = count_digits(authority, len);
    size_t host_len = len;
    int64_t port = tls ? 443 : 80;
    if (digits > 0u && digits <= 5u && digits < len && authority[len - 1u - digits] == ':') {
        host_len = len - 1u - digits;
        port = 0;
        for (size_t at = len - digits; at < len; at++) {
            port = port * 10 + (authority[at] - '0');
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
    w->call = UINT8_MAX;
    const char *provider = NULL;
    const char *authority = url != NULL ? url + strcspn(url, ":") : "";
    size_t len = 0;
    if (strncmp(authority, "://", 3u) == 0) {
        authority += 3;
        len = strcspn(authority, "/?#");
        const char *at = memchr(authority, '@', len);
        if (at != NULL) { /* a name and a password: never recorded */
            len -= (size_t)(at + 1 - authority);
            authority = at + 1;
        }
        provider = uspan_wire_provider(authority, len);
    }
    provider = provider != NULL ? provider : w->dialect->provider;
    w->s = w->dialect->begin(t, parent, provider, NULL);
    if (len > 0u) {
        set_server(w, authority, len, strncmp(url, "http:", 5u) != 0);
    }
    if (w->dialect->api != NULL && strcmp(provider, "openai") == 0) {
        (void)uspan_set_static_n(t, w->s, &uspan_key_openai_api_type, w->dialect->api,
                                 strlen(w->dialect->api));
    }
    if ((w->dialect->traits & USPAN_WIRE_LINES) != 0u) { /* unless the request says no */
        w->flags |= USPAN_WIRE_STREAMED;
    }
    if (url != NULL) {
        uspan_wire_take_url(w, url);
    }
    return w->s;
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

static size_t feed(uspan_wire_t *w, const uspan_json_table_t *table, const char *data, size_t len)
{
    bool was_bad = uspan_json_read_is_bad(&w->json);
    size_t used = uspan_json_read_feed(&w->json, table, uspan_wire_take, w, data, len);
    if (uspan_json_read_is_bad(&w->json) && !was_bad) {
        uspan_wire_count_unread(w);
    }
    return used;
}

static void begin_document(uspan_wire_t *w)
{
    uspan_json_read_begin(&w->json);
    w->word_len = 0u;
    w->flags &= (uint16_t) ~(USPAN_WIRE_WORD_CUT | USPAN_WIRE_SKIP);
}

/* A document broke off. */
static bool is_open(const uspan_wire_t *w)
{
    return !uspan_json_read_is_blank(&w->json) && !uspan_json_read_is_done(&w->json) &&
           !uspan_json_read_is_bad(&w->json);
}

void uspan_wire_request(uspan_wire_t *w, const void *data, size_t len)
{
    if (w->t != NULL && w->phase == USPAN_WIRE_REQUEST && len > 0u) {
        (void)feed(w, w->dialect->request, data, len);
    }
}

static void end_request(uspan_wire_t *w)
{
    if (is_open(w)) {
        uspan_wire_count_unread(w);
    }
    uspan_wire_end_list(w);
    w->phase = USPAN_WIRE_RESPONSE;
    w->texts_len = 0u;
    w->texts_count = 0u;
    begin_document(w);
    uspan_wire_begin_list(w, USPAN_OUTPUT_MESSAGES);
}

/* Documents behind each other; after a bad one the next line may begin one, where lines are documents. */
static void read_documents(uspan_wire_t *w, const char *data, size_t len)
{
    const char *end = data + len;
    while (data < end) {
        data += feed(w, w->dialect->response, data, (size_t)(end - data));
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

/* Data of one event. Only an object is read: a stream of OpenAI's ends with [DONE]. Returns the bytes
 * taken. */
static size_t read_data(uspan_wire_t *w, const char *data, size_t len)
{
    if (uspan_json_read_is_blank(&w->json) && data[0] != '{') {
        if (data[0] == ' ') {
            return 1u;
        }
        w->flags |= USPAN_WIRE_SKIP;
    }
    if ((w->flags & USPAN_WIRE_SKIP) != 0u || uspan_json_read_is_done(&w->json)) {
        return 0u;
    }
    size_t used = feed(w, w->dialect->response, data, len);
    if (uspan_json_read_is_done(&w->json)) {
        w->flags |= USPAN_WIRE_ANSWERED;
    }
    return used;
}

static void read_events(uspan_wire_t *w, const char *data, size_t len)
{
    const char *end = data + len;
    uspan_sse_t sse = { w->sse };
    for (uspan_sse_next_t next = uspan_sse_next(&sse, &data, end); next != USPAN_SSE_MORE;
         next = uspan_sse_next(&sse, &data, end)) {
        if (next == USPAN_SSE_END) {
            if (is_open(w)) {
                uspan_wire_count_unread(w);
            }
            begin_document(w);
            continue;
        }
        size_t used = read_data(w, data, (size_t)(end - data));
        data += used;
        if (used == 0u) {
            uspan_sse_pass(&sse);
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
    }
    while (w->form == USPAN_WIRE_UNKNOWN && len > 0u) {
        if (*text == '{' || *text == '[') {
            w->form = USPAN_WIRE_WHOLE;
        } else if (*text != ' ' && *text != '\n' && *text != '\r' && *text != '\t') {
            w->form = USPAN_WIRE_EVENTS;
            w->flags |= USPAN_WIRE_STREAMED;
            w->json.line = true;
        } else {
            text++;
            len--;
        }
    }
    if (w->form == USPAN_WIRE_EVENTS) {
        read_events(w, text, len);
    } else if (len > 0u) {
        read_documents(w, text, len);
    }
}

/* ---- end ----------------------------------------------------------------------------------------------- */

static uint32_t told(const uspan_wire_t *w, unsigned kind)
{
    return w->tokens[kind] > 0 ? (uint32_t)w->tokens[kind] : 0u;
}

static uspan_tokens_t tokens_of(const uspan_wire_t *w)
{
    uspan_tokens_t tokens = { told(w, USPAN_WIRE_INPUT), told(w, USPAN_WIRE_OUTPUT),
                              told(w, USPAN_WIRE_CACHE_READ), told(w, USPAN_WIRE_CACHE_CREATION),
                              told(w, USPAN_WIRE_REASONING) };
    if ((w->dialect->traits & USPAN_WIRE_INPUT_UNCACHED) != 0u) {
        tokens.input += tokens.cache_read + tokens.cache_creation;
    }
    if ((w->dialect->traits & USPAN_WIRE_OUTPUT_UNREASONED) != 0u) {
        tokens.output += tokens.reasoning;
    }
    return tokens;
}

/* The answer is not all of one. */
static const char *fault_of(const uspan_wire_t *w)
{
    if (w->phase == USPAN_WIRE_REQUEST || w->texts_count > 0u || w->dialect == &unknown) {
        return NULL;
    }
    bool ends = (w->dialect->traits & USPAN_WIRE_NO_CHOICES) != 0u || (w->flags & USPAN_WIRE_STREAMED) == 0u;
    if ((w->flags & USPAN_WIRE_ANSWERED) != 0u && ends && !is_open(w)) {
        return NULL;
    }
    return uspan_json_read_is_bad(&w->json) ? "the answer is malformed" : "the answer broke off";
}

/* Why the exchange failed; false: it did not. digits: for a status. */
static bool find_error(uspan_wire_t *w, int http_status, const char **type, const char **message,
                       char digits[4])
{
    *message = uspan_wire_error(w);
    if (*type != NULL) {
        return true;
    }
    if (http_status >= 400 && http_status <= 999) {
        digits[0] = (char)('0' + http_status / 100);
        digits[1] = (char)('0' + http_status / 10 % 10);
        digits[2] = (char)('0' + http_status % 10);
        digits[3] = '\0';
        *type = digits;
        *message = w->error_len > 0u ? *message : w->error_type;
        return true;
    }
    if ((w->flags & USPAN_WIRE_FAILED) != 0u) {
        *type = w->error_type[0] != '\0' ? w->error_type : "_OTHER";
        return true;
    }
    *message = fault_of(w);
    *type = "parse_error";
    return *message != NULL;
}

uspan_err_t uspan_wire_end(uspan_wire_t *w, int http_status, const char *error)
{
    if (w->t == NULL) {
        return USPAN_ERR_STALE;
    }
    uspan_tracer_t *t = w->t;
    char digits[4];
    const char *message = NULL;
    uspan_wire_end_list(w);
    bool failed = find_error(w, http_status, &error, &message, digits);
    if (is_open(w)) {
        uspan_wire_count_unread(w);
    }
    w->t = NULL;
    if (w->unread > 0u) {
        (void)uspan_set_int(t, w->s, &unread_key, w->unread);
    }
    error = failed ? error : NULL;
    message = failed ? message : NULL;
    if (w->dialect->begin == uspan_embeddings_begin) {
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
        .usage = tokens_of(w),
    };
    return uspan_chat_end(t, w->s, &r);
}
