/* fuzz_wire.c: any bytes as request and answer of any dialect, in any fragments: the span is that of the whole; its
 * lists are JSON; its texts are UTF-8; the call takes what it said it would. The first byte picks dialect and way, the
 * request ends at a byte 0.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 */
#include "fuzz.h"
#include "json_read.h"
#include "uspan/read.h"
#include "uspan/wire.h"
#include "world.h"

static const char *const urls[] = {
    "https://api.openai.com/v1/chat/completions",
    "https://api.openai.com/v1/embeddings",
    "https://nowhere.example/",
#if USPAN_WIRE_ANTHROPIC
    "https://api.anthropic.com/v1/messages",
#endif
#if USPAN_WIRE_OLLAMA
    "http://localhost:11434/api/chat",
    "http://localhost:11434/api/embed",
#endif
#if USPAN_WIRE_OPENAI_RESPONSES
    "https://api.openai.com/v1/responses",
#endif
#if USPAN_WIRE_GEMINI
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
#endif
#if USPAN_WIRE_DASHSCOPE
    "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation",
#endif
};
static const char *const words[] = {
    "{\"",         "\":",         "\",\"",         "{\"choices\":[{\"delta\":{", "\"content\":\"", "\"tool_calls\":[{\"index\":",
    "\"id\":\"",   "\"function\":{\"name\":\"",     "\"arguments\":\"",           "\"}}]}",        "data: ",
    "\n\n",        "\r\n",        "\"messages\":[{", "\"role\":\"tool\"",          "\"tools\":[{",  "\"parameters\":{",
    "\"stop\":[\"", "\"finish_reason\":\"stop\"",   "\"usage\":{",                "\"error\":{\"message\":\"",
    "\\ud83c",     "\\udf31",     "\\u0000",       "\"image_url\":{\"url\":\"data:", "\"text\":\"", "\"content\":[{",
    "\"delta\":{\"partial_json\":\"", "\"content_block\":{\"type\":\"tool_use\",\"id\":\"", "\"message\":{\"content\":\"",
    "\"parts\":[{\"functionCall\":{\"args\":{", "\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"",
    "\"type\":\"response.output_text.delta\",\"delta\":\"", "\"item\":{\"type\":\"function_call\",\"call_id\":\"",
    "\"output\":{\"choices\":[{\"message\":{\"content\":\"", "\"input\":{\"messages\":[{",
    "\"done\":true", "\"name\":\"", "\"description\":\"", "null", "[DONE]", "}}", "]}", "{", "}", "[", "]", ",", ":", "\"",
};

static void ignore(void *ctx, unsigned action, uspan_json_event_t event, const char *text, size_t len)
{
    (void)ctx, (void)action, (void)event, (void)text, (void)len;
}

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* All that the span says, as one number; the order of its attributes counts. */
static uint64_t digest(uspan_tracer_t *t, uspan_t s)
{
    static const uspan_json_table_t none = { NULL, NULL, 0u };
    static char text[65536];
    uspan_view_t view;
    CHECK(uspan_read(t, s, &view) == USPAN_OK && view.ended && view.dropped_attrs == 0u);
    uint64_t hash = mix(1u, view.name, view.name_len);
    for (unsigned i = 0; i < view.attr_count; i++) {
        uspan_value_t v, element;
        CHECK(uspan_read_attr(t, s, USPAN_OF_SPAN, i, &v) == USPAN_OK);
        hash = mix(hash, v.key->text, v.key->len);
        if (v.type == USPAN_TYPE_TEXT) {
            size_t len = uspan_read_text(t, s, USPAN_OF_SPAN, i, 0, text, sizeof text);
            hash = mix(hash, text, len);
            if ((v.key->flags & USPAN_KEY_CONTENT) != 0u) {
                uspan_json_read_t j;
                memset(&j, 0, sizeof j);
                size_t used = uspan_json_read_feed(&j, &none, ignore, NULL, text, len);
                CHECK(uspan_json_read_is_done(&j));
                for (; used < len; used++) { /* room that was kept for a cut */
                    CHECK(text[used] == ' ');
                }
            }
        } else if (v.type == USPAN_TYPE_TEXTS) {
            for (unsigned k = 0; k < v.len; k++) {
                CHECK(uspan_read_element(t, s, USPAN_OF_SPAN, i, k, &element, text, sizeof text) == USPAN_OK);
                hash = mix(hash, text, element.len < sizeof text ? element.len : sizeof text);
            }
        } else {
            hash = mix(hash, &v.i, sizeof v.i);
            hash = mix(hash, &v.d, sizeof v.d);
        }
    }
    return mix(hash, &view.status, sizeof view.status);
}

static void feed(uspan_wire_t *w, void (*call)(uspan_wire_t *, const void *, size_t), const char *data, size_t len,
                 uint32_t seed)
{
    while (len > 0u) {
        seed = seed * 1664525u + 1013904223u;
        size_t n = (seed & 0xFFu) == 0u || seed == 1013904223u ? len : 1u + (seed >> 24) % 13u;
        n = n < len ? n : len;
        uint8_t *piece = fuzz_copy((const uint8_t *)data, n);
        call(w, piece, n);
        free(piece);
        data += n;
        len -= n;
    }
}

static uint64_t play(world_t *world, const char *url, const char *data, size_t len, bool whole)
{
    uspan_wire_t w;
    world_reset_with_collector(world);
    memset(&w, 0x5A, sizeof w);
    uspan_t s = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, url);
    const char *end = memchr(data, '\0', len);
    size_t request_len = end != NULL ? (size_t)(end - data) : len / 2u;
    size_t skip = end != NULL ? request_len + 1u : request_len;
    feed(&w, uspan_wire_request, data, request_len, whole ? 0u : 77u);
    feed(&w, uspan_wire_response, data + skip, len - skip, whole ? 0u : 99u);
    CHECK(uspan_wire_end(&w, 200, NULL) >= USPAN_OK);
    unsigned unread = uspan_wire_unread(&w);
    CHECK(uspan_wire_end(&w, 200, NULL) == USPAN_ERR_STALE);
    uint64_t hash = mix(digest(&world->tracer, s), &unread, sizeof unread);
    for (unsigned i = 0; i < 3u; i++) { /* tools that the answer asked for, and what it did not ask for */
        uspan_t tool = uspan_wire_tool_begin(&w, &world->tracer, USPAN_ROOT, NULL, i == 2u ? "a" : NULL);
        CHECK(uspan_tool_end(&world->tracer, tool, NULL) == USPAN_OK);
        uint64_t own = digest(&world->tracer, tool);
        hash = mix(hash, &own, sizeof own);
    }
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void *world;
    if (world == NULL) {
        CHECK(world_setup(&world) == 0);
    }
    if (len < 2u) {
        return 0;
    }
    const char *url = urls[data[0] % (sizeof urls / sizeof urls[0])];
    size_t expanded;
    char *text = fuzz_expand(words, sizeof words / sizeof words[0], data + 1, len - 1u, 4000, &expanded);
    CHECK(play(world, url, text, expanded, true) == play(world, url, text, expanded, false));
    free(text);
    return 0;
}
