/* post.c: a transport that uses the HTTP client of the platform (post.h). It splits the bytes that uspan
 * sends into header lines and a body for the client, and writes the client's report as an HTTP/1.1 response
 * for uspan. Called through uspan_transport_t. Invariant: until begin() has ended, the buffer holds the head
 * of the request. From then on it holds the response: first header lines, then the body. USPAN_RESPONSE_BYTES
 * and one more byte of the body always fit. */
#include "export/window.h" /* uspan's own side of the headers, before post.h */
#include "uspan/post.h"
#include "export/log_line.h"
#include "trace/ascii.h"

/* FAILED: last_error_text() is still valid, and end() was not called yet. */
enum { CLOSED, HEAD, BEGINNING, RUNNING, ANSWERED, FAILED };

/* uspan reads USPAN_RESPONSE_BYTES of a body. The extra byte shows that the body was longer. */
#define BODY_MAX ((size_t)USPAN_RESPONSE_BYTES + 1u)
/* Bytes of a header value that are kept. The response parser uses fewer. */
#define VALUE_MAX 96u

/* ---- the request's head -------------------------------------------------------------------------------- */

static uspan_err_t give_up(uspan_post_t *p, uspan_err_t err, const char *why)
{
    p->state = FAILED;
    p->why = why;
    uspan_wipe(p->buffer, p->buffer_bytes);
    return err;
}

/* End the text at the first `end` with a 0. Returns the position after it. */
static char *cut_text(char *from, char end)
{
    char *to = strchr(from, end);
    if (to == NULL) {
        return from + strlen(from);
    }
    *to = '\0';
    return to + 1;
}

static uint32_t read_number(const char *text)
{
    uint32_t number = 0;
    for (; (unsigned)(uint8_t)*text - '0' < 10u; text++) {
        number = number * 10u + (uint8_t)*text - '0';
    }
    return number;
}

/* Split "POST /path HTTP/1.1" and the header lines into texts. Each "Name: value" becomes two texts.
 * http_request.c wrote the head, so no value has a control character. */
static void take_apart(uspan_post_t *p)
{
    char *at = p->buffer;
    p->buffer[p->len] = '\0';
    p->method = at;
    p->path = at = cut_text(at, ' ');
    at = cut_text(at, ' ');
    at = cut_text(at, '\n');
    p->lines = (size_t)(at - p->buffer);
    p->body_len = 0;
    while (*at != '\0' && *at != '\r') {
        const char *name = at, *value = at = cut_text(at, ':');
        at = cut_text(at, '\r');
        at += *at == '\n';
        if (uspan_word_index("content-length\0", name, strlen(name)) != 0u) {
            p->body_len = read_number(value + 1);
        }
    }
    *at = '\0';
}

/* Add bytes to the head. Returns the number of bytes that belong to the head, or an error if they do not
 * fit. */
static int32_t take_head(uspan_post_t *p, const uint8_t *buf, size_t len)
{
    size_t n = 0;
    while (n < len && p->newlines < 2u) {
        if (p->len + 1u >= p->buffer_bytes) {
            return give_up(p, USPAN_ERR_CONFIG,
                           USPAN_WORDS("path and headers do not fit: give uspan_post_init() a larger buffer",
                                       "post buffer"));
        }
        char c = (char)buf[n++];
        p->buffer[p->len++] = c;
        p->newlines = c == '\n' ? (uint8_t)(p->newlines + 1u) : c == '\r' ? p->newlines : 0u;
    }
    if (p->newlines == 2u) {
        take_apart(p);
        p->state = BEGINNING;
    }
    return (int32_t)n;
}

bool uspan_post_header(const uspan_post_t *p, size_t *pos, const char **name, const char **value)
{
    static const char own[] = "host\0content-length\0connection\0";
    if (p->state != BEGINNING) {
        return false;
    }
    for (const char *at = p->buffer + p->lines + *pos; *at != '\0';) {
        *name = at;
        *value = at + strlen(at) + 2u; /* after ": " */
        at = *value + strlen(*value) + 2u;
        *pos = (size_t)(at - p->buffer) - p->lines;
        if (uspan_word_index(own, *name, strlen(*name)) == 0u) {
            return true;
        }
    }
    return false;
}

/* ---- the engine ---------------------------------------------------------------------------------------- */

/* Call the engine once. Returns USPAN_OK unless the exchange has failed. */
static uspan_err_t step_engine(uspan_post_t *p)
{
    const uspan_post_engine_t *engine = p->engine;
    uspan_err_t err = USPAN_OK;
    if (p->state == BEGINNING) {
        err = engine->begin(engine->ctx, p);
        if (err >= USPAN_OK) {
            p->state = RUNNING;
            p->method = p->path = "";
            uspan_wipe(p->buffer, p->buffer_bytes); /* headers may be secret */
            p->len = 0;
        }
    } else if (p->state == RUNNING) {
        err = engine->step(engine->ctx, p);
        if (err >= USPAN_OK && p->status - 100u >= 900u) {
            return give_up(p, USPAN_ERR_IO, USPAN_WORDS("the HTTP client gave no status", "post status"));
        }
        p->state = err >= USPAN_OK ? ANSWERED : RUNNING;
    }
    if (err < USPAN_OK && err != USPAN_ERR_AGAIN) {
        return give_up(p, err, "");
    }
    return USPAN_OK;
}

size_t uspan_post_peek(const uspan_post_t *p, const uint8_t **bytes)
{
    *bytes = p->source;
    return p->source_len;
}

size_t uspan_post_read(uspan_post_t *p, uint8_t *out, size_t cap)
{
    size_t n = cap < p->source_len ? cap : p->source_len;
    if (n == 0u) {
        return 0;
    }
    if (out != NULL) {
        memcpy(out, p->source, n);
    }
    p->source += n;
    p->source_len -= n;
    p->body_taken += (uint32_t)n;
    return n;
}

/* ---- the answer ---------------------------------------------------------------------------------------- */

void uspan_post_answer_status(uspan_post_t *p, unsigned status)
{
    p->status = p->state == RUNNING && status <= UINT16_MAX ? (uint16_t)status : p->status;
}

void uspan_post_answer_header(uspan_post_t *p, const char *name, const char *value)
{
    static const char wanted[] = "retry-after\0content-type\0location\0date\0";
    const size_t name_len = strlen(name);
    size_t len = 0;
    while (len < VALUE_MAX && ((uint8_t)value[len] >= ' ' || value[len] == '\t')) {
        len++; /* stop at a control character, so that a value cannot add a line */
    }
    if (p->state != RUNNING || p->body > 0u || uspan_word_index(wanted, name, name_len) == 0u ||
        p->len + name_len + len + 4u > p->buffer_bytes - BODY_MAX) {
        return;
    }
    uspan_window_t w = { .out = (uint8_t *)p->buffer + p->len, .cap = p->buffer_bytes - p->len };
    uspan_window_put(&w, name, name_len);
    uspan_window_text(&w, ": ");
    uspan_window_put(&w, value, len);
    uspan_window_text(&w, "\r\n");
    p->len += w.at;
}

void uspan_post_answer_body(uspan_post_t *p, const void *data, size_t len)
{
    const size_t room = BODY_MAX - p->body;
    const size_t n = len < room ? len : room;
    if (p->state == RUNNING && n > 0u) {
        memcpy(p->buffer + p->len + p->body, data, n);
        p->body += n;
    }
}

/* Copy the next bytes of the response to buf. Returns their number, or USPAN_ERR_CLOSED at the end. */
static int32_t give_answer(uspan_post_t *p, uint8_t *buf, size_t len)
{
    uspan_window_t w = { .out = buf, .from = p->at, .cap = len };
    uspan_window_text(&w, "HTTP/1.1 ");
    uspan_window_number(&w, p->status);
    uspan_window_text(&w, "\r\nConnection: close\r\n");
    uspan_window_put(&w, p->buffer, p->len);
    uspan_window_text(&w, "\r\n");
    uspan_window_put(&w, p->buffer + p->len, p->body);
    const size_t left = w.at - p->at;
    const size_t n = left < len ? left : len;
    p->at += n;
    return n > 0u ? (int32_t)n : USPAN_ERR_CLOSED;
}

/* ---- transport ----------------------------------------------------------------------------------------- */

static uspan_err_t open_post(void *ctx, const uspan_peer_t *peer)
{
    uspan_post_t *p = ctx;
    size_t len = strlen(peer->host);
    len = len < sizeof p->host_text ? len : sizeof p->host_text - 1u;
    memcpy(p->host_text, peer->host, len);
    p->host_text[len] = '\0';
    p->host = p->host_text;
    p->port = peer->port;
    p->state = HEAD;
    p->why = "";
    p->newlines = 0;
    p->status = 0;
    p->body_taken = 0;
    p->len = p->body = p->at = 0;
    return USPAN_OK;
}

static int32_t send_post(void *ctx, const uint8_t *buf, size_t len)
{
    uspan_post_t *p = ctx;
    if (p->state == HEAD) {
        return take_head(p, buf, len);
    }
    if (p->state == CLOSED || p->state == FAILED) {
        return USPAN_ERR_IO;
    }
    const size_t offered = p->state == RUNNING ? len : 0u; /* begin() gets no bytes of the body */
    p->source = buf;
    p->source_len = offered;
    uspan_err_t err = step_engine(p);
    int32_t n = (int32_t)(offered - p->source_len);
    p->source = NULL;
    p->source_len = 0;
    return err != USPAN_OK ? err : n;
}

static int32_t recv_post(void *ctx, uint8_t *buf, size_t len)
{
    uspan_post_t *p = ctx;
    if (p->state < BEGINNING || p->state == FAILED) {
        return USPAN_ERR_IO;
    }
    /* While bytes of the body are left, send_post() calls the engine, which can report an early response
     * there. */
    uspan_err_t err = p->body_taken < p->body_len ? USPAN_OK : step_engine(p);
    if (err != USPAN_OK) {
        return err;
    }
    return p->state == ANSWERED ? give_answer(p, buf, len) : 0;
}

static void close_post(void *ctx)
{
    uspan_post_t *p = ctx;
    p->state = CLOSED;
    p->engine->end(p->engine->ctx);
    uspan_wipe(p->buffer, p->buffer_bytes);
}

static const char *why_post(void *ctx)
{
    const uspan_post_t *p = ctx;
    return p->why[0] != '\0' ? p->why : p->engine->last_error_text(p->engine->ctx);
}

uspan_err_t uspan_post_init_sized(uspan_post_t *p, const uspan_post_engine_t *engine, char *buffer,
                                  size_t buffer_bytes, uspan_transport_t *out, size_t post_size)
{
    if (post_size != sizeof *p || p == NULL || engine == NULL || buffer == NULL || out == NULL ||
        engine->abi != USPAN_POST_ABI || engine->begin == NULL || engine->step == NULL ||
        engine->end == NULL || engine->last_error_text == NULL || buffer_bytes < USPAN_POST_BUFFER_MIN) {
        return USPAN_ERR_ARG;
    }
    memset(p, 0, sizeof *p);
    p->engine = engine;
    p->buffer = buffer;
    p->buffer_bytes = buffer_bytes;
    p->method = p->path = p->host = p->why = "";
    *out = (uspan_transport_t){
        .abi = USPAN_TRANSPORT_ABI,
        .flags = engine->flags & USPAN_TRANSPORT_SECURE,
        .ctx = p,
        .open = open_post,
        .send = send_post,
        .recv = recv_post,
        .close = close_post,
        .last_error_text = why_post,
    };
    return USPAN_OK;
}
