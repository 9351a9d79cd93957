/* config.h: every option with its unit, range and RAM price. Override, never edit:
 * -DUSPAN_USER_CONFIG='"app_uspan.h"' names a file of yours that defines what it changes; -D works too.
 * The library and the application must see the same values: uspan_init() checks that they did. */
#ifndef USPAN_CONFIG_H
#define USPAN_CONFIG_H

#ifdef USPAN_USER_CONFIG
#include USPAN_USER_CONFIG
#endif

#include <assert.h>
#include <stdint.h>
#ifdef __cplusplus
#define USPAN_STATIC_ASSERT(cond, text) static_assert(cond, text)
#else
#define USPAN_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#endif

/* 0: uspan compiles out to nothing; call sites still compile, every span is null. */
#ifndef USPAN_ENABLED
#define USPAN_ENABLED 1
#endif
#ifdef USPAN_INSIDE /* uspan's own sources stay whole; nobody refers to them then */
#undef USPAN_ENABLED
#define USPAN_ENABLED 1
#endif

/* ---- recording ----------------------------------------------------------------------------------------- */

/* Spans open or waiting for export. 1..1023. RAM: sizeof(uspan_slot_t) each (about 530 B on 32-bit). */
#ifndef USPAN_SPANS_MAX
#define USPAN_SPANS_MAX 16
#endif
/* Attributes of one span. 4..128. A chat that wire.h reads has up to 22, and profiles add to it. RAM: 16 B
 * each, in every slot (24 B on 64-bit). */
#ifndef USPAN_ATTRS_MAX
#define USPAN_ATTRS_MAX 24
#endif
/* Events of one span, at most. 0..128. RAM: from the text pool, one block each and one for two attributes. */
#ifndef USPAN_EVENTS_MAX
#define USPAN_EVENTS_MAX 4
#endif
/* Links of one span, at most. 0..128. RAM: from the text pool, as events. */
#ifndef USPAN_LINKS_MAX
#define USPAN_LINKS_MAX 4
#endif
/* Attributes of one event or link, at most. 1..128. RAM: from the text pool. */
#ifndef USPAN_EVENT_ATTRS_MAX
#define USPAN_EVENT_ATTRS_MAX 8
#endif
/* Span name, bytes kept. 8..255. RAM: itself, in every slot. */
#ifndef USPAN_NAME_MAX
#define USPAN_NAME_MAX 48
#endif
/* Pool for copied text, arrays, events and links, bytes. Up to 65,534 blocks. RAM: itself + 2 B a block. */
#ifndef USPAN_TEXT_BYTES
#define USPAN_TEXT_BYTES 8192
#endif
/* One block of that pool, bytes: 32, 64 or 128. Larger is faster on long text and wastes more on short. */
#ifndef USPAN_BLOCK_BYTES
#define USPAN_BLOCK_BYTES 64
#endif
/* One attribute value, bytes kept; the rest is cut at a UTF-8 boundary and counted. 8..65,000. RAM: none. */
#ifndef USPAN_VALUE_MAX
#define USPAN_VALUE_MAX 4096
#endif
/* Tasks that can have a current span at once. 1..64. RAM: 8 B each (16 B on 64-bit). */
#ifndef USPAN_TASKS_MAX
#define USPAN_TASKS_MAX 4
#endif
/* W3C tracestate kept of a remote parent, bytes. 0: module out. Else 64..512 (the W3C floor is 512).
 * RAM: twice itself, and once more in every uspan_context_t. */
#ifndef USPAN_TRACESTATE_BYTES
#define USPAN_TRACESTATE_BYTES 512
#endif
/* 1: message, argument and result attributes (keys marked as content) are recorded; 0: their code is out. */
#ifndef USPAN_CONTENT
#define USPAN_CONTENT 1
#endif
/* 1: uspan_end() sets status Ok where none was set (Studio shows its green mark only then); 0: Unset. */
#ifndef USPAN_STATUS_OK_ON_END
#define USPAN_STATUS_OK_ON_END 1
#endif
/* What single backends want beside the conventions, on typed spans. 0 or 1. RAM: 16 B of the table for each
 * attribute (USPAN_ATTRS_MAX counts them), and where said, a second copy of a text in the pool.
 *   ALIYUN      gen_ai.span.kind, gen_ai.session.id (the text again), gen_ai.user.time_to_first_token:
 *               2 attributes a span, 3 a streamed one; 32 to 48 B, 72 to 112 B on the wire
 *   PHOENIX     openinference.span.kind on spans that it does not know, input.value and output.value (both
 *               texts again) and their mime types: up to 5 attributes; 80 B, 170 B and the texts on the wire
 *   LANGFUSE    langfuse.observation.type, .input, .output (both texts again) on spans that it does not know,
 *               completion_start_time on streamed ones, trace name, session and metadata on workflows: up to
 *               3 attributes, 48 B, 110 B and the texts on the wire; a workflow 2, 1 for each metadata
 *   AGENTSCOPE  agentscope.agent.* (fields of agents and tools that AgentScope 2 has) and agentscope.usage.*
 *               beside the cached tokens; function input and output repeat messages,
 *               arguments and results (the texts again), as Studio's run page reads no others: up to 4
 *               attributes, 64 B, 80 B and the texts on the wire */
#ifndef USPAN_PROFILE_ALIYUN
#define USPAN_PROFILE_ALIYUN 0
#endif
#ifndef USPAN_PROFILE_PHOENIX
#define USPAN_PROFILE_PHOENIX 0
#endif
#ifndef USPAN_PROFILE_LANGFUSE
#define USPAN_PROFILE_LANGFUSE 0
#endif
#ifndef USPAN_PROFILE_AGENTSCOPE
#define USPAN_PROFILE_AGENTSCOPE 0
#endif
/* Full pool: 0 drops the new span, 1 drops the oldest ended span to make room. Both are counted. */
#ifndef USPAN_FULL_DROPS_OLDEST
#define USPAN_FULL_DROPS_OLDEST 0
#endif

/* USPAN_LOCK_HEADER names a file with `static inline uint32_t uspan_lock_inline(void)` and
 * `static inline void uspan_unlock_inline(uint32_t state)`, in place of the port's lock and unlock: two calls
 * through pointers less for every attribute. port/posix/uspan_posix_lock.h is one. */

/* ---- readers of LLM traffic, wire.h -------------------------------------------------------------------- */

/* 1: that dialect is read; 0: its code and tables are out. RAM: none. Flash: 0.5 to 1 KB each. */
#ifndef USPAN_WIRE_OPENAI_CHAT
#define USPAN_WIRE_OPENAI_CHAT 1
#endif
#ifndef USPAN_WIRE_ANTHROPIC
#define USPAN_WIRE_ANTHROPIC 1
#endif
#ifndef USPAN_WIRE_OLLAMA
#define USPAN_WIRE_OLLAMA 1
#endif
#ifndef USPAN_WIRE_OPENAI_RESPONSES
#define USPAN_WIRE_OPENAI_RESPONSES 1
#endif
#ifndef USPAN_WIRE_GEMINI
#define USPAN_WIRE_GEMINI 1
#endif
#ifndef USPAN_WIRE_DASHSCOPE
#define USPAN_WIRE_DASHSCOPE 1
#endif

/* ---- export -------------------------------------------------------------------------------------------- */

/* Collectors, consoles and captures that receive spans. 1..4. RAM: sizeof(uspan_dest_t) each, about 400 B. */
#ifndef USPAN_DESTINATIONS_MAX
#define USPAN_DESTINATIONS_MAX 1
#endif
/* The only send buffer, bytes. 128..65,536. RAM: itself. Near the TCP segment or TLS record size is best. */
#ifndef USPAN_SEND_BYTES
#define USPAN_SEND_BYTES 1024
#endif
/* Spans in one request, at most. 1..1023. RAM: none. */
#ifndef USPAN_BATCH_SPANS_MAX
#define USPAN_BATCH_SPANS_MAX 64
#endif
/* Body of one request, bytes, at most; a larger span is dropped and counted. 1,024..16 MiB. RAM: none. */
#ifndef USPAN_BATCH_BYTES_MAX
#define USPAN_BATCH_BYTES_MAX 65536
#endif
/* Age of the oldest ended span, milliseconds, at which a batch goes out. */
#ifndef USPAN_BATCH_AGE_MS
#define USPAN_BATCH_AGE_MS 5000
#endif
/* Ended spans at which a batch goes out, in percent of the pool. 1..100. */
#ifndef USPAN_BATCH_FILL_PERCENT
#define USPAN_BATCH_FILL_PERCENT 50
#endif
/* One exchange: connecting, sending, answer; milliseconds. 100..600,000. */
#ifndef USPAN_TIMEOUT_MS
#define USPAN_TIMEOUT_MS 10000
#endif
/* Back-off: first wait, longest wait (milliseconds) and sends of one batch before it is dropped. */
#ifndef USPAN_RETRY_FIRST_MS
#define USPAN_RETRY_FIRST_MS 1000
#endif
#ifndef USPAN_RETRY_MAX_MS
#define USPAN_RETRY_MAX_MS 30000
#endif
/* 0: no limit, the batch stays until the collector answers; the full-pool policy then decides what is
 * lost. */
#ifndef USPAN_RETRY_ATTEMPTS_MAX
#define USPAN_RETRY_ATTEMPTS_MAX 0
#endif
/* Idle connection kept open, milliseconds. 0: closed after each request. */
#ifndef USPAN_KEEP_ALIVE_MS
#define USPAN_KEEP_ALIVE_MS 4000
#endif
/* Next look at a transport that would block, milliseconds. 1..1000. */
#ifndef USPAN_POLL_MS
#define USPAN_POLL_MS 5
#endif
/* Answer: body bytes kept to be decoded, and bytes in all after which the answer counts as hostile. RAM: the
 * first. */
#ifndef USPAN_ANSWER_BYTES
#define USPAN_ANSWER_BYTES 192
#endif
#ifndef USPAN_ANSWER_MAX
#define USPAN_ANSWER_MAX 16384
#endif
/* 1: endpoint, headers and credentials may be given and changed at run time; 0: those of the build only,
 * below, which compilers take apart: 2.5 KB less flash. */
#ifndef USPAN_RUNTIME_SETTINGS
#define USPAN_RUNTIME_SETTINGS 1
#endif
/* Headers given or renewed at run time, bytes. 0: compile-time headers only. RAM: itself, each
 * destination. */
#ifndef USPAN_HEADERS_BYTES
#define USPAN_HEADERS_BYTES 256
#endif
/* Host name, bytes with the terminating 0. 16..254. RAM: itself, each destination. */
#ifndef USPAN_HOST_BYTES
#define USPAN_HOST_BYTES 64
#endif
/* Spans recorded before Unix time is known are held this long, milliseconds, counted from the oldest. */
#ifndef USPAN_HOLD_UNSYNCED_MS
#define USPAN_HOLD_UNSYNCED_MS 60000
#endif
/* After that: 1 sends them with uspan.time.unsynced = true, counted from USPAN_UNSYNCED_BASE_S; 0 drops them,
 * counted. */
#ifndef USPAN_SEND_UNSYNCED
#define USPAN_SEND_UNSYNCED 1
#endif
/* Unix time, seconds, of boot for such spans: the first second with 19-digit nanoseconds (stores sort times
 * as text). */
#ifndef USPAN_UNSYNCED_BASE_S
#define USPAN_UNSYNCED_BASE_S 1000000000
#endif
/* 1: dates in the collector's answers set the clock where nothing better exists, and Retry-After dates are
 * read. */
#ifndef USPAN_HTTP_DATE
#define USPAN_HTTP_DATE 1
#endif
/* 1: AgentScope Studio run registration. RAM: about 250 B. */
#ifndef USPAN_STUDIO
#ifdef USPAN_STUDIO_URL
#define USPAN_STUDIO 1
#else
#define USPAN_STUDIO 0
#endif
#endif
/* 1: uspan_diagnose() and the log lines carry words; 0: codes only, less flash. */
#ifndef USPAN_TEXTS
#define USPAN_TEXTS 1
#endif
/* schema_url of each scope; "" sends none. */
#ifndef USPAN_SCHEMA_URL
#define USPAN_SCHEMA_URL "https://opentelemetry.io/schemas/1.38.0"
#endif

/* ---- who this device is (resource), and where spans go ------------------------------------------------- */

#ifndef USPAN_SERVICE_NAME
#define USPAN_SERVICE_NAME "unknown_service"
#endif
/* More resource attributes, "key=value,key=value", percent-encoded as OTEL_RESOURCE_ATTRIBUTES. */
#ifndef USPAN_RESOURCE
#define USPAN_RESOURCE ""
#endif
/* USPAN_ENDPOINT     "https://host:port/path", exactly as written. Undefined: no compile-time destination.
 * USPAN_HEADERS      "key=value,key=value", values percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS.
 * USPAN_BASIC_USER, USPAN_BASIC_PASS: an Authorization: Basic header.
 * USPAN_STUDIO_URL   "http://host:3000": registers a run; traces go there when there is no USPAN_ENDPOINT,
 *                    or also with USPAN_STUDIO_TRACES 1.
 * A second destination: USPAN_ENDPOINT_2, USPAN_HEADERS_2, USPAN_BASIC_USER_2, USPAN_BASIC_PASS_2.
 * 1 allows an Authorization or api key header over plain http (it can be read on the way): */
#ifndef USPAN_INSECURE_HEADERS_OVER_HTTP
#define USPAN_INSECURE_HEADERS_OVER_HTTP 0
#endif

/* ---- rules --------------------------------------------------------------------------------------------- */

#define USPAN_IS_FLAG(x) ((x) == 0 || (x) == 1)
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_ENABLED), "USPAN_ENABLED: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_SPANS_MAX >= 1 && USPAN_SPANS_MAX <= 1023, "USPAN_SPANS_MAX: 1..1023");
USPAN_STATIC_ASSERT(USPAN_ATTRS_MAX >= 4 && USPAN_ATTRS_MAX <= 128, "USPAN_ATTRS_MAX: 4..128");
USPAN_STATIC_ASSERT(USPAN_EVENTS_MAX >= 0 && USPAN_EVENTS_MAX <= 128, "USPAN_EVENTS_MAX: 0..128");
USPAN_STATIC_ASSERT(USPAN_LINKS_MAX >= 0 && USPAN_LINKS_MAX <= 128, "USPAN_LINKS_MAX: 0..128");
USPAN_STATIC_ASSERT(USPAN_EVENT_ATTRS_MAX >= 1 && USPAN_EVENT_ATTRS_MAX <= 128,
                    "USPAN_EVENT_ATTRS_MAX: 1..128");
USPAN_STATIC_ASSERT(USPAN_NAME_MAX >= 8 && USPAN_NAME_MAX <= 255, "USPAN_NAME_MAX: 8..255");
USPAN_STATIC_ASSERT(USPAN_BLOCK_BYTES == 32 || USPAN_BLOCK_BYTES == 64 || USPAN_BLOCK_BYTES == 128,
                    "USPAN_BLOCK_BYTES: 32, 64 or 128");
USPAN_STATIC_ASSERT(USPAN_TEXT_BYTES / USPAN_BLOCK_BYTES >= 4 &&
                        USPAN_TEXT_BYTES / USPAN_BLOCK_BYTES <= 65534,
                    "USPAN_TEXT_BYTES: 4..65,534 blocks of USPAN_BLOCK_BYTES");
USPAN_STATIC_ASSERT(USPAN_VALUE_MAX >= 8 && USPAN_VALUE_MAX <= 65000, "USPAN_VALUE_MAX: 8..65,000");
USPAN_STATIC_ASSERT(USPAN_TASKS_MAX >= 1 && USPAN_TASKS_MAX <= 64, "USPAN_TASKS_MAX: 1..64");
USPAN_STATIC_ASSERT(USPAN_TRACESTATE_BYTES == 0 ||
                        (USPAN_TRACESTATE_BYTES >= 64 && USPAN_TRACESTATE_BYTES <= 512),
                    "USPAN_TRACESTATE_BYTES: 0, or 64..512");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_CONTENT), "USPAN_CONTENT: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_STATUS_OK_ON_END), "USPAN_STATUS_OK_ON_END: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_PROFILE_ALIYUN), "USPAN_PROFILE_ALIYUN: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_PROFILE_PHOENIX), "USPAN_PROFILE_PHOENIX: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_PROFILE_LANGFUSE), "USPAN_PROFILE_LANGFUSE: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_PROFILE_AGENTSCOPE), "USPAN_PROFILE_AGENTSCOPE: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_FULL_DROPS_OLDEST), "USPAN_FULL_DROPS_OLDEST: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_WIRE_OPENAI_CHAT), "USPAN_WIRE_OPENAI_CHAT: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_WIRE_ANTHROPIC), "USPAN_WIRE_ANTHROPIC: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_WIRE_OLLAMA), "USPAN_WIRE_OLLAMA: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_WIRE_OPENAI_RESPONSES), "USPAN_WIRE_OPENAI_RESPONSES: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_WIRE_GEMINI), "USPAN_WIRE_GEMINI: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_WIRE_DASHSCOPE), "USPAN_WIRE_DASHSCOPE: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_DESTINATIONS_MAX >= 1 && USPAN_DESTINATIONS_MAX <= 4,
                    "USPAN_DESTINATIONS_MAX: 1..4");
USPAN_STATIC_ASSERT(USPAN_SEND_BYTES >= 128 && USPAN_SEND_BYTES <= 65536, "USPAN_SEND_BYTES: 128..65,536");
USPAN_STATIC_ASSERT(USPAN_BATCH_SPANS_MAX >= 1 && USPAN_BATCH_SPANS_MAX <= 1023,
                    "USPAN_BATCH_SPANS_MAX: 1..1023");
USPAN_STATIC_ASSERT(USPAN_BATCH_BYTES_MAX >= 1024 && USPAN_BATCH_BYTES_MAX <= 16777216,
                    "USPAN_BATCH_BYTES_MAX: 1,024..16 MiB");
USPAN_STATIC_ASSERT(USPAN_BATCH_FILL_PERCENT >= 1 && USPAN_BATCH_FILL_PERCENT <= 100,
                    "USPAN_BATCH_FILL_PERCENT: 1..100");
USPAN_STATIC_ASSERT(USPAN_TIMEOUT_MS >= 100 && USPAN_TIMEOUT_MS <= 600000, "USPAN_TIMEOUT_MS: 100..600,000");
USPAN_STATIC_ASSERT(USPAN_RETRY_FIRST_MS >= 1 && USPAN_RETRY_FIRST_MS <= USPAN_RETRY_MAX_MS,
                    "USPAN_RETRY_FIRST_MS: 1..USPAN_RETRY_MAX_MS");
USPAN_STATIC_ASSERT(USPAN_POLL_MS >= 1 && USPAN_POLL_MS <= 1000, "USPAN_POLL_MS: 1..1000");
USPAN_STATIC_ASSERT(USPAN_ANSWER_BYTES >= 32 && USPAN_ANSWER_BYTES <= USPAN_ANSWER_MAX,
                    "USPAN_ANSWER_BYTES: 32..USPAN_ANSWER_MAX");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_RUNTIME_SETTINGS), "USPAN_RUNTIME_SETTINGS: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_HEADERS_BYTES == 0 || USPAN_HEADERS_BYTES >= 32,
                    "USPAN_HEADERS_BYTES: 0, or 32 and more");
USPAN_STATIC_ASSERT(USPAN_HOST_BYTES >= 16 && USPAN_HOST_BYTES <= 254, "USPAN_HOST_BYTES: 16..254");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_SEND_UNSYNCED), "USPAN_SEND_UNSYNCED: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_HTTP_DATE), "USPAN_HTTP_DATE: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_STUDIO), "USPAN_STUDIO: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_TEXTS), "USPAN_TEXTS: 0 or 1");
USPAN_STATIC_ASSERT(USPAN_IS_FLAG(USPAN_INSECURE_HEADERS_OVER_HTTP),
                    "USPAN_INSECURE_HEADERS_OVER_HTTP: 0 or 1");

#endif
