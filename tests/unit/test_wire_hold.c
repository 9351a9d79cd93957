/* test_wire_hold.c: a short value that a response has twice, or that does not fit in the pool. The first
 * value or its beginning is kept, for all positions of fragment ends. Earlier values stay.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=4096 USPAN_VALUE_MAX=2048 */
#include "wire/wire_hold.h"
#include "trace/blocks.h"
#include "wire/wire_attrs.h"
#include "uspan/read.h"
#include "cmocka_all.h"
#include "world.h"
#include <stdio.h>

#define IN_WORLD(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
#define FIFTY "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"

static uspan_wire_t w;

/* The attribute of a span whose request came in pieces of that size. */
static size_t in_pieces(world_t *world, const char *request, size_t piece, char *out, size_t cap)
{
    uspan_value_t v;
    unsigned index;
    world_reset_with_collector(world);
    uspan_t s = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, "https://api.anthropic.com/v1/messages");
    for (size_t at = 0; at < strlen(request); at += piece) {
        size_t left = strlen(request) - at;
        uspan_wire_request(&w, request + at, left < piece ? left : piece);
    }
    assert_int_equal(uspan_wire_end(&w, 200, "none"), USPAN_OK);
    assert_int_equal(uspan_find_attr(&world->tracer, s, USPAN_OF_SPAN, "gen_ai.input.messages", &v, &index),
                     USPAN_OK);
    size_t len = uspan_read_text(&world->tracer, s, USPAN_OF_SPAN, index, 0, out, cap - 1u);
    out[len] = '\0';
    return len;
}

static void test_a_second_value_is_passed_over_in_any_fragments(void **state)
{
    static const char request[] =
        "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"first\","
        "\"name\":\"one\","
        "\"id\":\"" FIFTY FIFTY "\",\"name\":\"" FIFTY FIFTY "\",\"id\":\"third\",\"input\":{}}]}]}";
    static const char expected[] =
        "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"first\","
        "\"name\":\"one\",\"arguments\":{}}]}]";
    char text[512];
    for (size_t piece = 1; piece <= sizeof request; piece++) {
        (void)in_pieces(*state, request, piece, text, sizeof text);
        assert_string_equal(text, expected);
    }
}

/* Text that waits and records share w.hold. Wherever its limit comes, each value is complete. */
static void test_values_are_complete_wherever_the_memory_ends(void **state)
{
    static const size_t pieces[] = { 1, 7, 1024 };
    char request[512], expected[512], text[512], x[128], id[80];
    for (unsigned run = 0; run < 3u * 100u * 8u; run++) {
        const int len = 1 + (int)(run / 24u), id_len = 1 + (int)(run / 3u % 8u) * 9;
        memset(x, 'x', sizeof x);
        memset(id, 'i', sizeof id);
        (void)snprintf(
            request, sizeof request,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"%.*s\"},{\"role\":\"assistant\",\"content\":["
            "{\"type\":\"tool_use\",\"id\":\"%.*s\",\"name\":\"%.*s\",\"input\":{}}]}]}",
            len, x, id_len, id, id_len, x);
        (void)snprintf(expected, sizeof expected,
                       "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"%.*s\"}]},"
                       "{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"%.*s\","
                       "\"name\":\"%.*s\",\"arguments\":{}}]}]",
                       len, x, id_len, id, id_len, x);
        (void)in_pieces(*state, request, pieces[run % 3u], text, sizeof text);
        assert_string_equal(text, expected);
        assert_int_equal(uspan_wire_unread(&w), 0);
    }
}

#define ROWS(X)           \
    X("", TAKE_DOCUMENT)  \
    X("id", TAKE_CALL_ID) \
    X("uri", TAKE_URI)    \
    X("to", TAKE_TO)      \
    X("text", TAKE_TEXT)
USPAN_JSON_TABLE(table, ROWS);

static unsigned ids, uris, tos, texts;
static void count_records(uspan_wire_t *wire)
{
    uspan_hold_cursor_t c;
    uspan_record_t r;
    uspan_hold_begin(&c, USPAN_HOLD_UNIT);
    ids = uris = tos = texts = 0;
    while (uspan_hold_next(wire, &c, &r)) {
        ids += r.tag == TAKE_CALL_ID ? r.len : 0u;
        uris += r.tag == TAKE_URI ? r.len : 0u;
        tos += r.tag == TAKE_TO ? r.len : 0u;
        texts += r.tag == TAKE_TEXT ? r.len : 0u;
    }
}

/* The response, while the pool has that number of free blocks. Returns the number of values that are lost. */
static unsigned answer_in_blocks(world_t *world, const char *text, size_t piece, unsigned blocks)
{
    static const uspan_wire_dialect_t dialect = { &table, &table, count_records, "p", USPAN_WIRE_CHAT, 0u };
    uint16_t head, tail;
    world_reset_with_collector(world);
    (void)uspan_wire_begin_as(&w, &world->tracer, USPAN_ROOT, NULL, &dialect);
    uspan_wire_response(&w, text, 1u);
    unsigned free_blocks = USPAN_BLOCKS_MAX - world->tracer.trace.blocks_live;
    assert_int_equal(uspan_blocks_alloc(&world->tracer.trace, free_blocks - blocks, &head, &tail),
                     free_blocks - blocks);
    for (size_t at = 1; at < strlen(text); at += piece) {
        size_t left = strlen(text) - at;
        uspan_wire_response(&w, text + at, left < piece ? left : piece);
    }
    unsigned unread = uspan_wire_unread(&w);
    (void)uspan_wire_end(&w, 200, NULL);
    return unread;
}

static void answer_in_one_block(world_t *world, const char *text, size_t piece)
{
    assert_true(answer_in_blocks(world, text, piece, 1u) > 0u);
}

static void test_a_long_text_leaves_the_reserve_to_short_values(void **state)
{
    world_t *world = *state;
    static const char text[] = "{\"text\":\"" FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "\"}";
    static const char both[] =
        "{\"id\":\"" FIFTY "\",\"text\":\"" FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "\",\"to\":\"" FIFTY "\"}";
    assert_true(USPAN_BLOCKS_RESERVED > 2u);
    assert_true(answer_in_blocks(world, text, sizeof text, USPAN_BLOCKS_RESERVED + 2u) > 0u);
    assert_true(texts > 0u && texts <= 2u * USPAN_BLOCK_BYTES);
    assert_true(answer_in_blocks(world, both, sizeof both, USPAN_BLOCKS_RESERVED) > 0u);
    assert_int_equal(ids, 50);
    assert_int_equal(tos, 50);
    assert_true(texts <= USPAN_BLOCK_BYTES);
}

static void test_a_value_that_found_no_room_takes_none_before_it_along(void **state)
{
    static const char broken[] =
        "{\"id\":\"" FIFTY "1234567\",\"uri\":\"" FIFTY FIFTY FIFTY; /* the id fills the block */
    answer_in_one_block(*state, broken, sizeof broken);
    assert_int_equal(ids, 57);
    assert_int_equal(uris, 0);
    answer_in_one_block(*state, "{\"id\":\"" FIFTY "\",\"uri\":\"" FIFTY FIFTY FIFTY, sizeof broken);
    assert_int_equal(ids, 50); /* and the incomplete half is removed */
    assert_int_equal(uris, 0);
}

/* The records of a value in pieces are one record, so that it needs no block. */
static void test_pieces_take_no_more_room_than_their_value(void **state)
{
    static const char text[] = "{\"to\":\"ab\",\"text\":\"" FIFTY "0123456789012345678901234567890\"}";
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        assert_int_equal(answer_in_blocks(*state, text, piece, 0u), 0);
        assert_int_equal(tos, 2);
        assert_int_equal(texts, 81);
    }
}

static void test_pieces_after_a_lost_one_are_lost(void **state)
{
    /* The first uri does not fit. Its later bytes must not be added to the id's, and must not be stored
     * alone. */
    answer_in_one_block(*state, "{\"id\":\"" FIFTY "1234567\",\"uri\":\"" FIFTY FIFTY FIFTY "\\n" FIFTY "\"}",
                        400u);
    assert_int_equal(ids, 57);
    assert_int_equal(uris, 0);
}

static void test_the_count_of_unread_values_ends_at_its_limit(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    for (unsigned n = 1; n < UINT16_MAX + 3u; n++) {
        uspan_wire_count_unread(&w);
        assert_int_equal(uspan_wire_unread(&w), n < UINT16_MAX ? n : UINT16_MAX);
    }
}

/* The message's bytes replace the records that they are read from: those in blocks, then the one after
 * them. */
static void test_a_long_error_message_ends_and_is_right(void **state)
{
    static const char head[] = "{\"error\":{\"message\":\"Rate limit";
    static const char broken[] = " reached for gpt-\xFE\"messages\":[{\xFE%code\":\"rate_limit_exceeded\"}}";
    world_t *world = *state;
    char text[1024];
    char body[512];
    for (size_t run = 0; run < 4u * 240u; run++) {
        size_t count = run / 4u;
        size_t piece = 1u + run % 4u * 4u;
        size_t len = sizeof head - 1u;
        memcpy(body, head, len);
        memset(body + len, 0xF5, count); /* invalid UTF-8: 3 bytes each in the span */
        len += count;
        memcpy(body + len, broken, sizeof broken);
        world_reset_with_collector(world);
        uspan_t s =
            uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, "https://api.openai.com/v1/chat/completions");
        len += sizeof broken - 1u;
        for (size_t at = 0; at < len; at += piece) {
            uspan_wire_response(&w, body + at, len - at < piece ? len - at : piece);
        }
        (void)uspan_wire_end(&w, 429, NULL);
        size_t said = uspan_read_status_message(&world->tracer, s, text, sizeof text);
        assert_memory_equal(text, "Rate limit", 10u);
        for (size_t i = 0; i < count && 10u + 3u * i + 12u < said; i++) {
            assert_memory_equal(text + 10u + 3u * i, "\xEF\xBF\xBD", 3u);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_second_value_is_passed_over_in_any_fragments),
        IN_WORLD(test_values_are_complete_wherever_the_memory_ends),
        IN_WORLD(test_a_long_error_message_ends_and_is_right),
        IN_WORLD(test_a_long_text_leaves_the_reserve_to_short_values),
        IN_WORLD(test_a_value_that_found_no_room_takes_none_before_it_along),
        IN_WORLD(test_pieces_after_a_lost_one_are_lost),
        IN_WORLD(test_pieces_take_no_more_room_than_their_value),
        cmocka_unit_test(test_the_count_of_unread_values_ends_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
