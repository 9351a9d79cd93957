/* http_answer.c: an HTTP/1.1 answer, byte by byte.
 * Invariant: the state after n bytes depends on those bytes alone, never on how they were split; token holds
 * the present header's name, then, where it is one of ours, its value; nothing is written outside token and
 * body. */
#include "http_answer.h"
#include "ascii.h"
#include "httpdate.h"

enum {
    STATUS,
    LINE, /* the first byte of a line tells whether the one before goes on (obs-fold, RFC 9112 §5.2) */
    NAME,
    VALUE,
    CHUNK_SIZE,
    CHUNK_END, /* the line end after a chunk */
    TRAILER,
    CHUNK, /* from here on bytes of the body */
    COUNTED,
    UNTIL_CLOSE,
    DONE, /* from here on the end */
    BROKEN,
    TOO_LARGE
};

/* flags besides the public ones; the first four are what words of a value say */
#define CHUNKED 4u   /* the last coding of Transfer-Encoding is chunked */
#define KEEP 8u      /* Connection: keep-alive */
#define OLD 16u      /* HTTP/1.0 */
#define LENGTH 32u   /* Content-Length */
#define TRANSFER 64u /* Transfer-Encoding */
#define FAULTY 128u  /* Content-Length twice, or not a number */

/* In the order of their bits. */
static const char words[] = "close\0application/x-protobuf\0chunked\0keep-alive\0";

enum { FIELD_NONE, FIELD_LENGTH, FIELD_TRANSFER, FIELD_CONNECTION, FIELD_TYPE, FIELD_RETRY, FIELD_DATE };
static const char names[] = "content-length\0transfer-encoding\0connection\0content-type\0retry-after\0"
#if USPAN_HTTP_DATE
                            "date\0"
#endif
    ;
/* Which words a field knows. */
static const uint8_t known[] = { 0, 0, CHUNKED, USPAN_ANSWER_CLOSE | KEEP, USPAN_ANSWER_PROTOBUF, 0, 0 };

#define TOKEN_OVERFLOW UINT8_MAX
#define NUMBER_MAX 0x0FFFFFFFu /* larger ones count as this */

USPAN_STATIC_ASSERT(USPAN_ANSWER_MAX <= NUMBER_MAX / 16, "USPAN_ANSWER_MAX: at most 16 MiB");
USPAN_STATIC_ASSERT(USPAN_ANSWER_BYTES <= UINT16_MAX, "USPAN_ANSWER_BYTES: 16 bits count it");

/* Ready for a head; what an interim answer said is forgotten, its bytes stay counted. */
static void begin_head(uspan_answer_t *a)
{
    a->state = STATUS;
    a->field = FIELD_NONE;
    a->flags = 0;
    a->token_len = 0;
    a->retry_after_s = UINT32_MAX;
    a->retry_at_unix = 0;
    a->date_unix = 0;
}

void uspan_answer_begin(uspan_answer_t *a)
{
    a->head_bytes = 0;
    a->body_bytes = 0;
    a->body_len = 0;
    a->status = 0;
    begin_head(a);
}

/* The digits of base 10 or 16 at the start of text. Returns how many. */
static size_t read_number(const char *text, size_t len, unsigned base, uint32_t *out)
{
    uint32_t number = 0;
    size_t i = 0;
    for (; i < len; i++) {
        unsigned digit = (unsigned)uspan_hex(text[i]); /* -1: very large */
        if (digit >= base) {
            break;
        }
        number = number > NUMBER_MAX / 16u ? NUMBER_MAX : number * base + digit;
    }
    *out = number;
    return i;
}

static bool is_space(char c)
{
    return uspan_blank(c) || c == '\r';
}

/* Bytes of token without the white space at its end; all of them where more did not fit. */
static size_t trim_token(const uspan_answer_t *a)
{
    size_t len = a->token_len;
    if (len > sizeof(a->token)) {
        return sizeof(a->token);
    }
    while (len != 0u && is_space(a->token[len - 1u])) {
        len--;
    }
    return len;
}

/* The field is whole: take over what it says. In a comma list the last element counts, but for Connection,
 * where all do. */
static void take_field(uspan_answer_t *a, uint64_t now_s)
{
    const char *text = a->token;
    const size_t len = trim_token(a);
    unsigned flags = a->flags;
    const unsigned field = a->field, may = known[field];
    size_t at = 0;
    do {
        const char *element = text + at;
        while (at < len && text[at] != ',' && text[at] != ';') {
            at++;
        }
        size_t element_len = uspan_trim(&element, (size_t)(text + at - element));
        flags = field != FIELD_CONNECTION ? flags & ~may : flags;
        flags |= 1u << uspan_word_index(words, element, element_len) >> 1 & may;
    } while (at < len && text[at] != ';' && ++at < len);
    uint32_t number;
    if (read_number(text, len, 10, &number) != len || len == 0u || len == sizeof(a->token)) {
        number = UINT32_MAX;
    }
    if (field == FIELD_LENGTH) {
        if (number == UINT32_MAX || (flags & LENGTH) != 0u) {
            flags |= FAULTY;
        }
        flags |= LENGTH;
        a->left = number;
    } else if (field == FIELD_TRANSFER) {
        flags |= TRANSFER;
    } else if (field == FIELD_CONNECTION && len == sizeof(a->token)) {
        flags |= USPAN_ANSWER_CLOSE;
    } else if (field == FIELD_RETRY) {
        a->retry_after_s = number;
#if USPAN_HTTP_DATE
        a->retry_at_unix = uspan_httpdate(text, len, now_s);
    } else if (field == FIELD_DATE) {
        a->date_unix = uspan_httpdate(text, len, now_s);
#endif
    }
    (void)now_s;
    a->flags = (uint8_t)flags;
}

/* RFC 9112 §6.3: what follows the head. Returns the next state. */
static unsigned end_head(uspan_answer_t *a)
{
    unsigned flags = a->flags, next = UNTIL_CLOSE;
    if (a->status < 200u) {
        begin_head(a);
        return STATUS;
    }
    if ((flags & OLD) != 0u && (flags & (KEEP | TRANSFER)) != KEEP) {
        flags |= USPAN_ANSWER_CLOSE;
    }
    if ((flags & FAULTY) != 0u || (flags & (LENGTH | TRANSFER)) == (LENGTH | TRANSFER)) {
        next = BROKEN;
    } else if (a->status == 204u || a->status == 304u) {
        next = DONE;
    } else if ((flags & CHUNKED) != 0u) {
        next = CHUNK_SIZE;
    } else if ((flags & LENGTH) != 0u) {
        next = a->left != 0u ? COUNTED : DONE;
    } else {
        flags |= USPAN_ANSWER_CLOSE;
    }
    a->flags = (uint8_t)(flags & (USPAN_ANSWER_CLOSE | USPAN_ANSWER_PROTOBUF));
    return next;
}

/* "HTTP/1.1 200", then white space or the end. */
static bool read_status(uspan_answer_t *a, size_t len)
{
    const char *text = a->token;
    uint32_t minor, status;
    if (len < 12u || memcmp(text, "HTTP/1.", 7) != 0 || read_number(text + 7, 2, 10, &minor) != 1u ||
        text[8] != ' ' || read_number(text + 9, len - 9u, 10, &status) != 3u || status < 100u ||
        (len > 12u && !is_space(text[12]))) {
        return false;
    }
    if (minor == 0u) {
        a->flags = OLD;
    }
    a->status = (uint16_t)status;
    return true;
}

/* "1aF", then white space, ";" or the end. */
static bool read_chunk_size(uspan_answer_t *a, size_t len)
{
    const char *text = a->token;
    size_t digits = read_number(text, len, 16, &a->left);
    return digits != 0u && digits < sizeof(a->token) &&
           (digits == len || text[digits] == ';' || is_space(text[digits]));
}

static void end_line(uspan_answer_t *a)
{
    size_t len = trim_token(a);
    unsigned next = LINE;
    switch (a->state) {
    case STATUS:
        next = read_status(a, len) ? LINE : BROKEN;
        break;
    case NAME:
        if (len == 0u) {
            next = end_head(a);
        }
        break;
    case CHUNK_SIZE:
        next = !read_chunk_size(a, len) ? BROKEN : a->left != 0u ? CHUNK : TRAILER;
        break;
    case CHUNK_END:
        next = len == 0u ? CHUNK_SIZE : BROKEN;
        break;
    default: /* TRAILER */
        next = len == 0u ? DONE : TRAILER;
        break;
    }
    a->state = (uint8_t)next;
    a->token_len = 0;
}

static void feed_head_byte(uspan_answer_t *a, char c, uint64_t now_s)
{
    if (a->state == LINE) {
        if (uspan_blank(c)) {
            a->state = VALUE;
            a->token_len = (uint8_t)trim_token(a);
        } else {
            take_field(a, now_s);
            a->state = NAME;
            a->field = FIELD_NONE;
            a->token_len = 0;
        }
    }
    if (c == '\n') {
        if (a->state == VALUE) {
            a->state = LINE;
        } else {
            end_line(a);
        }
    } else if (a->state == NAME && c == ':') {
        a->field = (uint8_t)uspan_word_index(names, a->token, trim_token(a));
        a->token_len = 0;
        a->state = VALUE;
    } else if (a->token_len < sizeof(a->token)) {
        if (a->state != VALUE || a->token_len != 0u || !uspan_blank(c)) {
            a->token[a->token_len++] = c;
        }
    } else if (!is_space(c)) { /* white space that does not fit is no loss */
        a->token_len = TOKEN_OVERFLOW;
    }
}

/* Take up to len bytes of the body. Returns how many. */
static size_t feed_body(uspan_answer_t *a, const uint8_t *data, size_t len)
{
    if (a->state != UNTIL_CLOSE && len > a->left) {
        len = a->left;
    }
    if (len > USPAN_ANSWER_MAX - a->body_bytes) {
        a->state = TOO_LARGE;
        return 0;
    }
    size_t keep = sizeof(a->body) - a->body_len;
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
    static const int8_t results[] = { USPAN_OK, USPAN_ERR_IO, USPAN_ERR_FULL };
    return a->state < DONE ? USPAN_ERR_AGAIN : (uspan_err_t)results[a->state - DONE];
}

uspan_err_t uspan_answer_feed(uspan_answer_t *a, const uint8_t *data, size_t len, uint64_t now_s,
                              size_t *used)
{
    size_t at = 0;
    while (at < len && a->state < DONE) {
        if (a->state >= CHUNK) {
            at += feed_body(a, data + at, len - at);
        } else if (a->head_bytes == USPAN_ANSWER_MAX) {
            a->state = a->status == 0u ? BROKEN : TOO_LARGE; /* all of it one line: not HTTP */
        } else {
            a->head_bytes++;
            feed_head_byte(a, (char)data[at++], now_s);
        }
    }
    *used = at;
    return result_of(a);
}

uspan_err_t uspan_answer_eof(uspan_answer_t *a)
{
    if (a->head_bytes == 0u) {
        return USPAN_ERR_CLOSED;
    }
    if (a->state == UNTIL_CLOSE) {
        a->state = DONE;
    }
    uspan_err_t err = result_of(a);
    return err == USPAN_ERR_AGAIN ? USPAN_ERR_IO : err;
}
