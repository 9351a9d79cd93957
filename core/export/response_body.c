/* response_body.c: reads the body of a response: two small protobuf messages that are not trusted, one of
 * them also as JSON, or any text. Invariant: `at` grows by at least 1 per field. If a field is broken or
 * exceeds the end, `at` is beyond the end too, and no byte there is read. nanopb's stream functions need 480
 * bytes of flash more on Cortex-M3. A test compares the result with nanopb's generated decoder. */
#include "export/response_body.h"
#include <string.h>
#include "answer.pb.h"
#include "export/http_response.h"
#include "export/protobuf.h"
#include "trace/ascii.h"
#include "trace/trace.h"

#define BITS_MAX 70u /* ten bytes of seven bits each */

/* Both messages have a number and a text. These two tags are the same in both. */
#define TAG_NUMBER USPAN_TAG(uspan_otlp_RpcStatus_code_tag, USPAN_WIRE_VARINT)
#define TAG_TEXT USPAN_TAG(uspan_otlp_RpcStatus_message_tag, USPAN_WIRE_BYTES)
#define TAG_PARTIAL USPAN_TAG(uspan_otlp_ExportTraceServiceResponse_partial_success_tag, USPAN_WIRE_BYTES)
USPAN_STATIC_ASSERT(uspan_otlp_ExportTracePartialSuccess_rejected_spans_tag ==
                            uspan_otlp_RpcStatus_code_tag &&
                        uspan_otlp_ExportTracePartialSuccess_error_message_tag ==
                            uspan_otlp_RpcStatus_message_tag,
                    "ExportTracePartialSuccess and google.rpc.Status have equal tags");

/* Read a number modulo 2^32. */
static uint32_t read_varint(const uint8_t *body, uint32_t end, uint32_t *at)
{
    uint32_t number = 0;
    for (unsigned bits = 0; *at < end && bits < BITS_MAX; bits += 7u) {
        uint32_t byte = body[(*at)++];
        number |= bits < 32u ? (byte & 0x7Fu) << bits : 0u;
        if (byte < 0x80u) {
            return number;
        }
    }
    *at = end + 1u;
    return 0u;
}

/* Copy the first bytes of a text for the log, as well-formed UTF-8. Control characters (C0, DEL, C1) become
 * spaces. */
static void keep_text(const uint8_t *from, uint32_t n, char text[USPAN_MESSAGE_BYTES])
{
#if USPAN_MESSAGE_TEXTS
    bool whole;
    size_t kept = uspan_text_clean((const char *)from, n, text, USPAN_MESSAGE_BYTES - 1u, &whole);
    size_t to = 0;
    for (size_t i = 0; i < kept; i++) {
        uint8_t c = (uint8_t)text[i];
        bool is_c1 = c == 0xC2u && i + 1u < kept && (uint8_t)text[i + 1u] < 0xA0u;
        i += is_c1;
        text[to++] = c < 0x20u || c == 0x7Fu || is_c1 ? ' ' : (char)c;
    }
    text[to] = '\0';
#else
    (void)from;
    (void)n;
    text[0] = '\0';
#endif
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

enum { KEY_NONE, KEY_PARTIAL, KEY_REJECTED, KEY_MESSAGE };

/* Each name in both forms that protobuf's JSON mapping accepts. */
static const char json_names[] =
    "partialsuccess\0partial_success\0rejectedspans\0rejected_spans\0errormessage\0error_message\0";

/* Keys are known on two levels: the first name on the first level, the others on the second. */
static unsigned key_of(const uint8_t *key, uint32_t len, unsigned depth)
{
    unsigned found = (uspan_word_index(json_names, (const char *)key, len) + 1u) / 2u;
    return (found == KEY_PARTIAL) == (depth == 1u) ? found : KEY_NONE;
}

static uint32_t read_digits(const uint8_t *from, const uint8_t *end)
{
    uint32_t number = 0u;
    for (; from < end && (unsigned)*from - '0' < 10u; from++) {
        number = number > UINT32_MAX / 16u ? UINT32_MAX : number * 10u + *from - '0';
    }
    return number;
}

/* Read an ExportTraceServiceResponse as OTLP/JSON:
 * {"partialSuccess":{"rejectedSpans":"1","errorMessage":"quota"}}. Numbers may be strings. Returns
 * rejectedSpans. */
static uint32_t read_json(const uint8_t *body, uint32_t len, char text[USPAN_MESSAGE_BYTES])
{
    const uint8_t *at = body, *end = body + len;
    unsigned depth = 0, key = KEY_NONE;
    bool inside = false;
    uint32_t number = 0u;
    while (at < end) {
        const uint8_t *from = at;
        uint8_t c = *at++;
        if (c == '{' || c == '[') {
            depth++;
            inside = inside || (c == '{' && depth == 2u && key == KEY_PARTIAL);
            key = KEY_NONE;
        } else if (c == '}' || c == ']') {
            inside = inside && depth != 2u;
            depth -= depth > 0u;
        } else if (c == ',') {
            key = KEY_NONE;
        } else if (c == '"') {
            from = at;
            while (at < end && *at != '"') {
                at += *at == '\\' && end - at > 1 ? 2 : 1;
            }
            const uint8_t *to = at;
            at += at < end;
            while (at < end && *at <= ' ') {
                at++;
            }
            if (at < end && *at == ':') {
                at++;
                key = depth == 1u || (depth == 2u && inside) ? key_of(from, (uint32_t)(to - from), depth)
                                                             : KEY_NONE;
            } else if (key == KEY_REJECTED) {
                number = read_digits(from, to);
            } else if (key == KEY_MESSAGE) {
                keep_text(from, (uint32_t)(to - from), text);
            }
        } else if (key == KEY_REJECTED && (unsigned)c - '0' < 10u) {
            number = read_digits(from, end);
            key = KEY_NONE;
        }
    }
    return number;
}

/* Returns true if the body is JSON by its type or by its bytes. The type may be missing or wrong. */
static bool is_json(const uspan_answer_t *a)
{
    return (a->flags & USPAN_ANSWER_JSON) != 0u || (a->body_len > 0u && a->body[0] == '{');
}

/* ---- protobuf ------------------------------------------------------------------------------------------ */

static uint32_t read_protobuf(const uspan_answer_t *a, bool inside, char text[USPAN_MESSAGE_BYTES],
                              bool *decodes)
{
    const bool cut = a->body_bytes > a->body_len;
    uint32_t end = a->body_len;
    uint32_t at = 0u, number = 0u;
    while (at < end) {
        uint32_t tag = read_varint(a->body, end, &at);
        uint32_t type = tag & 7u;
        uint32_t n = type == USPAN_WIRE_FIXED64 ? 8u : type == USPAN_WIRE_FIXED32 ? 4u : end + 1u;
        if (type == USPAN_WIRE_VARINT || type == USPAN_WIRE_BYTES) {
            n = read_varint(a->body, end, &at);
        }
        uint32_t to = at + (n <= end ? n : end + 1u);
        if (tag == TAG_PARTIAL && !inside) {
            inside = true;
            if (to <= end || cut) {
                end = to < end ? to : end;
                continue;
            }
        }
        if (tag == TAG_TEXT && inside && at <= end) {
            keep_text(&a->body[at], to < end ? n : end - at, text);
        }
        if (tag == TAG_NUMBER && inside) {
            number = n;
        }
        at = type != USPAN_WIRE_VARINT ? to : at;
    }
    *decodes = at <= end || cut;
    if (!*decodes) {
        text[0] = '\0';
        number = 0u;
    }
    return number;
}

uint32_t uspan_body_read(const uspan_answer_t *a, bool failed, char text[USPAN_MESSAGE_BYTES])
{
    uint32_t number = 0u;
    bool decodes = false;
    text[0] = '\0';
    if (!a->is_packed) {
        if ((a->flags & USPAN_ANSWER_FIELD) == 0u) {
            if (!failed && is_json(a)) {
                number = read_json(a->body, a->body_len, text);
                decodes = memchr(a->body, '{', a->body_len) != NULL;
            } else if (!failed || (a->flags & USPAN_ANSWER_PROTOBUF) != 0u) {
                number = read_protobuf(a, failed, text, &decodes);
            }
        }
        if (!decodes) {
            keep_text(a->body, a->body_len, text);
        }
    }
    if (!failed && !decodes && a->body_bytes > 0u) {
        return USPAN_BODY_UNREADABLE;
    }
    return number <= INT32_MAX ? number : 0u;
}
