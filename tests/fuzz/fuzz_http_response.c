/* fuzz_http_response.c: any bytes as a response. The first two bytes choose the fragments. The rest is parsed
 * in one piece, byte by byte, and in those fragments. All three must have the same result. */
#include "export/http_response.h"
#include "fuzz.h"

#define NOW_S UINT64_C(1767225600)

typedef struct outcome {
    uspan_err_t fed, eof;
    size_t used;
    struct {
        uint8_t before[8];
        uspan_answer_t answer;
        uint8_t after[8];
    } mem;
} outcome_t;

/* Fragments of first, then step, then first bytes and so on. */
static void run(outcome_t *o, const uint8_t *data, size_t len, size_t first, size_t step)
{
    static const uint8_t edge[8] = { 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5 };
    memset(&o->mem, 0xA5, sizeof(o->mem));
    uspan_answer_begin(&o->mem.answer);
    o->fed = USPAN_ERR_AGAIN;
    o->used = 0;
    for (size_t turn = 0; o->fed == USPAN_ERR_AGAIN && o->used < len; turn++) {
        size_t part = turn % 2u == 0u ? first : step, used = SIZE_MAX;
        if (part > len - o->used) {
            part = len - o->used;
        }
        uint8_t *copy = fuzz_copy(data + o->used, part);
        o->fed = uspan_answer_feed(&o->mem.answer, copy, part, NOW_S, &used);
        free(copy);
        CHECK(used <= part);
        CHECK(o->fed != USPAN_ERR_AGAIN || used == part);
        o->used += used;
    }
    CHECK(o->fed == USPAN_OK || o->fed == USPAN_ERR_AGAIN || o->fed == USPAN_ERR_IO ||
          o->fed == USPAN_ERR_FULL);
    o->eof = uspan_answer_end(&o->mem.answer);
    CHECK(o->fed == USPAN_ERR_AGAIN || o->eof == o->fed);
    CHECK((o->eof == USPAN_ERR_CLOSED) == (o->used == 0u));
    CHECK(memcmp(o->mem.before, edge, 8) == 0 && memcmp(o->mem.after, edge, 8) == 0);
    if (o->eof == USPAN_OK) {
        const uspan_answer_t *a = &o->mem.answer;
        CHECK(a->status >= 200u && a->status <= 999u);
        const unsigned types = USPAN_ANSWER_PROTOBUF | USPAN_ANSWER_JSON;
        bool keeps_field =
            (a->flags & USPAN_ANSWER_FIELD) != 0u; /* a header's value is stored in the body's memory */
        CHECK((a->flags & ~(USPAN_ANSWER_CLOSE | types | USPAN_ANSWER_FIELD)) == 0u);
        CHECK(o->fed == USPAN_OK || (a->flags & USPAN_ANSWER_CLOSE) != 0u);
        CHECK(a->body_bytes <= USPAN_RESPONSE_MAX && a->head_bytes <= USPAN_RESPONSE_MAX);
        CHECK(a->head_bytes + a->body_bytes == o->used);
        CHECK(a->body_len <= USPAN_RESPONSE_BYTES);
        CHECK(keeps_field ||
              a->body_len == (a->body_bytes < USPAN_RESPONSE_BYTES ? a->body_bytes : USPAN_RESPONSE_BYTES));
        CHECK((a->status != 204u && a->status != 304u) || a->body_bytes == 0u);
        CHECK(a->date_unix <= UINT64_C(253402300799) && a->retry_at_unix <= UINT64_C(253402300799));
    }
}

static void same(const outcome_t *a, const outcome_t *b)
{
    CHECK(a->fed == b->fed && a->eof == b->eof);
    if (a->eof == USPAN_OK) {
        const uspan_answer_t *x = &a->mem.answer, *y = &b->mem.answer;
        CHECK(a->used == b->used && x->status == y->status && x->flags == y->flags);
        CHECK(x->retry_after_s == y->retry_after_s && x->retry_at_unix == y->retry_at_unix &&
              x->date_unix == y->date_unix);
        CHECK(x->body_bytes == y->body_bytes && x->body_len == y->body_len &&
              memcmp(x->body, y->body, x->body_len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const words[] = {
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.0 200 OK\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 204 x\r\n",
        "HTTP/1.1 ",
        "Content-Length: ",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: ",
        "Connection: close\r\n",
        "Connection: keep-alive",
        "Content-Type: application/x-protobuf",
        "Retry-After: ",
        "Date: ",
        "Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "\r\n",
        "\r\n\r\n",
        "0\r\n\r\n",
        "\r\n5\r\nhello\r\n",
        "                                        ",
        "99999999999",
        "FFFFFFFF",
        ", ",
        " chunked",
    };
    static outcome_t whole, bytes, parts;
    if (len < 2u) {
        return 0;
    }
    size_t text_len;
    char *text = fuzz_expand(words, sizeof(words) / sizeof(words[0]), data + 2, len - 2u, 20000, &text_len);
    const uint8_t *answer = (const uint8_t *)text;
    run(&whole, answer, text_len, text_len, text_len);
    run(&bytes, answer, text_len, 1, 1);
    run(&parts, answer, text_len, 1u + data[0], 1u + data[1] % 16u);
    same(&whole, &bytes);
    same(&whole, &parts);
    free(text);
    return 0;
}
