/* test_body.c: uspan_body_read() finds the same in a response body as nanopb's generated decoder. */
#include "export/response_body.h"
#include <stdlib.h>
#include <string.h>
#include "answer.pb.h"
#include "cmocka_all.h"
#include "export/http_response.h"
#include "pb_decode.h"

#define ROUNDS 20000u
#define BYTES_MAX USPAN_RESPONSE_BYTES

typedef struct bytes {
    uint8_t at[BYTES_MAX];
    size_t len;
} bytes_t;

static uint32_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static void put(bytes_t *b, const void *data, size_t len)
{
    if (len <= BYTES_MAX - b->len) {
        memcpy(b->at + b->len, data, len);
        b->len += len;
    }
}

static void put_varint(bytes_t *b, uint64_t v)
{
    for (; v >= 0x80u; v >>= 7) {
        put(b, &(uint8_t){ (uint8_t)(v | 0x80u) }, 1u);
    }
    put(b, &(uint8_t){ (uint8_t)v }, 1u);
}

/* A field that neither message has. */
static void put_unknown(bytes_t *b)
{
    static const uint8_t zeros[20];
    static const unsigned types[] = { 0u, 1u, 2u, 5u };
    unsigned type = types[below(4)];
    uint32_t len = below(sizeof zeros);
    put_varint(b, (uint64_t)(3u + below(below(8) == 0u ? 0x1FFFFFF0u : 100u)) << 3 | type);
    if (type == 0u) {
        put_varint(b, (uint64_t)1u << below(64));
    } else if (type == 2u) {
        put_varint(b, len);
        put(b, zeros, len);
    } else {
        put(b, zeros, type == 1u ? 8u : 4u);
    }
}

/* Numbers that both decoders keep completely, and negative ones. */
static uint64_t any_number(void)
{
    return below(8) == 0u ? UINT64_MAX - below(1000) : (uint64_t)below(1u << 24) << below(8) >> below(24);
}

static void make_inside(bytes_t *b)
{
    for (unsigned fields = below(5); fields > 0u; fields--) {
        char text[24];
        uint32_t len = below(sizeof text);
        switch (below(3)) {
        case 0:
            put_varint(b, 1u << 3);
            put_varint(b, any_number());
            break;
        case 1:
            memset(text, below(2) == 0u ? '\n' : 'm', sizeof text);
            put_varint(b, 2u << 3 | 2u);
            put_varint(b, len);
            put(b, text, len);
            break;
        default:
            put_unknown(b);
        }
    }
}

static void make_response(bytes_t *b)
{
    bytes_t partial = { .len = 0 };
    for (unsigned fields = below(3); fields > 0u; fields--) {
        put_unknown(b);
    }
    if (below(8) != 0u) {
        make_inside(&partial);
        put_varint(b, 1u << 3 | 2u);
        put_varint(b, partial.len);
        put(b, partial.at, partial.len);
    }
}

/* Allocated with its exact size, so that a read beyond it is detected. */
static uspan_answer_t *answer_of(const bytes_t *b, unsigned flags, uint32_t body_bytes)
{
    uspan_answer_t *a = test_calloc(1, offsetof(uspan_answer_t, body) + b->len + 1u);
    a->flags = (uint8_t)flags;
    a->body_len = (uint16_t)b->len;
    a->body_bytes = body_bytes;
    memcpy((uint8_t *)a + offsetof(uspan_answer_t, body), b->at, b->len);
    return a;
}

static bool keep_text(pb_istream_t *s, const pb_field_t *field, void **arg)
{
    char *text = *arg;
    size_t len = s->bytes_left;
    (void)field;
    assert_true(len < USPAN_MESSAGE_BYTES);
    bool good = pb_read(s, (pb_byte_t *)text, len);
    text[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        text[i] = text[i] == '\n' ? ' ' : text[i];
    }
    return good;
}

static void compare(const bytes_t *b, bool inside)
{
    char wanted[USPAN_MESSAGE_BYTES] = "";
    char text[USPAN_MESSAGE_BYTES];
    pb_istream_t s = pb_istream_from_buffer(b->at, b->len);
    uspan_otlp_ExportTraceServiceResponse response = { 0 };
    uspan_otlp_RpcStatus status = { 0 };
    status.message.funcs.decode = response.partial_success.error_message.funcs.decode = keep_text;
    status.message.arg = response.partial_success.error_message.arg = wanted;
    bool good =
        inside ? pb_decode_ex(&s, uspan_otlp_RpcStatus_fields, &status, PB_DECODE_NOINIT)
               : pb_decode_ex(&s, uspan_otlp_ExportTraceServiceResponse_fields, &response, PB_DECODE_NOINIT);
    int64_t number = inside ? status.code : response.partial_success.rejected_spans;
    uspan_answer_t *a = answer_of(b, USPAN_ANSWER_PROTOBUF, (uint32_t)b->len);
    uint32_t found = uspan_body_read(a, inside, text);
    assert_int_equal(found, !good && !inside ? USPAN_BODY_UNREADABLE : good && number > 0 ? number : 0);
    if (good) {
        assert_string_equal(text, wanted);
    } else { /* the bytes that cannot be decoded are shown */
        assert_true(strlen(text) < USPAN_MESSAGE_BYTES && strcspn(text, "\n\x1b\x7f") == strlen(text));
    }
    test_free(a);
}

static void test_answers_read_as_by_nanopb(void **state)
{
    (void)state;
    seed = 1u;
    for (unsigned i = 0; i < ROUNDS; i++) {
        bytes_t b = { .len = 0 };
        bool inside = below(2) == 0u;
        if (inside) {
            make_inside(&b);
        } else {
            make_response(&b);
        }
        compare(&b, inside);
        if (b.len > 0u) {
            b.len = below((uint32_t)b.len);
            compare(&b, inside);
        }
    }
}

static void test_broken_bytes_are_never_read_beyond_their_end(void **state)
{
    (void)state;
    seed = 2u;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char text[USPAN_MESSAGE_BYTES];
        bytes_t b = { .len = 0 };
        make_response(&b);
        for (unsigned n = 1u + below(3); n > 0u && b.len > 0u; n--) {
            b.at[below((uint32_t)b.len)] = (uint8_t)below(256);
        }
        uspan_answer_t *a = answer_of(&b, USPAN_ANSWER_PROTOBUF, (uint32_t)b.len + below(2));
        bool failed = below(2) == 0u;
        uint32_t found = uspan_body_read(a, failed, text);
        assert_true(found <= INT32_MAX || (!failed && found == USPAN_BODY_UNREADABLE));
        assert_true(strlen(text) < sizeof text);
        test_free(a);
    }
}

static void test_of_a_body_that_was_cut_what_came_counts(void **state)
{
    (void)state;
    static const bytes_t cut = { "\x0a\x40\x08\x02\x12\x30tell", 10u };
    char text[USPAN_MESSAGE_BYTES];
    uspan_answer_t *a = answer_of(&cut, USPAN_ANSWER_PROTOBUF, 66u);
    assert_int_equal(uspan_body_read(a, false, text), 2);
    assert_string_equal(text, "tell");
    a->body_bytes = a->body_len; /* not truncated, but short */
    assert_int_equal(uspan_body_read(a, false, text), USPAN_BODY_UNREADABLE);
    a->body_bytes = 66u;
    a->flags = USPAN_ANSWER_JSON;
    assert_int_equal(uspan_body_read(a, false, text), USPAN_BODY_UNREADABLE);
    a->is_packed = true;
    a->flags = USPAN_ANSWER_PROTOBUF;
    assert_int_equal(uspan_body_read(a, false, text), USPAN_BODY_UNREADABLE);
    assert_string_equal(text, "");
    assert_int_equal(uspan_body_read(a, true, text), 0);
    assert_string_equal(text, "");
    test_free(a);
}

static void test_numbers_that_are_no_counts_are_none(void **state)
{
    (void)state;
    static const bytes_t minus = { "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11u };
    static const bytes_t endless = { "\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12u };
    static const bytes_t huge_len = { "\x08\x05\x12\xff\xff\xff\xff\x0f", 8u };
    const bytes_t *const all[] = { &minus, &endless, &huge_len };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char text[USPAN_MESSAGE_BYTES];
        uspan_answer_t *a = answer_of(all[i], USPAN_ANSWER_PROTOBUF, (uint32_t)all[i]->len);
        assert_int_equal(uspan_body_read(a, true, text), 0);
        test_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_read_as_by_nanopb),
        cmocka_unit_test(test_broken_bytes_are_never_read_beyond_their_end),
        cmocka_unit_test(test_of_a_body_that_was_cut_what_came_counts),
        cmocka_unit_test(test_numbers_that_are_no_counts_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
