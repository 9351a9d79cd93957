/* http_response.c: parses an HTTP/1.1 response byte by byte. Invariant: the state after n bytes depends on
 * those bytes only, not on how they were split. token holds the name of the current header, then the value if
 * the header is used. Nothing is written outside token and body. The state becomes BROKEN only while status
 * is 0. With a status, the response ends instead. */
#include "export/http_response.h"
#include "trace/ascii.h"
#include "export/httpdate.h"
#include "trace/pool.h"

enum {
    STATUS,
    LINE, /* the first byte of a line shows if it continues the previous one (obs-fold, RFC 9112 §5.2) */
    NAME,
    VALUE,
    CHUNK_SIZE,
    CHUNK_END, /* the line end after a chunk */
    TRAILER,
    CHUNK, /* this state and later ones: body */
    COUNTED,
    UNTIL_CLOSE = USPAN_ANSWER_UNTIL_CLOSE, /* ends in give_up() */
    DONE,                                   /* this state and later ones: the response has ended */
    BROKEN
};

/* Flags in addition to the public ones, while a head is parsed. Words of a value set the first three and
 * CHUNKED. */
#define CHUNKED 8u   /* the last coding of Transfer-Encoding is chunked */
#define LENGTH 32u   /* Content-Length */
#define TRANSFER 64u /* Transfer-Encoding */
#define FAULTY 128u  /* Content-Length with different values, or not a number */
#define PUBLIC (USPAN_ANSWER_CLOSE | USPAN_ANSWER_PROTOBUF | USPAN_ANSWER_JSON | USPAN_ANSWER_FIELD)
USPAN_STATIC_ASSERT(CHUNKED == USPAN_ANSWER_HTTP2, "one bit: the one with a status, the other without");

/* In the order of their flag bits. */
static const char words[] = "close\0application/x-protobuf\0application/json\0chunked\0";

enum {
    FIELD_NONE,
    FIELD_TYPE,
    FIELD_LENGTH,
    FIELD_TRANSFER,
    FIELD_CONNECTION,
    FIELD_CODING,
    FIELD_RETRY,
    FIELD_LOCATION,
    FIELD_DATE
};
static const char names[] =
    "content-type\0content-length\0transfer-encoding\0connection\0content-encoding\0retry-after\0location\0"
#if USPAN_HTTP_DATE
    "date\0"
#endif
    ;
#define TYPES (USPAN_ANSWER_PROTOBUF | USPAN_ANSWER_JSON)
/* Bits of the words that each field can have. */
static const uint8_t known[] = { 0, TYPES, 0, CHUNKED, USPAN_ANSWER_CLOSE, 0, 0, 0, 0 };

#define TOKEN_MAX (sizeof(((uspan_answer_t *)0)->token) - 1u) /* a token of this length was cut */
#define START_BYTES 7u  /* "HTTP/1.": compared as soon as they are there */
#define TLS_ALERT 0x15u /* a record of RFC 8446 §5.1 */
#define TLS_MAJOR 3u
#define NUMBER_MAX 0x0FFFFFFFu /* larger numbers are limited to this */

USPAN_STATIC_ASSERT(USPAN_RESPONSE_MAX <= NUMBER_MAX / 16, "USPAN_RESPONSE_MAX: at most 16 MiB");
USPAN_STATIC_ASSERT(USPAN_RESPONSE_BYTES <= UINT16_MAX, "USPAN_RESPONSE_BYTES: 16 bits count it");

/* Prepare for a head. Data of an interim response is discarded, but its bytes stay counted. */
static void begin_head(uspan_answer_t *a)
{
    a->state = STATUS;
    a->field = FIELD_NONE;
    a->flags = 0;
    a->token_len = 0;
    a->is_packed = false;
    a->retry_after_s = UINT32_MAX;
#if USPAN_HTTP_DATE
    a->retry_at_unix = 0;
    a->date_unix = 0;
#endif
}

/* Stop reading the response. It ends with its status. Without one there is no response, and the flags say for
 * the log what the peer speaks in place of HTTP/1.1. HTTP/2: a frame of less than 64 KB (SETTINGS, GOAWAY),
 * "HTTP/2", or "PRI *". TLS: an alert. Returns the state. */
USPAN_NOINLINE_SMALL static unsigned give_up(uspan_answer_t *a)
{
    if (a->status >= 200u) {
        a->flags = (uint8_t)((a->flags & PUBLIC) | USPAN_ANSWER_CLOSE);
        return DONE;
    }
    const char *text = a->token;
    const unsigned len = a->token_len, first = (uint8_t)text[0], second = (uint8_t)text[1];
    a->flags = 0u;
    if (len >= 2u && first == TLS_ALERT && second == TLS_MAJOR) {
        a->flags = USPAN_ANSWER_TLS;
    } else if ((len >= 2u && (first | second) == 0u) || (len >= 2u && first == 'P' && second == 'R') ||
               (len >= 6u && first == 'H' && text[5] == '2')) {
        a->flags = USPAN_ANSWER_HTTP2;
    }
    return BROKEN;
}

/* Store the value of a header in the body's buffer. */
USPAN_NOINLINE_SMALL static void keep_field(uspan_answer_t *a, const char *text, size_t len)
{
    size_t room = sizeof a->body - a->body_len;
    len = len < room ? len : room;
    memcpy(a->body + a->body_len, text, len);
    a->body_len = (uint16_t)(a->body_len + len);
    a->flags |= USPAN_ANSWER_FIELD;
}

void uspan_answer_begin(uspan_answer_t *a)
{
    a->head_bytes = 0;
    a->body_bytes = 0;
    a->body_len = 0;
    a->status = 0;
    begin_head(a);
}

/* Read digits of base 10 or 16 at the start of text. Returns the position after them. */
static const char *read_number(const char *text, unsigned base, uint32_t *out)
{
    uint32_t number = 0;
    /* no digit: uspan_hex() becomes a very large number */
    for (unsigned digit; (digit = (unsigned)uspan_hex(*text)) < base; text++) {
        number = number > NUMBER_MAX / 16u ? NUMBER_MAX : number * base + digit;
    }
    *out = number;
    return text;
}

/* White space, including the CR before a line end and the 0 of the token. Other control characters are
 * accepted too. */
static bool is_space(char c)
{
    return (uint8_t)c <= ' ';
}

/* Remove white space at the end of the token. Returns its length. */
static size_t trim_token(uspan_answer_t *a)
{
    size_t len = a->token_len;
    while (len != 0u && is_space(a->token[len - 1u])) {
        len--;
    }
    a->token_len = (uint8_t)len;
    a->token[len] = '\0';
    return len;
}

/* Use a complete field, or an element of its comma list. The last element of a list is used, except for
 * Connection, where all are. Empty elements are ignored (RFC 9110 §5.6.1). */
static void take_element(uspan_answer_t *a, uint64_t now_s)
{
    const size_t len = trim_token(a);
    const unsigned field = a->field, may = known[field];
    unsigned flags = a->flags;
    uint32_t number;
    a->token_len = 0;
    if (field == FIELD_NONE) {
        return;
    }
    const char *end = read_number(a->token, 10, &number);
    if (len == 0u || *end != '\0' || len == TOKEN_MAX) {
        number = UINT32_MAX;
    }
    if (may != 0u && len != 0u) {
        flags = field != FIELD_CONNECTION ? flags & ~may : flags;
        flags |= 1u << uspan_word_index(words, a->token, len) >> 1 & may;
    }
    if (field == FIELD_LENGTH && (len != 0u || (flags & LENGTH) == 0u)) {
        bool differs = (flags & LENGTH) != 0u && number != a->left;
        flags |= number == UINT32_MAX || differs ? LENGTH | FAULTY : LENGTH;
        a->left = number;
    } else if (field == FIELD_TRANSFER) {
        flags |= TRANSFER;
    } else if (field == FIELD_CODING) {
        /* neither empty nor "identity", which is none: no other coding begins with i */
        a->is_packed = a->token[0] > ' ' && uspan_lower(a->token[0]) != 'i';
    } else if (field == FIELD_RETRY) {
        a->retry_after_s = number;
#if USPAN_HTTP_DATE
        a->retry_at_unix = uspan_httpdate(a->token, len, now_s);
    } else if (field == FIELD_DATE) {
        a->date_unix = uspan_httpdate(a->token, len, now_s);
#endif
    }
    (void)now_s;
    a->flags = (uint8_t)flags;
    if (field == FIELD_TYPE && len != 0u && a->status - 200u < 100u) {
        a->body_len = 0u;
        a->flags = (uint8_t)(flags & ~USPAN_ANSWER_FIELD);
        if ((flags & TYPES) == 0u) {
            keep_field(a, a->token, len);
        }
    }
}

/* Find out what follows the head (RFC 9112 §6.3). Returns the next state. */
static unsigned end_head(uspan_answer_t *a)
{
    unsigned flags = a->flags, next = UNTIL_CLOSE;
    if (a->status < 200u) {
        begin_head(a);
        return STATUS;
    }
    if ((flags & FAULTY) != 0u || (flags & (LENGTH | TRANSFER)) == (LENGTH | TRANSFER)) {
        /* Transfer-Encoding is used, but an intermediary may have used Content-Length */
        flags |= USPAN_ANSWER_CLOSE;
    }
    if (a->status == 204u || a->status == 304u) {
        next = DONE;
    } else if ((flags & CHUNKED) != 0u) {
        next = CHUNK_SIZE;
    } else if ((flags & FAULTY) != 0u) {
        return give_up(a);
    } else if ((flags & LENGTH) != 0u) { /* also with "identity", which RFC 7230 removed */
        next = a->left != 0u ? COUNTED : DONE;
    }
    a->flags = (uint8_t)(flags & PUBLIC);
    return next;
}

/* Parse "HTTP/1.1 200", then white space or the end. Returns the next state. */
static unsigned read_status(uspan_answer_t *a)
{
    char *text = a->token;
    uint32_t status = 0;
    text[a->token_len] = '\0';
    /* of a longer line the first bytes were compared before */
    if (a->token_len > START_BYTES && (unsigned)(uint8_t)text[7] - '0' <= 9u && uspan_blank(text[8])) {
        const char *from = text + 9;
        while (uspan_blank(*from)) { /* RFC 9112 §3: any white space may separate the parts */
            from++;
        }
        const char *end = read_number(from, 10, &status);
        status = end == from + 3 && is_space(*end) ? status : 0u;
    }
    if (status < 100u) {
        return give_up(a);
    }
    a->token_len = 0;
    a->flags = text[7] == '0'; /* HTTP/1.0: USPAN_ANSWER_CLOSE, whatever Connection says */
    a->status = (uint16_t)status;
    return LINE;
}

/* Parse "1aF", then white space, ";" or the end. Returns false if it is malformed. */
static bool read_chunk_size(uspan_answer_t *a)
{
    const char *end = read_number(a->token, 16, &a->left);
    return end != a->token && end < a->token + TOKEN_MAX && (*end == ';' || is_space(*end));
}

/* Returns the next state. */
static unsigned end_line(uspan_answer_t *a, unsigned state)
{
    if (state == STATUS) {
        if (a->token_len == 0u || (a->token_len == 1u && a->token[0] == '\r')) {
            a->token_len = 0;
            return STATUS; /* RFC 9112 §2.2: empty lines before the status line */
        }
        return read_status(a);
    }
    bool empty = trim_token(a) == 0u;
    a->token_len = 0;
    if (state == NAME) {
        return empty ? end_head(a) : LINE;
    }
    if (state == CHUNK_SIZE) {
        return !read_chunk_size(a) ? give_up(a) : a->left != 0u ? CHUNK : TRAILER;
    }
    if (state == CHUNK_END) {
        return empty ? CHUNK_SIZE : give_up(a);
    }
    return empty ? DONE : TRAILER;
}

/* Append a byte to the token, unless it is full. */
USPAN_NOINLINE_SMALL static void put_token_byte(uspan_answer_t *a, char c)
{
    if (a->token_len < TOKEN_MAX) {
        a->token[a->token_len++] = c;
    }
}

/* Returns the next state. */
USPAN_NOINLINE_SMALL static unsigned feed_head_byte(uspan_answer_t *a, unsigned state, char c, uint64_t now_s)
{
    if (state == LINE) {
        state = VALUE;
        if (uspan_blank(c)) {
            (void)trim_token(a);
        } else {
            take_element(a, now_s);
            a->field = FIELD_NONE;
            state = NAME;
        }
    }
    if (c == '\n') {
        return state == VALUE ? LINE : end_line(a, state);
    }
    if (state == NAME && c == ':') {
        a->field = (uint8_t)uspan_word_index(names, a->token, trim_token(a));
        a->token_len = 0;
        return VALUE;
    }
    if (state == VALUE && a->field == FIELD_LOCATION && a->status - 300u < 100u) {
        keep_field(a, &c, !is_space(c));
    } else if (state == VALUE && ((known[a->field] != 0u && (c == ',' || c == ';')) ||
                                  (a->field == FIELD_LENGTH && c == ','))) {
        take_element(a, now_s);
        a->field = c == ',' ? a->field : FIELD_NONE; /* parameters are ignored */
    } else if (state != VALUE || a->token_len != 0u || !uspan_blank(c)) {
        put_token_byte(a, c);
        if (state == STATUS && a->token_len == START_BYTES && memcmp(a->token, "HTTP/1.", START_BYTES) != 0) {
            return give_up(a); /* no need to wait for the line end */
        }
    }
    return state;
}

/* Store the first bytes that only continue the token, so that feed_head_byte() would do no more. Most bytes
 * of a head are of this kind. Returns their number. */
static inline size_t store_plain(uspan_answer_t *a, const uint8_t *data, size_t len)
{
#if USPAN_OPTIMIZE_SIZE
    (void)a;
    (void)data;
    (void)len;
    return 0;
#else
    const size_t from = a->token_len, most = USPAN_RESPONSE_MAX - a->head_bytes;
    const size_t room = (from < START_BYTES ? START_BYTES - 1u : TOKEN_MAX) - from;
    const uint8_t *at = data;
    if (*at <= ' ' || a->state == LINE || a->field == FIELD_LOCATION) {
        return 0;
    }
    len = len < room ? len : room;
    len = len < most ? len : most;
    for (char *to = a->token + from; at < data + len; *to++ = (char)*at++) {
        if (*at <= ';' && (*at >= ':' || *at == ',' || *at == '\n')) {
            break;
        }
    }
    len = (size_t)(at - data);
    a->token_len = (uint8_t)(from + len);
    return len;
#endif
}

/* Store up to len bytes of the body. Returns their number. */
static size_t feed_body(uspan_answer_t *a, const uint8_t *data, size_t len)
{
    if (a->state != UNTIL_CLOSE && len > a->left) {
        len = a->left;
    }
    const size_t room = USPAN_RESPONSE_MAX - a->body_bytes;
    if (room == 0u) {
        a->state = (uint8_t)give_up(a);
        return 0;
    }
    len = len < room ? len : room;
    size_t keep = (a->flags & USPAN_ANSWER_FIELD) != 0u ? 0u : sizeof(a->body) - a->body_len;
    if (keep > len) {
        keep = len;
    }
    memcpy(a->body + a->body_len, data, keep);
    a->body_len = (uint16_t)(a->body_len + keep);
    a->body_bytes += (uint32_t)len;
    if (a->state != UNTIL_CLOSE) {
        a->left -= (uint32_t)len;
        if (a->left == 0u) {
            a->state = a->state == CHUNK ? CHUNK_END : DONE;
        }
    }
    return len;
}

static uspan_err_t result_of(const uspan_answer_t *a)
{
    return a->state < DONE ? USPAN_ERR_AGAIN : a->state == DONE ? USPAN_OK : USPAN_ERR_IO;
}

uspan_err_t uspan_answer_feed(uspan_answer_t *a, const uint8_t *data, size_t len, uint64_t now_s,
                              size_t *used)
{
    size_t at = 0, run;
    while (at < len && a->state < DONE) {
        if (a->state >= CHUNK) {
            at += feed_body(a, data + at, len - at);
        } else if (a->head_bytes == USPAN_RESPONSE_MAX) {
            a->state = (uint8_t)give_up(a);
        } else if ((run = store_plain(a, data + at, len - at)) != 0u) {
            a->head_bytes += (uint32_t)run;
            at += run;
        } else {
            a->head_bytes++;
            a->state = (uint8_t)feed_head_byte(a, a->state, (char)data[at++], now_s);
        }
    }
    *used = at;
    return result_of(a);
}

uspan_err_t uspan_answer_end(uspan_answer_t *a)
{
    if (a->head_bytes == 0u) {
        return USPAN_ERR_CLOSED;
    }
    if (a->state == STATUS && a->token_len > 12u) { /* its line was cut after the code */
        a->state = (uint8_t)read_status(a);
    }
    if (a->state < DONE) {
        a->state = (uint8_t)give_up(a);
    }
    return result_of(a);
}
