/* fuzz_mcp.c: any bytes as MCP messages that come in and go out, with calls of the program between them.
 * Spans, counts and baggage are the same for any fragments. Arguments and results are JSON. Names and texts
 * do not exceed their limits. There are never more open requests than there is room for. Each started span is
 * open, ended, or counted as dropped. A text pool without free blocks and disabled content change only what
 * could be kept.
 * The input is one byte of options (see HOW_), then messages. Each message begins with a byte that gives its
 * direction and ends in a byte 0.
 * uspan-config: USPAN_SPANS_MAX=24 USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=8192 USPAN_MCP_HOLD_BYTES=1024 */
#include "tracer_fuzz.h"
#include "uspan/mcp.h"

#define MESSAGES_MAX 900u
_Static_assert(USPAN_MCP_HOLD_BYTES >= MESSAGES_MAX && USPAN_VALUE_MAX >= 6u * MESSAGES_MAX, "content is kept whole");

#define HOW_NO_CONTENT 1u
#define HOW_DRY 2u /* the upper bits give how little text is free */
#define HOW_CURRENT 4u
#define HOW_LEFT_SHIFT 5u

static const char *const words[] = {
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{", "\"id\":", "\"id\":\"a\"", "\"id\":1,",
    "\"id\":7,", "\"method\":\"", "\"method\":\"tools/call\",", "\"method\":\"prompts/get\",",
    "\"method\":\"resources/read\",", "\"method\":\"notifications/cancelled\",", "\"params\":{", "\"_meta\":{", "\"name\":\"",
    "\"uri\":\"", "\"arguments\":{", "\"traceparent\":\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"",
    "\"tracestate\":\"a=b\"", "\"baggage\":\"k=v\"", "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"",
    "\"requestId\":1", "\"protocolVersion\":\"2025-06-18\"", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{", "\"result\":{",
    "\"content\":[", "\"isError\":true", "\"error\":{\"code\":-32002,", "\"error\":{\"message\":\"", "\"data\":{\"name\":\"",
    "{\"session_id\":\"s\",\"type\":\"mcp\",\"payload\":{", "{\"", "\":", "\",\"", "null", "true", "{", "}", "[", "]", ",",
    ":", "\"", "}}", "}}}", "\\ud83c", "\\udf31", "\\u0000", "event: message\ndata: ", "data:", "\n\n", "\r\ndata: ",
};

static uint64_t digest_of(uspan_t s, bool whole)
{
    static char text[USPAN_VALUE_MAX + 1u];
    uspan_view_t view;
    if (uspan_read(&fuzz_tracer, s, &view) != USPAN_OK) {
        return 0u;
    }
    CHECK(!whole || (view.dropped_attrs == 0u && view.dropped_links == 0u));
    uint64_t hash = mix(1u, view.name, view.name_len);
    hash = mix(hash, view.parent_id, sizeof view.parent_id);
    for (unsigned i = 0; i < view.attr_count; i++) {
        uspan_value_t v;
        CHECK(uspan_read_attr(&fuzz_tracer, s, USPAN_OF_SPAN, i, &v) == USPAN_OK);
        hash = mix(hash, v.key->text, v.key->len);
        if (v.type == USPAN_TYPE_TEXT) {
            size_t len = uspan_read_text(&fuzz_tracer, s, USPAN_OF_SPAN, i, 0, text, sizeof text);
            hash = mix(hash, text, len);
            if ((v.key->flags & USPAN_KEY_CONTENT) != 0u) {
                check_json(text, len);
            } else {
                CHECK(len <= 3u * 128u); /* a byte that is not UTF-8 takes three */
            }
        } else {
            hash = mix(hash, &v.i, sizeof v.i);
        }
    }
    hash = mix(hash, &view.link_count, sizeof view.link_count);
    hash = mix(hash, &view.ended, sizeof view.ended);
    return mix(hash, &view.status, sizeof view.status);
}

static void give(uspan_mcp_t *m, uint8_t where, const char *data, size_t len, bool is_last)
{
    char *piece = fuzz_copy((const uint8_t *)data, len);
    if (where % 4u == 0u) {
        (void)uspan_mcp_response_part(m, piece, len, is_last);
    } else if (where % 4u == 1u) {
        (void)uspan_mcp_result_part(m, piece, len, is_last);
    } else {
        (void)uspan_mcp_request_part(m, piece, len, is_last);
    }
    free(piece);
}

/* One message, in pieces unless seed is 0. */
static void pass(uspan_mcp_t *m, const char *data, size_t len, uint32_t *seed)
{
    static const char *const ids[] = { "1", "\"a\"", "7", NULL };
    uint8_t where = len > 0u ? (uint8_t)*data : 0u;
    if ((where & 0x20u) != 0u) { /* a call of the program before it */
        (void)uspan_mcp_call(m, USPAN_ROOT, "tools/call", "water", ids[where >> 6]);
    }
    data += len > 0u;
    len -= len > 0u;
    do {
        *seed = *seed != 0u ? *seed * 1664525u + 1013904223u : 0u;
        size_t n = *seed == 0u ? len : 1u + (*seed >> 24) % 13u;
        n = n < len ? n : len;
        give(m, where, data, n, n == len);
        data += n;
        len -= n;
    } while (len > 0u);
}

static uint64_t play(const char *data, size_t len, uint8_t how, uint32_t seed)
{
    uspan_mcp_t m;
    fuzz_begin();
    memset(&m, 0x5A, sizeof m);
    uspan_set_content(&fuzz_tracer, (how & HOW_NO_CONTENT) == 0u);
    if ((how & HOW_DRY) != 0u) {
        run_dry((unsigned)how >> HOW_LEFT_SHIFT);
    }
    if ((how & HOW_CURRENT) != 0u) {
        (void)uspan_enter(&fuzz_tracer, uspan_start(&fuzz_tracer, USPAN_ROOT, "current"));
    }
    uspan_mcp_open(&m, &fuzz_tracer, NULL);
    const char *end = data + len;
    for (const char *at = data; at < end; at++) {
        const char *stop = memchr(at, '\0', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        pass(&m, at, (size_t)(stop - at), &seed);
        CHECK(m.open_count <= USPAN_MCP_OPEN_MAX);
        at = stop;
    }
    size_t baggage_len;
    const char *baggage = uspan_mcp_baggage(&m, &baggage_len);
    CHECK(baggage_len <= 128u);
    uint64_t hash = mix(m.open_count, baggage, baggage_len);
    unsigned counts[3] = { uspan_mcp_unread(&m), uspan_mcp_unknown(&m), uspan_mcp_unanswered(&m) };
    hash = mix(hash, counts, sizeof counts);
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        uint64_t own = digest_of(USPAN_HANDLE(fuzz_tracer.trace.slots[i].id), (how & HOW_DRY) == 0u);
        hash = mix(hash, &own, sizeof own);
    }
    uspan_mcp_close(&m, NULL);
    uspan_stats_t stats;
    uspan_stats(&fuzz_tracer, 0u, &stats);
    uint64_t accounted = (uint64_t)stats.queued + stats.open + stats.unsampled;
    for (unsigned i = 0; i < USPAN_DROP_COUNT; i++) {
        accounted += stats.dropped[i];
    }
    CHECK(accounted == stats.started);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2u) {
        return 0;
    }
    size_t expanded;
    char *text = fuzz_expand(words, sizeof words / sizeof words[0], data + 1, len - 1u, MESSAGES_MAX, &expanded);
    uint64_t whole = play(text, expanded, data[0], 0u);
    uint64_t pieces = play(text, expanded, data[0], 77u + data[1]);
    bool is_ascii = true;
    for (size_t i = 0; i < expanded; i++) {
        is_ascii = is_ascii && (uint8_t)text[i] < 0x80u;
    }
    CHECK(whole == pieces || (data[0] & HOW_DRY) != 0u || !is_ascii);
    free(text);
    return 0;
}
