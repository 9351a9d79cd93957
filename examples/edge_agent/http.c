/* http.c: makes one POST from connect to close. http->wait runs the loop of the caller.
 * Invariant: only http->wait waits. No step is made after the deadline, even if bytes still arrive. */
#include "http.h"
#include "text.h"

#ifndef EDGE_HEAD_MAX
#define EDGE_HEAD_MAX 1024 /* bytes of a request head */
#endif

enum { LINE_BYTES = 96, WAIT_MS = 5 };

typedef enum part { STATUS, HEADER, BODY, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILER, DONE, BROKEN } part_t;

typedef struct answer {
    const http_request_t *request;
    part_t part;
    int status;
    bool is_chunked, has_length;
    unsigned long left;        /* bytes left in the body or the chunk */
    char line[LINE_BYTES];     /* a longer line is cut, and no header that is read is longer */
    size_t line_len, line_was; /* lengths of the line that is being read and of the last one */
} answer_t;

static bool is_named(const char *line, const char *name)
{
    for (; *name != '\0'; line++, name++) {
        char lower = *line >= 'A' && *line <= 'Z' ? (char)(*line + ('a' - 'A')) : *line;
        if (lower != *name) {
            return false;
        }
    }
    return true;
}

/* Read a number of a base up to 16 after spaces. Returns false if there is none or it is too large. */
static bool read_number(const char *line, unsigned base, unsigned long *n)
{
    bool any = false;
    line += strspn(line, " ");
    for (*n = 0; *line != '\0'; line++) {
        char lower = (char)(*line | 0x20); /* digits have this bit already */
        unsigned digit = lower >= '0' && lower <= '9'   ? (unsigned)(lower - '0')
                         : lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10u
                                                        : base;
        if (digit >= base) {
            return any;
        }
        if (*n > ((unsigned long)-1 - digit) / base) {
            return false;
        }
        *n = *n * base + digit;
        any = true;
    }
    return any;
}

static void take_line(answer_t *a)
{
    const char *line = a->line;
    unsigned long n = 0;
    if (a->part == STATUS) {
        bool is_http = is_named(line, "http/1.") && a->line_was > 9u && read_number(line + 9, 10u, &n);
        a->status = is_http && n < 1000u ? (int)n : 0;
        a->part = a->status >= 100 ? HEADER : BROKEN;
    } else if (a->part == HEADER && line[0] != '\0') {
        if (is_named(line, "content-length:")) {
            a->has_length = read_number(line + 15, 10u, &a->left);
            a->part = a->has_length ? HEADER : BROKEN;
        } else if (is_named(line, "transfer-encoding:")) {
            a->is_chunked = is_named(line + 18 + strspn(line + 18, " "), "chunked");
        }
    } else if (a->part == HEADER && a->status < 200) {
        a->part = STATUS; /* 100 Continue: the response follows */
    } else if (a->part == HEADER) {
        a->part = a->is_chunked ? CHUNK_SIZE : a->has_length && a->left == 0u ? DONE : BODY;
    } else if (a->part == CHUNK_SIZE) {
        bool is_size = read_number(line, 16u, &a->left);
        a->part = !is_size ? BROKEN : a->left > 0u ? CHUNK : TRAILER;
    } else if (a->part == CHUNK_END) {
        a->part = CHUNK_SIZE;
    } else if (a->part == TRAILER && line[0] == '\0') {
        a->part = DONE;
    }
}

static void take(answer_t *a, const char *data, size_t len)
{
    while (len > 0u && a->part != DONE && a->part != BROKEN) {
        if (a->part == BODY || a->part == CHUNK) {
            bool counted = a->part == CHUNK || a->has_length;
            size_t n = counted && a->left < len ? (size_t)a->left : len;
            a->request->on_body(a->request->ctx, data, n);
            data += n;
            len -= n;
            if (counted && (a->left -= n) == 0u) {
                a->part = a->part == CHUNK ? CHUNK_END : DONE;
            }
            continue;
        }
        char byte = *data++;
        len--;
        if (byte == '\n') {
            a->line[a->line_len] = '\0';
            a->line_was = a->line_len;
            a->line_len = 0;
            take_line(a);
        } else if (byte != '\r' && a->line_len + 1u < sizeof a->line) {
            a->line[a->line_len++] = byte;
        }
    }
}

/* ---- the exchange -------------------------------------------------------------------------------------- */

static void tell(const http_request_t *r, http_phase_t phase)
{
    if (r->on_phase != NULL) {
        r->on_phase(r->ctx, phase);
    }
}

typedef struct stopwatch {
    const http_t *http;
    uint64_t moved_ns, began_ns;
    uint32_t timeout_ms, deadline_ms;
} stopwatch_t;

static bool is_late(const stopwatch_t *timer)
{
    uint64_t now_ns = timer->http->now_ns();
    return now_ns - timer->began_ns >= (uint64_t)timer->deadline_ms * 1000000u ||
           now_ns - timer->moved_ns >= (uint64_t)timer->timeout_ms * 1000000u;
}

/* Wait a little after a step that moved no byte. Returns false if a time limit has passed. */
static bool idle(const stopwatch_t *timer)
{
    timer->http->wait(WAIT_MS);
    return !is_late(timer);
}

static const char *send_all(stopwatch_t *timer, const char *data, size_t len)
{
    const uspan_transport_t *transport = timer->http->transport;
    while (len > 0u) {
        int32_t n = transport->send(transport->ctx, (const uint8_t *)data, len);
        if (n < 0) {
            return "connection_reset";
        }
        if (n > 0) {
            timer->moved_ns = timer->http->now_ns();
            data += n;
            len -= (size_t)n;
        } else if (!idle(timer)) {
            return "timeout";
        }
    }
    return NULL;
}

static const char *receive(stopwatch_t *timer, answer_t *a)
{
    const uspan_transport_t *transport = timer->http->transport;
    static uint8_t piece[512];
    while (a->part != DONE && a->part != BROKEN) {
        if (is_late(timer)) {
            return "timeout";
        }
        int32_t n = transport->recv(transport->ctx, piece, sizeof piece);
        if (n > 0) {
            timer->moved_ns = timer->http->now_ns();
            tell(a->request, HTTP_FIRST_BYTE); /* only the first call counts */
            take(a, (const char *)piece, (size_t)n);
        } else if (n == 0) {
            timer->http->wait(WAIT_MS);
        } else { /* the end of the connection ends a body without a length */
            return n == (int32_t)USPAN_ERR_CLOSED && a->part == BODY && !a->has_length ? NULL
                                                                                       : "connection_reset";
        }
    }
    return a->part == BROKEN ? "parse_error" : NULL;
}

static bool write_head(char head[EDGE_HEAD_MAX], const http_request_t *r)
{
    const char *const parts[] = {
        "POST ",
        r->path,
        " HTTP/1.1\r\nHost: ",
        r->host,
        "\r\nContent-Type: application/json\r\nConnection: close\r\n",
        r->headers,
        "Content-Length: ",
    };
    head[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!text_add(head, EDGE_HEAD_MAX, parts[i])) {
            return false;
        }
    }
    return text_add_number(head, EDGE_HEAD_MAX, r->body_len) && text_add(head, EDGE_HEAD_MAX, "\r\n\r\n");
}

static const char *exchange(stopwatch_t *timer, const http_request_t *r, answer_t *a)
{
    const uspan_transport_t *transport = timer->http->transport;
    static char head[EDGE_HEAD_MAX]; /* static, as there is one POST at a time and stacks are small */
    if (!write_head(head, r)) {
        return "parse_error";
    }
    uspan_err_t err;
    while ((err = transport->open(transport->ctx, &r->peer)) == USPAN_ERR_AGAIN) {
        if (!idle(timer)) {
            return "timeout";
        }
    }
    if (err != USPAN_OK) {
        return err == USPAN_ERR_TRUST || err == USPAN_ERR_CONFIG ? "tls_error" : "connect_error";
    }
    timer->moved_ns = timer->http->now_ns();
    tell(r, HTTP_OPEN);
    const char *error = send_all(timer, head, strlen(head));
    memset(head, 0, sizeof head); /* it has the key */
    error = error != NULL ? error : send_all(timer, r->body, r->body_len);
    if (error != NULL) {
        return error;
    }
    tell(r, HTTP_SENT);
    return receive(timer, a);
}

int http_post(const http_t *http, const http_request_t *request, const char **error)
{
    answer_t a = { .request = request };
    uint64_t now_ns = http->now_ns();
    stopwatch_t timer = { .http = http,
                          .moved_ns = now_ns,
                          .began_ns = now_ns,
                          .timeout_ms = request->timeout_ms,
                          .deadline_ms = request->deadline_ms };
    *error = exchange(&timer, request, &a);
    http->transport->close(http->transport->ctx);
    return *error == NULL ? a.status : 0;
}
