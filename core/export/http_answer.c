/* http_answer.c: an HTTP/1.1 answer, byte by byte.
 * Invariant: the state after n bytes depends on those bytes alone, never on how they were split; token holds the present
 * header's name, then, where it is one of ours, its value; nothing is written outside token and body. */
#include "http_answer.h"
#include "ascii.h"
#include "httpdate.h"

enum {
    STATUS_LINE, /* match: position in `shape` */
    REASON,      /* up to the line's end */
    LINE,        /* the first byte of a line tells whether the one before goes on (obs-fold, RFC 9112 §5.2) */
    NAME,
    VALUE,
    CHUNK_SIZE, /* match: 1 after a digit; left: 0 before it */
    CHUNK_EXT,
    CHUNK_END, /* match: 1 after a CR */
    TRAILER,   /* match: 1 after a byte that is not CR */
    CHUNK,     /* from here on bytes of the body */
    COUNTED,
    UNTIL_CLOSE,
    DONE, /* from here on the end */
    BROKEN,
    TOO_LARGE
};

/* flags besides the public ones */
#define OLD 4u       /* HTTP/1.0 */
#define KEEP 8u      /* Connection: keep-alive */
#define LENGTH 16u   /* Content-Length */
#define TRANSFER 32u /* Transfer-Encoding */
#define CHUNKED 64u  /* its last coding is chunked */

enum { FIELD_NONE, FIELD_LENGTH, FIELD_TRANSFER, FIELD_CONNECTION, FIELD_TYPE, FIELD_RETRY, FIELD_DATE };

#define TOKEN_OVERFLOW UINT8_MAX
#define NUMBER_MAX 0x0FFFFFFFu /* larger ones count as this */

USPAN_STATIC_ASSERT(USPAN_ANSWER_MAX < NUMBER_MAX, "USPAN_ANSWER_MAX: below 256 MiB");
USPAN_STATIC_ASSERT(USPAN_ANSWER_BYTES <= UINT16_MAX, "USPAN_ANSWER_BYTES: 16 bits count it");

/* Ready for a head; what an interim answer said is forgotten, its bytes stay counted. */
static void begin_head(uspan_answer_t *a)
{
    a->state = STATUS_LINE;
    a->field = FIELD_NONE;
    a->match = 0;
    a->flags = 0;
    a->token_len = 0;
    a->status = 0;
    a->left = 0;
    a->retry_after_s = UINT32_MAX;
    a->retry_at_unix = 0;
    a->date_unix = 0;
}

void uspan_answer_begin(uspan_answer_t *a)
{
    a->head_bytes = 0;
    a->body_bytes = 0;
    a->body_len = 0;
    begin_head(a);
}

/* Decimal digits; false: none, or other bytes. */
static bool read_number(const char *text, size_t len, uint32_t *out)
{
    uint32_t number = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(uint8_t)text[i] - '0';
        if (digit > 9u) {
            return false;
        }
        number = number * 10u + digit;
        number = number > NUMBER_MAX ? NUMBER_MAX : number;
    }
    if (len != 0u) {
        *out = number;
    }
    return len != 0u;
}

/* Positions, from 1, in words of the elements of a comma list, as a set of bits; *last: of its last element. */
static unsigned read_list(const char *text, size_t len, const char *words, unsigned *last)
{
    unsigned set = 0;
    for (size_t at = 0; at < len; at++) {
        size_t from = at;
        while (at < len && text[at] != ',') {
            at++;
        }
        size_t to = at;
        uspan_trim(text, &from, &to);
        *last = uspan_word_index(words, text + from, to - from);
        set |= 1u << *last;
    }
    return set;
}

static bool is_space(char c)
{
    return uspan_blank(c) || c == '\r';
}

/* White space that does not fit is no loss. */
static void append_token(uspan_answer_t *a, char c)
{
    if (a->token_len < sizeof(a->token)) {
        a->token[a->token_len++] = c;
    } else if (!is_space(c)) {
        a->token_len = TOKEN_OVERFLOW;
    }
}

/* Bytes of token without the white space at its end. */
static size_t trim_token(const uspan_answer_t *a)
{
    size_t len = a->token_len;
    while (len != 0u && len != TOKEN_OVERFLOW && is_space(a->token[len - 1u])) {
        len--;
    }
    return len;
}

/* The field is whole: take over what it says. False: the framing cannot be trusted. */
static bool take_field(uspan_answer_t *a, uint64_t now_s)
{
    const char *text = a->token;
    size_t len = trim_token(a), from = 0;
    bool whole = len != TOKEN_OVERFLOW;
    unsigned last = 0, set;
    if (!whole) {
        len = sizeof(a->token);
    }
    switch (a->field) {
    case FIELD_LENGTH:
        if ((a->flags & LENGTH) != 0u || !whole || !read_number(text, len, &a->left)) {
            return false;
        }
        a->flags |= LENGTH;
        break;
    case FIELD_TRANSFER:
        a->flags &= (uint8_t)~CHUNKED;
        a->flags |= TRANSFER;
        (void)read_list(text, len, "chunked\0", &last);
        if (whole && last != 0u) {
            a->flags |= CHUNKED;
        }
        break;
    case FIELD_CONNECTION:
        set = read_list(text, len, "close\0keep-alive\0", &last);
        if (!whole || (set & 2u) != 0u) {
            a->flags |= USPAN_ANSWER_CLOSE;
        }
        if ((set & 4u) != 0u) {
            a->flags |= KEEP;
        }
        break;
    case FIELD_TYPE:
        while (from < len && text[from] != ';') {
            from++;
        }
        len = from;
        from = 0;
        uspan_trim(text, &from, &len);
        a->flags &= (uint8_t)~USPAN_ANSWER_PROTOBUF;
        if (uspan_word_index("application/x-protobuf\0", text, len) != 0u) {
            a->flags |= USPAN_ANSWER_PROTOBUF;
        }
        break;
    case FIELD_RETRY:
        if (whole && read_number(text, len, &a->retry_after_s)) {
            break;
        }
#if USPAN_HTTP_DATE
        a->retry_at_unix = whole ? uspan_httpdate(text, len, now_s) : 0u;
        break;
    case FIELD_DATE:
        a->date_unix = whole ? uspan_httpdate(text, len, now_s) : 0u;
#endif
        break;
    default:
        break;
    }
    (void)now_s;
    return true;
}

/* RFC 9112 §6.3: what follows the head. */
static void end_head(uspan_answer_t *a)
{
    unsigned flags = a->flags;
    if (a->status < 200u) {
        begin_head(a);
        return;
    }
    if ((flags & OLD) != 0u && (flags & (KEEP | TRANSFER)) != KEEP) {
        flags |= USPAN_ANSWER_CLOSE;
    }
    a->match = 0;
    if ((flags & (LENGTH | TRANSFER)) == (LENGTH | TRANSFER)) {
        a->state = BROKEN;
    } else if (a->status == 204u || a->status == 304u) {
        a->state = DONE;
    } else if ((flags & CHUNKED) != 0u) {
        a->state = CHUNK_SIZE;
    } else if ((flags & LENGTH) != 0u) {
        a->state = a->left != 0u ? COUNTED : DONE;
    } else {
        flags |= USPAN_ANSWER_CLOSE;
        a->state = UNTIL_CLOSE;
    }
    a->flags = (uint8_t)(flags & (USPAN_ANSWER_CLOSE | USPAN_ANSWER_PROTOBUF));
}

static void feed_line_byte(uspan_answer_t *a, char c, uint64_t now_s)
{
    if (a->state == LINE) {
        if (uspan_blank(c)) {
            a->state = VALUE;
            a->token_len = (uint8_t)trim_token(a);
        } else {
            if (!take_field(a, now_s)) {
                a->state = BROKEN;
                return;
            }
            a->state = NAME;
            a->field = FIELD_NONE;
            a->token_len = 0;
        }
    }
    if (c == '\n') {
        if (a->state == NAME && trim_token(a) == 0u) {
            end_head(a);
        } else {
            a->state = LINE;
        }
    } else if (a->state == NAME && c == ':') {
        static const char names[] = "content-length\0transfer-encoding\0connection\0content-type\0retry-after\0"
#if USPAN_HTTP_DATE
                                    "date\0"
#endif
            ;
        a->field = (uint8_t)uspan_word_index(names, a->token, trim_token(a));
        a->token_len = 0;
        a->state = VALUE;
    } else if (a->state == NAME || (a->field != FIELD_NONE && !(a->token_len == 0u && uspan_blank(c)))) {
        append_token(a, c);
    }
}

static void feed_head_byte(uspan_answer_t *a, char c, uint64_t now_s)
{
    static const char shape[] = "HTTP/1.# ###";
    unsigned digit = (unsigned)(uint8_t)c - '0';
    int hex;
    switch (a->state) {
    case STATUS_LINE:
        if (a->match < sizeof(shape) - 1u) {
            char want = shape[a->match++];
            if (want != '#' ? c != want : digit > 9u) {
                a->state = BROKEN;
            } else if (want == '#') {
                a->status = (uint16_t)(a->status * 10u + digit);
            }
            break;
        }
        if (a->status < 1000u) { /* four digits now: of the version, then of the status */
            a->flags = OLD;
        }
        a->status %= 1000u;
        a->state = c == '\n' ? LINE : REASON;
        if (a->status < 100u || !(c == '\n' || c == '\r' || c == ' ')) {
            a->state = BROKEN;
        }
        break;
    case REASON:
        if (c == '\n') {
            a->state = LINE;
        }
        break;
    case CHUNK_SIZE:
        hex = uspan_hex(c);
        if (hex >= 0) {
            a->left = a->left > NUMBER_MAX / 16u ? NUMBER_MAX : a->left * 16u + (uint32_t)hex;
            a->match = 1;
            break;
        }
        a->state = a->match != 0u && (is_space(c) || c == ';' || c == '\n') ? CHUNK_EXT : BROKEN;
        /* fall through */
    case CHUNK_EXT:
        if (c == '\n' && a->state == CHUNK_EXT) {
            a->state = a->left != 0u ? CHUNK : TRAILER;
            a->match = 0;
        }
        break;
    case CHUNK_END:
        if (c == '\n') {
            a->state = CHUNK_SIZE;
            a->match = 0;
        } else if (c != '\r' || a->match++ != 0u) {
            a->state = BROKEN;
        }
        break;
    case TRAILER:
        if (c != '\n') {
            a->match |= c != '\r';
        } else if (a->match == 0u) {
            a->state = DONE;
        } else {
            a->match = 0;
        }
        break;
    default:
        feed_line_byte(a, c, now_s);
        break;
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
    switch (a->state) {
    case DONE:
        return USPAN_OK;
    case BROKEN:
        return USPAN_ERR_IO;
    case TOO_LARGE:
        return USPAN_ERR_FULL;
    default:
        return USPAN_ERR_AGAIN;
    }
}

uspan_err_t uspan_answer_feed(uspan_answer_t *a, const uint8_t *data, size_t len, uint64_t now_s, size_t *used)
{
    size_t at = 0;
    while (at < len && a->state < DONE) {
        if (a->state >= CHUNK) {
            at += feed_body(a, data + at, len - at);
        } else if (a->head_bytes == USPAN_ANSWER_MAX) {
            a->state = TOO_LARGE;
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
