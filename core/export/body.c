/* body.c: two small protobuf messages of a stranger.
 * Invariant: at only grows, by at least 1 a field; where a field is broken, or goes beyond the end, at is
 * beyond it too; no byte there is read. nanopb's own stream primitives do the same in 480 bytes of flash more
 * on Cortex-M3; a test holds what is read equal to what its generated decoder reads. */
#include "body.h"
#include "answer.pb.h"
#include "http_answer.h"
#include "wire.h"

#define BITS_MAX 70u /* ten bytes of seven bits each */

/* Both messages have a number and a text, and these two tags serve both. */
#define TAG_NUMBER USPAN_TAG(uspan_otlp_RpcStatus_code_tag, USPAN_WIRE_VARINT)
#define TAG_TEXT USPAN_TAG(uspan_otlp_RpcStatus_message_tag, USPAN_WIRE_BYTES)
#define TAG_PARTIAL USPAN_TAG(uspan_otlp_ExportTraceServiceResponse_partial_success_tag, USPAN_WIRE_BYTES)
USPAN_STATIC_ASSERT(uspan_otlp_ExportTracePartialSuccess_rejected_spans_tag ==
                            uspan_otlp_RpcStatus_code_tag &&
                        uspan_otlp_ExportTracePartialSuccess_error_message_tag ==
                            uspan_otlp_RpcStatus_message_tag,
                    "ExportTracePartialSuccess and google.rpc.Status have equal tags");

/* A number modulo 2^32. */
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

#if USPAN_TEXTS
/* The first bytes of a text. It goes to a log: no control characters. */
static void keep_text(const uint8_t *from, uint32_t n, char text[USPAN_MESSAGE_BYTES])
{
    uint32_t i = 0;
    for (; i < n && i < USPAN_MESSAGE_BYTES - 1u; i++) {
        text[i] = from[i] < 0x20u || from[i] == 0x7Fu ? ' ' : (char)from[i];
    }
    text[i] = '\0';
}
#endif

uint32_t uspan_body_read(const uspan_answer_t *a, bool inside, char text[USPAN_MESSAGE_BYTES])
{
    const bool cut = a->body_bytes > a->body_len;
    uint32_t end = (a->flags & USPAN_ANSWER_PROTOBUF) != 0u ? a->body_len : 0u;
    uint32_t at = 0u, number = 0u;
    text[0] = '\0';
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
#if USPAN_TEXTS
        if (tag == TAG_TEXT && inside && at <= end) {
            keep_text(&a->body[at], to < end ? n : end - at, text);
        }
#endif
        if (tag == TAG_NUMBER && inside) {
            number = n;
        }
        at = type != USPAN_WIRE_VARINT ? to : at;
    }
    if (at > end && !cut) {
        text[0] = '\0';
        number = 0u;
    }
    return number <= INT32_MAX ? number : 0u;
}
